"""What networks do to datagrams."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar

from bmcsim.dice import Dice, Span
from bmcsim.faults.fault import Fault, FaultError, Parameter
from bmcsim.faults.point import IPMI_STEPS, Point, Step

Copies = list[tuple[float, bytes]]
"""What becomes of a datagram: after how many seconds each copy arrives, and what it is by then."""

_LATE = Span(1, 5)
_SHORTLY_AFTER = Span(0, 1)
_BITS = 8


class Way(StrEnum):
    """Which way a datagram goes."""

    IN = "in"
    """From a client to the BMC."""
    OUT = "out"
    """Back."""
    BOTH = "both"


_POINTS = {
    Way.IN: (Point.ARRIVING,),
    Way.OUT: (Point.LEAVING,),
    Way.BOTH: (Point.ARRIVING, Point.LEAVING),
}

_WAY = Parameter("which way it strikes; the step of an answer is that of its request")


@dataclass(frozen=True, slots=True)
class Transit(Fault, ABC):
    """What can happen to a datagram on its way; what TCP mends is no matter of HTTP."""

    point: ClassVar[Point] = Point.ARRIVING
    steps: ClassVar[frozenset[Step]] = IPMI_STEPS

    @abstractmethod
    def fate(self, datagram: bytes, dice: Dice, /) -> Copies:
        """Say what becomes of a datagram."""


@dataclass(frozen=True, slots=True)
class _Directed(Transit):
    """The same, on the way there or back or both."""

    way: Annotated[Way, _WAY] = Way.BOTH

    @property
    def points(self) -> tuple[Point, ...]:
        """Where this one strikes: one way, or both."""
        return _POINTS[self.way]


@dataclass(frozen=True, slots=True)
class Drop(_Directed):
    """A datagram is lost."""

    name: ClassVar[str] = "drop"
    symptom: ClassVar[str] = (
        "A command hangs until the client's timeout, or works at the second try; where it was the answer that got"
        " lost, the command has been carried out, and a client that repeats it has it carried out twice."
    )
    seen: ClassVar[str] = "Management networks drop UDP under load, and so do BMCs whose one core is busy."

    def fate(self, _: bytes, __: Dice) -> Copies:
        return []


@dataclass(frozen=True, slots=True)
class Duplicate(_Directed):
    """A datagram arrives more than once."""

    name: ClassVar[str] = "duplicate"
    symptom: ClassVar[str] = (
        "A machine is reset or power-cycled twice for one command, where the BMC does not check sequence numbers."
    )
    seen: ClassVar[str] = (
        "Bonded and misconfigured switches send twice; OpenBMC stores the session's sequence number and never"
        " compares it."
    )

    lag: Annotated[Span, Parameter("how long after the one before each further copy arrives, in seconds")] = (
        _SHORTLY_AFTER
    )
    copies: Annotated[int, Parameter("how many arrive", low=2, high=100)] = 2

    def fate(self, datagram: bytes, dice: Dice) -> Copies:
        made, late = [(0.0, datagram)], 0.0
        for _ in range(self.copies - 1):
            late += dice.seconds(self.lag)
            made.append((late, datagram))
        return made


@dataclass(frozen=True, slots=True)
class Reorder(_Directed):
    """A datagram may be overtaken by later ones."""

    name: ClassVar[str] = "reorder"
    symptom: ClassVar[str] = "Answers that belong to another request; `off` after `on` ends with the machine on."
    seen: ClassVar[str] = (
        "Reboot followed by a hard off that ends with the machine on: the commands had swapped places."
    )

    within: Annotated[float, Parameter("it is late by any time up to so many seconds", low=0, high=86400)] = 2.0

    def fate(self, datagram: bytes, dice: Dice) -> Copies:
        return [(dice.seconds(Span(0, self.within)), datagram)]


@dataclass(frozen=True, slots=True)
class Delay(_Directed):
    """A datagram is late."""

    name: ClassVar[str] = "delay"
    symptom: ClassVar[str] = (
        "Answers come after the client has given up or asked again; late commands act on a machine that somebody"
        " else has taken over since."
    )
    seen: ClassVar[str] = "Power commands that act after they were cancelled, on congested management networks."

    by: Annotated[Span, Parameter("how late, in seconds")] = _LATE

    def fate(self, datagram: bytes, dice: Dice) -> Copies:
        return [(dice.seconds(self.by), datagram)]


@dataclass(frozen=True, slots=True)
class Corrupt(_Directed):
    """Bits of a datagram are flipped."""

    name: ClassVar[str] = "corrupt"
    symptom: ClassVar[str] = "As if it had been lost; a client without integrity checks reads nonsense or crashes."
    seen: ClassVar[str] = "NC-SI side bands and cheap switches whose UDP checksums are wrong or switched off."

    bits: Annotated[int, Parameter("how many bits are flipped", low=1, high=1000)] = 1

    def fate(self, datagram: bytes, dice: Dice) -> Copies:
        changed = bytearray(datagram)
        for _ in range(self.bits if changed else 0):
            place = int.from_bytes(dice.bytes(4), "little") % (len(changed) * _BITS)
            changed[place // _BITS] ^= 1 << place % _BITS
        return [(0.0, bytes(changed))]


@dataclass(frozen=True, slots=True)
class Truncate(_Directed):
    """A datagram is cut short."""

    name: ClassVar[str] = "truncate"
    symptom: ClassVar[str] = "As if it had been lost; a client that trusts lengths reads past the end."
    seen: ClassVar[str] = "BMC firmware that sends answers shorter than their own length fields say."

    keep: Annotated[float, Parameter("how much of it is left", low=0, high=1)] = 0.5

    def fate(self, datagram: bytes, _: Dice) -> Copies:
        return [(0.0, datagram[: int(len(datagram) * self.keep)])]


@dataclass(frozen=True, slots=True)
class Partition(Transit):
    """Nothing gets through, either way."""

    name: ClassVar[str] = "partition"
    symptom: ClassVar[str] = (
        "`Unable to establish IPMI v2 / RMCP+ session`, or `connection timeout`; sessions that were open stay open"
        " at the BMC until its idle limit."
    )
    seen: ClassVar[str] = (
        "Switches that reboot, VLANs that are reconfigured, BMC ports shared with a host that resets them."
    )
    steps: ClassVar[frozenset[Step]] = frozenset(Step)

    @property
    def points(self) -> tuple[Point, ...]:
        """Both ways."""
        return _POINTS[Way.BOTH]

    def fate(self, _: bytes, __: Dice) -> Copies:
        return []


@dataclass(frozen=True, slots=True)
class OneWay(Transit):
    """Nothing gets through in one direction."""

    name: ClassVar[str] = "one-way"
    symptom: ClassVar[str] = (
        "Commands are carried out and the client says that they timed out; every retry is carried out as well."
    )
    seen: ClassVar[str] = (
        "Stale ARP entries and asymmetric routes: the BMC hears its clients and they do not hear it."
    )
    steps: ClassVar[frozenset[Step]] = frozenset(Step)

    lost: Annotated[Way, Parameter("which way nothing gets through, in or out")] = Way.OUT

    def check(self) -> None:
        """Refuse both ways."""
        if self.lost is Way.BOTH:
            raise FaultError("lost is both; one-way loses in or out, and partition loses both", "lost")

    @property
    def points(self) -> tuple[Point, ...]:
        """The way that is lost."""
        return _POINTS[self.lost]

    def fate(self, _: bytes, __: Dice) -> Copies:
        return []


@dataclass(frozen=True, slots=True)
class NoPong(Transit):
    """The BMC does not answer ASF pings."""

    name: ClassVar[str] = "no-pong"
    symptom: ClassVar[str] = "ipmipower in interactive mode, and powerman behind it, take the BMC for absent."
    seen: ClassVar[str] = "BMCs that do IPMI and leave out the ping that RMCP wants of them."
    steps: ClassVar[frozenset[Step]] = frozenset({Step.PING})

    def fate(self, _: bytes, __: Dice) -> Copies:
        return []


@dataclass(frozen=True, slots=True)
class CipherSuitesUnanswered(Transit):
    """The BMC does not answer Get Channel Cipher Suites at all."""

    name: ClassVar[str] = "cipher-suites-unanswered"
    symptom: ClassVar[str] = (
        "Every call of ipmitool without -C takes ten seconds longer; with -C 3 or -C 17 it does not."
    )
    seen: ClassVar[str] = "BMCs that drop commands they do not know before there is a session, 54h among them."
    steps: ClassVar[frozenset[Step]] = frozenset({Step.CIPHER_SUITES})

    def fate(self, _: bytes, __: Dice) -> Copies:
        return []


NETWORK_FAULTS = (
    Drop,
    Duplicate,
    Reorder,
    Delay,
    Corrupt,
    Truncate,
    Partition,
    OneWay,
    NoPong,
    CipherSuitesUnanswered,
)
"""All of them."""
