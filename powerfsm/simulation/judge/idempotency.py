"""Promise 4, of requests that are repeated: the same key begins nothing twice, and is given what it began.

What a request has begun is known by who asks what of which node; where one requester asks a node the same in
several requests at once, it cannot be told which of them began what, and nothing is said.
"""

from powerfsm.simulation.judge.promise import Promise, Scene
from powerfsm.simulation.record import Answered, Committed


class Idempotency(Promise):
    """See above."""

    number = 4

    def __init__(self, scene: Scene) -> None:
        """Look at `scene`."""
        super().__init__(scene)
        self._begun: dict[tuple[int, str], int] = {}

    def committed(self, happening: Committed) -> None:
        for step in self.disk.operation_steps:
            operation = step.after
            if step.before is not None:
                continue
            alike = self.scene.requests.alike(operation.node, operation.asked_by, operation.ask)
            if len(alike) != 1 or alike[0].nodes.count(operation.node) != 1:
                continue
            before = self._begun.setdefault((alike[0].number, operation.node), operation.id)
            if before != operation.id:
                self.break_(
                    happening.at,
                    operation.node,
                    f"request {alike[0].number} ({operation.ask}) has begun operation {operation.id}, and {before}"
                    " at an earlier attempt",
                )

    def answered(self, happening: Answered) -> None:
        for operation in happening.operations:
            begun = self._begun.get((happening.number, operation.node))
            if begun is not None and begun != operation.id:
                self.break_(
                    happening.at,
                    operation.node,
                    f"request {happening.number}, at attempt {happening.attempt}, was answered operation"
                    f" {operation.id}, and has begun {begun}",
                )
