"""A disk that outlives processes, and keeps of what they wrote what a disk would.

What is simulated is told in `unsynced` (writes, syncs, power) and `vfs` (SQLite's way here).  Making, removing and
renaming of files is durable at once: of what SQLite does with its files, the log of a database is made once and
removed by the last process that closes it, both synced on POSIX.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Literal

from powerfsm.simulation.disk.mount import Mount
from powerfsm.simulation.disk.unsynced import Unsynced

Failing = Literal["write", "sync", "read"]
"""What a disk gives an input/output error for: whatever changes a file or makes or removes one; syncs; reads."""

_DATABASE = "powerfsm.db"

# SQLite's shared memory, and the file by whose lock a store is owned: they say nothing once their process is dead.
_NO_DATA = ("-shm", "-owner")


class Disk:
    """A disk in virtual time, the same for the same seed and the same calls.

    Args:
        directory: A directory of the caller's, empty; a file system in memory makes it fast.
        seed: Everything that is drawn, SQLite's own random numbers included, is drawn from it.

    Attributes:
        slowness: Seconds that each commit or question takes, half before it and half after it.
        full: Nothing can grow (ENOSPC); what is there can be overwritten.
        failing: What fails (EIO), or None.
        operations: How many disk operations there were, over all processes: writes, truncations, syncs, and the
            making and removing of files.
        clock: Seconds since the epoch; what SQL takes for the time.
        chance: Draws what survives a power loss, and what an operation that fails has done.
    """

    def __init__(self, directory: Path, seed: int) -> None:
        self.slowness = 0.0
        self.full = False
        self.failing: Failing | None = None
        self.operations = 0
        self.clock: Callable[[], float] = lambda: 0.0
        self._directory = directory
        self._seed = seed
        self.chance = Random(f"{seed} chance")
        self._works = 0
        self._mounts = 0
        self._mounted: Mount | None = None
        self._files: dict[str, Unsynced] = {}

    def mount(self) -> Mount:
        """The disk for a new process; one that still has it is dead.

        Its directory is a fresh one that holds the files as they are now, so that the process before, which may be
        unwinding still, has neither files nor locks in common with it.
        """
        before = self._mounted
        self._mounts += 1
        directory = self._directory / f"{self._mounts}"
        directory.mkdir()
        if before is not None:
            before.kill()
            for file in before.path.parent.iterdir():
                if not file.name.endswith(_NO_DATA):
                    shutil.copyfile(file, directory / file.name)
            shutil.rmtree(before.path.parent)
        self._mounted = Mount(self, directory / _DATABASE)
        return self._mounted

    def lose_power(self, mount: Mount) -> None:
        """What was not synced survives as the seed says; called by `Mount.lose_power`.

        Raises:
            RuntimeError: The disk is another process's by now.
        """
        if mount is not self._mounted:
            raise RuntimeError("this process no longer has the disk; the power is the next one's to lose")
        for name in sorted(self._files):
            path = mount.path.with_name(name)
            path.write_bytes(self._files[name].after_power_loss(path.read_bytes(), self.chance))

    def noise(self) -> str:
        """What the random numbers of the next work are drawn from: every work has its own."""
        self._works += 1
        return f"{self._seed} noise {self._works}"

    def unsynced(self, path: Path) -> Unsynced:
        """What is not synced of a file that is there."""
        known = self._files.get(path.name)
        if known is None:
            known = self._files[path.name] = Unsynced(path.stat().st_size)
        return known

    def removed(self, path: Path) -> None:
        """A file is no more."""
        self._files.pop(path.name, None)

    def now(self) -> float:
        """What SQL takes for the time."""
        return self.clock()
