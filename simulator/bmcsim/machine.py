"""The machine behind a BMC: what its power really does when the BMC has been told something.

A BMC's answer and the power are two things.  An order may be held by a latch before it acts, the rails take
their time, an operating system may ignore the wish to shut down, and people press buttons.  All of it is
here, on times that are handed in and entries of the agenda, so that it runs the same in real and virtual time.

The latch is the hostile part: what it holds acts later, whatever happens to the session that brought it, and
an order given in the meantime waits its turn behind it instead of replacing it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from bmcsim.agenda import Agenda, Entry
from bmcsim.dice import Dice, Span

_NOW = Span.of(0)
_ONE_SECOND = Span.of(1)


class Power(StrEnum):
    """Whether the chassis has power."""

    ON = "on"
    OFF = "off"


class Order(StrEnum):
    """What a machine can be told (IPMI 2.0, 28.3 Chassis Control)."""

    OFF = "off"
    ON = "on"
    CYCLE = "cycle"
    RESET = "reset"
    DIAGNOSTIC = "diagnostic"
    SOFT_OFF = "soft-off"


class Cause(StrEnum):
    """Why the power changed."""

    COMMAND = "command"
    LATCH = "latch"
    SOFT_OFF = "soft-off"
    OPERATOR = "operator"
    MAINS = "mains"


class SoftOff(StrEnum):
    """What comes of the wish that the operating system shut down."""

    HONOURED = "honoured"
    IGNORED = "ignored"
    UNSUPPORTED = "unsupported"


class RestorePolicy(IntEnum):
    """What to do when the mains come back; numbers as in IPMI 2.0, 28.2, current power state, bits 6:5."""

    STAY_OFF = 0
    PREVIOUS = 1
    ALWAYS_ON = 2


class RestartCause(IntEnum):
    """Why the machine last started (IPMI 2.0, 28.11)."""

    UNKNOWN = 0x0
    CHASSIS_CONTROL = 0x1
    POWER_BUTTON = 0x3
    ALWAYS_RESTORE = 0x6
    RESTORE_PREVIOUS = 0x7


class LastPowerEvent(IntEnum):
    """Bits of the last power event (IPMI 2.0, 28.2)."""

    NONE = 0x00
    MAINS_FAILED = 0x01
    ON_BY_COMMAND = 0x10


class OrderRefused(Exception):
    """The machine does not take this order."""


class NotInThisState(OrderRefused):
    """It makes no sense while the power is as it is (completion code D5h)."""


class NotSupported(OrderRefused):
    """This machine never takes it (completion code CCh)."""


@dataclass(frozen=True, slots=True)
class Hardware:
    """How a machine behaves; machines that are alike share one.

    Attributes:
        boot_delay: From acting on power-up until the power reads on.
        off_delay: From acting on power-down until it reads off.
        latch: How long an accepted order is held before it is acted on.
        soft_off: What comes of a soft shutdown.
        soft_off_delay: How long an operating system that honours it takes.
        cycle_interval: How long the power stays off in a power cycle (at least 1 s by IPMI 2.0, 28.3).
        power: The power at the start.
        restore: What to do when the mains come back.
    """

    boot_delay: Span = _NOW
    off_delay: Span = _NOW
    latch: Span = _NOW
    soft_off: SoftOff = SoftOff.HONOURED
    soft_off_delay: Span = _NOW
    cycle_interval: Span = _ONE_SECOND
    power: Power = Power.OFF
    restore: RestorePolicy = RestorePolicy.STAY_OFF


class Jolt(StrEnum):
    """What shakes a machine without changing its power."""

    RESET = "reset"
    DIAGNOSTIC = "diagnostic"


@dataclass(frozen=True, slots=True)
class Change:
    """Something has really happened to the machine.

    Attributes:
        at: When.
        to: What the power is from now on, or what shook it.
        cause: Why.
        session: The BMC's id of the session whose command did it, or None.
    """

    at: float
    to: Power | Jolt
    cause: Cause
    session: int | None


@dataclass(frozen=True, slots=True)
class _Origin:
    cause: Cause
    session: int | None = None


class Machine:
    """One machine.

    Attributes:
        power: What the power reads now.
        hardware: How it behaves.
        restore: Its present power restore policy.
        restart_cause: Why it last started.
        last_event: Bits of `LastPowerEvent`.
    """

    __slots__ = (
        "_agenda",
        "_before_loss",
        "_dice",
        "_held",
        "_held_until",
        "_moving",
        "_observe",
        "_shutting_down",
        "hardware",
        "last_event",
        "power",
        "restart_cause",
        "restore",
    )

    def __init__(self, hardware: Hardware, agenda: Agenda, dice: Dice, observe: Callable[[Change], None]) -> None:
        """Build it, with the power that `hardware` says; `observe` is told whatever happens to it."""
        self.hardware = hardware
        self.power = hardware.power
        self.restore = hardware.restore
        self.restart_cause = RestartCause.UNKNOWN
        self.last_event: int = LastPowerEvent.NONE
        self._agenda = agenda
        self._dice = dice
        self._observe = observe
        self._before_loss = hardware.power
        # What the latch holds, oldest first, and until when.
        self._held: tuple[Entry, ...] = ()
        self._held_until = 0.0
        # The rails on their way to a power, and the operating system on its way down.
        self._moving: tuple[Power, Entry] | None = None
        self._shutting_down: Entry | None = None

    def permit(self, order: Order) -> None:
        """Say whether it takes this order now.

        Raises:
            NotInThisState: It needs a machine that is on (IPMI 2.0, 28.3 recommends to refuse it).
            NotSupported: There is no such thing here.
        """
        if order is Order.SOFT_OFF and self.hardware.soft_off is SoftOff.UNSUPPORTED:
            raise NotSupported(order)
        if order not in {Order.ON, Order.OFF} and self.power is Power.OFF:
            raise NotInThisState(order)

    def order(self, order: Order, now: float, session: int | None = None) -> None:
        """Take an order that is permitted; it acts now or, where there is a latch, later."""
        hold = self._dice.seconds(self.hardware.latch)
        if hold == 0 and not self._held:
            self._act(order, now, _Origin(Cause.COMMAND, session))
            return
        self._held_until = max(self._held_until, now + hold)
        self._held = (*self._held, self._agenda.at(self._held_until, lambda at: self._let_go(order, at, session)))

    def press_power_button(self, now: float) -> None:
        """Be the operator: turn it on, or hold the button until it is off."""
        target = Power.ON if self.power is Power.OFF else Power.OFF
        self._move(target, now, _Origin(Cause.OPERATOR))

    def lose_mains(self, now: float) -> None:
        """Lose the mains: everything stops, what the latch held is forgotten."""
        self._before_loss = self.power
        for entry in self._held:
            entry.cancel()
        self._held = ()
        self._become(Power.OFF, now, _Origin(Cause.MAINS))
        self.last_event = LastPowerEvent.MAINS_FAILED

    def regain_mains(self, now: float) -> None:
        """Get the mains back; the restore policy decides what comes of it."""
        was_on = self.restore is RestorePolicy.PREVIOUS and self._before_loss is Power.ON
        if was_on or self.restore is RestorePolicy.ALWAYS_ON:
            self._move(Power.ON, now, _Origin(Cause.MAINS))

    def _let_go(self, order: Order, at: float, session: int | None) -> None:
        """Act on what the latch has held longest."""
        self._held = self._held[1:]
        self._act(order, at, _Origin(Cause.LATCH, session))

    def _act(self, order: Order, at: float, origin: _Origin) -> None:
        """Carry an order out; a held one may find the power no longer as it was, and then has no effect."""
        if order is Order.ON:
            self._move(Power.ON, at, origin)
        elif order is Order.OFF:
            self._move(Power.OFF, at, origin)
        elif self.power is Power.OFF:
            return
        elif order is Order.CYCLE:
            self._become(Power.OFF, at, origin)
            self._move(Power.ON, at, origin, after=self._dice.seconds(self.hardware.cycle_interval))
        elif order is Order.RESET:
            self._stop()
            self.restart_cause = RestartCause.CHASSIS_CONTROL
            self._observe(Change(at, Jolt.RESET, origin.cause, origin.session))
        elif order is Order.DIAGNOSTIC:
            self._observe(Change(at, Jolt.DIAGNOSTIC, origin.cause, origin.session))
        elif self.hardware.soft_off is SoftOff.HONOURED and self._shutting_down is None:
            down = _Origin(Cause.SOFT_OFF, origin.session)
            due = at + self._dice.seconds(self.hardware.soft_off_delay)
            self._shutting_down = self._agenda.at(due, lambda when: self._become(Power.OFF, when, down))

    def _move(self, target: Power, at: float, origin: _Origin, after: float = 0.0) -> None:
        """Send the rails towards `target`, unless they are there or on their way.

        Power-up does not stop an operating system that is shutting down: to the machine it is on already.
        """
        if self._moving is not None:
            if self._moving[0] is target:
                return
            self._stop()
        if self.power is target:
            return
        self._stop()
        delay = self.hardware.boot_delay if target is Power.ON else self.hardware.off_delay
        due = at + after + self._dice.seconds(delay)
        if due == at:
            self._become(target, at, origin)
        else:
            self._moving = (target, self._agenda.at(due, lambda when: self._become(target, when, origin)))

    def _stop(self) -> None:
        """Stop the rails where they are, and the operating system on its way down."""
        if self._moving is not None:
            self._moving[1].cancel()
            self._moving = None
        if self._shutting_down is not None:
            self._shutting_down.cancel()
            self._shutting_down = None

    def _become(self, power: Power, at: float, origin: _Origin) -> None:
        """Have the power be `power`: the only place where it changes."""
        self._stop()
        if self.power is power:
            return
        self.power = power
        if power is Power.ON:
            self.restart_cause = self._restart_cause(origin.cause)
            by_command = origin.cause in {Cause.COMMAND, Cause.LATCH}
            self.last_event = LastPowerEvent.ON_BY_COMMAND if by_command else LastPowerEvent.NONE
        self._observe(Change(at, power, origin.cause, origin.session))

    def _restart_cause(self, cause: Cause) -> RestartCause:
        if cause is Cause.OPERATOR:
            return RestartCause.POWER_BUTTON
        if cause is Cause.MAINS:
            always = self.restore is RestorePolicy.ALWAYS_ON
            return RestartCause.ALWAYS_RESTORE if always else RestartCause.RESTORE_PREVIOUS
        return RestartCause.CHASSIS_CONTROL
