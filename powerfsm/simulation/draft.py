"""A plan in the making: what was drawn so far, and how much of what the promises rest on is used up."""

import bisect
from collections.abc import Collection, Mapping, Sequence

from pydantic import JsonValue

from powerfsm.power import Ask
from powerfsm.simulation.assumptions import (
    LIFETIME,
    SETTLE_SLACK,
    acting,
    dwells,
    lateness,
    tardiness,
    worst,
)
from powerfsm.simulation.fault_draws import DRAWS, Room
from powerfsm.simulation.lots import Lots
from powerfsm.simulation.plan import Deed, FaultPlan, Kill, NetworkPlan, NodePlan, Request, Stop

_SHAKY = frozenset({"bounce"})
_STALE = frozenset({"stale-reading"})


class Draft:
    """What was drawn so far.

    Attributes:
        lots: What everything is drawn with.
        nodes: The fleet.
        names: Their names.
        racks: The names of the nodes of each rack.
        favourites: The few nodes that most of it happens to.
        network: What lies before it.
        settle: Seconds of the timing `settle`.
        chaos: When it ends.
        asks: What anybody asks for at all.
        mortal: Plots may have the daemon die.
        deeds: What is done, in no order.
        faults: What BMCs do wrong.
    """

    def __init__(
        self,
        lots: Lots,
        nodes: Sequence[NodePlan],
        network: NetworkPlan,
        settle: float,
        chaos: float,
        asks: Collection[Ask] = frozenset(Ask),
    ) -> None:
        """Begin with a fleet to which nothing happens."""
        self.lots = lots
        self.nodes = tuple(nodes)
        self.names = tuple(node.name for node in self.nodes)
        self.racks: dict[str, list[str]] = {}
        for node in self.nodes:
            if node.rack is not None:
                self.racks.setdefault(node.rack, []).append(node.name)
        self.favourites = tuple(lots.few(self.names, max(1, round(len(nodes) / 4))))
        self.network = network
        self.settle = settle
        self.chaos = chaos
        self.asks = asks
        self.mortal = True
        self.deeds: list[Deed] = []
        self.faults: list[FaultPlan] = []
        self._by_name = {node.name: node for node in nodes}
        self._on: dict[str, list[FaultPlan]] = {}
        self._pressed: set[str] = set()
        self._plotted: dict[str, float] = {}
        self._asked: dict[str, list[tuple[float, Ask]]] = {}
        self._always_late = network.delay[1] * (network.delayed > 0) + network.lag[1] * (network.duplicate > 0)

    def node(self, name: str) -> NodePlan:
        """One of the fleet."""
        return self._by_name[name]

    def favourite(self) -> str:
        """A node: mostly one of the few."""
        return self.lots.one(self.favourites if self.lots.happens(0.8) else self.names)

    def stage(self, at: float, seconds: float) -> str:
        """A node for a plot that takes so many seconds: one that has no other, where there is one."""
        idle = [name for name in self.names if self._plotted.get(name, 0.0) <= at]
        name = self.lots.one(idle) if idle else self.favourite()
        self._plotted[name] = at + seconds
        return name

    def wish(self, weights: Mapping[Ask, float]) -> Ask:
        """Something that somebody may ask for: of what is asked for at all, where that is possible."""
        return self.lots.weighed({ask: weight for ask, weight in weights.items() if ask in self.asks} or weights)

    def do(self, deed: Deed) -> None:
        """Have something done, unless it is too late for it."""
        if deed.at < self.chaos:
            self.deeds.append(deed)
            if isinstance(deed, Request):
                for name in deed.nodes:
                    bisect.insort(self._asked.setdefault(name, []), (deed.at, deed.ask))

    def kill(self, deed: Kill | Stop) -> None:
        """Have the daemon die, or end, as a plot wants it; where it may."""
        if self.mortal:
            self.do(deed)

    def asked_last(self, name: str, before: float) -> Ask | None:
        """What a node was asked for last, by anybody."""
        asked = self._asked.get(name, ())
        place = bisect.bisect_left(asked, (before,))
        return asked[place - 1][1] if place else None

    def ask(self, at: float, name: str, ask: Ask, by: str = "plot") -> None:
        """Have one node asked for something."""
        self.do(Request(at=round(at, 6), by=by, nodes=(name,), ask=ask, patient=self.lots.happens(0.7)))

    def pressable(self, name: str) -> bool:
        """Whether a button may be pressed; afterwards it counts as pressed.

        Where readings are stale it may not: what is read of a press would be stale, too, and success rests on it.
        """
        if any(fault.fault in _STALE for fault in self._on.get(name, ())):
            return False
        self._pressed.add(name)
        return True

    def room(self, names: Sequence[str], since: float, until: float) -> Room:
        """What is left for one more fault of some nodes, at some time."""
        return Room(
            min(LIFETIME - self._always_late - self._late(name, since, until) for name in names),
            min(self._tardy(name) for name in names),
        )

    def fault(
        self,
        name: str,
        nodes: Sequence[str],
        since: float,
        until: float,
        parameters: dict[str, JsonValue] | None = None,
        steps: tuple[str, ...] = (),
        probability: float = 1.0,
        times: int | None = None,
    ) -> bool:
        """Have BMCs do something wrong, unless that is beyond what the promises rest on; whether they do."""
        since, until = round(max(since, 0), 6), round(min(until, self.chaos), 6)
        if since >= until:
            return False
        fault = FaultPlan(
            fault=name,
            parameters=parameters or {},
            nodes=tuple(nodes),
            steps=steps,
            probability=probability,
            since=since,
            until=until,
            times=times,
        )
        room = self.room(nodes, 0 if dwells(fault) else since, self.chaos if dwells(fault) else until)
        if lateness(fault) > max(room.late, 0) or tardiness(fault) > max(room.tardy, 0):
            return False
        if not self._bearable(fault):
            return False
        self.faults.append(fault)
        for each in nodes:
            self._on.setdefault(each, []).append(fault)
        return True

    def draw_fault(self, name: str, nodes: Sequence[str], since: float, until: float, strength: float) -> bool:
        """Have BMCs do something wrong, as strongly as is said; whether there is room for it."""
        # Half of it is left to others.
        room = self.room(nodes, 0, self.chaos)
        drawn = DRAWS[name][1](self.lots, strength, Room(room.late / 2, room.tardy))
        if drawn is None:
            return False
        return self.fault(name, nodes, since, until, drawn.parameters, drawn.steps, drawn.probability, drawn.times)

    def _late(self, name: str, since: float, until: float) -> float:
        there = [
            fault
            for fault in self._on.get(name, ())
            if dwells(fault) or (fault.since < until and since < fault.until)
        ]
        return worst(there)

    def _tardy(self, name: str) -> float:
        used = sum(tardiness(fault) for fault in self._on.get(name, ()))
        return self.settle - SETTLE_SLACK - acting(self._by_name[name]) - used

    def _bearable(self, fault: FaultPlan) -> bool:
        """Whether readings stay true: what changes by itself must not be read late."""
        others = {other.fault for name in fault.nodes for other in self._on.get(name, ())}
        if fault.fault in _STALE:
            return not others & _SHAKY and self._pressed.isdisjoint(fault.nodes)
        return not (fault.fault in _SHAKY and others & _STALE)
