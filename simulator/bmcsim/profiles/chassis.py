"""A chassis with many nodes and one management controller.

IPMI's own means for that would be bridged messages (Send Message, 22.7), which most clients of power never send:
ipmipower and Redfish clients have no way to.  Chassis that people really run give each node an address of its
own, and share what lies behind: slots and the executor of power orders.  So does this one.
"""

from bmcsim.dice import Span
from bmcsim.enclosure import Enclosure
from bmcsim.hardware import Hardware
from bmcsim.profile import Profile
from bmcsim.profiles.family import Family, Quirk

CHASSIS = Family(
    "chassis",
    "Sixteen nodes behind one controller: an address for each, one pool of session slots, one order at a time.",
    Profile(
        hardware=Hardware(
            boot_delay=Span(1, 3),
            off_delay=Span(1, 3),
            soft_off_delay=Span(10, 40),
            os_boot=Span(60, 200),
            cycle_interval=Span(3, 6),
        ),
        suites=(3, 17),
        slots=4,
        answer_time=Span(0.005, 0.05),
        boot=Span(60, 150),
        enclosure=Enclosure(nodes=16, slots=12, actuation=Span(0.5, 2)),
    ),
    (
        Quirk(
            "Power orders are carried out one after the other, whichever node they are for.",
            "All nodes of a chassis turned on at once: each says yes, and the last starts half a minute later.",
        ),
        Quirk(
            "All nodes share twelve session slots.",
            "Logins refused for want of resources on nodes that nobody uses, because of their neighbours.",
        ),
    ),
)
