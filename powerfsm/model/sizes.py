"""What is checked: each run of the checker, with its bounds; small ones for every change, large ones by hand."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntFlag, auto

from powerfsm.power import Ask
from powerfsm.spec import Spec


class Misfortune(IntFlag):
    """What may happen that nobody asked for, by the bits that `spec/environment/state.pml` gives them."""

    LOSE = auto()
    COPY = auto()
    LATE = auto()
    REFUSE = auto()
    FAIL = auto()
    EXPIRE = auto()
    CRASH = auto()
    BUTTON = auto()
    REBOOT = auto()
    OUTAGE = auto()
    LIE = auto()
    IMPATIENT = auto()


MEDDLING = Misfortune.BUTTON | Misfortune.OUTAGE | Misfortune.LIE
"""Somebody else changes the power, or the BMC tells what is not so."""

ANY = ~Misfortune(0)
OWN = ANY & ~MEDDLING
PASSING = OWN & ~(Misfortune.REFUSE | Misfortune.FAIL | Misfortune.EXPIRE)
"""What an action gets over: it does not end in failure."""

NEVER_STOP = 255
"""Requests without end."""

_ASK_BITS = {Ask.ON: 1, Ask.OFF: 2, Ask.READY: 4, Ask.SOFT_OFF: 8, Ask.CYCLE: 16, Ask.RESET: 32}
ALL_ASKS = tuple(_ASK_BITS)
# While somebody meddles nothing is promised of a soft-off: see docs/model.md.
HARD_ASKS = tuple(ask for ask in ALL_ASKS if ask is not Ask.SOFT_OFF)
ON_OFF = (Ask.ON, Ask.OFF)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """One run of the checker.

    Attributes:
        name: For people.
        requests: For each node; `NEVER_STOP`: without end.
        asks: What may be asked for.
        luck: Misfortunes in all.
        kinds: Of which kinds.
        ranking: Name of the ranking table.
        nodes: 1, or 2 that share a BMC.
        slots: Sessions that the BMC keeps at once, where they are scarce.
        policy: What is done on drift (0 flag, 1 adopt, 2 enforce); None: nodes at rest are not read.
        claim: The property about the end that is checked; None: all that hold always.
        fair: Who can go on does so at last.
        fails: A counterexample is what is expected here.
    """

    name: str
    requests: int
    asks: tuple[Ask, ...] = ALL_ASKS
    luck: int = 0
    kinds: Misfortune = OWN
    ranking: str = "off-outranks-on"
    nodes: int = 1
    slots: int = 9
    policy: int | None = None
    claim: str | None = None
    fair: bool = True
    fails: bool = False

    def settings(self, spec: Spec) -> Mapping[str, int]:
        """As the checker takes them from its environment."""
        return {
            "REQUESTS": self.requests,
            "ASKS": sum(_ASK_BITS[ask] for ask in self.asks),
            "LUCK": self.luck,
            "KINDS": int(self.kinds),
            "RANKING": list(spec.rankings).index(self.ranking),
            "SLOTS": self.slots,
            "SWEEPS": int(self.policy is not None),
            "POLICY": self.policy or 0,
        }

    def bounds(self) -> str:
        """The bounds in words."""
        requests = (
            "requests without end"
            if self.requests == NEVER_STOP
            else f"{self.requests} request{'' if self.requests == 1 else 's'}"
        )
        asks = "all asks" if self.asks == ALL_ASKS else "/".join(self.asks)
        if self.asks == HARD_ASKS:
            asks = "all asks but soft-off"
        told = [
            f"{requests} ({asks})",
            f"{self.luck} misfortune{'' if self.luck == 1 else 's'}"
            + (f" ({_named(self.kinds)})" if self.luck else ""),
        ]
        if self.nodes > 1:
            told.append(f"{self.nodes} nodes on one BMC with {self.slots} session{'s' if self.slots > 1 else ''}")
        if self.policy is not None:
            told.append(f"sweep, {('flag', 'adopt', 'enforce')[self.policy]}")
        return ", ".join([*told, self.ranking])


def _named(kinds: Misfortune) -> str:
    names = {
        ANY: "of any kind",
        MEDDLING: "that meddle",
        OWN: "of any kind but meddling",
        PASSING: "that an action gets over",
    }
    return names.get(kinds) or ", ".join(str(kind.name).lower() for kind in Misfortune if kind in kinds)


_LATEST = "latest-wins"

SMALL = (
    Size(name="storm", requests=2, luck=1),
    Size(name="storm", requests=2, luck=1, ranking=_LATEST),
    Size(name="crashes", requests=2, luck=2, kinds=Misfortune.CRASH | Misfortune.COPY | Misfortune.LATE),
    Size(name="flip-flop", requests=3, luck=1, asks=(Ask.ON, Ask.OFF, Ask.CYCLE)),
    Size(name="flip-flop", requests=3, luck=1, asks=(Ask.ON, Ask.OFF, Ask.CYCLE), ranking=_LATEST),
    Size(name="meddled with", requests=2, luck=1, kinds=ANY, asks=HARD_ASKS, policy=2, ranking=_LATEST),
    Size(name="meddled with", requests=2, luck=1, kinds=ANY, asks=HARD_ASKS, policy=1),
    Size(name="meddled with", requests=2, luck=1, kinds=ANY, asks=HARD_ASKS, policy=0),
    Size(
        name="one BMC",
        requests=1,
        luck=1,
        asks=ON_OFF,
        kinds=Misfortune.LOSE | Misfortune.LATE | Misfortune.CRASH | Misfortune.REBOOT,
        nodes=2,
        slots=1,
    ),
    Size(name="in the end", requests=2, luck=1, kinds=PASSING, asks=ON_OFF, claim="converges"),
    Size(name="in the end", requests=1, luck=1, kinds=ANY, asks=(Ask.CYCLE, Ask.RESET), claim="all-end"),
    Size(name="in the end", requests=1, luck=1, kinds=MEDDLING, asks=ON_OFF, policy=0, claim="drift-is-seen"),
    Size(name="storm without end", requests=NEVER_STOP, asks=ON_OFF, claim="off-is-reached"),
    Size(name="storm without end", requests=NEVER_STOP, asks=ON_OFF, claim="each-ends"),
    Size(name="without fairness", requests=1, asks=ON_OFF, claim="converges", fair=False, fails=True),
    Size(name="without fairness", requests=1, asks=ON_OFF, claim="all-end", fair=False, fails=True),
    Size(
        name="without fairness",
        requests=1,
        luck=1,
        kinds=MEDDLING,
        asks=ON_OFF,
        policy=0,
        claim="drift-is-seen",
        fair=False,
        fails=True,
    ),
    Size(
        name="without fairness", requests=NEVER_STOP, asks=ON_OFF, claim="off-is-reached", fair=False, fails=True
    ),
    Size(name="without fairness", requests=NEVER_STOP, asks=ON_OFF, claim="each-ends", fair=False, fails=True),
    Size(
        name="nothing holds down",
        requests=NEVER_STOP,
        asks=ON_OFF,
        claim="off-is-reached",
        ranking=_LATEST,
        fails=True,
    ),
)
"""For every change: under a minute on two cores that have nothing else to do."""

LARGE = (
    Size(name="storm", requests=3, luck=2),
    Size(name="storm", requests=3, luck=2, ranking=_LATEST),
    Size(name="meddled with", requests=2, luck=2, kinds=ANY, asks=HARD_ASKS, policy=2),
    Size(name="meddled with", requests=2, luck=2, kinds=ANY, asks=HARD_ASKS, policy=1, ranking=_LATEST),
    Size(name="meddled with", requests=2, luck=2, kinds=ANY, asks=HARD_ASKS, policy=0, ranking=_LATEST),
    Size(name="misfortune upon misfortune", requests=2, luck=3, asks=ON_OFF, ranking=_LATEST),
    Size(
        name="one BMC",
        requests=1,
        luck=2,
        asks=ON_OFF,
        kinds=Misfortune.LOSE | Misfortune.LATE | Misfortune.CRASH | Misfortune.REBOOT,
        nodes=2,
        slots=1,
    ),
    Size(
        name="in the end", requests=2, luck=1, kinds=PASSING, asks=(Ask.ON, Ask.OFF, Ask.CYCLE), claim="converges"
    ),
    Size(name="in the end", requests=2, luck=1, kinds=ANY, asks=(Ask.OFF, Ask.RESET), claim="all-end"),
    Size(name="in the end", requests=2, luck=2, kinds=MEDDLING, asks=ON_OFF, policy=2, claim="drift-is-seen"),
    Size(name="storm without end", requests=NEVER_STOP, asks=(Ask.ON, Ask.OFF, Ask.CYCLE), claim="off-is-reached"),
    Size(
        name="storm without end",
        requests=NEVER_STOP,
        luck=1,
        kinds=Misfortune.LOSE | Misfortune.LATE,
        asks=ON_OFF,
        claim="off-is-reached",
    ),
    Size(name="storm without end", requests=NEVER_STOP, asks=ON_OFF, claim="each-ends", ranking=_LATEST),
)
"""By hand, and before a release: minutes, and some gigabytes."""

WITNESSES = (
    Size(name="witness", requests=2, luck=1, kinds=ANY, policy=0),
    Size(name="witness", requests=3, luck=1, ranking=_LATEST),
)
"""Where a run that puts a property to the test is looked for, in this order."""
