"""Promise 6: success rests on a reading made after fence, settle and the command's answer; and then it stays so.

Judged where a success, or a state that claims a power, becomes durable: the power really is so, and what was
read was asked for late enough.  Whatever claims a power is held to it until a commit claims something else: no
command of ours takes effect, or is accepted, that is contrary to it.

Let through: what an operator, the mains or the machine itself has changed since the reading can have been made;
a BMC that was made to lie about the power; and, in plans beyond what the daemon assumes, machines that act too
late.  Copies of a reset that act after its success are let through too: they change no power.
"""

from powerfsm.node import Node
from powerfsm.operation import Operation, Status
from powerfsm.power import Ask, Power
from powerfsm.simulation.judge.bmcs import Bmc, Reading
from powerfsm.simulation.judge.disk import NodeStep, declared
from powerfsm.simulation.judge.promise import Promise
from powerfsm.simulation.judge.times import INSTANT
from powerfsm.simulation.record import Committed, Ended, Seen

_CONTRARY = {Power.ON: frozenset({"off", "soft-off"}), Power.OFF: frozenset({"on"})}


class NoEarlySuccess(Promise):
    """See above."""

    number = 6

    def committed(self, happening: Committed) -> None:
        at, process = happening.at, happening.process
        claimed = set[str]()
        for step in self.disk.operation_steps:
            before, after = step.before, step.after
            if after.status is Status.SUCCEEDED and (before is None or not before.status.ended):
                claimed.add(after.node)
                goal = after.ask.legs[-1]
                self._claim(at, process, after.node, goal, _about(after), read=after.ask is not Ask.READY)
        for node_step in self.disk.node_steps:
            node = node_step.after
            goal_read = declared(node)
            if node.name not in claimed and goal_read is not None and _read_anew(node_step):
                about = f"the node was declared {node.state}"
                self._claim(at, process, node.name, goal_read, about, read=node.state != "ready")

    def ended(self, happening: Ended) -> None:
        operation = happening.operation
        known = self.disk.operations.get(operation.id)
        # Its end may have become durable in the commit in which a process died: the next one found it ended.
        found_ended = (
            known is not None
            and not known.status.ended
            and known.id not in self.disk.outstanding.get(operation.node, ())
        )
        done = found_ended or (known is not None and known.status is Status.SUCCEEDED)
        if operation.status is Status.SUCCEEDED and not done:
            told = "not on disk" if known is None else f"{known.status} on disk"
            self.break_(happening.at, operation.node, f"{_about(operation)}, as was told, and is {told}")

    def seen(self, happening: Seen) -> None:
        effect, taken = self.bmcs.effect, self.bmcs.taken
        if effect is not None and effect.session is not None:
            session = effect.session
            claim = declared(self.disk.nodes.get(session.node))
            if claim is not None and claim is not effect.power and not session.doubted:
                told = ", ".join(f"{each.what} at {each.at:.3f} s" for each in session.orders)
                self.break_(
                    happening.at,
                    session.node,
                    f"the power went {effect.power} at {happening.at:.3f} s by what was sent in session"
                    f" {session.id}"
                    f" ({told}), after the node was declared {claim}",
                )
        if taken is not None and not taken.session.doubted:
            claim = declared(self.disk.nodes.get(taken.session.node))
            if claim is not None and taken.what in _CONTRARY[claim]:
                self.break_(
                    happening.at,
                    taken.session.node,
                    f"the BMC accepted {taken.what} in session {taken.session.id}, after the node was"
                    f" declared {claim}",
                )

    def _claim(self, at: float, process: int, node: str, goal: Power, about: str, *, read: bool) -> None:
        bmc = self.bmcs[node]
        reading = bmc.reading
        if reading is None or reading.process != process:
            # Of ready it is promise 9 that it was read.
            if read:
                self.break_(at, node, f"{about} without a reading by process {process}")
            return
        why = self._too_early(bmc, reading, goal)
        if why:
            self.break_(at, node, f"{about} on a reading at {reading.at:.3f} s {why}")
        elif read and goal not in reading.said:
            said = next(iter(reading.said))
            self.break_(at, node, f"{about} on a reading at {reading.at:.3f} s that can have said {said} only")
        elif bmc.power is not goal and bmc.meddled < reading.since and bmc.lied < reading.since:
            self.break_(at, node, f"{about}, and its power was {bmc.power} at {at:.3f} s")

    def _too_early(self, bmc: Bmc, reading: Reading, goal: Power) -> str:
        """Why a reading proves nothing; empty where it does."""
        spared = []
        for session in bmc.commanded:
            order = session.orders[-1]
            if session is reading.session:
                if not order.answered or reading.sent < order.answered:
                    return f"which was asked for before {order.what} was answered"
            elif reading.sent_at < session.harmless_at(self.times, goal) - INSTANT:
                return (
                    f"which was asked for at {reading.sent_at:.3f} s, before {order.what} in session"
                    f" {session.id} was"
                    f" fenced and settled ({session.harmless_at(self.times, goal):.3f} s)"
                )
            # It matters no more, wherever the next command leads.
            if not session.over(self.times, reading.sent_at) or not self._past(session.fenced_at, reading.sent_at):
                spared.append(session)
        bmc.commanded = spared
        return ""

    def _past(self, fenced_at: float | None, at: float) -> bool:
        return fenced_at is None or at > fenced_at + self.times.settle + self.times.soft_settle


def _read_anew(step: NodeStep) -> bool:
    """Whether a node claims a power that it did not claim before, or has read again."""
    before, after = step.before, step.after
    return before is None or _reading(before) != _reading(after)


def _reading(node: Node) -> tuple[object, ...]:
    return declared(node), node.observed, node.observed_at


def _about(operation: Operation) -> str:
    return f"operation {operation.id} ({operation.ask}) succeeded"
