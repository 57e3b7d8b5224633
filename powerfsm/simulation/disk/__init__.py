"""A simulated disk under real SQLite: it loses what was not synced, tears writes, fails, is full, and is slow.

Needs apsw (`pip install 'powerfsm[simulation]'`), through which SQLite asks Python for every write.
"""

from importlib.util import find_spec

if find_spec("apsw") is None:
    raise ModuleNotFoundError(
        "the simulated disk needs apsw, which is not installed; pip install 'powerfsm[simulation]'", name="apsw"
    )

from powerfsm.simulation.disk.connection import Connection, Cursor
from powerfsm.simulation.disk.disk import Disk, Failing
from powerfsm.simulation.disk.inline import Inline
from powerfsm.simulation.disk.mount import Mount
from powerfsm.simulation.disk.unsynced import SECTOR, Unsynced

__all__ = ["SECTOR", "Connection", "Cursor", "Disk", "Failing", "Inline", "Mount", "Unsynced"]
