"""What happens to machines that nobody asked their BMCs for: people, plugs, power supplies, users.

    bmc.drift(Drift.PLUG_OUT, at=3600)

Whoever watches over a fleet has to find out about it; none of it comes with an answer to anybody.
"""

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bmcsim.bmc import Bmc


class Drift(StrEnum):
    """One thing that may happen."""

    BUTTON = "button"
    """Somebody presses the power button: on, or the operating system is asked to shut down."""
    LONG_BUTTON = "long-button"
    """Somebody holds it until the power is cut."""
    PLUG_OUT = "plug-out"
    """Somebody pulls the plug: machine and BMC are dead."""
    PLUG_IN = "plug-in"
    """Somebody puts it back; the BMC boots, then the power restore policy decides."""
    POWER_FAILURE = "power-failure"
    """The machine's power supply trips: it is off, its BMC is not."""
    WAKE = "wake"
    """The machine's own clock turns it on."""
    HALT = "halt"
    """A user shuts the operating system down."""
    HANG = "hang"
    """The operating system hangs: it hears of no shutdown any more until the machine is started again."""


def happen(bmc: "Bmc", drift: Drift, at: float) -> None:
    """Let it happen to the machine of `bmc` now, which is `at`."""
    machine = bmc.machine
    if drift is Drift.BUTTON:
        machine.press_power_button(at)
    elif drift is Drift.LONG_BUTTON:
        machine.press_power_button(at, held=True)
    elif drift is Drift.PLUG_OUT:
        bmc.lose_mains(at)
    elif drift is Drift.PLUG_IN:
        bmc.regain_mains(at)
    elif drift is Drift.POWER_FAILURE:
        machine.fail(at)
    elif drift is Drift.WAKE:
        machine.wake(at)
    elif drift is Drift.HALT:
        machine.halt(at)
    else:
        machine.hang()
