"""What BMCs get wrong about power: orders that go astray, and readings that are not true."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, ClassVar

from bmcsim.dice import Span
from bmcsim.faults.condition import Condition
from bmcsim.faults.fault import Fault, Parameter
from bmcsim.faults.point import Point, Step
from bmcsim.hardware import Power
from bmcsim.orders import Order

if TYPE_CHECKING:
    from bmcsim.bmc import Bmc

_LATE = Span(10, 60)
_SOON = Span(1, 5)
_A_MOMENT = Span(2, 10)
_SHAKING = frozenset({Order.RESET, Order.CYCLE})

_ORDERS = Parameter("which orders; an empty list is all of them", example=frozenset({Order.ON}))


@dataclass(frozen=True, slots=True)
class OrderFault(Fault, ABC):
    """A power order does not do what it should."""

    point: ClassVar[Point] = Point.ORDER

    def applies(self, condition: Condition, now: float) -> bool:  # noqa: ARG002  only the order matters
        return condition.order is not None and self.concerns(condition.order)

    def concerns(self, _: Order) -> bool:
        """Whether it strikes such an order."""
        return True

    @abstractmethod
    def carry(self, bmc: "Bmc", order: Order, now: float, session: int | None) -> None:
        """Do with an order what comes of it."""


@dataclass(frozen=True, slots=True)
class _SomeOrders(OrderFault):
    orders: Annotated[frozenset[Order], _ORDERS] = frozenset()

    def concerns(self, order: Order) -> bool:
        return not self.orders or order in self.orders


@dataclass(frozen=True, slots=True)
class OrderIgnored(_SomeOrders):
    """An order is accepted and nothing is done."""

    name: ClassVar[str] = "order-ignored"
    symptom: ClassVar[str] = "`Chassis Power Control: Up/On`, exit code 0, and the machine stays off."
    seen: ClassVar[str] = (
        "Power-on accepted and not done while the power sequencer recovers from the off before it."
    )

    def carry(self, bmc: "Bmc", order: Order, now: float, session: int | None) -> None:
        pass


@dataclass(frozen=True, slots=True)
class OrderLate(_SomeOrders):
    """An order is accepted now and acts later, whatever has been ordered since."""

    name: ClassVar[str] = "order-late"
    symptom: ClassVar[str] = (
        "Off is confirmed, and a minute later the machine comes to life: an older `on` has acted."
    )
    seen: ClassVar[str] = "The late power-on: after a cancel, off is confirmed just before the node starts up."

    by: Annotated[Span, Parameter("how much later, in seconds")] = _LATE

    def carry(self, bmc: "Bmc", order: Order, now: float, session: int | None) -> None:
        due = now + bmc.faults.dice(bmc.name).seconds(self.by)
        bmc.later(due, lambda at: bmc.machine.order(order, at, session))


@dataclass(frozen=True, slots=True)
class OrderTwice(_SomeOrders):
    """An order acts, and acts again."""

    name: ClassVar[str] = "order-twice"
    symptom: ClassVar[str] = "A machine is cycled twice for one command; an installation breaks off in the middle."
    seen: ClassVar[str] = "Firmware that queues a command again when it was slow to be carried out."

    lag: Annotated[Span, Parameter("how long after the first time, in seconds")] = _SOON

    def carry(self, bmc: "Bmc", order: Order, now: float, session: int | None) -> None:
        bmc.machine.order(order, now, session)
        due = now + bmc.faults.dice(bmc.name).seconds(self.lag)
        bmc.later(due, lambda at: bmc.machine.order(order, at, session))


@dataclass(frozen=True, slots=True)
class Bounce(OrderFault):
    """After power-off the machine turns itself on again, and off unless it `stays`."""

    name: ClassVar[str] = "bounce"
    symptom: ClassVar[str] = "Off is read, then on, then off again; whoever looked first was told a lie."
    seen: ClassVar[str] = "Nodes that sputter: off, a flicker of on from a retained wake-up, off."

    after: Annotated[Span, Parameter("how long after the order it turns on, in seconds")] = _A_MOMENT
    lasting: Annotated[Span, Parameter("how long it is on, in seconds")] = _SOON
    stays: Annotated[bool, Parameter("it does not turn off again")] = False

    def concerns(self, order: Order) -> bool:
        return order is Order.OFF

    def carry(self, bmc: "Bmc", order: Order, now: float, session: int | None) -> None:
        bmc.machine.order(order, now, session)
        dice = bmc.faults.dice(bmc.name)
        up = now + dice.seconds(self.after)
        bmc.later(up, bmc.machine.wake)
        if not self.stays:
            bmc.later(up + dice.seconds(self.lasting), bmc.machine.fail)


@dataclass(frozen=True, slots=True)
class Misreading(Fault, ABC):
    """The BMC says something else than what the power is."""

    point: ClassVar[Point] = Point.READING

    @abstractmethod
    def reading(self, truth: Power, condition: Condition, now: float, /) -> Power:
        """Return what it says."""


@dataclass(frozen=True, slots=True)
class WrongReading(Misreading):
    """On is read where it is off, and off where it is on."""

    name: ClassVar[str] = "wrong-reading"
    symptom: ClassVar[str] = "Status says off while the machine runs: a fencing agent that believes it loses data."
    seen: ClassVar[str] = "Status that reads off just after a power-on that has worked, and on after an off."

    after_order: Annotated[
        float, Parameter("only so many seconds after a power order; 0 is always", low=0, high=86400)
    ] = 0.0

    def applies(self, condition: Condition, now: float) -> bool:
        return self.after_order == 0 or now - condition.ordered < self.after_order

    def reading(self, truth: Power, _: Condition, __: float) -> Power:
        return Power.OFF if truth is Power.ON else Power.ON


@dataclass(frozen=True, slots=True)
class StaleReading(Misreading):
    """What is read is what the power was some time ago."""

    name: ClassVar[str] = "stale-reading"
    symptom: ClassVar[str] = "The status lags behind: a power-on looks as if it had failed, and is given again."
    seen: ClassVar[str] = "BMCs that poll the power every few seconds and answer from what they remember."

    seconds: Annotated[float, Parameter("how old it is", low=0, high=86400)] = 10.0

    def reading(self, truth: Power, condition: Condition, now: float) -> Power:
        return condition.power_at(now - self.seconds, truth)


POWER_FAULTS = (OrderIgnored, OrderLate, OrderTwice, Bounce, WrongReading, StaleReading)
"""All of them."""


def give(bmc: "Bmc", order: Order, step: Step, now: float, session: int | None) -> None:
    """Give a machine an order through a BMC that has faults."""
    condition = bmc.faults.condition(bmc.name)
    condition.order, condition.ordered = order, now
    if session is not None and order in _SHAKING:
        condition.shaken.add(session)
    fault = bmc.faults.strike(bmc.name, Point.ORDER, step, now, OrderFault)
    act = bmc.machine.order if fault is None else partial(fault.carry, bmc)
    act(order, now, session)


def power_read(bmc: "Bmc", step: Step, now: float) -> Power:
    """Return what a BMC says about the power."""
    truth = bmc.machine.power
    fault = bmc.faults.strike(bmc.name, Point.READING, step, now, Misreading)
    return truth if fault is None else fault.reading(truth, bmc.faults.condition(bmc.name), now)
