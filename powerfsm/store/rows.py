"""Records as rows and rows as records: tuples in the order of the columns in `schema`.

Plain tuples and plain functions on purpose: a start reads 100,000 nodes, and every commit passes thousands of
rows through here.  What many nodes have in common (policies, and the few words that states and names of
credentials are) is read into one object that they share.
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from powerfsm.bmc import Bmc
from powerfsm.journal import Entry, Kind
from powerfsm.node import Drift, Node, Policy
from powerfsm.operation import Operation, Status
from powerfsm.power import Ask, Command, Desired, Power
from powerfsm.store.batch import IdempotencyKey, SessionInUse

Row = Sequence[Any]
"""Values of the kinds that SQL knows, one per column."""


Record = TypeVar("Record")


class UnknownValue(ValueError):
    """A row holds what this version has no word for: somebody else wrote it, or the file is damaged."""


_DESIRED: dict[str | None, Desired | None] = {None: None, **{word.value: word for word in Desired}}
_POWER: dict[str | None, Power | None] = {None: None, **{word.value: word for word in Power}}
_COMMAND: dict[str | None, Command | None] = {None: None, **{word.value: word for word in Command}}
_ASK = {word.value: word for word in Ask}
_STATUS = {word.value: word for word in Status}
_KIND = {word.value: word for word in Kind}

# In Python 3.11 the `value` of an enumeration's member costs more than all else in a row.
_WORD: dict[str | None, str | None] = {
    None: None,
    **{word: word.value for words in (Ask, Command, Desired, Drift, Kind, Power, Status) for word in words},
}

# A number that JSON has no word for would be written as one that nothing but Python reads back.
_to_json = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


@lru_cache(maxsize=4096)
def _timings_text(timings: tuple[tuple[str, float], ...]) -> str:
    return _to_json(dict(timings))


def node_row(node: Node) -> Row:
    """Columns of table `node`."""
    bmc, policy = node.bmc, node.policy
    return (
        node.name,
        bmc.host,
        bmc.port,
        bmc.credentials,
        bmc.cipher_suite,
        bmc.privilege,
        policy.driver,
        _WORD[policy.drift],
        policy.ranking,
        policy.group,
        _timings_text(policy.timings),
        node.state,
        _WORD[node.desired],
        node.generation,
        _WORD[node.observed],
        node.observed_at,
        node.drifted,
        node.in_play,
        node.waiting,
        node.trouble,
    )


def nodes(rows: Iterable[Row]) -> Iterator[Node]:
    """The nodes of rows of table `node`; equal policies become one object.

    Raises:
        UnknownValue: A row holds a word that this version does not know.
    """
    policies: dict[Row, Policy] = {}
    intern = sys.intern
    for row in rows:
        name, host, port, credentials, cipher_suite, privilege, driver, drift, ranking, group, timings = row[:11]
        state, desired, generation, observed, observed_at, drifted, in_play, waiting, trouble = row[11:]
        try:
            policy = policies.get(row[6:11])
            if policy is None:
                policy = Policy(driver, Drift(drift), ranking, group, tuple(json.loads(timings).items()))
                policies[row[6:11]] = policy
            yield Node(
                name,
                Bmc(host, port, intern(credentials), cipher_suite, intern(privilege)),
                policy,
                intern(state),
                _DESIRED[desired],
                generation,
                _POWER[observed],
                observed_at,
                bool(drifted),
                in_play,
                waiting,
                trouble,
            )
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise UnknownValue(f"node {name!r}: {error}") from error


def operation_row(operation: Operation) -> Row:
    """Columns of table `operation`."""
    return (
        operation.id,
        operation.node,
        _WORD[operation.ask],
        operation.generation,
        _WORD[operation.status],
        operation.asked_at,
        operation.asked_by,
        operation.leg,
        operation.commanded,
        operation.reason,
        operation.ended_at,
    )


def operation(row: Row) -> Operation:
    """The operation of a row of table `operation`."""
    identity, node, ask, generation, status, asked_at, asked_by, leg, commanded, reason, ended_at = row
    return Operation(
        identity,
        node,
        _ASK[ask],
        generation,
        _STATUS[status],
        asked_at,
        sys.intern(asked_by),
        leg,
        bool(commanded),
        reason,
        ended_at,
    )


def session_row(session: SessionInUse) -> Row:
    """Columns of table `session`."""
    return (
        session.node,
        session.id,
        _WORD[session.command],
        session.opened_at,
    )


def session(row: Row) -> SessionInUse:
    """The session of a row of table `session`."""
    node, identity, command, opened_at = row
    return SessionInUse(node, identity, _COMMAND[command], opened_at)


def key_row(key: IdempotencyKey) -> Row:
    """Columns of table `idempotency_key`."""
    return key.key, key.fingerprint, _to_json(key.operations), key.at


def key(row: Row) -> IdempotencyKey:
    """The key of a row of table `idempotency_key`."""
    name, fingerprint, operations, at = row
    return IdempotencyKey(name, fingerprint, tuple(json.loads(operations)), at)


def entry_rows(entries: Iterable[Entry]) -> list[Row]:
    """Columns of table `journal`, for many entries."""
    made: list[Row] = []
    # Requests of one bulk share their detail; it becomes JSON once.
    detail: Mapping[str, object] | None = None
    text: str | None = None
    for entry in entries:
        if entry.detail is not detail:
            detail = entry.detail
            text = _to_json(dict(detail)) if detail else None
        made.append(
            (
                entry.seq,
                entry.at,
                _WORD[entry.kind],
                entry.node,
                entry.event,
                entry.operation,
                entry.generation,
                entry.before,
                entry.after,
                text,
            )
        )
    return made


def entry(row: Row) -> Entry:
    """The entry of a row of table `journal`."""
    seq, at, kind, node, event, operation_id, generation, before, after, detail = row
    return Entry(
        seq,
        at,
        _KIND[kind],
        node,
        event,
        operation_id,
        generation,
        before,
        after,
        json.loads(detail) if detail else {},
    )


def records(rows: Iterable[Row], record: Callable[[Row], Record]) -> list[Record]:
    """The records of `rows`.

    Raises:
        UnknownValue: A row holds a word that this version does not know.
    """
    made = []
    for row in rows:
        try:
            made.append(record(row))
        except (KeyError, ValueError, TypeError) as error:
            raise UnknownValue(f"{record.__name__} {row[0]!r}: {error}") from error
    return made
