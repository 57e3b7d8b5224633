"""What BMCs get wrong about power: orders that go astray, and readings that are not true."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from bmcsim.faults.fault import Fault
from bmcsim.faults.point import Point, Step
from bmcsim.machine import Power

if TYPE_CHECKING:
    from bmcsim.bmc import Bmc


@dataclass(frozen=True, slots=True)
class Misreading(Fault):
    """The BMC says something else than what the power is."""

    point: ClassVar[Point] = Point.READING

    def reading(self, truth: Power) -> Power:
        """Return what it says."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class WrongReading(Misreading):
    """On where it is off, and off where it is on."""

    name: ClassVar[str] = "wrong-reading"
    symptom: ClassVar[str] = "Status says off while the machine runs: a fencing agent that believes it loses data."
    seen: ClassVar[str] = "Status that reads off just after a power-on that has worked."

    def reading(self, truth: Power) -> Power:
        return Power.OFF if truth is Power.ON else Power.ON


def power_read(bmc: "Bmc", step: Step, now: float) -> Power:
    """Return what a BMC says about the power."""
    fault = bmc.faults.strike(bmc.name, Point.READING, step, now, Misreading)
    return bmc.machine.power if fault is None else fault.reading(bmc.machine.power)
