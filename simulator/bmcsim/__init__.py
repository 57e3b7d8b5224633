"""bmcsim: simulated BMCs that real clients can talk to, with a log of what really happened.

From a shell: `bmcsim serve --nodes 'n[1-50]'`.  In any test, by the pytest plugin:

    def test_my_script_turns_it_on(bmc):
        my_script.turn_on(bmc.host, bmc.port, bmc.username, bmc.password)
        assert bmc.power == "on"

In a trio program:

    fleet = Fleet.of("n[1-3]", Profile(hardware=Hardware(boot_delay=Span(2, 5))), log=MemoryLog())
    async with running(fleet):
        host, port = fleet.addresses["n1"]

The names below are imported when they are first asked for: pytest imports this package for its plugin, also in
test suites that never use it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from bmcsim.binding import CannotBindError
    from bmcsim.dice import Span
    from bmcsim.enclosure import Enclosure
    from bmcsim.events import EventLog, FileLog, MemoryLog
    from bmcsim.faults import CATALOGUE, Fault, Faults, Rule
    from bmcsim.fleet import Fleet, expand
    from bmcsim.machine import Hardware, Power, RestorePolicy, SoftOff
    from bmcsim.memory import MemoryLink, MemoryNetwork, in_memory
    from bmcsim.network import GONE, PERFECT, Network, Way
    from bmcsim.profile import Auth15, Fidelity, Identity, Profile, RedfishWays, SequenceCheck, User
    from bmcsim.profiles import FAMILIES
    from bmcsim.serve import bound, on_ports, running

_HOMES: Final = {
    "binding": ("CannotBindError",),
    "dice": ("Span",),
    "events": ("EventLog", "FileLog", "MemoryLog"),
    "faults": ("CATALOGUE", "Fault", "Faults", "Rule"),
    "fleet": ("Fleet", "expand"),
    "machine": ("Hardware", "Power", "RestorePolicy", "SoftOff"),
    "memory": ("MemoryLink", "MemoryNetwork", "in_memory"),
    "network": ("GONE", "PERFECT", "Network", "Way"),
    "enclosure": ("Enclosure",),
    "profile": ("Auth15", "Fidelity", "Identity", "Profile", "RedfishWays", "SequenceCheck", "User"),
    "profiles": ("FAMILIES",),
    "serve": ("bound", "on_ports", "running"),
}
"""Module to the public names that are defined in it."""

_HOME_OF: Final = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "CATALOGUE",
    "FAMILIES",
    "GONE",
    "PERFECT",
    "Auth15",
    "CannotBindError",
    "Enclosure",
    "EventLog",
    "Fault",
    "Faults",
    "Fidelity",
    "FileLog",
    "Fleet",
    "Hardware",
    "Identity",
    "MemoryLink",
    "MemoryLog",
    "MemoryNetwork",
    "Network",
    "Power",
    "Profile",
    "RedfishWays",
    "RestorePolicy",
    "Rule",
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


def __getattr__(name: str) -> Any:
    """Import a public name from where it is defined (PEP 562)."""
    module = _HOME_OF.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{module}"), name)
    globals()[name] = value
    return value
