"""A server of today whose BMC does what the specifications say, at once."""

from bmcsim.dice import Span
from bmcsim.hardware import EarlySoftOff, Hardware, RestorePolicy
from bmcsim.profile import Profile
from bmcsim.profiles.family import Family, Quirk

FAST_MODERN = Family(
    "fast-modern",
    "A server of today: cipher suites 3 and 17, answers in milliseconds, power within two seconds.",
    Profile(
        hardware=Hardware(
            boot_delay=Span(0.2, 2),
            off_delay=Span(0.2, 1.5),
            soft_off_delay=Span(5, 30),
            early_soft_off=EarlySoftOff.HARD,
            os_boot=Span(60, 180),
            cycle_interval=Span(3, 6),
            restore=RestorePolicy.PREVIOUS,
        ),
        suites=(3, 17),
        slots=8,
        answer_time=Span(0.001, 0.01),
        boot=Span(45, 90),
    ),
    (
        Quirk(
            "The power reads as it was for a second or two after a command.",
            "Controllers that read right after a command, saw the old state and took it for a failure.",
        ),
        Quirk(
            "A soft shutdown before the operating system is up cuts the power.",
            "Until ACPI is switched on, a press of the button is what firmware makes of it: off.",
        ),
        Quirk(
            "It is gone for about a minute when the mains come back, or after a reset of the BMC.",
            "Every BMC boots an operating system of its own first.",
        ),
    ),
)
