"""A batch as SQL: what one transaction writes.

A commit is what every request waits for, so the statements are compiled once and run by the driver's
`executemany` over plain tuples: the same rows through SQLAlchemy's parameter processing take about twice as long.

What a batch lets go of is deleted before what it holds is written.  A node or session that stands in both is
therefore kept: to fence a session once too often does no harm, to forget one does.
"""

from collections.abc import Iterable
from operator import itemgetter

from sqlalchemy import Connection, Dialect, bindparam, delete, func, insert, select, update
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler

from powerfsm.store import rows, schema
from powerfsm.store.batch import Batch
from powerfsm.store.rows import Row
from powerfsm.store.sqlite import upsert

REMEMBERED = 24 * 3600.0
"""Seconds that an idempotency key is remembered."""

# Expired keys deleted with each new one: more than one, so that a backlog shrinks, and no more, so that no
# commit ever pays for a whole day's keys.
_FORGOTTEN_PER_KEY = 2


class RuleBroken(ValueError):
    """The batch breaks a rule that is not SQL's to keep."""


class _Statement:
    """SQL whose parameters are tuples, in the order of `parameters`."""

    def __init__(
        self,
        clause: ClauseElement,
        dialect: Dialect,
        parameters: list[str],
        columns: Iterable[str] | None = None,
    ) -> None:
        compiled = clause.compile(dialect=dialect, column_keys=columns)
        assert isinstance(compiled, SQLCompiler)
        assert compiled.positiontup == parameters, f"{compiled.positiontup} is not {parameters}"
        self._text = str(compiled)

    def run(self, connection: Connection, values: list[Row]) -> int:
        """Run it once for each tuple; how many rows it changed."""
        if not values:
            return 0
        options = {"preserve_rowcount": True}
        changed: int = connection.exec_driver_sql(self._text, values, options).rowcount
        return changed


class Writing:
    """The statements that write batches, compiled for one dialect."""

    def __init__(self, dialect: Dialect) -> None:
        node, operation, session = schema.node, schema.operation, schema.session
        key, journal = schema.idempotency_key, schema.journal
        names = node.columns.keys()
        where = ["old_name", "old_host", "old_port"]
        self._update_nodes = _Statement(
            update(node).where(
                node.c.name == bindparam(where[0]),
                node.c.host == bindparam(where[1]),
                node.c.port == bindparam(where[2]),
            ),
            dialect,
            names[3:] + where,
            names[3:],
        )
        self._insert_nodes = _Statement(insert(node), dialect, names)
        self._delete_nodes = _Statement(delete(node).where(node.c.name == bindparam("name")), dialect, ["name"])
        self._upsert_operations = _Statement(
            # An operation never changes its node, and its index need not be touched.
            upsert(operation, constant=("node",)),
            dialect,
            operation.columns.keys(),
        )
        self._upsert_sessions = _Statement(upsert(session), dialect, session.columns.keys())
        self._delete_sessions = _Statement(
            delete(session).where(session.c.node == bindparam("node"), session.c.id == bindparam("id")),
            dialect,
            ["node", "id"],
        )
        self._upsert_keys = _Statement(upsert(key), dialect, key.columns.keys())
        old = select(key.c.key).where(key.c.at < bindparam("horizon")).order_by(key.c.at).limit(bindparam("most"))
        self._forget_keys = delete(key).where(key.c.key.in_(old))
        self._append = _Statement(insert(journal), dialect, journal.columns.keys())
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
            self._append.run(connection, [rows.entry_row(entry) for entry in batch.journal])

    def _write_nodes(self, connection: Connection, nodes: list[Row]) -> None:
        # Nearly always the nodes are there and their addresses have not changed: then the index of addresses is
        # left alone, which writes half as many pages.  Else all are written anew, deleted first so that nodes
        # may exchange addresses.
        nodes.sort(key=itemgetter(0))
        if self._update_nodes.run(connection, [(*node[3:], *node[:3]) for node in nodes]) == len(nodes):
            return
        self._delete_nodes.run(connection, [node[:1] for node in nodes])
        self._insert_nodes.run(connection, nodes)
