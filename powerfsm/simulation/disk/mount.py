"""One process's way to the disk, which ends with the process."""

from collections.abc import Callable
from itertools import count
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import trio

from powerfsm.simulation.disk.inline import Inline
from powerfsm.simulation.disk.unsynced import Unsynced
from powerfsm.simulation.disk.vfs import Operation, Vfs, refusal

if TYPE_CHECKING:
    from powerfsm.simulation.disk.disk import Disk

_numbers = count(1)


class Mount:
    """One process's way to the disk; made by `Disk.mount`.

    Attributes:
        path: Of the database.  Its directory is this process's alone.
        medium: For `powerfsm.store.store.open_store`.
        died: Called when the process dies by `die_at`, in the midst of SQLite: it must not use the store.
        dead: Whether the process is dead.
        death: Set once it is.
    """

    def __init__(self, disk: "Disk", path: Path) -> None:
        self.path = path
        self.medium = Inline(self)
        self.died: Callable[[], None] = lambda: None
        self.dead = False
        self.death = trio.Event()
        self.vfs = f"powerfsm-disk-{next(_numbers)}"
        self._disk = disk
        self._fatal: int | None = None
        self._vfs = Vfs(self.vfs, self, disk.now)

    def die_at(self, operation: int) -> None:
        """Die just before the disk operation of this number, and call `died`.

        Args:
            operation: Disk operations are numbered from 1 over the whole life of the disk; one that was before has
                no effect.
        """
        self._fatal = operation

    def kill(self) -> None:
        """The process is dead: nothing more of it gets to the disk.

        What it wrote and did not sync stays in the machine's memory, where the next process finds it, and where a
        loss of power may still take it from.
        """
        self.dead = True
        self.death.set()

    def lose_power(self) -> None:
        """The machine is dead, and the process with it: what was not synced survives as the seed says.

        Raises:
            RuntimeError: Another process has the disk by now; the power is its to lose.
        """
        self.kill()
        self._disk.lose_power(self)

    @property
    def full(self) -> bool:
        """Whether no file can grow."""
        return self._disk.full

    @property
    def slowness(self) -> float:
        """Seconds that work takes now."""
        return self._disk.slowness

    @property
    def chance(self) -> Random:
        """Draws what a disk operation that fails has done."""
        return self._disk.chance

    def noise(self) -> str:
        """What the random numbers of the next work are drawn from."""
        return self._disk.noise()

    def admit(self, operation: Operation, code: int) -> None:
        """Count a disk operation before it happens; see `powerfsm.simulation.disk.vfs.Process`."""
        if self.dead:
            raise refusal(code)
        if operation != "read":
            if self._fatal == self._disk.operations + 1:
                self.kill()
                self.died()
                raise refusal(code)
            self._disk.operations += 1
        if self._disk.failing == operation:
            raise refusal(code)

    def unsynced(self, path: Path) -> Unsynced:
        """What is not synced of a file."""
        return self._disk.unsynced(path)

    def removed(self, path: Path) -> None:
        """Forget a file."""
        self._disk.removed(path)
