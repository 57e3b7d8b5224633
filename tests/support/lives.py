"""Lives of processes on a simulated disk: each finds what the one before left, commits, tells, and may be killed.

Batch `n` changes every node and adds an operation, a session, a key and two entries, all told by `n`; so a look at
the store says which batches are there, and whether one is there in part.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from bmcsim.virtual import run
from powerfsm.bmc import Bmc
from powerfsm.journal import Entry, Kind
from powerfsm.node import Node
from powerfsm.operation import Operation, Status
from powerfsm.power import Ask, Command
from powerfsm.simulation.disk import Disk, Mount
from powerfsm.store.batch import Batch, IdempotencyKey, SessionInUse
from powerfsm.store.errors import StoreError
from powerfsm.store.store import Store, open_store

NODES = 3
"""Nodes that every batch changes."""

NOW = 1e9


@dataclass
class Life:
    """What became of a process.

    Attributes:
        found: The last batch that it found; None where it died before it had looked.
        begun: The last batch that it began to commit, 0 for none.
        told: The last batch whose commit returned, 0 for none.
        refused: What it was refused, in order.
    """

    found: int | None = None
    begun: int = 0
    told: int = 0
    refused: list[StoreError] = field(default_factory=list)


def batch(number: int, ballast: int | None = None) -> Batch:
    """Batch `number`; each of its nodes carries so many bytes of text, or a few."""
    text = "x" * (number * 37 % 200 if ballast is None else ballast)
    nodes = [Node(f"n{i}", Bmc(f"h{i}"), generation=number, in_play=number) for i in range(NODES)]
    return Batch(
        nodes={node.name: replace(node, trouble=text) for node in nodes},
        operations={number: Operation(number, "n0", Ask.ON, number, Status.IN_PLAY, NOW)},
        opened={("n0", number): SessionInUse("n0", number, Command.ON, NOW)},
        closed={("n0", number - 1)},
        keys=[IdempotencyKey(f"key {number}", "digest", (number,), NOW)],
        journal=[
            Entry(seq, NOW, Kind.TRANSITION, "n0", "request", number) for seq in (2 * number - 1, 2 * number)
        ],
    )


async def last_batch(store: Store) -> int:
    """The last batch that is there.

    Raises:
        AssertionError: One is there in part, or one before it is not.
    """
    snapshot = await store.load()
    nodes = list(snapshot.nodes)
    last = snapshot.last_operation
    assert {node.generation for node in nodes} == ({last} if last else set())
    assert len(nodes) == (NODES if last else 0)
    assert [operation.id for operation in snapshot.operations] == list(range(1, last + 1))
    assert [session.id for session in snapshot.sessions] == ([last] if last else [])
    assert snapshot.last_seq == 2 * last
    assert [entry.seq for entry in await store.journal(limit=10**6)] == list(range(1, 2 * last + 1))
    assert (await store.idempotency(f"key {last}") is not None) == (last > 0)
    return last


def live(
    mount: Mount,
    commits: int,
    *,
    pragmas: tuple[str, ...] = (),
    ballast: int | None = None,
    before: Callable[[int], None] = lambda _: None,
    seed: int = 0,
) -> Life:
    """Open the store, look, commit so many batches, close: until the end, or until the disk says that it is dead.

    Args:
        mount: The process's way to the disk.
        commits: How many batches.
        pragmas: Said to the connection that writes.
        ballast: See `batch`.
        before: Called with the number of each batch before it is committed.
        seed: Orders trio's tasks.
    """
    life = Life()

    async def process() -> None:
        try:
            async with open_store(mount.path, clock=lambda: NOW, medium=mount.medium) as store:
                for pragma in pragmas:
                    say(store, pragma)
                life.found = await last_batch(store)
                for number in range(life.found + 1, life.found + 1 + commits):
                    life.begun = number
                    before(number)
                    await store.commit(batch(number, ballast))
                    life.told = number
        except StoreError as error:
            life.refused.append(error)

    run(process, seed=seed)
    return life


def say(store: Store, pragma: str) -> None:
    """Say a pragma to the connection that writes, outside of a transaction."""
    raw = store._writer.raw_connection()
    try:
        raw.cursor().execute(f"PRAGMA {pragma}")
    finally:
        raw.close()


def sound(path: Path) -> bool:
    """Whether a stranger's SQLite finds the file, log included, in order; the disk is of no use afterwards."""
    with closing(sqlite3.connect(path)) as connection:
        return bool(connection.execute("PRAGMA integrity_check").fetchone() == ("ok",))


def begun(directory: Path, seed: int, batches: int = 1) -> Disk:
    """A disk on which a process has made a store, committed so many batches, and ended in order."""
    directory.mkdir(exist_ok=True)
    disk = Disk(directory, seed)
    life = live(disk.mount(), batches)
    assert life.told == batches
    return disk
