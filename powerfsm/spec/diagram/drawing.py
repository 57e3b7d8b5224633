"""Where every box, line and label of a picture comes to lie, in pixels."""

from collections.abc import Iterable
from dataclasses import dataclass

from powerfsm.spec.diagram.measures import (
    ASIDE,
    BESIDE,
    EDGE,
    LANE,
    LINE,
    MARGIN,
    BoxText,
    Measures,
    abreast_width,
)
from powerfsm.spec.diagram.picture import Edge, Picture, Vertex
from powerfsm.spec.diagram.routes import Across, Along, Lane

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """A vertex, the rectangle that it has, and what stands in it."""

    vertex: Vertex
    x: float
    y: float
    width: float
    height: float
    texts: tuple[BoxText, ...] = ()


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


class _Draughtsman:
    """One picture being laid out."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._sizes = Measures(picture)
        sizes = self._sizes
        inner = [sizes.gutters[gutter] for gutter in range(len(sizes.columns) - 1)]
        self._left = _running(MARGIN + sizes.gutters[-1], sizes.columns, inner)
        self._top = _running(sizes.gaps[0], sizes.heights, sizes.gaps[1:])
        self._boxes = {vertex.name: self._box(vertex) for vertex in picture.vertices}

    def draw(self) -> Drawing:
        """The picture in pixels."""
        lines: dict[Edge, Line] = {}
        for route in self._sizes.routes:
            if isinstance(route, Along):
                lines[route.edge] = self._along(route)
            elif isinstance(route, Lane):
                lines[route.edge] = self._down_a_lane(route)
        for group in self._sizes.abreast:
            lines |= self._abreast(group)
        edges = self._picture.edges
        return Drawing(
            picture=self._picture,
            width=self._rims(len(self._left) - 1)[1] + MARGIN,
            height=self._top[-1] + self._sizes.heights[-1] + MARGIN,
            boxes=tuple(self._boxes.values()),
            lines=tuple(lines[edge] for edge in edges if edge in lines),
            wayless=tuple(edge for edge in edges if edge not in lines and not edge.stays),
        )

    def _box(self, vertex: Vertex) -> Box:
        place = self._sizes.places[vertex.name]
        x, y = self._left[place.left], self._top[place.top]
        right = self._left[place.right] + self._sizes.columns[place.right]
        bottom = self._top[place.bottom] + self._sizes.heights[place.bottom]
        return Box(vertex, x, y, right - x, bottom - y, tuple(self._sizes.texts[vertex.name]))

    def _along(self, route: Along) -> Line:
        edge = route.edge
        source, target = self._boxes[edge.source], self._boxes[edge.target]
        y = self._y(edge, self._sizes.row_of[edge])
        start, end = (
            (source.x + source.width, target.x) if route.rightwards else (source.x, target.x + target.width)
        )
        zone = self._label_zone(route.first) if route.first == route.last else (start, end)
        points = ((start, y), (end, y))
        if any(way.effects for way in edge.ways):
            # What is several lines long is read from the left.
            return Line(edge, points, zone[0] + ASIDE, _first_above(y, edge), centred=False)
        return Line(edge, points, sum(zone) / 2, _first_above(y, edge), centred=True)

    def _down_a_lane(self, route: Lane) -> Line:
        edge = route.edge
        source, target = self._boxes[edge.source], self._boxes[edge.target]
        y = self._y(edge, route.row)
        start = source.x + source.width if route.rightwards else source.x
        lane = self._lane_x(route)
        if route.target_row is None:
            end = target.y + target.height if route.upwards else target.y
            points: tuple[Point, ...] = ((start, y), (lane, y), (lane, end))
        else:
            end = self._y(edge, route.target_row)
            side = target.x if target.x > lane else target.x + target.width
            points = ((start, y), (lane, y), (lane, end), (side, end))
        middle = sum(self._label_zone(route.gutter)) / 2
        return Line(edge, points, middle, _first_above(y, edge), centred=True)

    def _abreast(self, group: list[Across]) -> dict[Edge, Line]:
        lines: dict[Edge, Line] = {}
        sizes, first, last = self._sizes, group[0].first, group[0].last
        left, right = self._left[first], self._left[last] + sizes.columns[last]
        x = left + sizes.hang(group, right - left)
        for route in group:
            edge = route.edge
            source, target = self._boxes[edge.source], self._boxes[edge.target]
            upper, lower = (source, target) if route.downwards else (target, source)
            ends = ((x, upper.y + upper.height), (x, lower.y))
            middle = ends[0][1] + sizes.gaps[route.upper + 1] / 2
            baseline = middle - (len(edge.labels) - 1) * LINE / 2 + 4
            points = ends if route.downwards else ends[::-1]
            lines[edge] = Line(edge, points, x + BESIDE, baseline, centred=False)
            x += abreast_width(route)
        return lines

    def _y(self, edge: Edge, row: int) -> float:
        return self._top[row] + self._sizes.offsets[edge, row]

    def _lane_x(self, route: Lane) -> float:
        """Lanes run on the far side of their gutter, where no label stands."""
        left, right = self._rims(route.gutter)
        same_side = [lane for lane in self._sizes.lanes[route.gutter] if lane.rightwards == route.rightwards]
        aside = LANE * (same_side.index(route) + 0.85)
        return right - aside if route.rightwards else left + aside

    def _label_zone(self, gutter: int) -> tuple[float, float]:
        left, right = self._rims(gutter)
        lanes = self._sizes.lanes[gutter]
        return (
            left + LANE * sum(not lane.rightwards for lane in lanes),
            right - LANE * sum(lane.rightwards for lane in lanes),
        )

    def _rims(self, gutter: int) -> tuple[float, float]:
        """Left and right of a gutter."""
        left = MARGIN if gutter < 0 else self._left[gutter] + self._sizes.columns[gutter]
        return left, left + self._sizes.gutters[gutter]


def _first_above(y: float, edge: Edge) -> float:
    """Baseline of the first of the labels above a line at `y`."""
    return y - EDGE - 2 - (len(edge.labels) - 1) * LINE


def _running(start: float, sizes: Iterable[float], between: Iterable[float]) -> list[float]:
    """Where each of `sizes` begins, with `between` in between."""
    begins = [start]
    for size, gap in zip(sizes, between, strict=False):
        begins.append(begins[-1] + size + gap)
    return begins
