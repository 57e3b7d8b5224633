"""A drawing as SVG that stands alone: light and dark by the reader's own setting, legible in black and white."""

from collections.abc import Iterator
from html import escape

from powerfsm.spec.diagram.drawing import Box, Drawing, Line, Point, draw
from powerfsm.spec.diagram.legend import Legend
from powerfsm.spec.diagram.looks import HEADS, style_sheet
from powerfsm.spec.diagram.measures import LETTER, LINE, NAME_LINE, PAD
from powerfsm.spec.diagram.picture import EDGE_KINDS, Edge, Picture, Vertex
from powerfsm.spec.diagram.strokes import HEAVY_HEAD, marker, n, rect


def svg(picture: Picture) -> str:
    """A whole SVG document."""
    return "\n".join(_document(draw(picture))) + "\n"


def _document(drawing: Drawing) -> Iterator[str]:
    picture = drawing.picture
    legend = Legend(drawing)
    width, height = n(drawing.width), n(drawing.height + legend.height)
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" aria-labelledby="title about">'
    )
    yield "<!-- Made from spec/power.yaml by scripts/generate; change that and run it again. -->"
    yield f'<title id="title">{escape(picture.title)}</title>'
    yield f'<desc id="about">{escape(picture.about)}</desc>'
    yield "<style>"
    yield from style_sheet()
    yield "</style>"
    yield "<defs>"
    for kind in EDGE_KINDS:
        yield marker(kind, kind, HEADS[kind])
        if picture.journey:
            # An arrow head has the looks of its own definition, not of the line that it stands on.
            yield marker(f"{kind}-untaken", f"{kind} untaken", HEADS[kind])
            yield marker(f"{kind}-taken", kind, HEADS[kind], heavy=True)
    yield "</defs>"
    yield f'<rect class="paper" width="{width}" height="{height}" rx="6"/>'
    for line in drawing.lines:
        yield from _line(line)
    for box in drawing.boxes:
        yield from _box(box)
    yield from legend.drawn()
    yield "</svg>"


def _line(line: Line) -> Iterator[str]:
    edge = line.edge
    yield "<g>"
    told = ", ".join(edge.labels)
    yield f"<title>{escape(f'{edge.source} to {edge.target}: {told}')}</title>"
    looks, head = _looks(edge)
    points = _shortened(line.points) if edge.taken else line.points
    yield f'<path class="edge {looks}" d="{_path(points)}" marker-end="url(#{head})"/>'
    anchor = " middle" if line.centred else ""
    effects = any(way.effects for way in edge.ways)
    for number, (text, role) in enumerate(edge.texts):
        y = line.y + number * LINE
        strong = " strong" if role == "taken" or (role == "event" and effects) else ""
        colour = "effect" if role == "effect" and not _untaken(edge) else looks
        yield f'<text class="{colour}{strong}{anchor}" x="{n(line.x)}" y="{n(y)}">{escape(text)}</text>'
    yield "</g>"


def _untaken(edge: Edge) -> bool:
    return edge.taken == ()


def _looks(edge: Edge) -> tuple[str, str]:
    """Classes of an edge, and the name of its arrow head."""
    if edge.taken is None:
        return edge.kind, edge.kind
    way = "taken" if edge.taken else "untaken"
    return f"{edge.kind} {way}", f"{edge.kind}-{way}"


def _shortened(points: tuple[Point, ...]) -> tuple[Point, ...]:
    """The line without the piece on which a heavy head stands: a broad line would stick out beside its tip."""
    (x, y), (end_x, end_y) = points[-2:]
    length = abs(end_x - x) + abs(end_y - y)
    share = max(0.0, length - HEAVY_HEAD) / length
    return *points[:-1], (x + (end_x - x) * share, y + (end_y - y) * share)


def _path(points: tuple[Point, ...]) -> str:
    """A line through `points` with its corners rounded."""
    parts = [f"M{n(points[0][0])} {n(points[0][1])}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        (near_x, near_y), (far_x, far_y) = _towards(corner, before), _towards(corner, after)
        parts.append(f"L{n(near_x)} {n(near_y)}")
        parts.append(f"Q{n(corner[0])} {n(corner[1])} {n(far_x)} {n(far_y)}")
    parts.append(f"L{n(points[-1][0])} {n(points[-1][1])}")
    return " ".join(parts)


def _towards(corner: Point, other: Point) -> Point:
    """The point near `corner` on the upright or level way to `other`."""
    reach = 7.0
    (x, y), (to_x, to_y) = corner, other
    if x == to_x:
        return x, y + max(-reach, min(reach, to_y - y))
    return x + max(-reach, min(reach, to_x - x)), y


def _box(box: Box) -> Iterator[str]:
    vertex = box.vertex
    x, y, width, height = box.x, box.y, box.width, box.height
    yield f'<g class="{_classes(vertex)}">'
    if vertex.about:
        yield f"<title>{escape(f'{vertex.name}: {vertex.about}')}</title>"
    yield rect(x, y, width, height, 14 if vertex.together else 6)
    if vertex.kind == "final":
        yield rect(x + 4, y + 4, width - 8, height - 8, 3)
    yield from _texts(box)
    if vertex.initial:
        yield from _beginning(x + 18, y)
    yield "</g>"


def _classes(vertex: Vertex) -> str:
    classes: list[str] = [vertex.kind]
    if vertex.together:
        classes.append("together")
    if vertex.here:
        classes.append("here")
    elif vertex.visited is False:
        classes.append("unvisited")
    return " ".join(classes)


def _texts(box: Box) -> Iterator[str]:
    heads = [text for text in box.texts if text.role in {"name", "note"}]
    inside = box.texts[len(heads) :]
    middle = box.x + box.width / 2
    height = NAME_LINE * len(heads) + (PAD + LINE * len(inside) if inside else 0)
    baseline = box.y + (box.height - height) / 2 + 13
    for text, role in heads:
        look = "name" if role == "name" else "note middle"
        yield f'<text class="{look}" x="{n(middle)}" y="{n(baseline)}">{escape(text)}</text>'
        baseline += NAME_LINE
    baseline += PAD
    left = middle - max((len(text) for text, _ in inside), default=0) * LETTER / 2
    strong = any(role == "effect" for _, role in inside)
    for text, role in inside:
        look = ' class="strong"' if role == "taken" or (strong and role == "event") else ""
        yield f'<text{look} x="{n(left)}" y="{n(baseline)}">{escape(text)}</text>'
        baseline += LINE


def _beginning(x: float, y: float) -> Iterator[str]:
    yield f'<circle class="begin" cx="{n(x)}" cy="{n(y - 20)}" r="4.5"/>'
    yield f'<path class="edge progress" d="M{n(x)} {n(y - 16)} V{n(y)}" marker-end="url(#progress)"/>'
