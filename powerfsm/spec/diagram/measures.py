"""How wide each column and gutter of a picture must be, and how high each row and gap.

Labels decide.  A line along a row keeps its labels above it, in the gutter that it passes; so a gutter is as
wide as its longest label, and a row as high as the labels stacked in it.  A line down a column keeps them on
its right, in the gap below the upper state.  Letters are counted, not measured: labels are set in a
monospaced face, whose widest kind is assumed, so that the same file is drawn wherever this runs.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from powerfsm.spec.diagram.picture import Edge, Picture, TextRole, Vertex
from powerfsm.spec.diagram.places import Place, chosen
from powerfsm.spec.diagram.routes import Across, Along, Grid, Lane, Route, placed

LETTER = 7.25  # widest 12 px monospaced face in use (0.604 em)
LINE = 15.0  # from one line of a label to the next
NAME_LINE = 16.0  # from one line in a box to the next
MARGIN = 16.0
LANE = 22.0
ASIDE = 12.0  # from a label to whatever is beside it
BESIDE = 7.0  # from an upright line to its label
EDGE = 4.0  # from the lowest line of a label to its edge
PAD = 8.0

_NAME_LETTER = 8.6  # 14 px, semi-bold
_TOGETHER_LETTER = 7.6  # 14 px, italic
_NOTE_LETTER = 6.7  # 12 px
_NAME_ROOM = 20.0
_LEAST_BOX = 36.0
_LEAST_GUTTER = 20.0
_GAP = 16.0  # between rows where nothing passes
_BEGIN = 28.0  # above the first state
_BEGIN_ON_TOP = 36.0  # the same where nothing stands above it
_ARROW = 18.0  # length of a line that no label needs longer
_UNDER = 9.0  # from the lowest line of a label to the next label, with the edge in between
_UNLABELLED = 14.0


class BoxText(NamedTuple):
    """A line of what stands in a box: its name, a note about it, or what happens without leaving it."""

    text: str
    role: Literal["name", "note"] | TextRole


class Measures:
    """All sizes of one picture.

    Attributes:
        places: The cells of each vertex.
        texts: What stands in the box of each vertex.
        routes: A route for each edge that has a way.
        lanes: Those that run down a gutter, by gutter.
        abreast: Those that run down the same columns side by side, group by group.
        row_of: The row in which an edge runs along.
        offsets: How far below the upper rim of a row an edge runs, by edge and row.
        heights: Of rows.
        gaps: Above each row; the first is the upper margin.
        columns: Widths.
        gutters: Widths, from -1 on (the left margin) to the right margin.
    """

    def __init__(self, picture: Picture) -> None:
        self._vertices = picture.vertices
        names = [vertex.name for vertex in picture.vertices]
        self.places: Mapping[str, Place] = placed(names, chosen(picture))
        staying = {edge.source: edge for edge in picture.edges if edge.stays}
        self.texts = {
            vertex.name: box_texts(vertex, staying.get(vertex.name), broad=place.left < place.right)
            for vertex in picture.vertices
            for place in [self.places[vertex.name]]
        }
        grid = Grid(self.places)
        self._all_gutters = range(-1, grid.columns)
        self.routes: Sequence[Route] = grid.routes([edge for edge in picture.edges if not edge.stays])
        self.lanes: dict[int, list[Lane]] = defaultdict(list)
        groups: dict[tuple[int, int, int, int], list[Across]] = defaultdict(list)
        for route in self.routes:
            if isinstance(route, Lane):
                self.lanes[route.gutter].append(route)
            elif isinstance(route, Across):
                groups[route.first, route.last, route.upper, route.lower].append(route)
        self.abreast = list(groups.values())
        self.row_of: dict[Edge, int] = {}
        self.offsets: dict[tuple[Edge, int], float] = {}
        self.gaps = self._row_gaps(grid.rows)
        self.heights = self._stack(grid.rows)
        self.columns, self.gutters = self._widths(grid.columns)

    def hang(self, group: Sequence[Across], width: float) -> float:
        """Where the first line of a group runs, from the left of the columns that they share."""
        if len(group) > 1:
            return (width - sum(map(abreast_width, group))) / 2 + ASIDE
        room = width - label_width(group[0].edge) - BESIDE - ASIDE
        if any(not lane.rightwards for lane in self.lanes[group[0].last]):
            # A lane runs beside this column: the label must end before it.
            return min(width / 2, room)
        # Off the middle rather than out of the column, but not into a corner.
        return min(width / 2, max(width / 4, room))

    def _stack(self, rows: int) -> list[float]:
        """Stack the labels of every row, gutter by gutter; how high each row must be."""
        filled: dict[tuple[int, int], float] = defaultdict(float)
        slots: list[tuple[Edge, int, range]] = []

        def slot(edge: Edge, row: int, height: float, gutters: range) -> None:
            end = height + max(filled[row, gutter] for gutter in gutters)
            for gutter in gutters:
                filled[row, gutter] = end
            self.offsets[edge, row] = end - _UNDER + EDGE
            slots.append((edge, row, gutters))

        for route in sorted(self.routes, key=_from_above):
            labels = len(route.edge.labels) * LINE + _UNDER
            if isinstance(route, Along):
                gutters = range(route.first, route.last + 1)
                row = min(route.rows, key=lambda row: max(filled[row, each] for each in gutters))
                self.row_of[route.edge] = row
                slot(route.edge, row, labels, gutters)
            elif isinstance(route, Lane):
                slot(route.edge, route.row, labels, range(route.gutter, route.gutter + 1))
                if route.target_row is not None:
                    slot(route.edge, route.target_row, _UNLABELLED, range(route.gutter, route.gutter + 1))
        heights = [self._row_height(row, filled) for row in range(rows)]
        self._stretch(heights)
        # Each gutter's stack is centred in its row by itself, unless a line passes through several.
        shared = {row for _, row, gutters in slots if len(gutters) > 1}
        for edge, row, gutters in slots:
            fullest = max(filled[row, each] for each in (self._all_gutters if row in shared else gutters))
            self.offsets[edge, row] += (heights[row] - fullest) / 2
        return heights

    def _row_height(self, row: int, filled: Mapping[tuple[int, int], float]) -> float:
        labels = max(filled[row, gutter] for gutter in self._all_gutters)
        texts = [
            box_height(self.texts[name]) for name, place in self.places.items() if place.top == place.bottom == row
        ]
        return max([labels + (PAD if labels else 0), *texts, PAD])

    def _stretch(self, heights: list[float]) -> None:
        """Make the rows of a box that covers several as high as what stands in it needs."""
        for name, place in self.places.items():
            rows = range(place.top, place.bottom + 1)
            there = sum(heights[row] for row in rows) + sum(self.gaps[row] for row in rows[1:])
            missing = max(0.0, box_height(self.texts[name]) - there)
            for row in rows:
                heights[row] += missing / len(rows)

    def _row_gaps(self, rows: int) -> list[float]:
        gaps = [MARGIN, *[_GAP] * (rows - 1)]
        for vertex in self._vertices:
            if vertex.initial:
                top = self.places[vertex.name].top
                gaps[top] = max(gaps[top], _BEGIN_ON_TOP if top == 0 else _BEGIN)
        for route in self.routes:
            if isinstance(route, Across):
                room = len(route.edge.labels) * LINE + _ARROW
                gaps[route.upper + 1] = max(gaps[route.upper + 1], room)
        return gaps

    def _widths(self, count: int) -> tuple[list[float], dict[int, float]]:
        columns = [0.0] * count
        gutters = dict.fromkeys(range(count - 1), _LEAST_GUTTER) | {-1: 0.0, count - 1: 0.0}

        def across(first: int, last: int) -> float:
            return sum(columns[first : last + 1]) + sum(gutters[each] for each in range(first, last))

        for route in self.routes:
            if isinstance(route, Across):
                continue
            first, last = (route.first, route.last) if isinstance(route, Along) else (route.gutter, route.gutter)
            if first == last:
                gutters[first] = max(gutters[first], label_width(route.edge) + 2 * ASIDE)
        for gutter, lanes in self.lanes.items():
            gutters[gutter] += LANE * len(lanes)
        # What stands in one column alone comes first: then the least is missing for what spans several.
        for first, last, width in sorted(self._needs(), key=lambda need: need[1] - need[0]):
            missing = max(0.0, width - across(first, last))
            for column in range(first, last + 1):
                columns[column] += missing / (last + 1 - first)
        for group in self.abreast:
            # A single label that reaches out of its column stands over the gutter beside it.
            first, last = group[0].first, group[0].last
            width = across(first, last)
            reach = self.hang(group, width) + BESIDE + label_width(group[0].edge) - width
            if len(group) == 1 and reach > 0:
                gutters[last] = max(gutters[last], reach + ASIDE + LANE * len(self.lanes[last]))
        return columns, gutters

    def _needs(self) -> list[tuple[int, int, float]]:
        """First and last column, and the width that is needed over them."""
        names = [
            (place.left, place.right, box_width(vertex, self.texts[vertex.name]))
            for vertex in self._vertices
            for place in [self.places[vertex.name]]
        ]
        return names + [(group[0].first, group[0].last, sum(map(abreast_width, group))) for group in self.abreast]


def box_texts(vertex: Vertex, staying: Edge | None, *, broad: bool) -> list[BoxText]:
    """What stands in the box of a vertex, line by line; a long name in fewer lines where the box is broad."""
    name = vertex.name.replace(" state", "\nstate") if vertex.together and not broad else vertex.name
    texts = [BoxText(line, "name") for line in name.replace(" but ", "\nbut ").split("\n")]
    if vertex.declares:
        texts.append(BoxText(f"declares {vertex.declares}", "note"))
    if vertex.here:
        texts.append(BoxText("the path ends here", "note"))
    if staying:
        texts += (BoxText(*each) for each in staying.texts)
    return texts


def box_height(texts: Sequence[BoxText]) -> float:
    """Pixels that a box needs from top to bottom."""
    heads = sum(text.role in {"name", "note"} for text in texts)
    rest = len(texts) - heads
    return _LEAST_BOX + NAME_LINE * (heads - 1) + (PAD + LINE * rest if rest else 0)


def box_width(vertex: Vertex, texts: Sequence[BoxText]) -> float:
    """Pixels that a box needs from side to side."""
    name = _TOGETHER_LETTER if vertex.together else _NAME_LETTER
    letters = {"name": name, "note": _NOTE_LETTER}
    return max(len(text) * letters.get(role, LETTER) for text, role in texts) + _NAME_ROOM


def label_width(edge: Edge) -> float:
    """Pixels that the labels of an edge take across."""
    return max(map(len, edge.labels)) * LETTER


def abreast_width(route: Across) -> float:
    """Pixels that an upright line and its labels take across."""
    return label_width(route.edge) + 2.5 * ASIDE


def _from_above(route: Route) -> int:
    """Lanes that lead up leave a row above the straight lines, those that lead down below them."""
    return (-1 if route.upwards else 1) if isinstance(route, Lane) else 0
