"""Promise 5: a start takes up the outstanding work, trusts nothing that was in flight, and everything converges.

That a recovered operation ends is judged with all others (promise 7).  What is left here: nobody is served
before the work is taken up; no success is told before each session on record was fenced or waited out and the
power was read by the new process; in the end everything is at rest, and every node is as it was last asked to
be.
"""

from powerfsm.operation import Status
from powerfsm.simulation.judge.disk import DECLARES, DRIVING
from powerfsm.simulation.judge.promise import Promise, Scene
from powerfsm.simulation.record import Answered, Began, Committed, Phase, Record, Serving, Turned


class Recovery(Promise):
    """See above."""

    number = 5

    def __init__(self, scene: Scene) -> None:
        """Look at `scene`."""
        super().__init__(scene)
        self._outstanding: dict[int, str] = {}
        self._probed = False

    def began(self, happening: Began) -> None:
        self._outstanding = {operation.id: operation.node for operation in happening.operations}

    def serving(self, happening: Serving) -> None:
        for number, name in self._outstanding.items():
            operation, node = self.disk.operations[number], self.disk.nodes[name]
            if not operation.status.ended and (node.state not in DRIVING or node.in_play is None):
                self.break_(
                    happening.at,
                    name,
                    f"process {happening.process} serves, and has not taken up operation {number}"
                    f" ({operation.ask}):"
                    f" the node is {node.state}",
                )

    def answered(self, happening: Answered) -> None:
        if not (self.disk.serving_now and self.disk.process == happening.process):
            self.break_(
                happening.at,
                None,
                f"request {happening.number} was answered by process {happening.process}, which does not serve",
            )

    def committed(self, happening: Committed) -> None:
        for step in self.disk.operation_steps:
            if step.after.status is not Status.SUCCEEDED or step.after.id not in self._outstanding:
                continue
            node, number = step.after.node, step.after.id
            bmc = self.bmcs[node]
            del self._outstanding[number]
            about = f"operation {number} ({step.after.ask}), left by an earlier process, succeeded"
            for session in self.bmcs.left.get(node, ()):
                if not session.over(self.times, happening.at):
                    self.break_(
                        happening.at,
                        node,
                        f"{about}, and session {session.id} on record was neither fenced since nor waited out",
                    )
            if bmc.reading is None or bmc.reading.process != happening.process:
                self.break_(happening.at, node, f"{about} without a reading by process {happening.process}")

    def turned(self, happening: Turned) -> None:
        self._probed |= happening.phase is Phase.PROBE

    def end(self, record: Record) -> None:
        at = record.story[-1].at if record.story else 0.0
        if record.restless:
            self.break_(at, None, f"not everything came to rest: {record.restless}")
            return
        if not self._probed:
            return
        for name, node in record.nodes.items():
            if node.desired is None:
                continue
            really, wanted = record.power.get(name), node.desired.power
            if node.in_play is not None or node.waiting is not None or DECLARES.get(node.state) is not wanted:
                self.break_(at, name, f"after all is quiet it is {node.state}, and was last asked {node.desired}")
            elif really is not wanted:
                self.break_(at, name, f"its power is {really} in the end, and it was last asked {node.desired}")
