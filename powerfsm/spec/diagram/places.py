"""Where the states stand in the pictures, by hand; everything else about a picture follows from that.

A picture is a grid in which states may be as long as they like: two that can see each other, along a row
or along a column, are joined by a straight line, and most lines of both machines can be such.  That is what
the places are chosen for.  A state without a place is put in a row of its own below the others, and an edge
that finds no way is written below the picture, so that no change of the spec stops it from being drawn.
"""

from typing import NamedTuple


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
    "any driving state": Place(1, 1, 11, 11),
    "withdrawing": Place(2, 2, 11, 11),
    "withdrawn": Place(3, 3, 11, 11),
}

PLACES: dict[str, dict[str, Place]] = {"node": _NODE, "drive": _DRIVE}
