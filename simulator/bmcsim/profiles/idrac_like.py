"""A server with a management card in the manner of iDRAC."""

from bmcsim.dice import Span
from bmcsim.hardware import EarlySoftOff, Hardware, RestorePolicy
from bmcsim.profile import Identity, Profile, RedfishWays
from bmcsim.profiles.family import Family, Quirk

IDRAC_LIKE = Family(
    "idrac-like",
    "In the manner of iDRAC: refuses resets that change nothing, and has no graceful restart.",
    Profile(
        hardware=Hardware(
            boot_delay=Span(2, 6),
            off_delay=Span(1, 5),
            soft_off_delay=Span(5, 60),
            early_soft_off=EarlySoftOff.HARD,
            os_boot=Span(120, 300),
            cycle_interval=Span(5, 10),
            restore=RestorePolicy.PREVIOUS,
            restore_delay=Span(0, 60),
        ),
        suites=(3, 17),
        slots=4,
        identity=Identity(manufacturer=674, product=256, firmware=(6, 10)),
        answer_time=Span(0.01, 0.06),
        boot=Span(120, 240),
        redfish=RedfishWays(
            reset_types=(
                "On",
                "ForceOff",
                "ForceRestart",
                "GracefulShutdown",
                "PushPowerButton",
                "Nmi",
                "PowerCycle",
            ),
            without_change=409,
            while_off=409,
            system="System.Embedded.1",
            manager="iDRAC.Embedded.1",
            chassis="System.Embedded.1",
        ),
    ),
    (
        Quirk(
            "On for a machine that is on is answered 409.",
            "`Server is already powered ON.` with status 409 ended playbooks that ran a second time.",
        ),
        Quirk(
            "Its resources are named System.Embedded.1 and iDRAC.Embedded.1.",
            "Scripts with `/redfish/v1/Systems/1` written into them, which find nothing there.",
        ),
        Quirk(
            "GracefulRestart is not among its ResetTypes, and answered 400.",
            "Playbooks that worked until a firmware update took GracefulRestart away.",
        ),
        Quirk(
            "Power cycle of a machine that is off is refused with D5h.",
            "`Command not supported in present state`, and an installer that went no further.",
        ),
        Quirk(
            "When the mains come back, machines turn on spread over a minute.",
            "A recovery delay in its setup, against the inrush of a whole rack.",
        ),
    ),
)
