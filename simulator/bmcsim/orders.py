"""What a machine can be told, and what can happen to it."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from bmcsim.hardware import Power


class Order(StrEnum):
    """What a machine can be told: IPMI 2.0, 28.3 Chassis Control, and what Redfish adds to it."""

    OFF = "off"
    ON = "on"
    CYCLE = "cycle"
    RESET = "reset"
    DIAGNOSTIC = "diagnostic"
    SOFT_OFF = "soft-off"
    SOFT_RESET = "soft-reset"
    """The operating system shuts down and the machine starts again, without losing power."""
    BUTTON = "button"
    """A short press of the power button, from afar."""


class Cause(StrEnum):
    """Why the power changed."""

    COMMAND = "command"
    LATCH = "latch"
    SOFT_OFF = "soft-off"
    OPERATOR = "operator"
    MAINS = "mains"
    SYSTEM = "system"
    """The machine's own doing: its user shut it down, its clock woke it, its power supply failed."""


class RestartCause(IntEnum):
    """Why the machine last started (IPMI 2.0, 28.11)."""

    UNKNOWN = 0x0
    CHASSIS_CONTROL = 0x1
    POWER_BUTTON = 0x3
    ALWAYS_RESTORE = 0x6
    RESTORE_PREVIOUS = 0x7
    CLOCK = 0xB


class LastPowerEvent(IntEnum):
    """Bits of the last power event (IPMI 2.0, 28.2)."""

    NONE = 0x00
    MAINS_FAILED = 0x01
    POWER_FAULT = 0x08
    ON_BY_COMMAND = 0x10


class OrderRefused(Exception):
    """The machine does not take this order."""


class NotInThisState(OrderRefused):
    """It makes no sense while the power is as it is (completion code D5h)."""


class NotSupported(OrderRefused):
    """This machine never takes it (completion code CCh)."""


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
