"""A batch as SQL: what one transaction writes.

A commit is what every request waits for, and it is made while the rest of the daemon runs.  SQLite lets go of
Python's global lock for each *statement*, and gets it back only when whoever has it meanwhile gives it up, which
takes up to `sys.getswitchinterval()`: with a statement a row (`executemany`), a commit of 10,000 rows beside a
busy daemon takes seconds.  So one statement carries as many rows as SQLite takes values.

What a batch lets go of is deleted before what it holds is written.  A node or session that stands in both is
therefore kept: to fence a session once too often does no harm, to forget one does.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain

from sqlalchemy import Connection, Dialect, Table, bindparam, delete, func, insert, select
from sqlalchemy.sql import Insert

from powerfsm.store import rows, schema
from powerfsm.store.batch import Batch
from powerfsm.store.rows import Row
from powerfsm.store.sqlite import MOST_VALUES, upsert

REMEMBERED = 24 * 3600.0
"""Seconds that an idempotency key is remembered."""

# Expired keys deleted with each new one: more than one, so that a backlog shrinks, and no more, so that no
# commit ever pays for a whole day's keys.
_FORGOTTEN_PER_KEY = 2


class RuleBroken(ValueError):
    """The batch breaks a rule that is not SQL's to keep."""


class _Statement:
    """SQL that takes many rows at once.

    Args:
        before: What stands before the list of rows.
        columns: How many values a row has.
        after: What stands behind the list of rows.
    """

    def __init__(self, before: str, columns: int, after: str) -> None:
        self._before = before
        self._after = after
        self._row = _row(columns)
        self._most = MOST_VALUES // columns
        self._text = lru_cache(maxsize=32)(self._compose)

    def _compose(self, count: int) -> str:
        return f"{self._before}VALUES {', '.join([self._row] * count)}{self._after}"

    def run(self, connection: Connection, values: Sequence[Row]) -> int:
        """Run it for all rows; how many rows of the table it changed."""
        changed = 0
        for start in range(0, len(values), self._most):
            some = values[start : start + self._most]
            parameters = tuple(chain.from_iterable(some))
            options = {"preserve_rowcount": True}
            changed += connection.exec_driver_sql(self._text(len(some)), parameters, options).rowcount
        return changed


def _row(columns: int) -> str:
    return f"({', '.join('?' * columns)})"


def _insert(clause: Insert, table: Table, dialect: Dialect) -> _Statement:
    columns = len(table.columns)
    before, one_row, after = str(clause.compile(dialect=dialect)).partition(f"VALUES {_row(columns)}")
    assert one_row, f"{before} inserts no row of {columns} columns"
    return _Statement(before, columns, after)


def _delete(table: Table, dialect: Dialect) -> _Statement:
    """Delete the rows of these primary keys."""
    quote = dialect.identifier_preparer.quote
    keys = [quote(column.name) for column in table.primary_key]
    before = f"DELETE FROM {quote(table.name)} WHERE ({', '.join(keys)}) IN ("  # noqa: S608 (names of our schema)
    return _Statement(before, len(keys), ")")


def _update(table: Table, same: int, dialect: Dialect) -> _Statement:
    """Update rows of `table`, whole ones, where the first `same` columns are what they were."""
    quote = dialect.identifier_preparer.quote
    # What `VALUES` calls its columns, in SQLite and PostgreSQL alike.  A WITH clause could name them better, but
    # Python's `sqlite3` counts changed rows only where a statement begins with UPDATE.
    columns = [(quote(column.name), f"new.column{number}") for number, column in enumerate(table.columns, 1)]
    changes = ", ".join(f"{column} = {new}" for column, new in columns[same:])
    where = " AND ".join(f"{quote(table.name)}.{column} = {new}" for column, new in columns[:same])
    before = f"UPDATE {quote(table.name)} SET {changes} FROM ("  # noqa: S608 (names of our schema)
    return _Statement(before, len(columns), f") AS new WHERE {where}")


class Writing:
    """The statements that write batches, composed for one dialect."""

    def __init__(self, dialect: Dialect) -> None:
        node, operation, session = schema.node, schema.operation, schema.session
        key, journal = schema.idempotency_key, schema.journal
        address = list(node.columns).index(node.c.port) + 1
        self._update_nodes = _update(node, address, dialect)
        self._insert_nodes = _insert(insert(node), node, dialect)
        self._delete_nodes = _delete(node, dialect)
        # An operation never changes its node, and its index need not be touched.
        self._upsert_operations = _insert(upsert(operation, constant=("node",)), operation, dialect)
        self._upsert_sessions = _insert(upsert(session), session, dialect)
        self._delete_sessions = _delete(session, dialect)
        self._upsert_keys = _insert(upsert(key), key, dialect)
        old = select(key.c.key).where(key.c.at < bindparam("horizon")).order_by(key.c.at).limit(bindparam("most"))
        self._forget_keys = delete(key).where(key.c.key.in_(old))
        self._append = _insert(insert(journal), journal, dialect)
        self._last_seq = select(func.coalesce(func.max(journal.c.seq), 0))

    def write(self, connection: Connection, batch: Batch, now: float) -> None:
        """Write `batch` within the transaction of `connection`.

        Args:
            connection: In a transaction, which the caller rolls back on any error.
            batch: What to write.
            now: Seconds since the epoch; idempotency keys of more than a day before are forgotten.

        Raises:
            RuleBroken: The journal would have a gap.
            ValueError, TypeError, OverflowError: Something in the batch cannot be stored (not JSON, not UTF-8).
            sqlalchemy.exc.DBAPIError: The database refused.
        """
        self._delete_nodes.run(connection, [(name,) for name in batch.removed])
        self._write_nodes(connection, [rows.node_row(node) for node in batch.nodes.values()])
        self._upsert_operations.run(connection, [rows.operation_row(o) for o in batch.operations.values()])
        self._delete_sessions.run(connection, list(batch.closed))
        self._upsert_sessions.run(connection, [rows.session_row(session) for session in batch.opened.values()])
        if batch.keys:
            most = _FORGOTTEN_PER_KEY * len(batch.keys)
            connection.execute(self._forget_keys, {"horizon": now - REMEMBERED, "most": most})
            self._upsert_keys.run(connection, [rows.key_row(key) for key in batch.keys])
        if batch.journal:
            due = connection.execute(self._last_seq).scalar_one() + 1
            for seq, entry in enumerate(batch.journal, due):
                if entry.seq != seq:
                    raise RuleBroken(f"journal entry {entry.seq} where {seq} is due")
            self._append.run(connection, rows.entry_rows(batch.journal))

    def _write_nodes(self, connection: Connection, nodes: list[Row]) -> None:
        # Nearly always the nodes are there and their addresses have not changed: then the index of addresses is
        # left alone, which writes half as many pages.  Else all are written anew, deleted first so that nodes
        # may exchange addresses.
        if self._update_nodes.run(connection, nodes) == len(nodes):
            return
        self._delete_nodes.run(connection, [node[:1] for node in nodes])
        self._insert_nodes.run(connection, nodes)
