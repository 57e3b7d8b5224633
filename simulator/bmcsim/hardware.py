"""How a machine behaves: what machines of one kind share, apart from the state that each has for itself."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from bmcsim.dice import Span

_NOW = Span.of(0)
_ONE_SECOND = Span.of(1)


class Power(StrEnum):
    """Whether the chassis has power."""

    ON = "on"
    OFF = "off"


class SoftOff(StrEnum):
    """What comes of the wish that the operating system shut down, once there is one."""

    HONOURED = "honoured"
    IGNORED = "ignored"
    UNSUPPORTED = "unsupported"
    """The BMC refuses it; the machine knows no such thing, and its button cuts the power."""


class EarlySoftOff(StrEnum):
    """What comes of the same wish while no operating system is up yet."""

    IGNORED = "ignored"
    """Nobody hears it."""
    HARD = "hard"
    """The firmware cuts the power: until ACPI is switched on, that is what a power button does."""


class WhileOff(StrEnum):
    """What comes of cycle, reset, diagnostic interrupt and soft-off while the machine is off."""

    REFUSED = "refused"
    """Completion code D5h, as IPMI 2.0, 28.3 recommends."""
    IGNORED = "ignored"
    """Accepted, and nothing happens."""
    STARTS = "starts"
    """Accepted; cycle and reset turn the machine on."""


class RestorePolicy(IntEnum):
    """What to do when the mains come back; numbers as in IPMI 2.0, 28.2, current power state, bits 6:5."""

    STAY_OFF = 0
    PREVIOUS = 1
    ALWAYS_ON = 2


@dataclass(frozen=True, slots=True)
class Hardware:
    """How a machine behaves; machines that are alike share one.

    Attributes:
        boot_delay: From acting on power-up until the power reads on.
        off_delay: From acting on power-down until it reads off.
        latch: How long an accepted order is held before it is acted on.
        soft_off: What comes of a soft shutdown.
        soft_off_delay: How long an operating system that honours it takes.
        early_soft_off: What comes of it while the operating system is not up.
        os_boot: From the power reading on, or from a reset, until the operating system is up.
        cycle_interval: How long the power stays off in a power cycle (at least 1 s by IPMI 2.0, 28.3).
        while_off: What comes of orders that need a machine that is on.
        power: The power at the start; an operating system is up where it is on.
        restore: What to do when the mains come back.
        restore_delay: How long after that, where it turns on: spread, to spare the fuse.
    """

    boot_delay: Span = _NOW
    off_delay: Span = _NOW
    latch: Span = _NOW
    soft_off: SoftOff = SoftOff.HONOURED
    soft_off_delay: Span = _NOW
    early_soft_off: EarlySoftOff = EarlySoftOff.IGNORED
    os_boot: Span = _NOW
    cycle_interval: Span = _ONE_SECOND
    while_off: WhileOff = WhileOff.REFUSED
    power: Power = Power.OFF
    restore: RestorePolicy = RestorePolicy.STAY_OFF
    restore_delay: Span = _NOW
