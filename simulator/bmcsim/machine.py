"""The machine behind a BMC: what its power really does when the BMC has been told something.

A BMC's answer and the power are two things.  An order may be held by a latch before it acts, the rails take
their time, an operating system may not be up yet or ignore the wish to shut down, and people press buttons.
All of it is here, on times that are handed in and entries of the agenda, so that it runs the same in real and
virtual time.

The latch is the hostile part: what it holds acts later, whatever happens to the session that brought it, and
an order given in the meantime waits its turn behind it instead of replacing it.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from bmcsim.agenda import Agenda, Entry
from bmcsim.dice import Dice
from bmcsim.enclosure import Controller
from bmcsim.hardware import EarlySoftOff, Hardware, Power, RestorePolicy, SoftOff, WhileOff
from bmcsim.orders import (
    Cause,
    Change,
    Jolt,
    LastPowerEvent,
    NotInThisState,
    NotSupported,
    Order,
    OrderRefused,
    RestartCause,
)

__all__ = [
    "BUTTON_HOLD",
    "Cause",
    "Change",
    "EarlySoftOff",
    "Hardware",
    "Jolt",
    "LastPowerEvent",
    "Machine",
    "NotInThisState",
    "NotSupported",
    "Order",
    "OrderRefused",
    "Power",
    "RestartCause",
    "RestorePolicy",
    "SoftOff",
    "WhileOff",
]

BUTTON_HOLD = 4.0
"""Seconds for which a power button is held until the power is cut (ACPI 4.8.3.2.1.3, power button override)."""


@dataclass(frozen=True, slots=True)
class _Origin:
    cause: Cause
    session: int | None = None


_ALWAYS_TAKEN = frozenset({Order.ON, Order.OFF, Order.BUTTON})
_NEEDS_SYSTEM = frozenset({Order.SOFT_OFF, Order.SOFT_RESET})
_STARTS = frozenset({Order.CYCLE, Order.RESET})
_BY_COMMAND = frozenset({Cause.COMMAND, Cause.LATCH})


class Machine:
    """One machine.

    Attributes:
        power: What the power reads now.
        mains: Whether it is plugged in.
        hardware: How it behaves.
        restore: Its present power restore policy.
        restart_cause: Why it last started.
        last_event: Bits of `LastPowerEvent`.
    """

    __slots__ = (
        "_agenda",
        "_before_loss",
        "_button",
        "_controller",
        "_dice",
        "_held",
        "_held_until",
        "_moving",
        "_observe",
        "_shutting_down",
        "_system_up_at",
        "hardware",
        "last_event",
        "mains",
        "power",
        "restart_cause",
        "restore",
    )

    def __init__(
        self,
        hardware: Hardware,
        agenda: Agenda,
        dice: Dice,
        observe: Callable[[Change], None],
        controller: Controller | None = None,
    ) -> None:
        """Build it, with the power that `hardware` says; `observe` is told whatever happens to it.

        In an enclosure its orders wait for their turn at the `controller`.
        """
        self.hardware = hardware
        self.power = hardware.power
        self.mains = True
        self.restore = hardware.restore
        self.restart_cause = RestartCause.UNKNOWN
        self.last_event: int = LastPowerEvent.NONE
        self._agenda = agenda
        self._dice = dice
        self._observe = observe
        self._controller = controller
        self._before_loss = hardware.power
        # What the latch holds, oldest first, and until when.
        self._held: tuple[Entry, ...] = ()
        self._held_until = 0.0
        # The rails on their way to a power, the operating system on its way down, a finger on the button.
        self._moving: tuple[Power, Entry] | None = None
        self._shutting_down: Entry | None = None
        self._button: Entry | None = None
        # Infinite while there will be none: off, or hung.
        self._system_up_at = -math.inf if hardware.power is Power.ON else math.inf

    @property
    def heading(self) -> Power | None:
        """Where the power is on its way to; None where it stays as it is.

        An operating system that shuts down counts: that is what Redfish calls PoweringOff.
        """
        if self._moving is not None:
            return self._moving[0]
        return None if self._shutting_down is None else Power.OFF

    def system_is_up(self, now: float) -> bool:
        """Return whether an operating system is up, and not hung."""
        return self.power is Power.ON and self._system_up_at <= now

    def permit(self, order: Order) -> None:
        """Say whether it takes this order now.

        Raises:
            NotInThisState: It needs a machine that is on (IPMI 2.0, 28.3 recommends to refuse it).
            NotSupported: There is no such thing here.
        """
        if order in _NEEDS_SYSTEM and self.hardware.soft_off is SoftOff.UNSUPPORTED:
            raise NotSupported(order)
        refuses = self.hardware.while_off is WhileOff.REFUSED
        if refuses and self.power is Power.OFF and order not in _ALWAYS_TAKEN:
            raise NotInThisState(order)

    def order(self, order: Order, now: float, session: int | None = None) -> None:
        """Take an order that is permitted; it acts now or, where a latch or a queue holds it, later."""
        hold = self._dice.seconds(self.hardware.latch)
        if self._controller is not None:
            hold += self._controller.wait(now, self._dice)
        if hold == 0 and not self._held:
            self._act(order, now, _Origin(Cause.COMMAND, session))
            return
        self._held_until = max(self._held_until, now + hold)
        self._held = (*self._held, self._agenda.at(self._held_until, lambda at: self._let_go(order, at, session)))

    def press_power_button(self, now: float, *, held: bool = False) -> None:
        """Be the operator: turn it on, or ask the operating system to shut down.

        Args:
            now: When the finger comes down.
            held: It stays for `BUTTON_HOLD` seconds, and then the power is cut.  A machine that is off
                turns on just the same.
        """
        if self.power is Power.OFF or not held:
            self._press(now, _Origin(Cause.OPERATOR), Cause.OPERATOR)
        elif self._button is None:
            self._button = self._agenda.at(now + BUTTON_HOLD, self._held_long_enough)

    def lose_mains(self, now: float) -> None:
        """Lose the mains: everything stops, what the latch held is forgotten."""
        if not self.mains:
            return
        self.mains = False
        self._before_loss = self.power
        for entry in self._held:
            entry.cancel()
        self._held = ()
        if self._button is not None:
            self._button.cancel()
            self._button = None
        self._become(Power.OFF, now, _Origin(Cause.MAINS))
        self.last_event = LastPowerEvent.MAINS_FAILED

    def regain_mains(self, now: float) -> None:
        """Get the mains back; the restore policy decides what comes of it."""
        if self.mains:
            return
        self.mains = True
        was_on = self.restore is RestorePolicy.PREVIOUS and self._before_loss is Power.ON
        if was_on or self.restore is RestorePolicy.ALWAYS_ON:
            after = self._dice.seconds(self.hardware.restore_delay)
            self._move(Power.ON, now, _Origin(Cause.MAINS), after=after)

    def wake(self, now: float) -> None:
        """Have its own clock turn it on."""
        self._move(Power.ON, now, _Origin(Cause.SYSTEM))

    def halt(self, now: float) -> None:
        """Have a user of its operating system shut it down; nothing where none is up."""
        if self.system_is_up(now):
            self._shut_down(now, _Origin(Cause.SYSTEM))

    def hang(self) -> None:
        """Have its operating system hear nothing any more, until it is started again."""
        self._system_up_at = math.inf
        self._stop_shutting_down()

    def fail(self, now: float) -> None:
        """Have its power supply fail for a moment: off, with the mains and the BMC still there."""
        if self.power is Power.ON:
            self._become(Power.OFF, now, _Origin(Cause.SYSTEM))
            self.last_event = LastPowerEvent.POWER_FAULT

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
        elif order is Order.BUTTON:
            self._press(at, origin, Cause.SOFT_OFF)
        elif self.power is Power.OFF:
            if self.hardware.while_off is WhileOff.STARTS and order in _STARTS:
                self._move(Power.ON, at, origin)
        elif order is Order.CYCLE:
            self._become(Power.OFF, at, origin)
            self._move(Power.ON, at, origin, after=self._dice.seconds(self.hardware.cycle_interval))
        elif order is Order.RESET:
            self._restart(at, origin)
        elif order is Order.DIAGNOSTIC:
            self._observe(Change(at, Jolt.DIAGNOSTIC, origin.cause, origin.session))
        elif order is Order.SOFT_RESET:
            if self.system_is_up(at) and self.hardware.soft_off is SoftOff.HONOURED:
                self._shut_down(at, _Origin(Cause.SOFT_OFF, origin.session), restart=True)
        else:
            self._ask_to_shut_down(at, _Origin(Cause.SOFT_OFF, origin.session))

    def _press(self, at: float, origin: _Origin, off: Cause) -> None:
        """Do what a short press does; `off` is why the power goes where it does."""
        if self.power is Power.OFF:
            self._move(Power.ON, at, origin)
        else:
            self._ask_to_shut_down(at, _Origin(off, origin.session))

    def _held_long_enough(self, at: float) -> None:
        self._button = None
        self._become(Power.OFF, at, _Origin(Cause.OPERATOR))

    def _ask_to_shut_down(self, at: float, origin: _Origin) -> None:
        if self.hardware.soft_off is SoftOff.UNSUPPORTED:
            self._move(Power.OFF, at, origin)
        elif self.system_is_up(at):
            if self.hardware.soft_off is SoftOff.HONOURED:
                self._shut_down(at, origin)
        elif self.hardware.early_soft_off is EarlySoftOff.HARD and self._system_up_at < math.inf:
            self._move(Power.OFF, at, origin)

    def _shut_down(self, at: float, origin: _Origin, *, restart: bool = False) -> None:
        """Have the operating system go down, unless it does so already."""
        if self._shutting_down is not None:
            return
        delay = self._dice.seconds(self.hardware.soft_off_delay)

        def down(when: float) -> None:
            if restart:
                self._restart(when, origin)
            else:
                self._become(Power.OFF, when, origin)

        if delay:
            self._shutting_down = self._agenda.at(at + delay, down)
        else:
            down(at)

    def _restart(self, at: float, origin: _Origin) -> None:
        """Start again without losing power."""
        self._stop()
        self._system_up_at = at + self._dice.seconds(self.hardware.os_boot)
        self.restart_cause = RestartCause.CHASSIS_CONTROL
        self._observe(Change(at, Jolt.RESET, origin.cause, origin.session))

    def _move(self, target: Power, at: float, origin: _Origin, after: float = 0.0) -> None:
        """Send the rails towards `target`, unless they are there or on their way.

        Power-up does not stop an operating system that is shutting down: to the machine it is on already.
        """
        if target is Power.ON and not self.mains:
            return
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
        self._stop_shutting_down()

    def _stop_shutting_down(self) -> None:
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
            self._system_up_at = at + self._dice.seconds(self.hardware.os_boot)
            self.restart_cause = self._restart_cause(origin.cause)
            by_command = origin.cause in _BY_COMMAND
            self.last_event = LastPowerEvent.ON_BY_COMMAND if by_command else LastPowerEvent.NONE
        else:
            self._system_up_at = math.inf
        self._observe(Change(at, power, origin.cause, origin.session))

    def _restart_cause(self, cause: Cause) -> RestartCause:
        if cause is Cause.OPERATOR:
            return RestartCause.POWER_BUTTON
        if cause is Cause.SYSTEM:
            return RestartCause.CLOCK
        if cause is Cause.MAINS:
            always = self.restore is RestorePolicy.ALWAYS_ON
            return RestartCause.ALWAYS_RESTORE if always else RestartCause.RESTORE_PREVIOUS
        return RestartCause.CHASSIS_CONTROL
