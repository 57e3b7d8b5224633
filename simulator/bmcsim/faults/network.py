"""What networks do to datagrams."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar

from bmcsim.dice import Dice, Span
from bmcsim.faults.fault import Fault, Parameter
from bmcsim.faults.point import Point

Copies = list[tuple[float, bytes]]
"""What becomes of a datagram: after how many seconds each copy arrives, and what it is by then."""


class Way(StrEnum):
    """Which way a datagram goes."""

    IN = "in"
    """From a client to the BMC."""
    OUT = "out"
    """Back."""
    BOTH = "both"


_LATE = Span(1, 5)

_POINTS = {
    Way.IN: (Point.ARRIVING,),
    Way.OUT: (Point.LEAVING,),
    Way.BOTH: (Point.ARRIVING, Point.LEAVING),
}


@dataclass(frozen=True, slots=True)
class Transit(Fault):
    """What can happen to a datagram on its way."""

    point: ClassVar[Point] = Point.ARRIVING

    way: Annotated[Way, Parameter("which way; the step of an answer is that of its request")] = Way.BOTH

    @property
    def points(self) -> tuple[Point, ...]:
        """Where this one strikes: one way, or both."""
        return _POINTS[self.way]

    def fate(self, datagram: bytes, dice: Dice, /) -> Copies:
        """Say what becomes of a datagram."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Drop(Transit):
    """A datagram is lost."""

    name: ClassVar[str] = "drop"
    symptom: ClassVar[str] = (
        "A command hangs until the client's timeout, or works at the second try; where the answer was lost, it has"
        " been carried out all the same, and the client that repeats it does so twice."
    )
    seen: ClassVar[str] = "Management networks drop UDP under load, and BMCs drop it when their one core is busy."

    def fate(self, _: bytes, __: Dice) -> Copies:
        return []


@dataclass(frozen=True, slots=True)
class Delay(Transit):
    """A datagram is late."""

    name: ClassVar[str] = "delay"
    symptom: ClassVar[str] = (
        "Answers come after the client has given up or asked again; late commands act on a machine that somebody"
        " else has taken over since."
    )
    seen: ClassVar[str] = (
        "Late power commands that act after a cancel, one after the other, on congested networks."
    )

    by: Annotated[Span, Parameter("how late, in seconds")] = _LATE

    def fate(self, datagram: bytes, dice: Dice) -> Copies:
        return [(dice.seconds(self.by), datagram)]
