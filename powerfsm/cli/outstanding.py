"""What `powerfsm recovery` shows."""

from powerfsm.cli.exits import Exit
from powerfsm.cli.screen import remark, say_json, say_table
from powerfsm.client import Client, Operation, Outstanding
from powerfsm.client.answers import as_json

_HEAD = ("NODE", "STATE", "DESIRED", "OBSERVED", "IN PLAY", "WAITING", "SESSIONS", "TROUBLE")


async def tell_recovery(client: Client, *, json: bool) -> Exit:
    """List the outstanding work."""
    recovery = await client.recovery()
    if json:
        say_json(as_json(recovery))
        return Exit.OK
    if not recovery.ready:
        remark("Recovery has not taken up all outstanding work yet.")
    if not recovery.accepting:
        remark("The daemon accepts no requests at present.")
    if recovery.nodes:
        say_table(_HEAD, map(_row, recovery.nodes))
    else:
        remark("Nothing is outstanding.")
    return Exit.OK


def _row(node: Outstanding) -> tuple[str, ...]:
    return (
        node.name,
        node.state,
        node.desired or "-",
        node.observed or "-",
        _operation(node.in_play),
        _operation(node.waiting),
        ", ".join(f"{session.id} ({session.command or 'reads'})" for session in node.sessions) or "-",
        node.trouble or "-",
    )


def _operation(operation: Operation | None) -> str:
    return "-" if operation is None else f"{operation.id} ({operation.ask})"
