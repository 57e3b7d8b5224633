"""A disk in the hand: it survives crashes, takes its time, can be full, and checks what it is given."""

from collections import Counter
from pathlib import Path

import trio

from judge import Judge
from powerfsm.journal import Entry
from powerfsm.operation import Operation
from powerfsm.registry.fleet import Fleet
from powerfsm.store.batch import Batch, IdempotencyKey, Snapshot
from powerfsm.store.errors import StoreUnavailable

SYNC = 0.0007
"""Seconds from a commit's beginning to its being durable, and again until the process hears of it, as a rule."""


class Disk:
    """What is durable.

    Attributes:
        fleet: Nodes, operations under way and sessions, as they are on disk.
        ended: Operations that have ended.
        keys: Idempotency keys.
        journal: All of it.
        commits: How many there were.
        full: It takes nothing for now.
        sync: Seconds from a commit's beginning to its being durable, and again until the process hears of it.
    """

    def __init__(self, judge: Judge) -> None:
        self.fleet = Fleet(Snapshot([], [], [], 0, 0))
        self.ended: dict[int, Operation] = {}
        self.keys: dict[str, IdempotencyKey] = {}
        self.journal: list[Entry] = []
        self.commits = 0
        self.full = False
        self.sync = SYNC
        self._judge = judge
        judge.disk = self

    def snapshot(self) -> Snapshot:
        """What a start finds."""
        sessions = [session for of_node in self.fleet.sessions.values() for session in of_node.values()]
        return Snapshot(
            list(self.fleet.nodes.values()),
            list(self.fleet.operations.values()),
            sessions,
            max([0, *self.ended, *self.fleet.operations]),
            len(self.journal),
        )

    def operation(self, number: int) -> Operation | None:
        return self.ended.get(number) or self.fleet.operations.get(number)

    def write(self, batch: Batch) -> None:
        """Make a batch durable."""
        self._check(batch)
        self.commits += 1
        self.fleet.take(batch)
        self.ended.update((number, each) for number, each in batch.operations.items() if each.status.ended)
        self.keys.update((key.key, key) for key in batch.keys)
        self.journal.extend(batch.journal)
        self._check_references()
        self._judge.committed(batch)

    def _check(self, batch: Batch) -> None:
        for number in batch.operations:
            if number in self.ended:
                self._judge.break_(f"operation {number} had ended, as {self.ended[number].status}, and changes")
        for due, entry in enumerate(batch.journal, len(self.journal) + 1):
            if entry.seq != due:
                self._judge.break_(f"journal entry {entry.seq} where {due} is due")
        for name, node in batch.nodes.items():
            before = self.fleet.nodes.get(name)
            if before is not None and not before.generation <= node.generation:
                self._judge.break_(f"the generation of {name} went from {before.generation} to {node.generation}")

    def _check_references(self) -> None:
        held = {
            number
            for node in self.fleet.nodes.values()
            for number in (node.in_play, node.waiting)
            if number is not None
        }
        if held != set(self.fleet.operations):
            self._judge.break_(
                f"nodes hold operations {held}, and those under way are {set(self.fleet.operations)}"
            )
        for name in self.fleet.sessions:
            if name not in self.fleet.nodes:
                self._judge.break_(f"a session of {name!r} is on record, and there is no such node")
        addresses = Counter((node.bmc.host, node.bmc.port) for node in self.fleet.nodes.values())
        owners = {address: self.fleet.owners.get(address) for address in addresses}
        if max(addresses.values(), default=1) > 1 or None in owners.values():
            self._judge.break_(f"BMC addresses are shared, or owned by nobody: {addresses} {owners}")


class LabStore:
    """The way of one process to the disk; `cut_off` it, and nothing more gets there."""

    def __init__(self, disk: Disk) -> None:
        self.disk = disk
        self.cut_off = False

    async def commit(self, batch: Batch) -> None:
        await trio.sleep(self.disk.sync)
        if self.disk.full or self.cut_off:
            raise StoreUnavailable(Path("lab.db"), "the disk is full", advice="make room")
        self.disk.write(batch)
        # As the contract of stores wants it: once it is durable, a cancel does not change what is told.
        with trio.CancelScope(shield=True):
            await trio.sleep(self.disk.sync)
        if self.cut_off:
            raise StoreUnavailable(Path("lab.db"), "the process is gone", advice="start another")

    async def operation(self, operation_id: int) -> Operation | None:
        await trio.sleep(self.disk.sync)
        return self.disk.operation(operation_id)

    async def idempotency(self, key: str) -> IdempotencyKey | None:
        await trio.sleep(self.disk.sync)
        return self.disk.keys.get(key)
