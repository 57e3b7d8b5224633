"""How hostile the simulated BMCs are, and what the daemon has to be told so that its promises can hold.

Two of the protocol's waits are assumptions about time, and whoever runs a fleet has to know his BMCs: `settle` is
longer than the slowest way from accepting a command to the power's reading so, and a quarantine is
longer than the life of a datagram and the idle limit of a session together.  Here the BMCs are known to the
digit, so the timings are computed from them; leave one out and the judge finds what breaks.
"""

from dataclasses import dataclass, replace
from typing import Self

Span = tuple[float, float]
"""The shortest and the longest, in seconds."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """BMCs, the network before them, and the daemon's timings for both.

    Attributes:
        loss: Probability that a datagram is lost, each way.
        duplicate: Probability that it arrives twice, each way.
        duplicate_lag: How much later the second one is.
        delay: How late datagrams are.
        boot: From acting on power-up until the power reads on.
        off: From acting on power-down until it reads off.
        latch: For how long an accepted command is held before it acts.
        soft_off: How long an operating system takes to shut down.
        idle: Seconds of silence after which a BMC closes a session.
        slots: Sessions that a BMC has at most.
        soft_patience: Seconds that the daemon gives to a soft-off before it cuts the power.
        retransmit: Seconds until the daemon first repeats a datagram.
        fence: Seconds that the daemon gives to a BMC to answer a Close Session.
        deadline: Seconds that one operation may take.
        slack: Seconds by which each assumption about time exceeds what it has to cover.
        settle: Seconds; None computes what these BMCs need.
    """

    loss: float = 0.05
    duplicate: float = 0.02
    duplicate_lag: Span = (0.0, 1.0)
    delay: Span = (0.0, 0.02)
    boot: Span = (0.3, 1.2)
    off: Span = (0.1, 0.5)
    latch: Span = (0.0, 0.4)
    soft_off: Span = (0.3, 3.0)
    idle: float = 3.0
    slots: int = 4
    soft_patience: float = 2.5
    retransmit: float = 0.2
    fence: float = 3.0
    deadline: float = 90.0
    slack: float = 0.25
    settle: float | None = None

    def without_settling(self) -> Self:
        """The same BMCs, and a daemon that takes them for quicker than they are."""
        return replace(self, settle=0.0)

    @property
    def quarantine(self) -> float:
        """Seconds for which a node is left alone whose fence was not answered."""
        timings = self.timings()
        return timings["packet-lifetime"] + timings["idle-limit"] + timings["margin"]

    def timings(self) -> dict[str, float]:
        """The daemon's timings that differ from those of the spec, by their names there."""
        slowest = self.latch[1] + max(self.boot[1], self.off[1])
        soft_slowest = self.latch[1] + self.soft_off[1]
        settle = slowest + self.slack if self.settle is None else self.settle
        return {
            "settle": settle,
            "soft-settle": soft_slowest + self.slack if self.settle is None else self.settle,
            "fence": self.fence,
            "packet-lifetime": self.delay[1] + self.duplicate_lag[1] + self.slack,
            "idle-limit": self.idle + self.slack,
            "margin": 2 * self.slack,
            "answer": self.fence,
            "retransmit": self.retransmit,
            "poll": max(slowest / 8, 0.02),
            # Longer than the slowest of them, or commands would be repeated that only take their time.
            "patience": 2 * slowest + self.slack,
            "soft-patience": self.soft_patience,
            "backoff": self.retransmit,
            "backoff-most": 5 * self.retransmit,
            "deadline": self.deadline,
            "sweep": 5.0,
        }

    def options(self) -> list[str]:
        """The options of `bmcsim serve` that make BMCs such as these.

        They never look at sequence numbers, as OpenBMC: a duplicate of a command is carried out again.
        """
        return [
            f"--loss={self.loss}",
            f"--duplicate={self.duplicate}",
            f"--duplicate-lag={_text(self.duplicate_lag)}",
            f"--delay={_text(self.delay)}",
            f"--boot-delay={_text(self.boot)}",
            f"--off-delay={_text(self.off)}",
            f"--latch={_text(self.latch)}",
            f"--soft-off={_text(self.soft_off)}",
            f"--idle-timeout={self.idle}",
            f"--slots={self.slots}",
            "--sequence-check=none",
        ]


SHOW = Conditions()
"""Slow enough to be watched."""

QUICK = Conditions(
    loss=0.03,
    duplicate_lag=(0.0, 0.3),
    delay=(0.0, 0.005),
    boot=(0.0, 0.06),
    off=(0.0, 0.04),
    latch=(0.0, 0.04),
    soft_off=(0.02, 0.15),
    idle=1.0,
    soft_patience=0.12,
    retransmit=0.05,
    fence=1.5,
    slack=0.05,
)
"""So quick that a daemon which lives for a few tenths of a second gets through all of an action."""


def _text(span: Span) -> str:
    return f"{span[0]}-{span[1]}"
