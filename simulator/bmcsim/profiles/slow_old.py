"""A server of fifteen years ago, still in the rack."""

from bmcsim.dice import Span
from bmcsim.hardware import Hardware, WhileOff
from bmcsim.profile import Profile
from bmcsim.profiles.family import Family, Quirk

SLOW_OLD = Family(
    "slow-old",
    "A BMC of fifteen years ago: slow answers, four session slots, no SHA256, minutes to boot.",
    Profile(
        hardware=Hardware(
            boot_delay=Span(3, 8),
            off_delay=Span(4, 6),
            latch=Span(0.5, 3),
            soft_off_delay=Span(20, 90),
            os_boot=Span(180, 400),
            cycle_interval=Span(5, 10),
            while_off=WhileOff.IGNORED,
        ),
        suites=(0, 3, 8),
        slots=4,
        lists_suites=False,
        answer_time=Span(0.05, 0.4),
        boot=Span(90, 300),
    ),
    (
        Quirk(
            "It is deaf to Get Channel Cipher Suites before there is a session.",
            "ipmitool 1.8.19 waits ten seconds for the answer: polls of one old machine went from 3 s to 13 s with"
            " an upgrade of the client; `-C 3` spares it.",
        ),
        Quirk(
            "No cipher suite 17; suite 0 is open.",
            "Machines whose maker will never add SHA256, and whose users keep typing `-C 3`.",
        ),
        Quirk(
            "Each answer takes 50 to 400 ms, one after the other.",
            "Slow BMCs fail conformance tests whose clients repeat themselves after one second.",
        ),
        Quirk(
            "Reset and cycle of a machine that is off are accepted and do nothing.",
            "Scripts that reset without looking first, and whose machines stay off.",
        ),
        Quirk(
            "A command is held for up to three seconds before it acts, and power off is held down for four.",
            "Power-off that is answered at once and read only after several polls.",
        ),
        Quirk(
            "After a cold reset it is silent for up to five minutes.",
            "From 45 s to 5 min, depending on its age and on how much it has to inventory.",
        ),
    ),
)
