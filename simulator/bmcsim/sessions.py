"""The sessions of one BMC: slots, ids, time limits, sequence numbers.

What the two kinds have in common: `session20` has RMCP+, `session15` IPMI 1.5, and both share the slots.
A BMC has few slots, and a session whose client has gone keeps its own until the idle limit: that is how
real ones run out of them.  Every packet that is accepted renews the limit, a late duplicate among them.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import ClassVar, TypeVar

from bmcsim.agenda import Agenda, Entry
from bmcsim.dice import Dice
from bmcsim.enclosure import Controller
from bmcsim.profile import Profile, User
from powerfsm.ipmi.wire.packet import Packet
from powerfsm.ipmi.wire.packet15 import Packet15
from powerfsm.ipmi.wire.window import SequenceWindow, following

Address = tuple[str, int]
"""Host and port of a client."""

AnySession = TypeVar("AnySession", bound="Session")


class ClosedBy(StrEnum):
    """Who or what ended a session."""

    OWN = "own"
    OTHER = "other"
    IDLE = "idle"
    CRASH = "crash"


class Session(ABC):
    """One session of either kind, from its first message to its end.

    Attributes:
        id: The BMC's id of it, never 0.
        handle: Its number among the BMC's sessions, 1 to 255.
        source: Where it was opened from.
        heard: When the last packet of it was accepted.
        user: Who it is, once that is known; `user_id` is that user's number.
        limit: Highest privilege it may have.
        privilege: The privilege it has now.
        window: Sequence numbers heard.
    """

    __slots__ = ("_sent", "handle", "heard", "id", "limit", "privilege", "source", "user", "user_id", "window")

    protocol: ClassVar[int]
    """How Get Session Info names its kind (IPMI 2.0, 22.20): 0 is IPMI 1.5, 1 is RMCP+."""

    def __init__(
        self, session_id: int, handle: int, source: Address, window: SequenceWindow, sent: int, now: float
    ) -> None:
        """Begin one; `sent` is the number before that of its first packet to the client."""
        self.id = session_id
        self.handle = handle
        self.source = source
        self.heard = now
        self.user: User | None = None
        self.user_id = 0
        self.limit = 0
        self.privilege = 0
        self.window = window
        self._sent = sent

    @property
    @abstractmethod
    def active(self) -> bool:
        """Whether the login is complete."""

    @abstractmethod
    def open(self, packet: Packet | Packet15) -> bytes:
        """Return the payload of a packet of it, proven and deciphered.

        Raises:
            WireError: It was not made by whoever shares the keys, or not for this session.
        """

    @abstractmethod
    def close_up(self, payload: bytes, heard: Packet | Packet15) -> bytes:
        """Return the datagram that carries `payload` to the client, in answer to the packet `heard`."""

    def next_sequence(self) -> int:
        """Return the sequence number of the next packet to the client."""
        self._sent = following(self._sent)
        return self._sent


class SessionTable:
    """The sessions that a BMC has."""

    __slots__ = ("_agenda", "_by_id", "_controller", "_dice", "_on_close", "_profile", "_watch")

    def __init__(
        self,
        profile: Profile,
        agenda: Agenda,
        dice: Dice,
        on_close: Callable[[Session, ClosedBy, float], None],
        controller: Controller | None = None,
    ) -> None:
        """Start with none; `on_close` is told of each active one that ends.

        In an enclosure the slots are the `controller`'s as well.
        """
        self._profile = profile
        self._agenda = agenda
        self._dice = dice
        self._on_close = on_close
        self._controller = controller
        if controller is not None:
            controller.join(self)
        self._by_id: dict[int, Session] = {}
        # One entry in the agenda for the whole table: at the end of whichever may end first.
        self._watch: Entry | None = None

    def __iter__(self) -> Iterator[Session]:
        """Iterate over the active ones, oldest first."""
        return iter([session for session in self._by_id.values() if session.active])

    def get(self, session_id: int) -> Session | None:
        """Return the session with this id of the BMC's, active or not yet."""
        return self._by_id.get(session_id)

    def full(self) -> bool:
        """Whether all slots are taken, by sessions that are still being opened too."""
        if self._controller is not None and self._controller.full:
            return True
        return len(self._by_id) >= self._profile.slots

    def add(self, make: Callable[[int, int], AnySession], now: float) -> AnySession | None:
        """Give a slot to the session that `make` makes of an id and a handle, or None where all are taken."""
        if self.full():
            return None
        session = make(self._free_id(), self._free_handle())
        self._by_id[session.id] = session
        self._watch_until(min(now + self._profile.setup_timeout, now + self._profile.idle_timeout))
        return session

    def all(self) -> tuple[Session, ...]:
        """Return those that are still being opened, too."""
        return tuple(self._by_id.values())

    def rename(self, session: Session, session_id: int, now: float) -> None:
        """Give a session another id; the one that has this id is lost."""
        before = self._by_id.get(session_id)
        if before is not None:
            self.close(before, ClosedBy.CRASH, now)
        del self._by_id[session.id]
        session.id = session_id
        self._by_id[session_id] = session

    def close(self, session: Session, by: ClosedBy, now: float) -> None:
        """End a session."""
        del self._by_id[session.id]
        if session.active:
            self._on_close(session, by, now)

    def close_all(self, by: ClosedBy, now: float) -> None:
        """End every session."""
        for session in list(self._by_id.values()):
            self.close(session, by, now)

    def _free_id(self) -> int:
        while True:
            session_id = int.from_bytes(self._dice.bytes(4), "little")
            if session_id and session_id not in self._by_id:
                return session_id

    def _free_handle(self) -> int:
        taken = {session.handle for session in self._by_id.values()}
        return next(handle for handle in range(1, len(taken) + 2) if handle not in taken)

    def _expiry(self, session: Session) -> float:
        limit = self._profile.idle_timeout if session.active else self._profile.setup_timeout
        return session.heard + limit

    def _watch_until(self, due: float) -> None:
        if self._watch is not None:
            if self._watch.due <= due:
                return
            self._watch.cancel()
        self._watch = self._agenda.at(due, self._expire)

    def _expire(self, now: float) -> None:
        """Close what has been silent for too long, and look again when the next may have been."""
        self._watch = None
        earliest = math.inf
        for session in list(self._by_id.values()):
            expiry = self._expiry(session)
            if expiry <= now:
                self.close(session, ClosedBy.IDLE, now)
            else:
                earliest = min(earliest, expiry)
        if self._by_id:
            self._watch_until(earliest)
