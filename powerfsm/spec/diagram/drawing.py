"""From cells to pixels: how wide each column, how high each row, and where each line and label comes to lie.

Labels decide.  A line along a row keeps its labels above it, in the gutter that it passes; so a gutter is as
wide as its longest label, and a row as high as the labels stacked in it.  A line down a column keeps them on
its right, in the gap below the upper state.  Letters are counted, not measured: labels are set in a
monospaced face, whose widest kind is assumed, so that the same file is drawn wherever this runs.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from powerfsm.spec.diagram.picture import Edge, Picture, Vertex
from powerfsm.spec.diagram.places import PLACES, Place
from powerfsm.spec.diagram.routes import Across, Along, Grid, Lane, Route, placed

LETTER = 7.25  # widest 12 px monospaced face in use (0.604 em)
NAME_LETTER = 8.6  # 14 px, semi-bold
LINE = 15.0  # from one line of a label to the next
NAME_LINE = 16.0  # from one line in a box to the next

_MARGIN = 16.0
_NAME_ROOM = 20.0
_LEAST_BOX = 36.0
_LEAST_GUTTER = 20.0
_GAP = 16.0  # between rows where nothing passes
_BEGIN = 28.0  # above the first state
_ARROW = 18.0  # length of a line that no label needs longer
_UNDER = 9.0  # from the lowest line of a label to the next label, with the edge in between
_EDGE = 4.0  # from the lowest line of a label to its edge
_UNLABELLED = 14.0
_LANE = 18.0
_ASIDE = 12.0  # from a label to whatever is beside it
_BESIDE = 7.0  # from an upright line to its label
_PAD = 8.0

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """A vertex, and the rectangle that it has."""

    vertex: Vertex
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Line:
    """An edge, from its tail to its head, and where its labels stand.

    Attributes:
        points: Corners, the first on the source, the last on the target.
        x: Where the labels begin, or their middle.
        y: Baseline of the first one.
        centred: `x` is the middle.
    """

    edge: Edge
    points: tuple[Point, ...]
    x: float
    y: float
    centred: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """A whole picture in pixels, without its legend.

    Attributes:
        lines: In the order of the picture's edges.
        wayless: Edges that found no way from box to box; they are to be told in words.
    """

    picture: Picture
    width: float
    height: float
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    wayless: tuple[Edge, ...] = ()


def draw(picture: Picture) -> Drawing:
    """Lay out a picture."""
    return _Draughtsman(picture).draw()


def name_lines(vertex: Vertex) -> list[str]:
    """A vertex's name as it is written into its box."""
    return vertex.name.replace(" but ", "\nbut ").split("\n")


def label_width(edge: Edge) -> float:
    """Pixels that the labels of an edge take across."""
    return max(map(len, edge.labels)) * LETTER


class _Draughtsman:
    """One picture being laid out."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        by_hand = PLACES.get(picture.name, {})
        self._places = placed([vertex.name for vertex in picture.vertices], by_hand)
        self._grid = Grid(self._places)
        self._routes = self._grid.routes(picture.edges)
        self._lanes: dict[int, list[Lane]] = defaultdict(list)
        for route in self._routes:
            if isinstance(route, Lane):
                self._lanes[route.gutter].append(route)
        # Where along its row (below the row's upper rim) each edge runs, by edge and row.
        self._offsets: dict[tuple[Edge, int], float] = {}
        self._row_of: dict[Edge, int] = {}
        self._heights = self._stack()
        self._columns, self._gutters = self._widths()
        self._gaps = self._row_gaps()
        inner = [self._gutters[gutter] for gutter in range(self._grid.columns - 1)]
        self._left = _running(_MARGIN + self._gutters[-1], self._columns, inner)
        self._top = _running(self._gaps[0], self._heights, self._gaps[1:])

    def draw(self) -> Drawing:
        """The picture in pixels."""
        boxes = {vertex.name: self._box(vertex) for vertex in self._picture.vertices}
        lines = {route.edge: self._line(route, boxes) for route in self._routes if not isinstance(route, Across)}
        lines |= self._upright(boxes)
        return Drawing(
            picture=self._picture,
            width=self._left[-1] + self._columns[-1] + self._gutters[self._grid.columns - 1] + _MARGIN,
            height=self._top[-1] + self._heights[-1] + _MARGIN,
            boxes=tuple(boxes.values()),
            lines=tuple(lines[edge] for edge in self._picture.edges if edge in lines),
            wayless=tuple(edge for edge in self._picture.edges if edge not in lines),
        )

    # Sizes.

    def _stack(self) -> list[float]:
        """Stack the labels of every row, gutter by gutter; how high each row must be."""
        filled: dict[tuple[int, int], float] = defaultdict(float)
        shared: set[int] = set()
        slots: list[tuple[Edge, int, float, range]] = []

        def slot(edge: Edge, row: int, height: float, gutters: range) -> None:
            start = max(filled[row, gutter] for gutter in gutters)
            for gutter in gutters:
                filled[row, gutter] = start + height
            self._offsets[edge, row] = start + height - _UNDER + _EDGE
            slots.append((edge, row, height, gutters))
            if len(gutters) > 1:
                shared.add(row)

        for route in sorted(self._routes, key=_from_above):
            labels = len(route.edge.labels) * LINE + _UNDER
            if isinstance(route, Along):
                gutters = range(route.first, route.last + 1)
                row = min(route.rows, key=lambda row: max(filled[row, each] for each in gutters))
                self._row_of[route.edge] = row
                slot(route.edge, row, labels, gutters)
            elif isinstance(route, Lane):
                slot(route.edge, route.row, labels, range(route.gutter, route.gutter + 1))
                if route.target_row is not None:
                    slot(route.edge, route.target_row, _UNLABELLED, range(route.gutter, route.gutter + 1))
        heights = [self._least_height(row, filled) for row in range(self._grid.rows)]
        for edge, row, _, gutters in slots:
            fullest = max(filled[row, each] for each in (range(self._grid.columns) if row in shared else gutters))
            self._offsets[edge, row] += (heights[row] - fullest) / 2
        return heights

    def _least_height(self, row: int, filled: dict[tuple[int, int], float]) -> float:
        labels = max(filled[row, gutter] for gutter in range(-1, self._grid.columns))
        texts = [
            _LEAST_BOX + NAME_LINE * (len(name_lines(vertex)) - 1 + bool(vertex.declares))
            for vertex in self._picture.vertices
            if self._places[vertex.name].top == self._places[vertex.name].bottom == row
        ]
        return max([labels + (_PAD if labels else 0), *texts, _PAD])

    def _widths(self) -> tuple[list[float], dict[int, float]]:
        """Widths of columns and of gutters."""
        columns = [0.0] * self._grid.columns
        gutters = dict.fromkeys(range(self._grid.columns - 1), _LEAST_GUTTER)
        gutters |= {-1: 0.0, self._grid.columns - 1: 0.0}
        needs: list[tuple[int, int, float]] = [
            (place.left, place.right, max(map(len, name_lines(vertex))) * NAME_LETTER + _NAME_ROOM)
            for vertex in self._picture.vertices
            for place in [self._places[vertex.name]]
        ]
        needs += [(group[0].first, group[0].last, sum(map(_abreast_width, group))) for group in self._abreast()]
        for first, last, width in needs:
            if first == last:
                columns[first] = max(columns[first], width)
        for route in self._routes:
            room = label_width(route.edge) + 2 * _ASIDE
            if isinstance(route, Along) and route.first == route.last:
                gutters[route.first] = max(gutters[route.first], room)
            elif isinstance(route, Lane):
                gutters[route.gutter] = max(gutters[route.gutter], room)
        for gutter, lanes in self._lanes.items():
            gutters[gutter] += _LANE * len(lanes)
        for first, last, width in needs:
            missing = width - sum(columns[first : last + 1]) - sum(gutters[each] for each in range(first, last))
            for column in range(first, last + 1):
                columns[column] += max(0.0, missing) / (last + 1 - first)
        for group in self._abreast():
            # A label that reaches out of its column stands over the gutter beside it.
            first, last = group[0].first, group[0].last
            width = sum(columns[first : last + 1]) + sum(gutters[each] for each in range(first, last))
            reach = self._hang(group, width) + _BESIDE + label_width(group[0].edge) - width
            if len(group) == 1 and reach > 0:
                gutters[last] = max(gutters[last], reach + _ASIDE + _LANE * len(self._lanes[last]))
        return columns, gutters

    def _row_gaps(self) -> list[float]:
        """Gaps above each row; the first is the upper margin."""
        gaps = [_MARGIN, *[_GAP] * (self._grid.rows - 1)]
        for vertex in self._picture.vertices:
            if vertex.initial:
                top = self._places[vertex.name].top
                gaps[top] = max(gaps[top], _BEGIN + (_MARGIN - 8 if top == 0 else 0))
        for route in self._routes:
            if isinstance(route, Across):
                room = len(route.edge.labels) * LINE + _ARROW
                gaps[route.upper + 1] = max(gaps[route.upper + 1], room)
        return gaps

    def _abreast(self) -> list[list[Across]]:
        """Upright lines that leave the same state side by side."""
        groups: dict[tuple[int, int, int, int], list[Across]] = defaultdict(list)
        for route in self._routes:
            if isinstance(route, Across):
                groups[route.first, route.last, route.upper, route.lower].append(route)
        return list(groups.values())

    # Coordinates.

    def _box(self, vertex: Vertex) -> Box:
        place: Place = self._places[vertex.name]
        x, y = self._left[place.left], self._top[place.top]
        return Box(
            vertex,
            x,
            y,
            self._left[place.right] + self._columns[place.right] - x,
            self._top[place.bottom] + self._heights[place.bottom] - y,
        )

    def _hang(self, group: list[Across], width: float) -> float:
        """Where the first line of a group runs, from the left of the columns that they share."""
        if len(group) > 1:
            return (width - sum(map(_abreast_width, group))) / 2 + _ASIDE
        if any(not lane.rightwards for lane in self._lanes[group[0].last]):
            # A lane runs beside this column: the label must end before it.
            return min(width / 2, width - label_width(group[0].edge) - _ASIDE)
        return width / 2

    def _upright(self, boxes: dict[str, Box]) -> dict[Edge, Line]:
        lines: dict[Edge, Line] = {}
        for group in self._abreast():
            left = self._left[group[0].first]
            right = self._left[group[0].last] + self._columns[group[0].last]
            x = left + self._hang(group, right - left)
            for route in group:
                source, target = boxes[route.edge.source], boxes[route.edge.target]
                upper, lower = (source, target) if route.downwards else (target, source)
                top, bottom = upper.y + upper.height, lower.y
                ends = ((x, top), (x, bottom))
                middle = top + self._gaps[route.upper + 1] / 2
                first = middle - (len(route.edge.labels) - 1) * LINE / 2 + 4
                points = ends if route.downwards else ends[::-1]
                lines[route.edge] = Line(route.edge, points, x + _BESIDE, first, centred=False)
                x += _abreast_width(route)
        return lines

    def _line(self, route: Along | Lane, boxes: dict[str, Box]) -> Line:
        edge = route.edge
        source, target = boxes[edge.source], boxes[edge.target]
        if isinstance(route, Along):
            y = self._y(edge, self._row_of[edge])
            ends = _sides(source, target) if route.rightwards else _sides(target, source)[::-1]
            zone = self._label_zone(route.first) if route.first == route.last else sorted(ends)
            return Line(edge, ((ends[0], y), (ends[1], y)), sum(zone) / 2, _first(y, edge), centred=True)
        y = self._y(edge, route.row)
        start = source.x + source.width if route.rightwards else source.x
        lane = self._lane_x(route)
        if route.target_row is None:
            end = target.y if target.y > y else target.y + target.height
            points: tuple[Point, ...] = ((start, y), (lane, y), (lane, end))
        else:
            end = self._y(edge, route.target_row)
            side = target.x if target.x > lane else target.x + target.width
            points = ((start, y), (lane, y), (lane, end), (side, end))
        return Line(edge, points, sum(self._label_zone(route.gutter)) / 2, _first(y, edge), centred=True)

    def _y(self, edge: Edge, row: int) -> float:
        return self._top[row] + self._offsets[edge, row]

    def _lane_x(self, route: Lane) -> float:
        """Lanes run on the far side of their gutter, where no label stands."""
        left, right = self._rims(route.gutter)
        number = [lane for lane in self._lanes[route.gutter] if lane.rightwards == route.rightwards].index(route)
        aside = _LANE * (number + 0.75)
        return right - aside if route.rightwards else left + aside

    def _rims(self, gutter: int) -> tuple[float, float]:
        """Left and right of a gutter."""
        left = _MARGIN if gutter < 0 else self._left[gutter] + self._columns[gutter]
        return left, left + self._gutters[gutter]

    def _label_zone(self, gutter: int) -> tuple[float, float]:
        left, right = self._rims(gutter)
        lanes = self._lanes[gutter]
        return (
            left + _LANE * sum(not lane.rightwards for lane in lanes),
            right - _LANE * sum(lane.rightwards for lane in lanes),
        )


def _from_above(route: Route) -> int:
    """Lanes that lead up leave a row above the straight lines, those that lead down below them."""
    return (-1 if route.upwards else 1) if isinstance(route, Lane) else 0


def _abreast_width(route: Across) -> float:
    return label_width(route.edge) + 2.5 * _ASIDE


def _sides(left: Box, right: Box) -> tuple[float, float]:
    return left.x + left.width, right.x


def _first(y: float, edge: Edge) -> float:
    """Baseline of the first of the labels above a line at `y`."""
    return y - _EDGE - 2 - (len(edge.labels) - 1) * LINE


def _running(start: float, sizes: Iterable[float], between: Iterable[float]) -> list[float]:
    """Where each of `sizes` begins, with `between` in between."""
    begins = [start]
    for size, gap in zip(sizes, between, strict=False):
        begins.append(begins[-1] + size + gap)
    return begins


__all__ = ["LINE", "Box", "Drawing", "Line", "Point", "Route", "draw", "label_width"]
