"""What `powerfsm on` and its likes do: one bulk request, and a wait for its operations if asked."""

from dataclasses import dataclass

from powerfsm.cli.exits import Exit
from powerfsm.cli.outcome import folded_ids
from powerfsm.cli.screen import Line, complain, remark, say_json, say_lines
from powerfsm.cli.talk import Target
from powerfsm.cli.waiting import tell_end, wait_for
from powerfsm.client import Client, Operation
from powerfsm.client.answers import as_json
from powerfsm.hostlist import fold
from powerfsm.power import Ask

_DOING = {
    Ask.ON: "powering on",
    Ask.OFF: "powering off",
    Ask.SOFT_OFF: "shutting down",
    Ask.CYCLE: "power cycling",
    Ask.RESET: "resetting",
    Ask.READY: "making ready",
}


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked of whom.

    Attributes:
        ask: What.
        nodes: The hostlist.
        generation: The generation that the nodes must have, or None.
        key: The idempotency key, or None: one is made up.
    """

    ask: Ask
    nodes: str
    generation: int | None
    key: str | None


async def carry_out(
    client: Client, target: Target, order: Order, *, wait: bool, within: float | None, json: bool
) -> Exit:
    """Ask, and where it is wanted wait; print what came of it."""
    try:
        operations = await client.power(order.nodes, order.ask, generation=order.generation, key=order.key)
    except KeyboardInterrupt:
        complain("interrupted before the daemon answered; it may have accepted the request all the same.")
        remark("See whether it has:", command=target.command("operations", "--node", order.nodes))
        return Exit.INTERRUPTED
    if not wait:
        _tell_accepted(operations, target, json=json)
        return Exit.OK
    waited = await wait_for(client, operations, what=_DOING[order.ask], within=within)
    return tell_end(waited, target, within=within, json=json)


def _tell_accepted(operations: list[Operation], target: Target, *, json: bool) -> None:
    if json:
        say_json(as_json({"operations": operations}))
        return
    names = fold(dict.fromkeys(operation.node for operation in operations))
    ids = folded_ids({operation.id for operation in operations})
    say_lines([Line("accepted", names)])
    remark("See how it ends:", command=target.command("operations", ids, "--wait"))
