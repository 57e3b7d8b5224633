"""Promise 10: drift is seen: each node's policy says enforce, adopt or flag.

Where an operator, or the machine itself, changes the power of a node at rest, two laps of the sweep later (and
the settle time, and one reading) it has been driven back, adopted or flagged, as its policy says.

Judged only where nothing is in the way meanwhile: the same process serves, the node is asked for nothing, its
disk is well, nothing goes wrong with its BMC or with datagrams to or from it, no session of it is on record,
and no soft-off was sent to it of late.  In fleets that are larger than what the sweep reads at once, nothing
may go wrong with anyone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from powerfsm.node import Drift, Node
from powerfsm.power import Command, Power
from powerfsm.simulation.judge.disk import DRIVING, declared
from powerfsm.simulation.judge.promise import Promise, Scene
from powerfsm.simulation.plan import Ill
from powerfsm.simulation.record import Asked, Committed, Did, Died, Happening, Record, Seen, Serving, Turned

_SMALL: Final = 32
"""Nodes, of which the sweep can read all at once even where every BMC keeps it waiting for two laps."""

_SILENCE: Final = 500.0
"""Seconds after which a BMC that fell silent surely speaks again."""

_READING: Final = 10.0
"""Seconds that a reading takes, with its session, where nothing goes wrong."""


@dataclass(slots=True, eq=False)
class _Drifted:
    node: str
    power: Power
    at: float
    due: float
    newest: int


class DriftIsSeen(Promise):
    """See above."""

    number = 10

    def __init__(self, scene: Scene) -> None:
        """Look at `scene`."""
        super().__init__(scene)
        self._policies = {node.name: node.drift for node in scene.plan.nodes}
        self._open: dict[str, _Drifted] = {}
        self._next_due = float("inf")
        self._newest: dict[str, int] = {}
        self._soft_at: dict[str, float] = {}
        self._ill_until = float("-inf")
        self._any_trouble = float("-inf")

    def seen(self, happening: Seen) -> None:
        self._look(happening)
        event = happening.event
        name = str(event["node"])
        if event["event"] in ("fault", "refused", "dropped"):
            self._any_trouble = happening.at
            self._open.pop(name, None)
            if len(self._policies) > _SMALL:
                self._open.clear()
        effect = self.bmcs.effect
        if effect is None:
            return
        self._open.pop(name, None)
        claim = declared(self.disk.nodes.get(name))
        if effect.session is None and claim is not None and claim is not effect.power:
            self._wait_for(happening.at, name, effect.power)

    def _wait_for(self, at: float, name: str, power: Power) -> None:
        bmc, sweep = self.bmcs[name], self.times.sweep
        large = len(self._policies) > _SMALL
        trouble = self._any_trouble if large else bmc.troubled_at
        quiet_since = at - 2 * sweep if large else at - _READING
        soft_off = self._soft_at.get(name, float("-inf"))
        if (
            not self.disk.serving_now
            or any(node == name for node, _ in self.disk.sessions)
            or trouble > quiet_since
            or bmc.silent_at > at - _SILENCE
            or self._ill_until > at - _READING
            or soft_off > at - self.times.quarantine - 2 * self.times.soft_settle
            or self.scene.requests.open_at(name)
        ):
            return
        due = at + 2 * sweep + self.times.settle + _READING
        self._open[name] = _Drifted(name, power, at, due, self._newest.get(name, 0))
        self._next_due = min(self._next_due, due)

    def committed(self, happening: Committed) -> None:
        self._look(happening)
        for step in self.disk.operation_steps:
            name = step.after.node
            self._newest[name] = max(self._newest.get(name, 0), step.after.id)
            if step.after.ask.value == Command.SOFT_OFF:
                self._soft_at[name] = happening.at

    def asked(self, happening: Asked) -> None:
        self._look(happening)
        for name in happening.nodes:
            self._open.pop(name, None)

    def did(self, happening: Did) -> None:
        self._look(happening)
        if isinstance(happening.deed, Ill):
            self._ill_until = max(self._ill_until, happening.at + happening.deed.seconds)
            self._open.clear()

    def died(self, happening: Died) -> None:
        self._look(happening)
        self._open.clear()

    def serving(self, happening: Serving) -> None:
        self._look(happening)

    def turned(self, happening: Turned) -> None:
        self._look(happening)

    def end(self, record: Record) -> None:
        if record.story:
            self._look(record.story[-1])

    def _look(self, happening: Happening) -> None:
        """Tell of whatever should have been seen by now; what is just happening comes too late."""
        if happening.at <= self._next_due:
            return
        for drifted in list(self._overdue(happening.at)):
            del self._open[drifted.node]
            node = self.disk.nodes[drifted.node]
            if not self._settled(node, drifted):
                policy = self._policies[drifted.node]
                self.break_(
                    happening.at,
                    drifted.node,
                    f"the power went {drifted.power} at {drifted.at:.3f} s, by nobody's request, and by"
                    f" {drifted.due:.3f} s was not seen and treated by policy {policy}: the node is {node.state},"
                    f" desired {node.desired}, observed {node.observed}",
                )
        self._next_due = min((each.due for each in self._open.values()), default=float("inf"))

    def _overdue(self, at: float) -> Iterator[_Drifted]:
        return (each for each in self._open.values() if each.due < at)

    def _settled(self, node: Node, drifted: _Drifted) -> bool:
        policy = self._policies[drifted.node]
        if policy is Drift.ADOPT:
            return declared(node) is drifted.power
        if policy is Drift.FLAG or node.desired is None:
            return node.drifted
        return self._newest.get(node.name, 0) > drifted.newest or node.state in DRIVING
