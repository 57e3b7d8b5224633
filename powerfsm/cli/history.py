"""What `powerfsm operations` shows, and waits for."""

from dataclasses import dataclass
from datetime import UTC, datetime

from powerfsm.cli.age import age
from powerfsm.cli.exits import Exit
from powerfsm.cli.screen import remark, say_json, say_table
from powerfsm.cli.talk import Target
from powerfsm.cli.waiting import tell_end, wait_for
from powerfsm.client import Client, Operation
from powerfsm.client.answers import as_json
from powerfsm.operation import Status

_HEAD = ("ID", "NODE", "ASK", "STATUS", "AGE", "BY", "TOOK", "REASON")
_UNDER_WAY = (Status.WAITING, Status.IN_PLAY)


@dataclass(frozen=True, slots=True)
class Choice:
    """Which operations.

    Attributes:
        ids: These, as ranges; or None: what the others choose.
        nodes: Only of the nodes of this hostlist, or None.
        statuses: Only in one of these, or in any.
        limit: The newest so many.
    """

    ids: str | None
    nodes: str | None
    statuses: tuple[Status, ...]
    limit: int


async def tell_operations(client: Client, choice: Choice, *, json: bool) -> Exit:
    """Show the operations."""
    if choice.ids is not None:
        operations = await client.operations_by_id(choice.ids)
    else:
        operations = await client.operations(choice.nodes, statuses=choice.statuses, limit=choice.limit)
    if json:
        say_json(as_json({"operations": operations}))
    elif operations:
        now = datetime.now(UTC)
        say_table(_HEAD, (_row(operation, now) for operation in operations))
    else:
        remark("There are no such operations.")
    return Exit.OK


async def await_operations(
    client: Client, target: Target, choice: Choice, *, within: float | None, json: bool
) -> Exit:
    """Wait for the operations that were given, or for all those under way."""
    if choice.ids is not None:
        operations = await client.operations_by_id(choice.ids)
    else:
        operations = await client.operations(choice.nodes, statuses=_UNDER_WAY, limit=None)
    if not operations and not json:
        remark("Nothing is under way there.")
    wait = await wait_for(client, operations, what="waiting", within=within)
    return tell_end(wait, target, within=within, json=json)


def _row(operation: Operation, now: datetime) -> tuple[str, ...]:
    return (
        str(operation.id),
        operation.node,
        operation.ask,
        operation.status,
        age(operation.asked_at, now),
        operation.asked_by,
        _took(operation.asked_at, operation.ended_at),
        operation.reason or "-",
    )


def _took(asked: datetime, ended: datetime | None) -> str:
    return "-" if ended is None else f"{(ended - asked).total_seconds():.1f}s"
