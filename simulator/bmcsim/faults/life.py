"""What BMCs do wrong as a whole: reboot, hang, take their time."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from bmcsim.dice import Span
from bmcsim.faults.condition import Address, Condition
from bmcsim.faults.fault import Fault, Parameter
from bmcsim.faults.point import Point, Step
from bmcsim.faults.steps import step_of

if TYPE_CHECKING:
    from bmcsim.bmc import Bmc

_BMC_BOOT = Span(45, 300)
_FIRST_ANSWERS = Span(0, 30)
_HANG = Span(30, 120)
_SLOW = Span(1, 4)
_LOGINS = frozenset({Step.OPEN_SESSION, Step.RAKP1, Step.RAKP3, Step.CHALLENGE, Step.ACTIVATE})
_FATAL = frozenset({Step.RAKP1, Step.CHALLENGE})


@dataclass(frozen=True, slots=True)
class Life(Fault, ABC):
    """What can befall a BMC."""

    point: ClassVar[Point] = Point.LIFE

    @abstractmethod
    def befall(self, bmc: "Bmc", now: float, /) -> float:
        """Have it happen, and return how many seconds the BMC takes over what it has just heard."""


@dataclass(frozen=True, slots=True)
class Reboot(Life):
    """The BMC restarts: its sessions are gone, and it is silent for a while."""

    name: ClassVar[str] = "reboot"
    symptom: ClassVar[str] = (
        "A session dies in the middle, then nothing for minutes, then `D2h` for every command; the machine runs"
        " on."
    )
    seen: ClassVar[str] = (
        "45 s to 5 min of silence after a cold reset, a firmware update or the BMC's own watchdog; a BMC that only"
        " loses its sessions has a silence of 0."
    )
    by_clock: ClassVar[bool] = True

    silence: Annotated[Span, Parameter("how long it says nothing, in seconds")] = _BMC_BOOT
    initialising: Annotated[Span, Parameter("how long it answers every command with D2h then, in seconds")] = (
        _FIRST_ANSWERS
    )

    def befall(self, bmc: "Bmc", now: float) -> float:
        dice = bmc.faults.dice(bmc.name)
        silence = dice.seconds(self.silence)
        bmc.reboot(now, silence)
        bmc.faults.condition(bmc.name).initialising_until = now + silence + dice.seconds(self.initialising)
        return 0.0


@dataclass(frozen=True, slots=True)
class Hang(Life):
    """The BMC says nothing for a while, and goes on as if nothing had been."""

    name: ClassVar[str] = "hang"
    symptom: ClassVar[str] = "Timeouts, and then it works again; one such BMC holds up programs that ask in turn."
    seen: ClassVar[str] = "BMCs that stop to write their flash, or to answer a browser."
    by_clock: ClassVar[bool] = True

    lasting: Annotated[Span, Parameter("for how long, in seconds")] = _HANG

    def befall(self, bmc: "Bmc", now: float) -> float:
        bmc.hang(now, bmc.faults.dice(bmc.name).seconds(self.lasting))
        return 0.0


@dataclass(frozen=True, slots=True)
class DeathOnRepeat(Life):
    """A login message that comes a second time kills the BMC."""

    name: ClassVar[str] = "death-on-repeat"
    symptom: ClassVar[str] = "One lost answer, one retransmission, and the BMC is gone until it restarts itself."
    seen: ClassVar[str] = "BMCs that cannot bear a Get Session Challenge or RAKP message repeated."
    steps: ClassVar[frozenset[Step]] = _FATAL

    silence: Annotated[Span, Parameter("how long it is dead, in seconds")] = _BMC_BOOT

    def applies(self, condition: Condition, now: float) -> bool:  # noqa: ARG002  it does not matter when
        return condition.repeated

    def befall(self, bmc: "Bmc", now: float) -> float:
        bmc.reboot(now, bmc.faults.dice(bmc.name).seconds(self.silence))
        return 0.0


@dataclass(frozen=True, slots=True)
class Slow(Life):
    """The BMC takes its time over a request; others are not held up."""

    name: ClassVar[str] = "slow"
    symptom: ClassVar[str] = (
        "Every command takes seconds; clients that repeat themselves after one second do it twice."
    )
    seen: ClassVar[str] = "Old BMCs, and new ones while their inventory is read."

    by: Annotated[Span, Parameter("how long, in seconds")] = _SLOW

    def befall(self, bmc: "Bmc", now: float) -> float:  # noqa: ARG002  it does not matter when
        return bmc.faults.dice(bmc.name).seconds(self.by)


@dataclass(frozen=True, slots=True)
class Blocked(Life):
    """The BMC takes its time over a request, and everything else waits behind it."""

    name: ClassVar[str] = "blocked"
    symptom: ClassVar[str] = "One slow command holds up everybody else's session on that BMC."
    seen: ClassVar[str] = "BMCs that do one thing at a time, in chassis with many nodes above all."

    by: Annotated[Span, Parameter("how long, in seconds")] = _SLOW

    def befall(self, bmc: "Bmc", now: float) -> float:
        condition = bmc.faults.condition(bmc.name)
        begin = max(now, condition.busy_until)
        condition.busy_until = begin + bmc.faults.dice(bmc.name).seconds(self.by)
        return condition.busy_until - now


LIFE_FAULTS = (Reboot, Hang, DeathOnRepeat, Slow, Blocked)
"""All of them."""


def happen(bmc: "Bmc", fault: Fault, now: float) -> None:
    """Have happen what happens by the clock."""
    if isinstance(fault, Life):
        fault.befall(bmc, now)


def take(bmc: "Bmc", datagram: bytes, source: Address, now: float) -> float:
    """Return when a BMC with faults gets round to a datagram; on the way it may reboot or hang."""
    if not bmc.answering:
        return now
    condition = bmc.faults.condition(bmc.name)
    if not bmc.faults.concern(bmc.name, Point.LIFE):
        return max(now, condition.busy_until)
    step = step_of(datagram, bmc.sessions)
    condition.repeated = step in _LOGINS and condition.last_login == (step, source)
    condition.last_login = (step, source)
    ready = max(now, condition.busy_until)
    for fault in bmc.faults.strikes(bmc.name, Point.LIFE, step, now, Life):
        ready = max(ready, now + fault.befall(bmc, now))
    return ready
