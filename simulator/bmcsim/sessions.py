"""The sessions of one BMC: slots, ids, time limits, sequence numbers.

A BMC has few slots, and a session whose client has gone keeps its own until the idle limit: that is how
real ones run out of them.  Every packet that is accepted renews the limit, a late duplicate among them.
"""

import math
from collections.abc import Callable, Iterator
from enum import StrEnum

from bmcsim.agenda import Agenda, Entry
from bmcsim.dice import Dice
from bmcsim.profile import Profile, User
from powerfsm.ipmi.wire.handshake import RANDOM_LENGTH
from powerfsm.ipmi.wire.keys import Exchange
from powerfsm.ipmi.wire.seal import Seal
from powerfsm.ipmi.wire.suites import CipherSuite
from powerfsm.ipmi.wire.window import SequenceWindow, following

Address = tuple[str, int]
"""Host and port of a client."""


class ClosedBy(StrEnum):
    """Who or what ended a session."""

    OWN = "own"
    OTHER = "other"
    IDLE = "idle"
    CRASH = "crash"


class Session:
    """One session, from Open Session Request to its end.

    Attributes:
        id: The BMC's id of it, never 0.
        handle: Its number among the BMC's sessions, 1 to 255.
        console_id: The client's id of it.
        source: Where it was opened from.
        suite: Its cipher suite.
        ceiling: Highest privilege that was granted in the Open Session Response.
        random: The BMC's random number for RAKP; the same however often the client repeats itself.
        heard: When the last packet of it was accepted.
        rakp1: The payload of RAKP message 1, once it was accepted.
        exchange: What proofs and keys are computed over, once RAKP message 1 was accepted.
        user: Who it is, likewise; `user_id` is that user's number.
        seal: Seals and opens its packets, once it is active.
        rakp4: The answer to RAKP message 3, kept for a client that has missed it.
        limit: Highest privilege it may have.
        privilege: The privilege it has now.
        window: Sequence numbers heard.
    """

    __slots__ = (
        "_sent",
        "ceiling",
        "console_id",
        "exchange",
        "handle",
        "heard",
        "id",
        "limit",
        "privilege",
        "rakp1",
        "rakp4",
        "random",
        "seal",
        "source",
        "suite",
        "user",
        "user_id",
        "window",
    )

    def __init__(
        self,
        session_id: int,
        handle: int,
        console_id: int,
        source: Address,
        suite: CipherSuite,
        ceiling: int,
        random: bytes,
        now: float,
    ) -> None:
        """Begin one that is yet to be proven."""
        self.id = session_id
        self.handle = handle
        self.console_id = console_id
        self.source = source
        self.suite = suite
        self.ceiling = ceiling
        self.random = random
        self.heard = now
        self.rakp1 = b""
        self.exchange: Exchange | None = None
        self.user: User | None = None
        self.user_id = 0
        self.seal: Seal | None = None
        self.rakp4 = b""
        self.limit = 0
        self.privilege = 0
        self.window = SequenceWindow()
        self._sent = 0

    @property
    def active(self) -> bool:
        """Whether the login is complete."""
        return self.seal is not None

    def next_sequence(self) -> int:
        """Return the sequence number of the next packet to the client."""
        self._sent = following(self._sent)
        return self._sent


class SessionTable:
    """The sessions that a BMC has."""

    __slots__ = ("_agenda", "_by_id", "_dice", "_on_close", "_profile", "_watch")

    def __init__(
        self,
        profile: Profile,
        agenda: Agenda,
        dice: Dice,
        on_close: Callable[[Session, ClosedBy, float], None],
    ) -> None:
        """Start with none; `on_close` is told of each active one that ends."""
        self._profile = profile
        self._agenda = agenda
        self._dice = dice
        self._on_close = on_close
        self._by_id: dict[int, Session] = {}
        # One entry in the agenda for the whole table: at the end of whichever may end first.
        self._watch: Entry | None = None

    def __iter__(self) -> Iterator[Session]:
        """Iterate over the active ones, oldest first."""
        return iter([session for session in self._by_id.values() if session.active])

    def get(self, session_id: int) -> Session | None:
        """Return the session with this id of the BMC's, active or not yet."""
        return self._by_id.get(session_id)

    def begin(
        self, console_id: int, source: Address, suite: CipherSuite, ceiling: int, now: float
    ) -> Session | None:
        """Give a slot to a login that begins, or None where all are taken.

        A client that repeats its request, because it missed the answer, gets the slot it has.
        """
        for session in self._by_id.values():
            if (
                session.console_id == console_id
                and session.source == source
                and not session.active
                and session.suite is suite
            ):
                session.heard = now
                return session
        if len(self._by_id) >= self._profile.slots:
            return None
        session = Session(
            self._free_id(),
            self._free_handle(),
            console_id,
            source,
            suite,
            ceiling,
            self._dice.bytes(RANDOM_LENGTH),
            now,
        )
        self._by_id[session.id] = session
        self._watch_until(now + self._profile.setup_timeout)
        return session

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
