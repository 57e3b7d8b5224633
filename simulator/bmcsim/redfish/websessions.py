"""The Redfish sessions of one BMC: tokens, their number and their time limit (DSP0266, 13.2.4).

In the event log a session's number is above 32 bits, where no IPMI session can be, so that neither readers nor
the judge take one for the other.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from bmcsim.agenda import Agenda, Entry
from bmcsim.dice import Dice
from bmcsim.profile import User
from bmcsim.sessions import Address, ClosedBy

FIRST_NUMBER: Final = 1 << 32
_TOKEN_LENGTH = 16


@dataclass(slots=True, eq=False)
class WebSession:
    """One session.

    Attributes:
        number: Which it is, in the event log.
        token: What its client shows.
        user: Who it is; `user_id` is that user's number.
        user_id: As in IPMI.
        source: Where it was opened from.
        opened: When.
        heard: When it was used last.
    """

    number: int
    token: str
    user: User
    user_id: int
    source: Address
    opened: float
    heard: float

    def __repr__(self) -> str:
        """Name it without its token."""
        return f"<WebSession {self.id}>"

    @property
    def id(self) -> str:
        """Its Id in Redfish."""
        return str(self.number - FIRST_NUMBER)


class WebSessions:
    """The sessions that a BMC has."""

    __slots__ = ("_agenda", "_by_token", "_dice", "_limit", "_on_close", "_opened", "_watch", "timeout")

    def __init__(
        self,
        limit: int,
        timeout: float,
        agenda: Agenda,
        dice: Dice,
        on_close: Callable[[WebSession, ClosedBy, float], None],
    ) -> None:
        """Start with none of `limit`; `on_close` is told of each that ends.

        A session ends when it was not used for `timeout` seconds.
        """
        self.timeout = timeout
        self._limit = limit
        self._agenda = agenda
        self._dice = dice
        self._on_close = on_close
        self._by_token: dict[str, WebSession] = {}
        self._opened = 0
        self._watch: Entry | None = None

    def __iter__(self) -> Iterator[WebSession]:
        """Iterate over them, oldest first."""
        return iter(list(self._by_token.values()))

    def begin(self, user: User, user_id: int, source: Address, now: float) -> WebSession | None:
        """Open one, or return None where there are as many as can be."""
        if len(self._by_token) >= self._limit:
            return None
        token = self._dice.bytes(_TOKEN_LENGTH).hex()
        session = WebSession(FIRST_NUMBER + self._opened + 1, token, user, user_id, source, now, now)
        self._opened += 1
        self._by_token[token] = session
        if self._watch is None:
            self._watch = self._agenda.at(now + self.timeout, self._expire)
        return session

    def use(self, token: str, now: float) -> WebSession | None:
        """Return the session with this token, its time limit renewed; None where there is none."""
        session = self._by_token.get(token)
        if session is not None:
            session.heard = now
        return session

    def get(self, session_id: str) -> WebSession | None:
        """Return the session with this Id."""
        return next((session for session in self if session.id == session_id), None)

    def close(self, session: WebSession, by: ClosedBy, now: float) -> None:
        """End one."""
        del self._by_token[session.token]
        self._on_close(session, by, now)

    def close_all(self, by: ClosedBy, now: float) -> None:
        """End every one."""
        for session in self:
            self.close(session, by, now)

    def _expire(self, now: float) -> None:
        """End what was not used for too long, and look again when the next may have been."""
        self._watch = None
        earliest = math.inf
        for session in self:
            expiry = session.heard + self.timeout
            if expiry <= now:
                self.close(session, ClosedBy.IDLE, now)
            else:
                earliest = min(earliest, expiry)
        if earliest < math.inf:
            self._watch = self._agenda.at(earliest, self._expire)
