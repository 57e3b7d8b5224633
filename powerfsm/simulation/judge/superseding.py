"""Promise 3: what outranks what is in play ends it `superseded`, and runs once its cancel is complete; others
wait.

Who outranks whom stands in the node's ranking table.  A cancel is complete once the fence is answered, or the
quarantine is over.  Decisions are made in batches: what may have come and gone within one commit is let
through.
"""

from powerfsm.node import Node
from powerfsm.operation import Operation, Status
from powerfsm.simulation.judge.disk import OperationStep
from powerfsm.simulation.judge.promise import Promise, Scene
from powerfsm.simulation.record import Committed, Sent


class Supersede(Promise):
    """See above."""

    number = 3

    def __init__(self, scene: Scene) -> None:
        """Look at `scene`."""
        super().__init__(scene)
        self._rankings = {node.name: scene.spec.rankings[node.ranking].table for node in scene.plan.nodes}
        self._cancelled: dict[str, int] = {}
        self._newest: dict[str, int] = {}

    def committed(self, happening: Committed) -> None:
        for each in self.disk.operation_steps:
            node = each.after.node
            self._newest[node] = max(self._newest.get(node, 0), each.after.id)
        for step in self.disk.node_steps:
            self._cancels(happening.at, step.before, step.after)
        for each in self.disk.operation_steps:
            self._ends(happening.at, each)

    def _cancels(self, at: float, before: Node | None, after: Node) -> None:
        if after.in_play is None:
            return
        in_play = self.disk.operations[after.in_play]
        waiting = None if after.waiting is None else self.disk.operations[after.waiting]
        if after.state != "cancelling":
            if waiting is not None and self._outranks(waiting, in_play):
                self.break_(
                    at,
                    after.name,
                    f"operation {waiting.id} ({waiting.ask}) outranks {in_play.id} ({in_play.ask}), which goes on",
                )
            return
        self._cancelled[after.name] = in_play.id
        if before is not None and before.state == "cancelling" and before.in_play == in_play.id:
            return
        if not any(self._outranks(each, in_play) for each in self.disk.begun.get(after.name, ())):
            self.break_(
                at,
                after.name,
                f"operation {in_play.id} ({in_play.ask}) was cancelled, and nothing was asked that outranks it",
            )

    def _ends(self, at: float, step: OperationStep) -> None:
        before, after = step.before, step.after
        if not after.status.ended or (before is not None and before.status.ended):
            return
        if self._cancelled.get(after.node) == after.id:
            del self._cancelled[after.node]
            if after.status is not Status.SUPERSEDED:
                self.break_(
                    at, after.node, f"operation {after.id} ({after.ask}) was cancelled, and ended {after.status}"
                )
        elif before is not None and before.status is Status.WAITING and after.status is not Status.SUPERSEDED:
            self.break_(
                at, after.node, f"operation {after.id} ({after.ask}) ended {after.status} while it was waiting"
            )
        if after.status is Status.SUPERSEDED and not self._overtaken(after):
            self.break_(
                at, after.node, f"operation {after.id} ({after.ask}) ended superseded, and nothing was asked since"
            )

    def _overtaken(self, operation: Operation) -> bool:
        """Whether there is a later operation, or a request that joins what is in play overtakes it just now."""
        if self._newest[operation.node] > operation.id:
            return True
        return bool(self.scene.requests.open_at(operation.node).keys() - {operation.ask})

    def sent(self, happening: Sent) -> None:
        begun, before = self.bmcs.begun, self.bmcs.previous
        if begun is None or before is None or before.session is begun.session or before.operation is None:
            return
        ended = self.disk.operations[before.operation.id]
        if ended.status is not Status.SUPERSEDED or before.session.over(self.times, begun.at):
            return
        self.break_(
            happening.at,
            happening.node,
            f"{begun.what} was sent in session {begun.session.id} before the cancel of operation {ended.id}"
            f" ({ended.ask}) was complete: its session {before.session.id} is neither fenced nor quarantined",
        )

    def _outranks(self, one: Operation, other: Operation) -> bool:
        return other.ask in self._rankings[one.node][one.ask]
