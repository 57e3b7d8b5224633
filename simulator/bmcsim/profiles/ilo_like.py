"""A server with a management chip in the manner of iLO."""

from bmcsim.dice import Span
from bmcsim.hardware import EarlySoftOff, Hardware, RestorePolicy
from bmcsim.profile import Identity, Profile, RedfishWays
from bmcsim.profiles.family import Family, Quirk

ILO_LIKE = Family(
    "ilo-like",
    "In the manner of iLO: what the power does not allow is a bad request, and the mains are not trusted at once.",
    Profile(
        hardware=Hardware(
            boot_delay=Span(2, 8),
            off_delay=Span(1, 6),
            soft_off_delay=Span(5, 60),
            early_soft_off=EarlySoftOff.IGNORED,
            os_boot=Span(150, 400),
            cycle_interval=Span(6, 10),
            restore=RestorePolicy.PREVIOUS,
            restore_delay=Span(15, 120),
        ),
        suites=(3, 17),
        slots=6,
        identity=Identity(manufacturer=11, product=8192, firmware=(2, 72)),
        answer_time=Span(0.02, 0.15),
        boot=Span(60, 120),
        redfish=RedfishWays(
            reset_types=(
                "On",
                "ForceOff",
                "GracefulShutdown",
                "ForceRestart",
                "Nmi",
                "PushPowerButton",
                "GracefulRestart",
            ),
            without_change=400,
            while_off=400,
        ),
    ),
    (
        Quirk(
            "A reset of a machine that is off is answered 400.",
            "`InvalidOperationForSystemState` with `Power is off` as its argument; fencing that met the 400 left"
            " its host in limbo.",
        ),
        Quirk(
            "Its IPMI answers late beside other makers' on the same list.",
            "One slow machine among many holds up a tool that asks for the power of all.",
        ),
        Quirk(
            "When the mains come back, it waits from 15 s to two minutes before it turns the machine on.",
            "A random power-on delay in its setup.",
        ),
    ),
)
