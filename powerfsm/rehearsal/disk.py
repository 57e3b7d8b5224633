"""A disk in memory: what the store keeps, without a thread, so that virtual time can stand still before it."""

from collections.abc import Callable, Sequence
from pathlib import Path

import trio

from powerfsm.journal import Entry
from powerfsm.operation import Operation
from powerfsm.registry.fleet import Fleet
from powerfsm.store.batch import Batch, Snapshot
from powerfsm.store.errors import StoreUnavailable


class Disk:
    """What is durable, whichever process wrote it.

    Attributes:
        fleet: Nodes, operations under way, and sessions on record.
        ended: Operations that have ended, by id.
        journal: All of it.
        broken: What was written that must not be.
    """

    def __init__(self, told: Callable[[Sequence[Entry]], None]) -> None:
        """Be empty; `told` is called with the journal of each commit."""
        self.fleet = Fleet(Snapshot([], [], [], 0, 0))
        self.ended: dict[int, Operation] = {}
        self.journal: list[Entry] = []
        self.broken: list[str] = []
        self._told = told

    def snapshot(self) -> Snapshot:
        """What a start finds."""
        return Snapshot(
            list(self.fleet.nodes.values()),
            list(self.fleet.operations.values()),
            [session for of_node in self.fleet.sessions.values() for session in of_node.values()],
            max([0, *self.ended, *self.fleet.operations]),
            len(self.journal),
        )

    def has(self, operation: int) -> bool:
        """Whether an operation is on disk, ended or not."""
        return operation in self.ended or operation in self.fleet.operations

    def write(self, batch: Batch) -> None:
        """Make a batch durable."""
        for number in batch.operations:
            if number in self.ended:
                self.broken.append(f"operation {number} changed after it had ended {self.ended[number].status}")
        self.fleet.take(batch)
        self.ended.update((number, each) for number, each in batch.operations.items() if each.status.ended)
        self.journal.extend(batch.journal)
        self._told(batch.journal)


class DiskAccess:
    """One process's way to the disk.

    Attributes:
        cut: The process is dead: nothing of it gets there any more.
    """

    def __init__(self, disk: Disk) -> None:
        """Write to `disk`."""
        self._disk = disk
        self.cut = False

    async def commit(self, batch: Batch) -> None:
        """Make a batch durable; see `powerfsm.registry.writer.Durable`."""
        await trio.lowlevel.checkpoint()
        if self.cut:
            raise StoreUnavailable(Path("rehearsal"), "the process is dead", advice="start another")
        self._disk.write(batch)
