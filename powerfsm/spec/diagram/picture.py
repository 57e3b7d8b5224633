"""What a machine's picture shows, before anybody decides how it is drawn.

A picture leaves out what only a table can hold: pairs that are ignored or rejected, and branches that stay
in their state.  What is left is made smaller twice.  Edges between the same two states become one with
several labels; and what holds in every state of a kind (a request begins a drive in whatever state the
node rests) is drawn once, from a vertex of its own that stands for them all.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from powerfsm.spec import schema
from powerfsm.spec.machine import Machine

EdgeKind = Literal["progress", "cancel", "failure", "recovery"]
EDGE_KINDS: tuple[EdgeKind, ...] = ("progress", "cancel", "failure", "recovery")

# What an edge tells, by the first of these that fits: who tells its event, the state it enters, the one it
# leaves, the event itself.  Everything else is progress.
_TELLER: dict[str, EdgeKind] = {"recovery": "recovery", "sweep": "recovery"}
_ENTERED: dict[str, EdgeKind] = {
    "cancelling": "cancel",
    "error": "failure",
    "failed": "failure",
    "giving-up": "failure",
    "withdrawing": "cancel",
    "withdrawn": "cancel",
    "quarantined": "failure",
    "resting": "failure",
}
_LEFT: dict[str, EdgeKind] = {"cancelling": "cancel", "quarantined": "recovery", "resting": "recovery"}
_EVENT: dict[str, EdgeKind] = {"unanswered": "failure"}

# A vertex that stands for a kind of states is worth it from so many edges on, with at most one exception.
_FEWEST_TOGETHER = 4
_MOST_EXCEPTIONS = 1


@dataclass(frozen=True, slots=True)
class Vertex:
    """A state, or all states of a kind.

    Attributes:
        name: The state's name; of a vertex that stands for several: `any driving state but closing`.
        kind: The kind of the state or of the states.
        together: Stands for several states.
        initial: The machine begins here.
        declares: `on`, `off`, or None.
        about: The state in one sentence.
    """

    name: str
    kind: schema.StateKind
    together: bool = False
    initial: bool = False
    declares: str | None = None
    about: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """One way from a state to another.

    Attributes:
        source: Name of a vertex.
        target: Name of another.
        labels: `event`, `event [guard, guard]` or `event [else]`, in the order of the file.
        kind: What it tells.
    """

    source: str
    target: str
    labels: tuple[str, ...]
    kind: EdgeKind


@dataclass(frozen=True, slots=True)
class Picture:
    """What is drawn of one machine."""

    name: str
    about: str
    vertices: tuple[Vertex, ...]
    edges: tuple[Edge, ...]


@dataclass(frozen=True, slots=True)
class _Arrow:
    """One branch on its way into a picture."""

    source: str
    target: str
    label: str
    kind: EdgeKind


def extract(machine: Machine) -> Picture:
    """What is to be drawn of `machine`."""
    vertices = [
        Vertex(
            name=name,
            kind=state.kind,
            initial=name == machine.initial,
            declares=state.declares,
            about=state.about,
        )
        for name, state in machine.declared.states.items()
    ]
    arrows = list(_arrows(machine))
    together, arrows = _together(machine, arrows)
    return Picture(
        name=machine.name,
        about=machine.declared.about,
        vertices=(*vertices, *together),
        edges=tuple(_merged(arrows)),
    )


def label(event: str, outcome: schema.Outcome, branch: schema.Branch) -> str:
    """An event and the guards under which it takes `branch`."""
    if branch.when:
        return f"{event} [{', '.join(branch.when)}]"
    return f"{event} [else]" if len(schema.branches(outcome)) > 1 else event


def _arrows(machine: Machine) -> Iterator[_Arrow]:
    for state, event in machine.pairs():
        outcome = machine.outcome(state, event)
        teller = machine.declared.events[event].source
        for branch in schema.branches(outcome):
            if branch.to != state:
                kind = (
                    _TELLER.get(teller)
                    or _ENTERED.get(branch.to)
                    or _LEFT.get(state)
                    or _EVENT.get(event, "progress")
                )
                yield _Arrow(state, branch.to, label(event, outcome, branch), kind)


def _together(machine: Machine, arrows: list[_Arrow]) -> tuple[list[Vertex], list[_Arrow]]:
    """Replace what holds in (nearly) all states of a kind by one arrow from a vertex for them all."""
    vertices: dict[str, Vertex] = {}
    for kind in dict.fromkeys(machine.kind(state) for state in machine.states):
        members = [state for state in machine.states if machine.kind(state) == kind]
        for like in list(dict.fromkeys((each.target, each.label, each.kind) for each in arrows)):
            same = [
                each for each in arrows if (each.target, each.label, each.kind) == like and each.source in members
            ]
            sources = {each.source for each in same}
            without = [state for state in members if state not in sources]
            if len(same) < _FEWEST_TOGETHER or len(without) > _MOST_EXCEPTIONS:
                continue
            name = " but ".join([f"any {kind} state", *without])
            vertices[name] = Vertex(name=name, kind=kind, together=True)
            place = arrows.index(same[0])
            arrows = [each for each in arrows if each not in same]
            arrows.insert(place, _Arrow(name, *like))
    return list(vertices.values()), arrows


def _merged(arrows: list[_Arrow]) -> Iterator[Edge]:
    """One edge for all that lead from one vertex to another; it tells what the first of them tells."""
    between: dict[tuple[str, str], list[_Arrow]] = {}
    for each in arrows:
        between.setdefault((each.source, each.target), []).append(each)
    for (source, target), parallel in between.items():
        labels = tuple(dict.fromkeys(each.label for each in parallel))
        yield Edge(source, target, labels, parallel[0].kind)
