"""What people and fate do to a node: the same words in a scenario and over HTTP.

They are those of `bmcsim.drift`, and the reboot of a BMC.
"""

from enum import StrEnum

from bmcsim.drift import Drift, happen
from bmcsim.fleet import Fleet


class Deed(StrEnum):
    """Something that happens to a node, and that no client of its BMC has asked for."""

    BUTTON = "button"
    """Somebody presses the power button: on, or the operating system is asked to shut down."""
    LONG_BUTTON = "long-button"
    """Somebody holds it until the power is cut."""
    PLUG_OUT = "plug-out"
    """Somebody pulls the plug: machine and BMC are dead."""
    PLUG_IN = "plug-in"
    """Somebody puts it back; the power restore policy decides about the machine."""
    POWER_FAILURE = "power-failure"
    """The machine's power supply trips: it is off, its BMC is not."""
    WAKE = "wake"
    """The machine's own clock turns it on."""
    HALT = "halt"
    """A user shuts the operating system down."""
    HANG = "hang"
    """The operating system hangs: it hears of no shutdown any more."""
    BMC_REBOOT = "bmc-reboot"
    """The BMC forgets its sessions and is silent for a while; the machine runs on."""


def do(fleet: Fleet, name: str, deed: Deed, now: float, *, lasting: float = 0.0) -> None:
    """Have it happen; `Fleet.finish` writes it to the log.

    Args:
        fleet: Which fleet.
        name: Which node of it.
        deed: What happens.
        now: When, on the fleet's clock.
        lasting: How many seconds the BMC is silent (`BMC_REBOOT`), or the plug is out (`PLUG_OUT`, where 0 is
            until somebody puts it back).

    Raises:
        KeyError: There is no such node.
    """
    bmc = fleet[name]
    fleet.advance(now)
    if deed is Deed.BMC_REBOOT:
        bmc.reboot(now, lasting)
        return
    happen(bmc, Drift(deed.value), now)
    if deed is Deed.PLUG_OUT and lasting:
        fleet.at(now + lasting, lambda when: happen(bmc, Drift.PLUG_IN, when))
