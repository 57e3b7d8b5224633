"""How a fleet stands at one moment."""

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass

from bmcsim.events import Event
from bmcsim.fleet import Fleet
from bmcsim.hardware import Power
from bmcsim.tally import Tally

_RECENT = 8
_RATE_OVER = 5.0
_DULL = frozenset({"started", "datagram"})
"""Events that would crowd out all others."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One moment.

    Attributes:
        elapsed: Seconds since the fleet was first looked at.
        powers: How many machines are on, and how many off.
        silent: How many BMCs neither hear nor answer.
        sessions: How many sessions are open.
        opened: How many were opened so far.
        received: Datagrams from clients so far.
        sent: Datagrams to clients so far.
        rate: Datagrams a second, both ways, over the last few seconds.
        commands: Power commands accepted so far, by what they were.
        refused: Logins and commands refused so far, by what.
        faults: Faults that struck so far, by kind.
        recent: The last events, oldest first.
    """

    elapsed: float
    powers: Mapping[Power, int]
    silent: int
    sessions: int
    opened: int
    received: int
    sent: int
    rate: float
    commands: Mapping[str, int]
    refused: Mapping[str, int]
    faults: Mapping[str, int]
    recent: tuple[Event, ...]

    @property
    def bmcs(self) -> int:
        """How many BMCs there are."""
        return sum(self.powers.values())


class Watch:
    """Looks at a fleet now and then."""

    def __init__(self, fleet: Fleet, tally: Tally) -> None:
        """Look at `fleet`, whose events pass through `tally`."""
        self._fleet = fleet
        self._tally = tally
        self._begun = fleet.clock()
        # Moments, and the datagrams until then: the rate is taken between the first and the last.
        self._counted: deque[tuple[float, int]] = deque([(self._begun, 0)])
        self._seen = 0
        self._recent: deque[Event] = deque(maxlen=_RECENT)

    def look(self) -> Picture:
        """Return how things stand now."""
        fleet, tally = self._fleet, self._tally
        now = fleet.clock()
        for number, event in tally.since(self._seen):
            self._seen = number
            if event["event"] not in _DULL:
                self._recent.append(event)
        return Picture(
            elapsed=now - self._begun,
            powers=Counter(bmc.machine.power for bmc in fleet),
            silent=sum(not bmc.answering for bmc in fleet),
            sessions=tally.sessions,
            opened=tally.opened,
            received=fleet.received,
            sent=fleet.sent,
            rate=self._rate(now, fleet.received + fleet.sent),
            commands=dict(tally.commands),
            refused=dict(tally.refused),
            faults=dict(tally.faults),
            recent=tuple(self._recent),
        )

    def _rate(self, now: float, count: int) -> float:
        counted = self._counted
        counted.append((now, count))
        while len(counted) > 2 and counted[1][0] < now - _RATE_OVER:
            counted.popleft()
        then, before = counted[0]
        return (count - before) / (now - then) if now > then else 0.0
