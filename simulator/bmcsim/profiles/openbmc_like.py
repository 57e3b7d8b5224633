"""A server with an OpenBMC firmware, or one made from it."""

from bmcsim.dice import Span
from bmcsim.hardware import EarlySoftOff, Hardware, RestorePolicy
from bmcsim.profile import Identity, Profile, RedfishWays, SequenceCheck
from bmcsim.profiles.family import Family, Quirk

OPENBMC_LIKE = Family(
    "openbmc-like",
    "OpenBMC: SHA256 and nothing else, no IPMI 1.5, sequence numbers stored and never compared.",
    Profile(
        hardware=Hardware(
            boot_delay=Span(1, 6),
            off_delay=Span(1, 4),
            soft_off_delay=Span(5, 60),
            early_soft_off=EarlySoftOff.IGNORED,
            os_boot=Span(60, 240),
            cycle_interval=Span(3, 8),
            restore=RestorePolicy.PREVIOUS,
        ),
        suites=(17,),
        ipmi15=(),
        slots=15,
        sequence_check=SequenceCheck.NONE,
        identity=Identity(manufacturer=49871, firmware=(2, 14)),
        answer_time=Span(0.005, 0.03),
        boot=Span(60, 180),
        redfish=RedfishWays(
            reset_types=(
                "On",
                "ForceOff",
                "GracefulShutdown",
                "GracefulRestart",
                "ForceRestart",
                "Nmi",
                "ForceOn",
                "PowerCycle",
            ),
            system="system",
            manager="bmc",
            chassis="chassis",
        ),
    ),
    (
        Quirk(
            "Cipher suite 17 alone; everything else is an invalid authentication algorithm.",
            "`Error in open session response message : invalid authentication algorithm`, from clients that ask"
            " for 3.",
        ),
        Quirk(
            "Its resources are named system, bmc and chassis.",
            "Scripts with `/redfish/v1/Systems/1` written into them, which find nothing there.",
        ),
        Quirk(
            "No IPMI 1.5 sessions.",
            "`ipmitool -I lan`, which finds it present and then cannot log in.",
        ),
        Quirk(
            "An exact duplicate of a datagram is carried out again.",
            "Its network daemon keeps the highest sequence number, and nothing looks at it.",
        ),
        Quirk(
            "Any accepted late packet renews the idle limit of its session.",
            "The same: what is not compared cannot be too old.",
        ),
    ),
)
