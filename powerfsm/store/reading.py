"""Questions to the store as SQL.  Each runs on a connection that can only read, within one transaction."""

from collections.abc import Collection, Iterator

from sqlalchemy import Connection, Select, func, select

from powerfsm.journal import Entry
from powerfsm.operation import Operation, Status
from powerfsm.store import rows
from powerfsm.store.batch import IdempotencyKey, Snapshot
from powerfsm.store.schema import idempotency_key, journal, node, operation, session

_UNENDED = tuple(status.value for status in Status if not status.ended)

_LARGEST = 2**63 - 1
"""The largest number that a column can hold; what is beyond it can be asked for, and is not there."""

# Names in one statement; SQL allows a limited number of parameters.
_NAMES = 500


def snapshot(connection: Connection) -> Snapshot:
    """What the last process left behind."""
    # In no order: following the index of names instead of the table takes half as long again.
    nodes = connection.execute(select(node), execution_options={"yield_per": 2000})
    return Snapshot(
        nodes=list(rows.nodes(nodes)),
        operations=rows.records(
            connection.execute(select(operation).where(operation.c.status.in_(_UNENDED)).order_by(operation.c.id)),
            rows.operation,
        ),
        sessions=rows.records(
            connection.execute(select(session).order_by(session.c.node, session.c.id)), rows.session
        ),
        last_operation=connection.execute(select(func.coalesce(func.max(operation.c.id), 0))).scalar_one(),
        last_seq=connection.execute(select(func.coalesce(func.max(journal.c.seq), 0))).scalar_one(),
    )


def one_operation(connection: Connection, operation_id: int) -> Operation | None:
    """The operation of this id, or None."""
    if abs(operation_id) > _LARGEST:
        return None
    found = connection.execute(select(operation).where(operation.c.id == operation_id))
    return next(iter(rows.records(found, rows.operation)), None)


def operations(
    connection: Connection,
    names: Collection[str] | None,
    statuses: Collection[Status] | None,
    before: int | None,
    limit: int,
) -> list[Operation]:
    """The newest operations first; see `Store.operations`."""
    question = select(operation).order_by(operation.c.id.desc()).limit(min(limit, _LARGEST))
    if statuses is not None:
        question = question.where(operation.c.status.in_([status.value for status in statuses]))
    if before is not None:
        question = question.where(operation.c.id < min(before, _LARGEST))
    found = [
        one for part in _parts(question, names) for one in rows.records(connection.execute(part), rows.operation)
    ]
    found.sort(key=lambda one: one.id, reverse=True)
    return found[:limit]


def _parts(
    question: Select[*tuple[object, ...]], names: Collection[str] | None
) -> Iterator[Select[*tuple[object, ...]]]:
    if names is None:
        yield question
        return
    distinct = list(dict.fromkeys(names))
    for start in range(0, len(distinct), _NAMES):
        yield question.where(operation.c.node.in_(distinct[start : start + _NAMES]))


def entries(connection: Connection, after: int, limit: int, name: str | None) -> list[Entry]:
    """The journal from a number on; see `Store.journal`."""
    question = select(journal).where(journal.c.seq > min(after, _LARGEST))
    if name is not None:
        question = question.where(journal.c.node == name)
    question = question.order_by(journal.c.seq).limit(min(limit, _LARGEST))
    return rows.records(connection.execute(question), rows.entry)


def key(connection: Connection, name: str, since: float) -> IdempotencyKey | None:
    """The idempotency key of this name, unless it was used before `since`."""
    found = connection.execute(
        select(idempotency_key).where(idempotency_key.c.key == name, idempotency_key.c.at >= since)
    )
    return next(iter(rows.records(found, rows.key)), None)
