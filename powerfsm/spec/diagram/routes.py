"""How an edge runs through the grid of places: along a row, along a column, or down a lane between columns.

All of it is in cells and gutters, nothing in pixels: gutter `g` lies between the columns `g` and `g + 1`, so
that gutter -1 is the left margin, and the last one the right margin.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from powerfsm.spec.diagram.picture import Edge
from powerfsm.spec.diagram.places import Place


@dataclass(frozen=True, slots=True)
class Along:
    """A straight line from side to side; the gutters that it passes are `first` to `last`.

    Attributes:
        rows: Rows in which nothing is in between; the drawing chooses one.
        rightwards: The target is on the right.
    """

    edge: Edge
    rows: tuple[int, ...]
    first: int
    last: int
    rightwards: bool


@dataclass(frozen=True, slots=True)
class Across:
    """A straight line up or down, in one of the neighbouring columns `first` to `last`.

    Attributes:
        upper: Row of the upper end; the line leaves its state below it.
        lower: Row of the lower end.
        downwards: The target is below.
    """

    edge: Edge
    first: int
    last: int
    upper: int
    lower: int
    downwards: bool


@dataclass(frozen=True, slots=True)
class Lane:
    """Out of a side in `row`, along the gutter, and into the target.

    Attributes:
        rightwards: The gutter is on the right of the source.
        target_row: Row in which the target is entered from the gutter, or None: from above or below,
            because it covers the gutter.
        upwards: It leads up, and so leaves its side above whatever else leaves it in this row.
    """

    edge: Edge
    gutter: int
    row: int
    rightwards: bool
    target_row: int | None
    upwards: bool


Route = Along | Across | Lane


class Grid:
    """The places of one picture, and what can be seen from where."""

    def __init__(self, places: Mapping[str, Place]) -> None:
        self.places = places
        self.columns = 1 + max(place.right for place in places.values())
        self.rows = 1 + max(place.bottom for place in places.values())

    def routes(self, edges: Iterable[Edge]) -> list[Route]:
        """A route for each edge that has a way; straight ones come first, for the others give way to them."""
        found: list[Route] = []
        bent: list[Edge] = []
        for edge in edges:
            straight = self._along(edge) or self._across(edge)
            if straight:
                found.append(straight)
            else:
                bent.append(edge)
        for edge in bent:
            lane = self._lane(edge, found)
            if lane:
                found.append(lane)
        return found

    def _free(self, columns: Iterable[int], rows: Iterable[int]) -> bool:
        return not any(
            place.left <= column <= place.right and place.top <= row <= place.bottom
            for row in rows
            for column in columns
            for place in self.places.values()
        )

    def _along(self, edge: Edge) -> Along | None:
        source, target = self.places[edge.source], self.places[edge.target]
        left, right = sorted((source, target))
        between = range(left.right + 1, right.left)
        shared = range(max(left.top, right.top), min(left.bottom, right.bottom) + 1)
        rows = tuple(row for row in shared if self._free(between, [row]))
        if left.right >= right.left or not rows:
            return None
        return Along(edge, rows, left.right, right.left - 1, rightwards=left is source)

    def _across(self, edge: Edge) -> Across | None:
        source, target = self.places[edge.source], self.places[edge.target]
        upper, lower = sorted((source, target), key=lambda place: place.top)
        between = range(upper.bottom + 1, lower.top)
        shared = range(max(upper.left, lower.left), min(upper.right, lower.right) + 1)
        free = [column for column in shared if self._free([column], between)]
        if upper.bottom >= lower.top or not free:
            return None
        last = next((column for column in free if column + 1 not in free), free[0])
        return Across(edge, free[0], last, upper.bottom, lower.top, downwards=upper is source)

    def _lane(self, edge: Edge, found: list[Route]) -> Lane | None:
        # Where nothing else decides: down on the right, up on the left.
        down = self.places[edge.target].top > self.places[edge.source].top
        beside = (self._lane_beside(edge, rightwards=right) for right in (down, not down))
        return min((way for way in beside if way), key=lambda way: self._crossed(way, found), default=None)

    def _lane_beside(self, edge: Edge, *, rightwards: bool) -> Lane | None:
        source, target = self.places[edge.source], self.places[edge.target]
        gutter = source.right if rightwards else source.left - 1
        row = source.bottom if target.top > source.bottom else source.top
        covers = target.left <= gutter < target.right
        beside = gutter + 1 == target.left or gutter == target.right
        if not covers and not beside:
            return None
        target_row = None if covers else (target.top if target.top > row else target.bottom)
        end = target_row if target_row is not None else (target.top if target.top > row else target.bottom)
        passed = range(min(row, end) + 1, max(row, end))
        blocked = any(
            place.left <= gutter < place.right and place.top <= each <= place.bottom
            for each in passed
            for place in self.places.values()
        )
        return None if blocked else Lane(edge, gutter, row, rightwards, target_row, end < row)

    def _crossed(self, way: Lane, found: list[Route]) -> int:
        """How many lines a way would meet in its gutter."""
        low, high = self._reach(way)
        count = 0
        for route in found:
            if isinstance(route, Along) and route.first <= way.gutter <= route.last:
                count += any(low <= row <= high for row in route.rows)
            elif isinstance(route, Lane) and route.gutter == way.gutter:
                other_low, other_high = self._reach(route)
                count += low <= other_high and other_low <= high
        return count

    def _reach(self, way: Lane) -> tuple[int, int]:
        """First and last row of a lane."""
        target = self.places[way.edge.target]
        end = way.target_row if way.target_row is not None else target.top
        return min(way.row, end), max(way.row, end)


def placed(names: Iterable[str], by_hand: Mapping[str, Place]) -> dict[str, Place]:
    """Places for all of `names`: those given by hand, and rows of their own for the others."""
    given = {name: by_hand.get(name, by_hand.get(name.partition(" but ")[0])) for name in names}
    places = {name: place for name, place in given.items() if place}
    last = max((place.right for place in places.values()), default=0)
    row = 1 + max((place.bottom for place in places.values()), default=-1)
    homeless = [name for name, place in given.items() if not place]
    return places | {name: Place(0, last, row + each, row + each) for each, name in enumerate(homeless)}
