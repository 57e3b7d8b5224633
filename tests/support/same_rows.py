"""The floor under a store: bare `sqlite3` that writes as many rows in as many commits, to the same schema."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from powerfsm.registry.writer import Durable
from powerfsm.store import schema
from powerfsm.store.batch import Batch
from powerfsm.store.rows import Row
from powerfsm.store.store import open_store


class Size(NamedTuple):
    """How many rows of which table a commit wrote; of sessions also how many it deleted."""

    node: int
    operation: int
    opened: int
    closed: int
    journal: int


class Tallied:
    """A store that remembers how large its commits were.

    Attributes:
        sizes: Of each commit, in order.
    """

    def __init__(self, inner: Durable) -> None:
        self.sizes: list[Size] = []
        self._inner = inner

    async def commit(self, batch: Batch) -> None:
        await self._inner.commit(batch)
        sessions = len(batch.opened), len(batch.closed)
        self.sizes.append(Size(len(batch.nodes), len(batch.operations), *sessions, len(batch.journal)))


class _Rows:
    """The rows of a table, in the order of its key, round and round."""

    def __init__(self, source: sqlite3.Connection, table: str) -> None:
        self._source = source
        self._select = f"SELECT * FROM {table} ORDER BY rowid"
        self._cursor = source.execute(self._select)

    def take(self, count: int) -> list[Row]:
        taken: list[Row] = self._cursor.fetchmany(count)
        while len(taken) < count:
            self._cursor = self._source.execute(self._select)
            taken += self._cursor.fetchmany(count - len(taken))
        return taken


async def bare_commits(written: Path, sizes: list[Size], other: Path) -> tuple[float, float]:
    """Seconds, and CPU seconds, that bare `sqlite3` takes for commits of these sizes, with `synchronous=FULL`.

    Args:
        written: A database of the store that has rows; which of them a commit wrote makes no difference.
        sizes: Of the commits; journal entries in all not more than `written` has.
        other: Where to write; the file is made.
    """
    async with open_store(other) as store:
        async with open_store(written) as full:
            nodes_there = (await full.load()).nodes
        await store.commit(Batch(nodes={node.name: node for node in nodes_there}))
    seconds, cpu, sessions = 0.0, 0.0, 0
    with (
        closing(sqlite3.connect(other, isolation_level=None)) as bare,
        closing(sqlite3.connect(written)) as source,
    ):
        bare.execute("PRAGMA synchronous = FULL")
        bare.execute("PRAGMA wal_autocheckpoint = 4000")
        nodes, operations, journal = (_Rows(source, table) for table in ("node", "operation", "journal"))
        for size in sizes:
            rows: dict[str, list[Row]] = {
                _update("node", 3): [(*row[3:], row[0]) for row in nodes.take(size.node)],
                _upsert("operation"): operations.take(size.operation),
                _upsert("session"): [(f"n{sessions + each}", 1, None, 0.0) for each in range(size.opened)],
                _insert("journal"): journal.take(size.journal),
                "DELETE FROM session WHERE node = ?": [(f"n{sessions - each}",) for each in range(size.closed)],
            }
            sessions += size.opened
            begun, used = time.perf_counter(), time.process_time()
            bare.execute("BEGIN IMMEDIATE")
            for statement, values in rows.items():
                bare.executemany(statement, values)
            bare.execute("COMMIT")
            seconds += time.perf_counter() - begun
            cpu += time.process_time() - used
    return seconds, cpu


def _columns(table: str) -> list[str]:
    return schema.metadata.tables[table].columns.keys()


def _insert(table: str) -> str:
    return f"INSERT INTO {table} VALUES ({', '.join('?' * len(_columns(table)))})"


def _upsert(table: str) -> str:
    changes = (f"{name} = excluded.{name}" for name in _columns(table) if name not in ("id", "node"))
    return f"{_insert(table)} ON CONFLICT DO UPDATE SET {', '.join(changes)}"


def _update(table: str, same: int) -> str:
    """Leave the first columns as they are, of which the very first is the key; it comes last."""
    first, *_ = columns = _columns(table)
    return f"UPDATE {table} SET {', '.join(f'{name} = ?' for name in columns[same:])} WHERE {first} = ?"
