"""The faults of a fleet: which rules there are, and whether one strikes now.

A place that can go wrong asks `strike`, naming the kind of fault that it knows how to suffer.  A node without
rules costs one look into a dictionary.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, overload

from ClusterShell.NodeSet import NodeSet, NodeSetException

from bmcsim.agenda import Agenda, Entry
from bmcsim.dice import Dice
from bmcsim.events import EventLog
from bmcsim.faults.condition import Condition
from bmcsim.faults.fault import Fault, FaultError
from bmcsim.faults.point import Point, Step
from bmcsim.faults.rule import Rule

Kind = TypeVar("Kind", bound=Fault)


class _Armed:
    """A rule in force."""

    __slots__ = ("by_clock", "conditional", "entry", "nodes", "rule", "steps", "struck")

    def __init__(self, rule: Rule, nodes: frozenset[str] | None) -> None:
        self.rule = rule
        self.nodes = nodes
        self.conditional = type(rule.fault).applies is not Fault.applies
        self.by_clock = rule.fault.by_clock and not rule.steps
        self.steps = frozenset[str]() if self.by_clock else rule.steps or rule.fault.possible_steps()
        self.struck: dict[str, int] = {}
        self.entry: Entry | None = None


Befall = Callable[[str, Fault, float], None]
"""Has a fault happen to a node's BMC, at a time, out of the blue."""

_Table = dict[Point, tuple[_Armed, ...]]


class Faults:
    """The rules of one fleet.

    Attributes:
        suffering: The nodes that have a rule, or have suffered from one.  Places that every datagram goes through
            look in here first; for all other nodes that is the whole price of there being faults.
    """

    def __init__(
        self,
        nodes: Iterable[str],
        agenda: Agenda,
        log: EventLog,
        seed: int = 0,
        clock: Callable[[], float] = lambda: -math.inf,
        befall: Befall | None = None,
    ) -> None:
        """Start without any.

        Args:
            nodes: Who can have faults.
            agenda: What is to come.
            log: Where strikes are told.
            seed: The same seed throws the same dice.
            clock: What time it is.
            befall: Has what happens by the clock happen.
        """
        self._clock = clock
        self._befall = befall
        self._nodes = tuple(nodes)
        self._agenda = agenda
        self._log = log
        self._seed = seed
        self._started: float | None = None
        self._rules: list[_Armed] = []
        # Nodes that no rule is for are not in here.
        self._tables: dict[str, _Table] = {}
        self._dice: dict[str, Dice] = {}
        self._conditions: dict[str, Condition] = {}
        self.suffering: set[str] = set()

    def __iter__(self) -> Iterator[Rule]:
        """Iterate over the rules, in the order in which they are tried."""
        return iter([armed.rule for armed in self._rules])

    def start(self, now: float) -> None:
        """Count the seconds of all rules from `now`; only the first call does anything."""
        if self._started is None:
            self._started = now
            for armed in self._rules:
                self._set_down(armed)

    def add(self, rule: Rule) -> Rule:
        """Put a rule in force, behind those that there are; return it.

        Raises:
            FaultError: It is for nodes that are not in this fleet.
        """
        nodes = None if rule.nodes is None else self._expand(rule.nodes)
        armed = _Armed(rule, nodes)
        self._rules.append(armed)
        self._rebuild()
        self._set_down(armed)
        return rule

    def remove(self, rule: Rule) -> None:
        """Take a rule out of force; what it has already done stays done.

        Raises:
            FaultError: It is not in force.
        """
        for armed in self._rules:
            if armed.rule is rule:
                self._rules.remove(armed)
                if armed.entry is not None:
                    armed.entry.cancel()
                self._rebuild()
                return
        raise FaultError(f"this rule of {rule.fault.name} is not in force")

    @contextmanager
    def on(self, fault: Fault, nodes: str | None = None, **when: Any) -> Iterator[Rule]:
        """Have a fault for as long as the block lasts.

        Args:
            fault: Which.
            nodes: Hostlist of the nodes that have it; None is all.
            when: The other fields of `Rule`; `steps` may be any iterable of names.
        """
        when["steps"] = frozenset(when.get("steps", ()))
        rule = self.add(Rule(fault, nodes, **when))
        try:
            yield rule
        finally:
            self.remove(rule)

    def struck(self, rule: Rule, node: str | None = None) -> int:
        """Return how often a rule in force has struck, at one node or at all."""
        for armed in self._rules:
            if armed.rule is rule:
                return sum(armed.struck.values()) if node is None else armed.struck.get(node, 0)
        return 0

    def concern(self, node: str, *points: Point) -> bool:
        """Return whether any rule could ever strike a node at one of these points."""
        table = self._tables.get(node)
        return table is not None and any(point in table for point in points)

    @overload
    def strike(self, node: str, point: Point, step: Step, now: float) -> Fault | None: ...

    @overload
    def strike(self, node: str, point: Point, step: Step, now: float, kind: type[Kind]) -> Kind | None: ...

    def strike(self, node: str, point: Point, step: Step, now: float, kind: type[Fault] = Fault) -> Fault | None:
        """Return the first fault of a kind that strikes now, or None.

        Args:
            node: Whose BMC.
            point: Where.
            step: What the client is doing.
            now: When.
            kind: What the caller knows how to suffer.
        """
        if node not in self._tables:
            return None
        return next(self.strikes(node, point, step, now, kind), None)

    def strikes(self, node: str, point: Point, step: Step, now: float, kind: type[Kind]) -> Iterator[Kind]:
        """Yield every fault of a kind that strikes now, for places where several make sense at once."""
        table = self._tables.get(node)
        if table is None:
            return
        for armed in table.get(point, ()):
            fault = armed.rule.fault
            if isinstance(fault, kind) and self._strikes(armed, node, point, step, now):
                yield fault

    def dice(self, node: str) -> Dice:
        """Return the dice that faults of a node are thrown with."""
        dice = self._dice.get(node)
        if dice is None:
            dice = self._dice[node] = Dice(self._seed, node, "faults")
        return dice

    def condition(self, node: str) -> Condition:
        """Return what faults have left behind in a node's BMC, to be read and changed."""
        condition = self._conditions.get(node)
        if condition is None:
            condition = self._conditions[node] = Condition()
            self.suffering.add(node)
        return condition

    def _set_down(self, armed: _Armed) -> None:
        """Have what happens by the clock happen, when that is known to have begun."""
        if armed.by_clock and self._started is not None:
            due = max(self._started + armed.rule.since, self._clock())
            armed.entry = self._agenda.at(due, lambda at: self._strike_all(armed, at))

    def _strike_all(self, armed: _Armed, at: float) -> None:
        for node in self._nodes if armed.nodes is None else sorted(armed.nodes):
            if armed.rule.probability < 1 and not self.dice(node).chance(armed.rule.probability):
                continue
            armed.struck[node] = armed.struck.get(node, 0) + 1
            self._log.add(at, node, "fault", kind=armed.rule.fault.name)
            if self._befall is not None:
                self._befall(node, armed.rule.fault, at)

    def _strikes(self, armed: _Armed, node: str, point: Point, step: Step, now: float) -> bool:
        if step not in armed.steps:
            return False
        rule = armed.rule
        self.start(now)
        assert self._started is not None
        struck = armed.struck.get(node, 0)
        if (
            not rule.since <= now - self._started < rule.until
            or struck == rule.times
            or (armed.conditional and not rule.fault.applies(self.condition(node), now))
            or not (rule.probability == 1 or self.dice(node).chance(rule.probability))
        ):
            return False
        armed.struck[node] = struck + 1
        way = {Point.ARRIVING: "in", Point.LEAVING: "out"}.get(point)
        self._log.add(now, node, "fault", kind=rule.fault.name, step=step.value, way=way)
        return True

    def _expand(self, hostlist: str) -> frozenset[str]:
        try:
            wanted = frozenset(str(name) for name in NodeSet(hostlist))
        except NodeSetException as error:
            raise FaultError(f"{hostlist!r} is no hostlist such as n[1-50] ({error})", "nodes") from None
        strangers = wanted.difference(self._nodes)
        if strangers or not wanted:
            listed = str(NodeSet.fromlist(sorted(strangers))) if strangers else hostlist
            raise FaultError(f"no such nodes in this fleet: {listed}", "nodes")
        return wanted

    def _rebuild(self) -> None:
        """Sort the rules by node and point; nodes with the same rules share a table."""
        shared: dict[tuple[int, ...], _Table] = {}
        self._tables = {}
        for node in self._nodes if self._rules else ():
            mine = [armed for armed in self._rules if armed.nodes is None or node in armed.nodes]
            if not mine:
                continue
            key = tuple(map(id, mine))
            if key not in shared:
                points = {point for armed in mine for point in armed.rule.fault.points}
                shared[key] = {
                    point: tuple(armed for armed in mine if point in armed.rule.fault.points) for point in points
                }
            self._tables[node] = shared[key]
        self.suffering = {*self._tables, *self._conditions}
