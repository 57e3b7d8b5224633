"""The branches of a machine as arrows of a picture, made fewer where several can be drawn as one.

Arrows of a kind between the same two states become one edge with several labels; and what holds in every
state of a kind (a request begins a drive in whatever state the node rests) is drawn once, from a vertex of
its own that stands for them all.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from powerfsm.spec import schema
from powerfsm.spec.diagram.picture import Edge, EdgeKind, Vertex, Way
from powerfsm.spec.machine import Machine

# What an edge tells, by the first of these that fits: who tells its event, the state it enters, the one it
# leaves, the event itself.  Everything else is progress.
TELLER: dict[str, EdgeKind] = {"recovery": "recovery", "sweep": "recovery"}
ENTERED: dict[str, EdgeKind] = {
    "cancelling": "cancel",
    "error": "failure",
    "failed": "failure",
    "giving-up": "failure",
    "withdrawing": "cancel",
    "withdrawn": "cancel",
    "quarantined": "failure",
    "resting": "failure",
}
LEFT: dict[str, EdgeKind] = {"cancelling": "cancel", "quarantined": "recovery", "resting": "recovery"}
EVENT: dict[str, EdgeKind] = {"unanswered": "failure"}

# A vertex that stands for a kind of states is worth it from so many arrows on, with at most one exception.
_FEWEST_TOGETHER = 4
_MOST_EXCEPTIONS = 1


@dataclass(frozen=True, slots=True)
class Arrow:
    """One branch on its way into a picture."""

    source: str
    target: str
    way: Way
    kind: EdgeKind


def arrows(machine: Machine, *, effects: bool) -> Iterator[Arrow]:
    """An arrow for every branch of `machine`, those that stay in their state too; with its effects, or without."""
    for state, event in machine.pairs():
        outcome = machine.outcome(state, event)
        for branch in schema.branches(outcome):
            way = Way(event, condition(outcome, branch), tuple(branch.do) if effects else ())
            yield Arrow(state, branch.to, way, kind(machine, state, event, branch.to))


def kind(machine: Machine, state: str, event: str, target: str) -> EdgeKind:
    """What an edge tells."""
    teller = machine.declared.events[event].source
    return TELLER.get(teller) or ENTERED.get(target) or LEFT.get(state) or EVENT.get(event, "progress")


def condition(outcome: schema.Outcome, branch: schema.Branch) -> str:
    """The guards under which `branch` is taken: `[guard, guard]`, `[else]`, or nothing where there is no other."""
    if branch.when:
        return f"[{', '.join(branch.when)}]"
    return "[else]" if len(schema.branches(outcome)) > 1 else ""


def put_together(machine: Machine, given: Iterable[Arrow]) -> tuple[list[Vertex], list[Arrow]]:
    """Replace what holds in (nearly) all states of a kind by one arrow from a vertex for them all."""
    left = list(given)
    vertices: dict[str, Vertex] = {}
    for each_kind in dict.fromkeys(machine.kind(state) for state in machine.states):
        states = [state for state in machine.states if machine.kind(state) == each_kind]
        for like in dict.fromkeys((each.target, each.way, each.kind) for each in left):
            same = [each for each in left if (each.target, each.way, each.kind) == like and each.source in states]
            sources = {each.source for each in same}
            without = [state for state in states if state not in sources]
            if len(same) < _FEWEST_TOGETHER or len(without) > _MOST_EXCEPTIONS:
                continue
            name = " but ".join([f"any {each_kind} state", *without])
            members = tuple(state for state in states if state in sources)
            vertices[name] = Vertex(name=name, kind=each_kind, members=members)
            place = left.index(same[0])
            left = [each for each in left if each not in same]
            left.insert(place, Arrow(name, *like))
    return list(vertices.values()), left


def merged(given: Iterable[Arrow]) -> Iterator[Edge]:
    """One edge for all of a kind that lead from one vertex to another, and one for all that stay in a vertex."""
    between: dict[tuple[str, str, EdgeKind | None], list[Arrow]] = {}
    for each in given:
        told = None if each.source == each.target else each.kind
        between.setdefault((each.source, each.target, told), []).append(each)
    for (source, target, _), parallel in between.items():
        ways = tuple(dict.fromkeys(each.way for each in parallel))
        yield Edge(source, target, ways, parallel[0].kind)
