"""What stands below a picture: what the looks mean, of those that are there, and what could not be drawn."""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from textwrap import wrap

from powerfsm.spec.diagram.drawing import Drawing
from powerfsm.spec.diagram.measures import LETTER, LINE, MARGIN
from powerfsm.spec.diagram.picture import EDGE_KINDS, EdgeKind
from powerfsm.spec.diagram.strokes import HEAVY_HEAD, n, rect

_EDGES: dict[EdgeKind, str] = {
    "progress": "progress",
    "cancel": "cancel",
    "failure": "failure",
    "recovery": "recovery and drift",
}
_STATES = {"resting": "at rest", "driving": "an action drives", "leaving": "an action ends", "final": "final"}

_ABOVE = 14.0
_ROW = 30.0
_SAMPLE = 46.0
_ITEM = 210.0  # a sample and the longest of the words beside it


@dataclass(frozen=True, slots=True)
class _Item:
    """A sample, of an edge where there is an arrow head for it and else of a box, and what it means."""

    look: str
    text: str
    head: str = ""

    def drawn(self, x: float, y: float) -> Iterator[str]:
        if self.head:
            length = _SAMPLE - (HEAVY_HEAD if self.head.endswith("-taken") else 0)
            line = f"M{n(x)} {n(y)} h{n(length)}"
            yield f'<path class="edge {self.look}" d="{line}" marker-end="url(#{self.head})"/>'
        else:
            yield f'<g class="{self.look}">{rect(x + 1, y - 11, 44, 22, 11 if "together" in self.look else 6)}'
            if self.look == "final":
                yield rect(x + 5, y - 7, 36, 14, 3)
            yield "</g>"
        yield f'<text class="note" x="{n(x + _SAMPLE + 10)}" y="{n(y + 4)}">{self.text}</text>'


class Legend:
    """The legend of one drawing.

    Attributes:
        height: Pixels that it takes below the drawing.
    """

    def __init__(self, drawing: Drawing) -> None:
        self._drawing = drawing
        picture = drawing.picture
        told = {edge.kind for edge in picture.edges if not edge.stays}
        there = {vertex.kind for vertex in picture.vertices if not vertex.together}
        rows = [[_Item(kind, _EDGES[kind], kind) for kind in EDGE_KINDS if kind in told]]
        rows.append([_Item(kind, text) for kind, text in _STATES.items() if kind in there])
        if any(vertex.together for vertex in picture.vertices):
            rows[-1].append(_Item("resting together", "several states at once"))
        if picture.journey:
            some = next((kind for kind in EDGE_KINDS if kind in told), EDGE_KINDS[0])
            rows.append(
                [
                    _Item(f"{some} taken", "taken", f"{some}-taken"),
                    _Item(f"{some} untaken", "not taken", f"{some}-untaken"),
                    _Item("resting unvisited", "never visited"),
                    _Item("resting here", "where the path ends"),
                ]
            )
        self._across = max(1, int((drawing.width - 2 * MARGIN) / _ITEM))
        self._rows = [
            row[start : start + self._across] for row in rows for start in range(0, len(row), self._across)
        ]
        self._words = list(self._below())
        self.height = _ABOVE + _ROW * len(self._rows) + LINE * len(self._words)

    def drawn(self) -> Iterator[str]:
        """Its elements."""
        step = (self._drawing.width - 2 * MARGIN) / min(self._across, max(map(len, self._rows)))
        y = self._drawing.height + _ABOVE
        for row in self._rows:
            for number, item in enumerate(row):
                yield from item.drawn(MARGIN + number * step, y)
            y += _ROW
        for look, text in self._words:
            yield f'<text class="{look}" x="{n(MARGIN)}" y="{n(y)}">{escape(text)}</text>'
            y += LINE

    def _below(self) -> Iterator[tuple[str, str]]:
        """The lines of text, each with its class."""
        picture = self._drawing.picture
        letters = max(20, int((self._drawing.width - 2 * MARGIN) / LETTER))
        sentences: list[tuple[str, str]] = [("note", picture.journey)]
        sentences += [
            (edge.kind, f"also {edge.source} to {edge.target}: {', '.join(edge.labels)}")
            for edge in self._drawing.wayless
        ]
        sentences += [("failure", remark) for remark in picture.remarks]
        for look, sentence in sentences:
            for line in wrap(sentence, letters):
                yield look, line
