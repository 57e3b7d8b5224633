"""What people and fate do to a node: the same words in a scenario and over HTTP.

Whoever watches over a fleet has to find out about it; none of it comes with an answer to anybody.
"""

from enum import StrEnum

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
    if deed is Deed.BUTTON:
        bmc.press_power_button(now)
    elif deed is Deed.LONG_BUTTON:
        bmc.machine.press_power_button(now, held=True)
    elif deed is Deed.PLUG_OUT:
        bmc.lose_mains(now)
        if lasting:
            fleet.at(now + lasting, bmc.regain_mains)
    elif deed is Deed.PLUG_IN:
        bmc.regain_mains(now)
    elif deed is Deed.BMC_REBOOT:
        # Where there are no mains there is nothing to reboot.
        if bmc.machine.mains:
            bmc.reboot(now, lasting)
    elif deed is Deed.POWER_FAILURE:
        bmc.machine.fail(now)
    elif deed is Deed.WAKE:
        bmc.machine.wake(now)
    elif deed is Deed.HALT:
        bmc.machine.halt(now)
    else:
        bmc.machine.hang()
