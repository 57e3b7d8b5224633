"""Promise 2: a request equal to what is in play joins it; however many requests, one in play and one waiting.

Requests are decided in batches, and several of a node may be decided in one commit.  So an operation that
should have been joined is told only where nothing else was being asked of the node: a request for something
else may have overtaken it in between.

What goes to a BMC is bounded by what actions can explain: every power command is sent for the operation that is
in play, and an action that does not get through tries again in a session of its own only after a rest that
doubles, or after waiting in vain for an answer (half of `answer`, to say the least).
"""

from collections import deque
from itertools import count

from powerfsm.node import Node
from powerfsm.operation import Operation, Status
from powerfsm.simulation.judge.bmcs import Order
from powerfsm.simulation.judge.promise import Promise, Scene
from powerfsm.simulation.record import Began, Committed, Sent

_JITTER = 0.8
"""The shortest rest, as a part of the ordinary one."""

_WINDOW = 8
"""How many attempts are looked at together."""


class Coalesce(Promise):
    """See above."""

    number = 2

    def __init__(self, scene: Scene) -> None:
        """Look at `scene`."""
        super().__init__(scene)
        self._attempts: dict[str, tuple[tuple[int, int, int], deque[Order]]] = {}
        shortest = (_JITTER * min(self.times.backoff * 2**n, self.times.backoff_most) for n in count())
        rests = [min(rest, self.times.answer / 2) for rest, _ in zip(shortest, range(_WINDOW), strict=False)]
        self._least = [sum(rests[:n]) for n in range(_WINDOW)]

    def began(self, happening: Began) -> None:
        for node in happening.nodes:
            self._hold(happening.at, node)

    def committed(self, happening: Committed) -> None:
        for step in self.disk.node_steps:
            self._hold(happening.at, step.after)
            if step.before is not None:
                self._joined(happening.at, step.before, step.after)

    def _hold(self, at: float, node: Node) -> None:
        """One in play, one waiting, no other, and these two not equal."""
        numbers = self.disk.outstanding.get(node.name, [])
        known = [number for number in (node.in_play, node.waiting) if number is not None]
        if sorted(numbers) != sorted(known):
            told = ", ".join(self._told(number) for number in numbers) or "none"
            self.break_(
                at,
                node.name,
                f"operations that have not ended: {told}; in play {node.in_play}, waiting {node.waiting}",
            )
            return
        if node.waiting is not None and node.in_play is None:
            self.break_(at, node.name, f"operation {node.waiting} waits, and nothing is in play")
        in_play, waiting = self._of(node.in_play), self._of(node.waiting)
        for operation, status in ((in_play, Status.IN_PLAY), (waiting, Status.WAITING)):
            if operation is not None and operation.status is not status:
                self.break_(at, node.name, f"operation {operation.id} is {status}, and says {operation.status}")
        equal = in_play is not None and waiting is not None and in_play.ask is waiting.ask
        if equal and node.state != "cancelling":
            self.break_(at, node.name, f"operation {node.waiting} waits for its equal, {node.in_play}")

    def _joined(self, at: float, before: Node, after: Node) -> None:
        """A new operation is not equal to what was there."""
        mine = self.disk.begun.get(after.name, [])
        if len(mine) != 1 or self.scene.requests.open_at(after.name).keys() - {mine[0].ask}:
            return
        ask = mine[0].ask
        waited = None if before.waiting is None else self.disk.before(before.waiting)
        played = None if before.in_play is None else self.disk.before(before.in_play)
        if waited is not None and waited.ask is ask:
            self._tell_unjoined(at, mine[0], waited)
        elif played is None or played.ask is not ask or before.state == "cancelling":
            return
        elif not self.disk.operations[played.id].status.ended:
            self._tell_unjoined(at, mine[0], played)

    def _tell_unjoined(self, at: float, new: Operation, equal: Operation) -> None:
        self.break_(
            at, new.node, f"operation {new.id} ({new.ask}) was begun, where {equal.id} was there to be joined"
        )

    def sent(self, happening: Sent) -> None:
        order = self.bmcs.begun
        if order is None or order.operation is None:
            return
        operation = order.operation
        key = (order.process, operation.id, operation.leg)
        known = self._attempts.get(happening.node)
        if known is None or known[0] != key:
            known = self._attempts[happening.node] = (key, deque(maxlen=_WINDOW))
        attempts = known[1]
        if attempts and attempts[-1].session is order.session:
            return
        attempts.append(order)
        took = order.at - attempts[0].at
        least = self._least[len(attempts) - 1]
        if len(attempts) > 1 and took < least * 0.999:
            self.break_(
                happening.at,
                happening.node,
                f"{len(attempts)} power commands in {took:.3f} s, in a session each, for operation {operation.id}"
                f" ({operation.ask}): no action can explain more than one in {least:.3f} s",
            )

    def _of(self, number: int | None) -> Operation | None:
        return None if number is None else self.disk.operations.get(number)

    def _told(self, number: int) -> str:
        operation = self.disk.operations[number]
        return f"{number} ({operation.ask}, {operation.status})"
