"""What Redfish can tell a machine, and what that is to the machine (DSP0268, Resource.ResetType)."""

from enum import StrEnum
from typing import Final

from bmcsim.machine import Jolt, Order, Power


class ResetType(StrEnum):
    """What a reset can be told."""

    ON = "On"
    FORCE_ON = "ForceOn"
    FORCE_OFF = "ForceOff"
    GRACEFUL_SHUTDOWN = "GracefulShutdown"
    GRACEFUL_RESTART = "GracefulRestart"
    FORCE_RESTART = "ForceRestart"
    NMI = "Nmi"
    PUSH_POWER_BUTTON = "PushPowerButton"
    POWER_CYCLE = "PowerCycle"


ORDERS: Final = {
    ResetType.ON: Order.ON,
    ResetType.FORCE_ON: Order.ON,
    ResetType.FORCE_OFF: Order.OFF,
    ResetType.GRACEFUL_SHUTDOWN: Order.SOFT_OFF,
    ResetType.GRACEFUL_RESTART: Order.SOFT_RESET,
    ResetType.FORCE_RESTART: Order.RESET,
    ResetType.NMI: Order.DIAGNOSTIC,
    ResetType.PUSH_POWER_BUTTON: Order.BUTTON,
    ResetType.POWER_CYCLE: Order.CYCLE,
}
"""The order that a reset is."""

AIMS: Final = {
    ResetType.ON: Power.ON,
    ResetType.FORCE_ON: Power.ON,
    ResetType.FORCE_OFF: Power.OFF,
    ResetType.GRACEFUL_SHUTDOWN: Power.OFF,
}
"""The power that a reset is for, where there is one: it changes nothing where that is the power already."""

GOALS: Final[dict[ResetType, frozenset[Power | Jolt]]] = {
    **{reset: frozenset({power}) for reset, power in AIMS.items()},
    ResetType.GRACEFUL_RESTART: frozenset({Power.ON, Jolt.RESET}),
    ResetType.FORCE_RESTART: frozenset({Power.ON, Jolt.RESET}),
    ResetType.NMI: frozenset({Jolt.DIAGNOSTIC}),
    ResetType.PUSH_POWER_BUTTON: frozenset({Power.ON, Power.OFF}),
    ResetType.POWER_CYCLE: frozenset({Power.ON}),
}
"""What has to happen to the machine until a reset has come true."""

GRACEFUL: Final = frozenset({ResetType.GRACEFUL_SHUTDOWN, ResetType.GRACEFUL_RESTART})
"""Those that the operating system has to go along with."""
