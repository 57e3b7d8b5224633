"""bmcsim: simulated BMCs that real clients can talk to, with a log of what really happened.

From a shell: `bmcsim serve --nodes 'n[1-50]'`.  In a trio program:

    fleet = Fleet.of("n[1-3]", Profile(hardware=Hardware(boot_delay=Span(2, 5))), log=MemoryLog())
    async with running(fleet):
        host, port = fleet.addresses["n1"]
"""

from bmcsim.dice import Span
from bmcsim.events import EventLog, FileLog, MemoryLog
from bmcsim.fleet import Fleet, expand
from bmcsim.machine import Hardware, Power, RestorePolicy, SoftOff
from bmcsim.memory import MemoryLink, MemoryNetwork, in_memory
from bmcsim.network import GONE, PERFECT, Network, Way
from bmcsim.profile import Profile, SequenceCheck, User
from bmcsim.serve import CannotBindError, bound, on_ports, running

__all__ = [
    "GONE",
    "PERFECT",
    "CannotBindError",
    "EventLog",
    "FileLog",
    "Fleet",
    "Hardware",
    "MemoryLink",
    "MemoryLog",
    "MemoryNetwork",
    "Network",
    "Power",
    "Profile",
    "RestorePolicy",
    "SequenceCheck",
    "SoftOff",
    "Span",
    "User",
    "Way",
    "bound",
    "expand",
    "in_memory",
    "on_ports",
    "running",
]
