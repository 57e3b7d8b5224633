"""The way that one node went, by its journal, and how it is drawn into a picture.

The journal tells a step by its state (or phase) before, its event and what came after; it does not tell the
guards.  So a step belongs to an edge and an event, and not to one of several branches between them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from powerfsm.journal import Entry, Kind
from powerfsm.spec import schema
from powerfsm.spec.diagram.arrows import kind
from powerfsm.spec.diagram.picture import Edge, Picture, Taken, Way
from powerfsm.spec.machine import Machine

_KINDS = {"node": Kind.TRANSITION, "drive": Kind.PHASE}


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of the journal that is a step of the machine.

    Attributes:
        number: 1, 2, 3, ... along the path.
        entry: As it stands in the journal; without a state after it, the event was ignored or rejected.
    """

    number: int
    entry: Entry

    @property
    def before(self) -> str:
        """State before."""
        return self.entry.before or ""

    @property
    def after(self) -> str | None:
        """State after, or None: the event was ignored or rejected."""
        return self.entry.after


@dataclass(frozen=True, slots=True)
class Path:
    """The steps of one node, in their order, and what they are in a few words."""

    about: str
    steps: tuple[Step, ...]


def path(machine: Machine, entries: Iterable[Entry], about: str, last: int | None = None) -> Path:
    """The steps of `machine` among `entries`.

    Args:
        machine: Of `node` the transitions are its steps, of `drive` the phases.
        entries: Of one node, in the order of the journal.
        about: What they are, in a few words.
        last: Only so many, the last ones.
    """
    ours = [each for each in entries if each.kind is _KINDS[machine.name] and each.before is not None]
    if last is not None:
        ours = ours[max(0, len(ours) - last) :]
    return Path(about, tuple(Step(number, each) for number, each in enumerate(ours, start=1)))


def drawn_into(picture: Picture, machine: Machine, went: Path) -> Picture:
    """The picture with the path in it: what was taken is numbered, what was not is marked as such."""
    taken: dict[Edge, dict[str, list[int]]] = {edge: {} for edge in picture.edges}
    stayed: dict[str, dict[str, list[int]]] = {}
    remarks: list[str] = []
    leading = _leading(picture)
    for step in went.steps:
        if step.after is None or (picture.focus and picture.focus not in {step.before, step.after}):
            continue
        edge = leading.get((step.before, step.entry.event, step.after))
        if edge is not None:
            taken[edge].setdefault(step.entry.event, []).append(step.number)
        elif step.before == step.after and _may_stay(machine, step):
            stayed.setdefault(step.before, {}).setdefault(step.entry.event, []).append(step.number)
        else:
            told = f"step {step.number} is not declared: {step.entry.event}, {step.before} to {step.after}"
            # A journal that came from elsewhere may hold anything.
            remarks.append("".join(each if each.isprintable() else "?" for each in told))
    edges = [
        _told(edge, events, stayed.pop(edge.source, {}) if edge.stays else {}) for edge, events in taken.items()
    ]
    # The picture of a whole machine has no edges for what stays in its state.
    edges += [_told(_staying(machine, state, events), {}, events) for state, events in stayed.items()]
    visited = {state for step in went.steps for state in (step.before, step.after)}
    left = {edge.source for edge in edges if edge.taken}
    here = (went.steps[-1].after or went.steps[-1].before) if went.steps else None
    return replace(
        picture,
        vertices=tuple(
            replace(
                vertex,
                visited=vertex.name in (left if vertex.together else visited),
                here=vertex.name == here,
            )
            for vertex in picture.vertices
        ),
        edges=tuple(edges),
        journey=went.about,
        remarks=(*picture.remarks, *remarks),
    )


def _leading(picture: Picture) -> dict[tuple[str, str, str], Edge]:
    """The edge for a step, by state before, event and state after."""
    states = {vertex.name: vertex.states for vertex in picture.vertices}
    return {
        (state, way.event, edge.target): edge
        for edge in picture.edges
        for state in states[edge.source]
        for way in edge.ways
    }


def _may_stay(machine: Machine, step: Step) -> bool:
    if (step.before, step.entry.event) not in set(machine.pairs()):
        return False
    outcome = machine.outcome(step.before, step.entry.event)
    # What a drive ignores is in its journal, too.
    return isinstance(outcome, schema.Ignore) or step.before in {each.to for each in schema.branches(outcome)}


def _staying(machine: Machine, state: str, events: Iterable[str]) -> Edge:
    return Edge(state, state, (), kind(machine, state, next(iter(events)), state))


def _told(edge: Edge, events: dict[str, list[int]], more: dict[str, list[int]]) -> Edge:
    """The edge with the steps that led along it, and with events that it had no label for."""
    taken = tuple(Taken(event, tuple(steps)) for event, steps in (events | more).items())
    return replace(edge, ways=(*edge.ways, *map(Way, more)), taken=taken)
