"""What `powerfsm status` shows: states folded, or a line for each node."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from powerfsm.cli.age import age
from powerfsm.cli.exits import Exit
from powerfsm.cli.screen import Line, explained, remark, say_json, say_lines, say_table
from powerfsm.client import Client, Node
from powerfsm.client.answers import as_json
from powerfsm.hostlist import fold

_ORDER = (
    "on",
    "off",
    "ready",
    "powering-on",
    "powering-off",
    "cancelling",
    "quarantined",
    "unknown",
    "error",
)
HEAD = ("NODE", "STATE", "DESIRED", "OBSERVED", "AGE", "OPERATION", "DRIFT")


@dataclass(frozen=True, slots=True)
class View:
    """Which nodes to show, and how.

    Attributes:
        nodes: A hostlist, or None: all.
        group: Only of this group, or None.
        long: A line for each node.
        json: In the shapes of the API.
    """

    nodes: str | None
    group: str | None
    long: bool
    json: bool


async def show(client: Client, view: View) -> Exit:
    """Show the nodes once."""
    nodes = await client.nodes(view.nodes, group=view.group)
    if view.json:
        say_json(as_json({"nodes": nodes}))
    elif not nodes:
        remark(nobody(view))
    elif view.long:
        say_table(HEAD, rows(nodes, datetime.now(UTC)))
        say_lines(wrong(nodes))
    else:
        say_lines(folded(nodes))
    return Exit.NOT_DONE if any(map(is_unwell, nodes)) else Exit.OK


def nobody(view: View) -> str:
    """What to say where there is no node to be shown."""
    if view.group is not None:
        return f"There is no such node in group {view.group!r}."
    return "There are no nodes yet; add some with `powerfsm nodes add`."


def is_unwell(node: Node) -> bool:
    """Whether somebody should look at the node."""
    return node.state == "error" or node.drifted


def folded(nodes: Sequence[Node]) -> list[Line]:
    """A line for each state, one for those that have drifted; below, what is the trouble."""
    states: dict[str, list[Node]] = {}
    for node in nodes:
        states.setdefault(node.state, []).append(node)
    # A daemon newer than we are may know further states.
    order = [*(state for state in _ORDER if state in states), *(state for state in states if state not in _ORDER)]
    lines = [Line(state, _names(states[state]), _troubles(states[state])) for state in order]
    return lines + [line for line in wrong(nodes) if line.label == "drifted"]


def wrong(nodes: Sequence[Node]) -> list[Line]:
    """What somebody should look at: nodes in error and nodes that have drifted, with the reasons."""
    lines = []
    if failed := [node for node in nodes if node.state == "error"]:
        lines.append(Line("error", _names(failed), _troubles(failed)))
    if drifted := [node for node in nodes if node.drifted]:
        lines.append(Line("drifted", _names(drifted), _readings(drifted)))
    return lines


def rows(nodes: Iterable[Node], now: datetime) -> list[tuple[str, ...]]:
    """A row of the long table for each node."""
    return [
        (
            node.name,
            node.state,
            node.desired or "-",
            node.observed or "-",
            age(node.observed_at, now),
            _operations(node),
            "drifted" if node.drifted else "-",
        )
        for node in nodes
    ]


def _names(nodes: Iterable[Node]) -> str:
    return fold(node.name for node in nodes)


def _troubles(nodes: Sequence[Node]) -> tuple[str, ...]:
    return _explained(nodes, lambda node: node.trouble)


def _readings(nodes: Sequence[Node]) -> tuple[str, ...]:
    return _explained(nodes, lambda node: f"declared {node.state}, read {node.observed or 'nothing'}")


def _explained(nodes: Sequence[Node], why: Callable[[Node], str | None]) -> tuple[str, ...]:
    reasons: dict[str, list[Node]] = {}
    for node in nodes:
        if reason := why(node):
            reasons.setdefault(reason, []).append(node)
    return explained(_names(nodes), {reason: _names(alike) for reason, alike in reasons.items()})


def _operations(node: Node) -> str:
    return ", then ".join(str(one) for one in (node.in_play, node.waiting) if one is not None) or "-"
