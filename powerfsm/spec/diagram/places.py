"""Where the states stand in the pictures; everything else about a picture follows from that.

A picture is a grid in which states may be as long as they like: two that can see each other, along a row
or along a column, are joined by a straight line.  The places in the pictures of whole machines are chosen by
hand, so that most lines can be such.  A state without a place is put in a row of its own below the others,
and an edge that finds no way is written below the picture, so that no change of the spec stops it from being
drawn.  Around one state, everything has its place by rule.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from powerfsm.spec.diagram.picture import Picture


class Place(NamedTuple):
    """The cells that a state covers; all numbers inclusive, counted from 0 at the top left."""

    left: int
    right: int
    top: int
    bottom: int


# The two ways of driving are the walls; what rests and what is being sorted out lies between them.
_NODE = {
    "any driving state": Place(1, 2, 0, 0),
    "unknown": Place(1, 2, 1, 1),
    "on": Place(1, 1, 2, 3),
    "off": Place(2, 2, 2, 2),
    "ready": Place(2, 2, 3, 3),
    "any resting state": Place(1, 2, 4, 4),
    "cancelling": Place(1, 2, 6, 6),
    "quarantined": Place(1, 2, 7, 7),
    "error": Place(1, 2, 8, 8),
    "powering-on": Place(0, 0, 1, 8),
    "powering-off": Place(3, 3, 1, 8),
}

# The way down the middle is the protocol; on the left it begins again, on the right it fails, and at the bottom
# it is cancelled.
_DRIVE = {
    "fencing": Place(0, 2, 0, 0),
    "quarantined": Place(2, 2, 1, 1),
    "settling": Place(1, 2, 2, 2),
    "opening": Place(1, 2, 3, 3),
    "recording": Place(1, 2, 4, 4),
    "checking": Place(1, 2, 5, 5),
    "marking": Place(2, 2, 6, 6),
    "commanding": Place(1, 2, 7, 7),
    "reading": Place(1, 2, 8, 8),
    "closing": Place(1, 2, 9, 9),
    "done": Place(1, 2, 10, 10),
    "resting": Place(0, 0, 3, 8),
    "giving-up": Place(3, 3, 3, 8),
    "failed": Place(3, 3, 10, 10),
    "any driving state but closing": Place(3, 3, 2, 2),
    "any driving state": Place(0, 0, 11, 11),
    "withdrawing": Place(1, 2, 11, 11),
    "withdrawn": Place(3, 3, 11, 11),
}

PLACES: dict[str, dict[str, Place]] = {"node": _NODE, "drive": _DRIVE}


def chosen(picture: Picture) -> Mapping[str, Place]:
    """The places of a picture's vertices; of a whole machine, of those that have one."""
    return PLACES.get(picture.name, {}) if picture.focus is None else _around(picture, picture.focus)


def _around(picture: Picture, focus: str) -> dict[str, Place]:
    """The focus in the middle; what only leads to it on its left, what it only leads to on its right.

    What does both stands where there is more room.
    """
    lines = {vertex.name: 0 for vertex in picture.vertices}
    sources: set[str] = set()
    targets: set[str] = set()
    for edge in picture.edges:
        if not edge.stays:
            neighbour = edge.source if edge.target == focus else edge.target
            (sources if edge.target == focus else targets).add(neighbour)
            lines[neighbour] += len(edge.texts) + 1
    names = [vertex.name for vertex in picture.vertices if vertex.name != focus]
    left = [name for name in names if name not in targets]
    right = [name for name in names if name not in sources]
    for name in names:
        if name in sources & targets:
            emptier = min(left, right, key=lambda side: sum(lines[each] for each in side))
            emptier.append(name)
    rows = max(len(left), len(right), 1)
    middle = 1 if left else 0
    return {
        **_column(left, 0, rows),
        focus: Place(middle, middle, 0, rows - 1),
        **_column(right, middle + 1, rows),
    }


def _column(names: Sequence[str], column: int, rows: int) -> dict[str, Place]:
    """Share the rows of a column out."""
    count = len(names)
    return {
        name: Place(column, column, number * rows // count, (number + 1) * rows // count - 1)
        for number, name in enumerate(names)
    }
