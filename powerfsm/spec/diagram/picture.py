"""What a picture shows, before anybody decides how it is drawn: the one form that every renderer is given.

`powerfsm.spec.diagram.views` makes it from a machine, whole or around one state, and
`powerfsm.spec.diagram.path` draws into it the way that a node went.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from powerfsm.spec import schema

EdgeKind = Literal["progress", "cancel", "failure", "recovery"]
EDGE_KINDS: tuple[EdgeKind, ...] = ("progress", "cancel", "failure", "recovery")

TextRole = Literal["event", "effect", "taken"]

_BROADEST = 29
"""Letters in a line of effects: two edges and three states side by side fit a page."""

_NUMBERED = 3
"""So many numbers of steps are written out; of more, the last ones."""


class Text(NamedTuple):
    """A line of a label, and what it tells."""

    text: str
    role: TextRole


@dataclass(frozen=True, slots=True)
class Way:
    """One branch, as an edge is labelled with it.

    Attributes:
        event: What is told.
        condition: `[guard, guard]` or `[else]`, or empty.
        effects: Its effects in their order; empty also where the picture leaves effects out.
    """

    event: str
    condition: str = ""
    effects: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Event and guards."""
        return f"{self.event} {self.condition}".rstrip()


@dataclass(frozen=True, slots=True)
class Taken:
    """How often one event led along an edge.

    Attributes:
        event: What was told.
        steps: Numbers of the steps, counted from 1.
    """

    event: str
    steps: tuple[int, ...]

    def __str__(self) -> str:
        if len(self.steps) == 1:
            return f"step {self.steps[0]}"
        last = ", ".join(map(str, self.steps[-_NUMBERED:]))
        return f"{len(self.steps)} steps{', last ' if len(self.steps) > _NUMBERED else ': '}{last}"


@dataclass(frozen=True, slots=True)
class Vertex:
    """A state, or all states of a kind.

    Attributes:
        name: The state's name; of a vertex that stands for several: `any driving state but closing`.
        kind: The kind of the state or of the states.
        members: The states that it stands for, where those are several.
        initial: The machine begins here.
        declares: `on`, `off`, or None.
        about: The state in one sentence.
        visited: Whether the path that is drawn in came here; None where none is drawn in.
        here: The path ends here.
    """

    name: str
    kind: schema.StateKind
    members: tuple[str, ...] = ()
    initial: bool = False
    declares: str | None = None
    about: str = ""
    visited: bool | None = None
    here: bool = False

    @property
    def together(self) -> bool:
        """Whether it stands for several states."""
        return bool(self.members)

    @property
    def states(self) -> tuple[str, ...]:
        """The states that it stands for."""
        return self.members or (self.name,)


@dataclass(frozen=True, slots=True)
class Edge:
    """One way from a vertex to another, or, where both are the same, what happens without leaving it.

    Attributes:
        source: Name of a vertex.
        target: Name of a vertex.
        ways: The branches that lead along it, in the order of the file.
        kind: What it tells.
        taken: How often the path that is drawn in went along it, event by event; None where none is drawn in.
    """

    source: str
    target: str
    ways: tuple[Way, ...]
    kind: EdgeKind
    taken: tuple[Taken, ...] | None = None

    @property
    def stays(self) -> bool:
        """Whether it leads back to where it begins."""
        return self.source == self.target

    @property
    def texts(self) -> tuple[Text, ...]:
        """The lines of its label: each branch with its effects, each event with the steps that it led."""
        return tuple(self._texts())

    @property
    def labels(self) -> tuple[str, ...]:
        """The same without what each line tells."""
        return tuple(text for text, _ in self._texts())

    def _texts(self) -> Iterator[Text]:
        taken = {each.event: each for each in self.taken or ()}
        for number, way in enumerate(self.ways):
            yield Text(way.label, "event")
            for line in _folded(way.effects):
                yield Text(line, "effect")
            last_of_event = all(later.event != way.event for later in self.ways[number + 1 :])
            if last_of_event and way.event in taken:
                yield Text(str(taken[way.event]), "taken")


@dataclass(frozen=True, slots=True)
class Picture:
    """What is drawn of one machine.

    Attributes:
        name: The machine's name.
        about: The machine, or the state in the middle, in one sentence.
        vertices: In the order of the file; those that stand for several states come last.
        edges: At most one of a kind from any vertex to any other.
        focus: The state around which it is drawn, or None: the whole machine.
        journey: What the path that is drawn in is, in one sentence, or empty.
        remarks: What could not be drawn, in sentences.
    """

    name: str
    about: str
    vertices: tuple[Vertex, ...]
    edges: tuple[Edge, ...]
    focus: str | None = None
    journey: str = ""
    remarks: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What this is a picture of."""
        around = f" around {self.focus}" if self.focus else ""
        return f"The machine {self.name}{around}"


def _folded(effects: tuple[str, ...]) -> Iterator[str]:
    """Effects in lines of a length that can be drawn, the first with the stroke that sets them off."""
    line = "/"
    for number, effect in enumerate(effects):
        word = f" {effect}{',' if number + 1 < len(effects) else ''}"
        if line.strip("/ ") and len(line + word) > _BROADEST:
            yield line
            line = " "
        line += word
    if effects:
        yield line
