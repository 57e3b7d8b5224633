"""Promise 8, of ways: a cycle is off, read off, on, read on, each step durable; a reset is not sent twice.

The off of a cycle is durably behind it before the first on is sent, and nothing turns the node off again then.
A reset is sent a second time for one operation only where the first was answered, and the BMC had not accepted
it.  Let through is what nobody can know: a BMC answers that it did not do what it did, or refuses a reset, and
accepts a copy that the network has made of it.
"""

from powerfsm.operation import Operation, Status
from powerfsm.power import Ask, Command, Power
from powerfsm.simulation.judge.bmcs import Order
from powerfsm.simulation.judge.disk import OperationStep
from powerfsm.simulation.judge.promise import Promise, Scene
from powerfsm.simulation.record import Committed, Seen, Sent


class CycleAndReset(Promise):
    """See above."""

    number = 8

    def __init__(self, scene: Scene) -> None:
        """Look at `scene`."""
        super().__init__(scene)
        self._reset: dict[int, list[Order]] = {}

    def committed(self, happening: Committed) -> None:
        for step in self.disk.operation_steps:
            if step.after.ask is Ask.CYCLE:
                self._cycles(happening.at, happening.process, step)
            if step.after.status.ended:
                self._reset.pop(step.after.id, None)

    def _cycles(self, at: float, process: int, step: OperationStep) -> None:
        before, after = step.before, step.after
        leg = 0 if before is None else before.leg
        about = f"cycle {after.id}"
        if after.leg < leg:
            self.break_(at, after.node, f"{about} went back to leg {after.leg} from {leg}")
        if after.status is Status.SUCCEEDED and after.leg == 0:
            self.break_(at, after.node, f"{about} succeeded, and that it was read off was never durable")
        if after.leg <= leg:
            return
        reading = self.bmcs[after.node].reading
        if reading is None or reading.process != process:
            self.break_(at, after.node, f"{about} has its off behind it without a reading by process {process}")
        elif Power.OFF not in reading.said:
            self.break_(
                at, after.node, f"{about} has its off behind it, and the power had been on when it was last read"
            )

    def sent(self, happening: Sent) -> None:
        operation = self.disk.in_play(happening.node)
        if operation is None:
            return
        if happening.what == Command.RESET:
            self._resets(happening, operation)
        begun = self.bmcs.begun
        if begun is None or operation.ask is not Ask.CYCLE:
            return
        due = operation.ask.legs[operation.leg]
        if begun.what.direction is not due:
            self.break_(
                happening.at,
                happening.node,
                f"{begun.what} was sent for cycle {operation.id}, whose next step is {due}",
            )

    def _resets(self, happening: Sent, operation: Operation) -> None:
        order = self.bmcs[happening.node].order
        before = self._reset.setdefault(operation.id, [])
        if order is None:
            return
        for other in before:
            if not other.answered or (other.accepted and not other.denied):
                told = "was accepted" if other.accepted else "was not answered"
                self.break_(
                    happening.at,
                    happening.node,
                    f"reset was sent again for operation {operation.id} in session {order.session.id},"
                    f" and the first,"
                    f" sent at {other.at:.3f} s in session {other.session.id}, {told}",
                )
        before.append(order)

    def seen(self, happening: Seen) -> None:
        taken = self.bmcs.taken
        if taken is None or taken.order is None or taken.what != Command.RESET:
            return
        operation = taken.order.operation
        orders = [] if operation is None else self._reset.get(operation.id, [])
        if any(other.accepted for other in orders if other is not taken.order and not other.denied):
            self.break_(
                happening.at,
                taken.session.node,
                f"the BMC accepted resets of two sessions for operation {operation.id if operation else None}",
            )
