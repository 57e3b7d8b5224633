"""What is durable, as far as a commit has returned or a process has found it at its start."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from powerfsm.node import Node
from powerfsm.operation import Operation
from powerfsm.power import Power
from powerfsm.simulation.judge.listener import Listener
from powerfsm.simulation.record import Began, Committed, Died, Serving

DECLARES: Final = {"on": Power.ON, "off": Power.OFF, "ready": Power.OFF}
"""The power that a state of a node claims; the other states claim nothing."""

DRIVING: Final = frozenset({"powering-on", "powering-off", "cancelling", "quarantined"})
"""The states in which an action runs."""


def declared(node: Node | None) -> Power | None:
    """What is claimed of a node; nothing where the mark of drift says that it is not so."""
    return None if node is None or node.drifted else DECLARES.get(node.state)


@dataclass(frozen=True, slots=True)
class NodeStep:
    """A node before and after a commit, or a start."""

    before: Node | None
    after: Node


@dataclass(frozen=True, slots=True)
class OperationStep:
    """An operation before and after a commit, or a start."""

    before: Operation | None
    after: Operation


class Disk(Listener):
    """Follows what is durable.

    Attributes:
        nodes: By name.
        operations: All that there ever were, by id.
        outstanding: Ids of those of a node that have not ended, in their order, by node.
        sessions: Sessions on record, as node and id.
        process: Number of the process that runs, or 0.
        serving_now: It accepts requests.
        node_steps: What the last commit, or start, has made of nodes.
        operation_steps: Likewise.
        begun: The operations that it has begun, by node.
    """

    def __init__(self) -> None:
        """Know of nothing yet."""
        self.nodes: dict[str, Node] = {}
        self.operations: dict[int, Operation] = {}
        self.outstanding: dict[str, list[int]] = {}
        self.sessions: set[tuple[str, int]] = set()
        self.process = 0
        self.serving_now = False
        self.node_steps: list[NodeStep] = []
        self.operation_steps: list[OperationStep] = []
        self.begun: dict[str, list[Operation]] = {}
        self._before: dict[int, Operation] = {}

    def in_play(self, node: str) -> Operation | None:
        """The operation that is durably in play at a node."""
        known = self.nodes.get(node)
        return None if known is None or known.in_play is None else self.operations.get(known.in_play)

    def before(self, number: int) -> Operation | None:
        """An operation as it was before the last commit, or start."""
        return self._before.get(number) or self.operations.get(number)

    def began(self, happening: Began) -> None:
        self.process = happening.process
        self.serving_now = False
        self._take(happening.nodes, happening.operations)
        self.sessions = {(each.node, each.id) for each in happening.sessions}
        left = {operation.id for operation in happening.operations}
        for node, numbers in self.outstanding.items():
            self.outstanding[node] = [number for number in numbers if number in left]

    def committed(self, happening: Committed) -> None:
        self._take(happening.nodes, happening.operations)
        self.sessions.update((each.node, each.id) for each in happening.opened)
        self.sessions.difference_update(happening.closed)

    def serving(self, happening: Serving) -> None:  # noqa: ARG002  there is only one process at a time
        self.serving_now = True

    def died(self, happening: Died) -> None:  # noqa: ARG002  likewise
        self.serving_now = False
        self.process = 0

    def _take(self, nodes: Iterable[Node], operations: Iterable[Operation]) -> None:
        self.node_steps = [NodeStep(self.nodes.get(each.name), each) for each in nodes]
        self.operation_steps = [OperationStep(self.operations.get(each.id), each) for each in operations]
        self.begun, self._before = {}, {}
        for step in self.operation_steps:
            if step.before is None:
                self.begun.setdefault(step.after.node, []).append(step.after)
            else:
                self._before[step.after.id] = step.before
        for node in nodes:
            self.nodes[node.name] = node
        for operation in operations:
            self.operations[operation.id] = operation
            numbers = self.outstanding.setdefault(operation.node, [])
            if operation.status.ended:
                if operation.id in numbers:
                    numbers.remove(operation.id)
            elif operation.id not in numbers:
                numbers.append(operation.id)
