"""Whether a drawing can be read: nothing stands on anything else, and every line joins what it says it joins."""

import itertools
from collections.abc import Iterator
from typing import NamedTuple

from powerfsm.spec.diagram.drawing import Box, Drawing
from powerfsm.spec.diagram.measures import LETTER, LINE, NAME_LINE, PAD
from powerfsm.spec.diagram.picture import Edge


class Rectangle(NamedTuple):
    """Left, top, right, bottom."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: "Rectangle") -> bool:
        """Whether the two share more than a rim."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )


def labels(drawing: Drawing) -> Iterator[tuple[Edge, Rectangle]]:
    """Where each line of each label stands: capitals and descenders of 12 px letters included."""
    for line in drawing.lines:
        for number, text in enumerate(line.edge.labels):
            width, baseline = len(text) * LETTER, line.y + number * LINE
            left = line.x - (width / 2 if line.centred else 0)
            yield line.edge, Rectangle(left, baseline - 10, left + width, baseline + 2.5)


def boxes(drawing: Drawing) -> dict[str, Rectangle]:
    """Where each vertex stands."""
    return {
        box.vertex.name: Rectangle(box.x, box.y, box.x + box.width, box.y + box.height) for box in drawing.boxes
    }


def segments(drawing: Drawing) -> Iterator[tuple[Edge, Rectangle]]:
    """Every straight piece of every line."""
    for line in drawing.lines:
        for (x, y), (to_x, to_y) in itertools.pairwise(line.points):
            assert x == to_x or y == to_y, f"{line.edge} slants"
            yield line.edge, Rectangle(min(x, to_x), min(y, to_y), max(x, to_x), max(y, to_y))


def assert_legible(drawing: Drawing) -> None:
    """Nothing stands on anything else, and every line joins what it says it joins."""
    standing = boxes(drawing)
    for (name, box), (other_name, other_box) in itertools.combinations(standing.items(), 2):
        assert not box.overlaps(other_box), (name, other_name)
    written = list(labels(drawing))
    for (edge, label), (other_edge, other_label) in itertools.combinations(written, 2):
        assert not label.overlaps(other_label), (edge, other_edge)
    for edge, label in written:
        for name, box in standing.items():
            assert not label.overlaps(box), (edge, name)
        assert 0 <= label.left <= label.right <= drawing.width, edge
        assert 0 <= label.top <= label.bottom <= drawing.height, edge
    for edge, piece in segments(drawing):
        for other_edge, label in written:
            assert not piece.overlaps(label), (edge, "runs through the label of", other_edge)
        for name, box in standing.items():
            assert not piece.overlaps(box), (edge, "runs through", name)
    for each in drawing.boxes:
        assert_texts_fit(each)
    pieces = list(segments(drawing))
    for (edge, piece), (other_edge, other) in itertools.combinations(pieces, 2):
        if edge != other_edge:
            shared_x = min(piece.right, other.right) - max(piece.left, other.left)
            shared_y = min(piece.bottom, other.bottom) - max(piece.top, other.top)
            assert max(shared_x, shared_y) <= 0 or min(shared_x, shared_y) < 0, (edge, "covers", other_edge)
    for line in drawing.lines:
        assert on_rim(line.points[0], standing[line.edge.source]), line
        assert on_rim(line.points[-1], standing[line.edge.target]), line


def on_rim(point: tuple[float, float], box: Rectangle) -> bool:
    """Whether a point lies on the rim of a box."""
    x, y = point
    on_side = x in (box.left, box.right) and box.top <= y <= box.bottom
    return on_side or (y in (box.top, box.bottom) and box.left <= x <= box.right)


def assert_texts_fit(box: Box) -> None:
    """Every line in a box stands within its rim."""
    for text, role in box.texts:
        if role not in {"name", "note"}:
            assert len(text) * LETTER <= box.width, (box.vertex.name, text)
    heads = sum(role in {"name", "note"} for _, role in box.texts)
    inside = len(box.texts) - heads
    assert heads * NAME_LINE + (PAD + inside * LINE if inside else 0) <= box.height, box.vertex.name
