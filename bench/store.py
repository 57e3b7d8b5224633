"""How fast the store commits and loads, beside bare `sqlite3` writing the same rows to a file of the same schema.

Run from a checkout: `python bench/store.py --nodes 100000`.  Each batch changes so many nodes, begins an
operation for each and tells of each in the journal.  The two take turns, batch by batch, so that both see the same
machine; medians are told, because the disk now and then makes somebody wait for others.  Bare `sqlite3` is handed
tuples that were made beforehand, with `executemany`, in one transaction with `synchronous=FULL`: what is above it
is the price of making rows out of records, of SQLAlchemy, and of going to a thread and back.
"""

import argparse
import sqlite3
import tempfile
import time
import tracemalloc
from dataclasses import replace
from itertools import count
from pathlib import Path
from random import Random
from statistics import median

import trio

from powerfsm.bmc import Bmc
from powerfsm.journal import Entry, Kind
from powerfsm.node import Node, Policy
from powerfsm.operation import Operation, Status
from powerfsm.power import Ask, Desired, Power
from powerfsm.store import rows, schema
from powerfsm.store.batch import Batch
from powerfsm.store.store import Store, open_store

NOW = 1.8e9


def fleet(size: int) -> list[Node]:
    """So many idle nodes in racks of forty, each with an address of its own."""
    policy = Policy()
    return [
        Node(
            f"r{i // 40:04}n{i % 40:02}",
            Bmc(f"10.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}"),
            policy,
            state="off",
            observed=Power.OFF,
            observed_at=NOW + i,
        )
        for i in range(size)
    ]


def batches(nodes: list[Node], size: int, seed: int) -> list[Batch]:
    """Twenty batches, each of requests to `size` nodes picked at random."""
    random, identities, numbers = Random(seed), count(1), count(1)
    made = []
    for generation in range(1, 21):
        batch = Batch()
        for node in random.sample(nodes, size):
            identity = next(identities)
            batch.nodes[node.name] = replace(
                node, state="powering-on", desired=Desired.ON, generation=generation, in_play=identity
            )
            batch.operations[identity] = Operation(
                identity, node.name, Ask.ON, generation, Status.IN_PLAY, NOW, asked_by="bench"
            )
            batch.journal.append(
                Entry(
                    next(numbers),
                    NOW,
                    Kind.TRANSITION,
                    node.name,
                    "request",
                    identity,
                    generation,
                    "off",
                    "powering-on",
                )
            )
        made.append(batch)
    return made


class Bare:
    """The same tables, written by nothing but `sqlite3`."""

    def __init__(self, path: Path) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None)
        self.connection.execute("PRAGMA synchronous = FULL")

    def commit(self, tables: dict[str, list[rows.Row]]) -> None:
        self.connection.execute("BEGIN IMMEDIATE")
        for table, values in tables.items():
            columns = schema.metadata.tables[table].columns.keys()
            sql = f"INSERT INTO {table} VALUES ({','.join('?' * len(columns))})"
            if table == "node":
                sql += f" ON CONFLICT DO UPDATE SET {','.join(f'{c}=excluded.{c}' for c in columns)}"
            self.connection.executemany(sql, values)
        self.connection.execute("COMMIT")


def tables(batch: Batch) -> dict[str, list[rows.Row]]:
    """The rows of a batch by table."""
    return {
        "node": [rows.node_row(node) for node in batch.nodes.values()],
        "operation": [rows.operation_row(operation) for operation in batch.operations.values()],
        "journal": rows.entry_rows(batch.journal),
    }


async def compare(store: Store, bare: Bare, nodes: list[Node], size: int, seed: int) -> None:
    """Commit batches of `size` in turns and tell both times."""
    ours, theirs = [], []
    for batch in batches(nodes, size, seed):
        prepared = tables(batch)
        begin = time.perf_counter()
        await store.commit(batch)
        ours.append(time.perf_counter() - begin)
        begin = time.perf_counter()
        bare.commit(prepared)
        theirs.append(time.perf_counter() - begin)
    total = 3 * size
    print(
        f"commit {size} nodes + {size} operations + {size} entries:"
        f" {median(ours) * 1e3:.1f} ms (worst {max(ours) * 1e3:.1f}), {total / median(ours):,.0f} rows/s;"
        f" bare sqlite3 {median(theirs) * 1e3:.1f} ms (worst {max(theirs) * 1e3:.1f}),"
        f" {total / median(theirs):,.0f} rows/s; ratio {median(ours) / median(theirs):.2f}"
    )


async def measure(directory: Path, size: int, changed: int, seed: int) -> None:
    """Everything, on files in `directory`."""
    nodes = fleet(size)
    everything = Batch(nodes={node.name: node for node in nodes})
    path, bare_path = directory / "store.db", directory / "bare.db"
    async with open_store(bare_path) as store:
        await store.commit(everything)
    bare = Bare(bare_path)
    async with open_store(path) as store:
        begin = time.perf_counter()
        await store.commit(everything)
        taken = time.perf_counter() - begin
        print(f"add {size:,} nodes in one commit: {taken:.2f} s, {size / taken:,.0f} rows/s")
    begin = time.perf_counter()
    async with open_store(path) as store:
        opened = time.perf_counter()
        await store.load()
        loaded = time.perf_counter()
        print(f"open, checks included: {opened - begin:.2f} s; load: {loaded - opened:.2f} s")
        tracemalloc.start()
        snapshot = await store.load()
        held, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        print(f"held by the snapshot: {held / size:.0f} B a node")
        del snapshot
        await compare(store, bare, nodes, min(changed, size), seed)


def main() -> None:
    """Take the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--nodes", type=int, default=1000, help="size of the fleet")
    parser.add_argument("--changed", type=int, default=1000, help="nodes changed in one batch")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--directory", type=Path, help="on the disk to measure; default: the system's temporary one"
    )
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.directory) as directory:
        trio.run(measure, Path(directory), given.nodes, given.changed, given.seed)


if __name__ == "__main__":
    main()
