"""Promise 4: a request is answered only when it is on disk, and what was answered is on every later disk.

A commit that has returned counts as durable, answered or not.  What was in the midst of a commit when its
process died may have become durable unseen; so may what was refused for a disk that failed.  Among requests
that were under way together, any may have been decided last: desired has to be what one of them has asked.
"""

from powerfsm.node import Drift, Node
from powerfsm.operation import Operation
from powerfsm.power import Desired
from powerfsm.simulation.judge.promise import Promise, Scene
from powerfsm.simulation.record import Answered, Began, Committed, Record, Sent


class DurableIntent(Promise):
    """See above."""

    number = 4

    def __init__(self, scene: Scene) -> None:
        """Look at `scene`."""
        super().__init__(scene)
        self._drift = {node.name: node.drift for node in scene.plan.nodes}
        self._unseen: dict[int, tuple[int, Operation]] = {}
        self._given: dict[int, tuple[int, ...]] = {}
        self._gone: dict[int, Operation] = {}
        self._known: dict[int, Operation] = {}
        self._nodes: dict[str, Node] = {}

    def answered(self, happening: Answered) -> None:
        at, request = happening.at, self.scene.requests.all[happening.number]
        asked = [(node, request.ask) for node in request.nodes]
        given = [(operation.node, operation.ask) for operation in happening.operations]
        if asked != given:
            told = ", ".join(f"{ask} of {node}" for node, ask in given)
            self.break_(
                at, None, f"request {request.number} ({request.ask} of {asked[0][0]}...) was answered {told}"
            )
        numbers = tuple(operation.id for operation in happening.operations)
        if self._given.setdefault(request.number, numbers) != numbers:
            self.break_(
                at,
                None,
                f"request {request.number} was answered {numbers}, and {self._given[request.number]} before",
            )
        for operation in happening.operations:
            known = self.disk.operations.get(operation.id)
            if known is None:
                self._unseen[operation.id] = (happening.process, operation)
            elif _who(known) != _who(operation):
                self.break_(
                    at,
                    operation.node,
                    f"operation {operation.id} was answered as {operation}, and is {known} on disk",
                )
            node = self.disk.nodes.get(operation.node)
            if node is not None and operation.id not in self._unseen:
                self._follows(at, node)

    def committed(self, happening: Committed) -> None:
        for step in self.disk.operation_steps:
            told = self._unseen.pop(step.after.id, None)
            if told is not None and told[0] == happening.process:
                self.break_(
                    happening.at,
                    step.after.node,
                    f"operation {step.after.id} ({step.after.ask}) was answered before it was durable",
                )
            self._keep(happening.at, step.after)
        for node_step in self.disk.node_steps:
            self._succeeds(happening.at, node_step.after)

    def began(self, happening: Began) -> None:
        at = happening.at
        found = {operation.id for operation in happening.operations}
        for operation in happening.operations:
            self._keep(at, operation)
            self._unseen.pop(operation.id, None)
        for number, operation in list(self._known.items()):
            if number not in found:
                # It has ended, or it is lost: that is seen in the end.
                self._gone[number] = operation
                del self._known[number]
        names = {node.name for node in happening.nodes}
        for name, before in self._nodes.items():
            if name not in names:
                self.break_(at, name, f"process {happening.process} did not find the node, last {before}")
        for node in happening.nodes:
            self._succeeds(at, node)

    def sent(self, happening: Sent) -> None:
        order = self.bmcs.begun
        if order is None:
            return
        operation = order.operation
        if operation is None:
            self.break_(happening.at, happening.node, f"{order.what} was sent with no operation durably in play")
        elif not allowed(order.what, operation):
            self.break_(
                happening.at,
                happening.node,
                f"{order.what} was sent, and what is durably in play is operation {operation.id}"
                f" ({operation.ask}, leg {operation.leg})",
            )

    def _keep(self, at: float, operation: Operation) -> None:
        """An operation stays what it is, as long as it has not ended."""
        known = self._known.get(operation.id) or self._gone.get(operation.id)
        if known is not None and _who(known) != _who(operation):
            self.break_(at, operation.node, f"operation {operation.id} is {operation}, and was {known}")
        if operation.id in self._gone:
            self.break_(
                at,
                operation.node,
                f"operation {operation.id} ({operation.ask}) is back, and a start had not found it",
            )
            del self._gone[operation.id]
        self._known[operation.id] = operation
        if operation.status.ended:
            del self._known[operation.id]

    def _succeeds(self, at: float, node: Node) -> None:
        """A node is a later version of what it was."""
        before = self._nodes.get(node.name)
        self._nodes[node.name] = node
        if before is not None:
            if node.generation < before.generation:
                self.break_(
                    at,
                    node.name,
                    f"generation {node.generation} after {before.generation}: what was durable is lost",
                )
            elif node.desired is not before.desired and node.generation == before.generation:
                self.break_(
                    at,
                    node.name,
                    f"desired went from {before.desired} to {node.desired}, and generation did not grow",
                )
        if before is None or node.desired is not before.desired:
            self._follows(at, node)

    def _follows(self, at: float, node: Node) -> None:
        """Desired is what was asked last, or what was adopted."""
        wanted = self.scene.requests.may_be_desired(node.name)
        if node.desired in wanted or (node.desired is None and not self.scene.requests.has_answered(node.name)):
            return
        adopted = Desired(node.observed) if node.observed is not None else None
        if self._drift.get(node.name) is Drift.ADOPT and node.desired is adopted:
            return
        told = ", ".join(sorted(wanted)) or "nothing"
        self.break_(at, node.name, f"desired is {node.desired}, and what was asked last is {told}")

    def end(self, record: Record) -> None:
        at = record.story[-1].at if record.story else 0.0
        for number, operation in {**self._gone, **self._known}.items():
            last = record.operations.get(number)
            if last is None:
                self.break_(at, operation.node, f"operation {number} ({operation.ask}) was durable, and is lost")
            elif _who(last) != _who(operation):
                self.break_(at, operation.node, f"operation {number} was {operation}, and is {last} in the end")
        for number, (_, operation) in self._unseen.items():
            if number not in record.operations:
                self.break_(
                    at, operation.node, f"operation {number} ({operation.ask}) was answered, and was never durable"
                )
        for number, known in self.disk.operations.items():
            last = record.operations.get(number)
            if known.status.ended and (last is None or last.status is not known.status):
                told = "is lost" if last is None else f"is {last.status} in the end"
                self.break_(
                    at, known.node, f"operation {number} ({known.ask}) had ended {known.status}, and {told}"
                )


def allowed(what: str, operation: Operation) -> bool:
    """Whether a power command can be sent for an operation in its present leg."""
    goal = operation.ask.legs[operation.leg] if operation.leg < len(operation.ask.legs) else None
    ways = {"on": {"on"}, "off": {"off"}}.get(str(goal), set())
    return what in ways | ({operation.ask.value} & {"soft-off", "reset"})


def _who(operation: Operation) -> tuple[object, ...]:
    return operation.id, operation.node, operation.ask, operation.generation, operation.asked_by
