"""What people and fate do to a node: the same words in a scenario and over HTTP."""

from enum import StrEnum

from bmcsim.fleet import Fleet


class Deed(StrEnum):
    """Something that happens to a node, and that no client of its BMC has asked for."""

    PRESS_POWER_BUTTON = "press-power-button"
    """Somebody presses the power button: it turns on, or asks the operating system to shut down."""
    HOLD_POWER_BUTTON = "hold-power-button"
    """Somebody holds it until the power is cut; a machine that is off turns on."""
    LOSE_MAINS = "lose-mains"
    """The plug is pulled: machine and BMC are dead."""
    REGAIN_MAINS = "regain-mains"
    """The plug is back; the power restore policy decides about the machine."""
    REBOOT_BMC = "reboot-bmc"
    """The BMC forgets its sessions and is silent for a while; the machine runs on."""
    WAKE = "wake"
    """Drift: the machine's own clock turns it on."""
    HALT = "halt"
    """Drift: a user of its operating system shuts it down."""
    FAIL = "fail"
    """Drift: its power supply fails for a moment, and it is off."""
    HANG = "hang"
    """Its operating system hears nothing any more, no soft shutdown either."""


def do(fleet: Fleet, name: str, deed: Deed, now: float, *, lasting: float = 0.0) -> None:
    """Have it happen; `Fleet.finish` writes it to the log.

    Args:
        fleet: Which fleet.
        name: Which node of it.
        deed: What happens.
        now: When, on the fleet's clock.
        lasting: After how many seconds the BMC is back (`REBOOT_BMC`) or the mains are (`LOSE_MAINS`, where 0 is
            never).

    Raises:
        KeyError: There is no such node.
    """
    bmc = fleet[name]
    fleet.advance(now)
    if deed is Deed.PRESS_POWER_BUTTON:
        bmc.press_power_button(now)
    elif deed is Deed.HOLD_POWER_BUTTON:
        bmc.machine.press_power_button(now, held=True)
    elif deed is Deed.LOSE_MAINS:
        bmc.lose_mains(now)
        if lasting:
            fleet.at(now + lasting, bmc.regain_mains)
    elif deed is Deed.REGAIN_MAINS:
        bmc.regain_mains(now)
    elif deed is Deed.REBOOT_BMC:
        bmc.crash(now)
        # A BMC whose plug was pulled in the meantime comes back with the mains, and not before.
        fleet.at(now + lasting, lambda when: bmc.start(when) if bmc.machine.mains else None)
    elif deed is Deed.WAKE:
        bmc.machine.wake(now)
    elif deed is Deed.HALT:
        bmc.machine.halt(now)
    elif deed is Deed.FAIL:
        bmc.machine.fail(now)
    else:
        bmc.machine.hang()
