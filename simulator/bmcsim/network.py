"""The network between clients and BMCs: what becomes of a datagram on its way.

Each way, each datagram, by probability and from the seed.  Datagrams that are delayed by different times
overtake each other, so there is no knob for reordering.
"""

from dataclasses import dataclass, field
from typing import Self

from bmcsim.dice import Dice, Span

_NONE = Span.of(0)
_UP_TO_A_SECOND = Span(0, 1)

ARRIVES = (0.0,)
"""One copy, at once."""


@dataclass(frozen=True, slots=True)
class Way:
    """How one direction treats datagrams.

    Attributes:
        loss: Probability that a datagram is lost, 0 to 1.
        duplicate: Probability that it arrives twice.
        duplicate_lag: How long after the first copy the second one arrives.
        delayed: Probability that it is delayed.
        delay: By how long.
    """

    loss: float = 0.0
    duplicate: float = 0.0
    duplicate_lag: Span = _UP_TO_A_SECOND
    delayed: float = 0.0
    delay: Span = _NONE

    def __post_init__(self) -> None:
        """Refuse what is no probability."""
        for name in ("loss", "duplicate", "delayed"):
            if not 0 <= (probability := getattr(self, name)) <= 1:
                raise ValueError(f"{name} is {probability}; a probability is from 0 to 1")

    @property
    def perfect(self) -> bool:
        """Whether every datagram simply arrives."""
        return not (self.loss or self.duplicate or self.delayed)

    def copies(self, dice: Dice) -> tuple[float, ...]:
        """Throw for one datagram: after how many seconds each copy of it arrives; none where it is lost."""
        if dice.chance(self.loss):
            return ()
        first = dice.seconds(self.delay) if dice.chance(self.delayed) else 0.0
        if dice.chance(self.duplicate):
            return (first, first + dice.seconds(self.duplicate_lag))
        return ARRIVES if first == 0 else (first,)


@dataclass(frozen=True, slots=True)
class Network:
    """Both directions.

    Attributes:
        to_bmc: From clients to the BMC.
        from_bmc: Back.
    """

    to_bmc: Way = field(default_factory=Way)
    from_bmc: Way = field(default_factory=Way)

    @classmethod
    def alike(cls, way: Way) -> Self:
        """Return a network that treats both directions in one way."""
        return cls(way, way)


PERFECT = Network()
"""Loses nothing."""

GONE = Network.alike(Way(loss=1))
"""Loses everything: a cable pulled."""
