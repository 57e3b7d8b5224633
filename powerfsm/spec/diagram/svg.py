"""A drawing as SVG that stands alone: light and dark by the reader's own setting, legible in black and white.

Kinds of edges differ by dashes and by arrow heads, kinds of states by their outlines; colour only helps.
"""

from collections.abc import Iterator
from html import escape

from powerfsm.spec.diagram.drawing import Box, Drawing, Line, Point, draw
from powerfsm.spec.diagram.measures import LINE, NAME_LINE, name_lines
from powerfsm.spec.diagram.picture import EDGE_KINDS, EdgeKind, Picture

_DASHES: dict[EdgeKind, str] = {"progress": "", "cancel": "8 4", "failure": "2 3", "recovery": "10 3 2 3"}
# Arrow heads in a box of 12 by 10 whose tip is at (11, 5).
_HEADS: dict[EdgeKind, str] = {
    "progress": '<path class="solid" d="M1 1 L11 5 L1 9 z"/>',
    "cancel": '<path class="hollow" d="M1 1 L11 5 L1 9 z"/>',
    "failure": '<path class="solid" d="M1 1 L9 5 L1 9 z"/><path class="bar" d="M10.5 1 V9"/>',
    "recovery": '<path class="bar" d="M0.5 1 L5.5 5 L0.5 9 M5.5 1 L10.5 5 L5.5 9"/>',
}
_EDGES: dict[EdgeKind, str] = {
    "progress": "progress",
    "cancel": "cancel",
    "failure": "failure",
    "recovery": "recovery and drift",
}
_STATES = {"resting": "at rest", "driving": "an action drives", "leaving": "an action ends", "final": "final"}
_LIGHT = {
    "paper": "#ffffff",
    "ink": "#1f2328",
    "faint": "#59636e",
    "rim": "#59636e",
    "resting": "#f6f8fa",
    "driving": "#ddf4ff",
    "final": "#f6f8fa",
    "progress": "#0a3069",
    "cancel": "#8250df",
    "failure": "#cf222e",
    "recovery": "#116329",
}
_DARK = {
    "paper": "#0d1117",
    "ink": "#f0f6fc",
    "faint": "#9198a1",
    "rim": "#9198a1",
    "resting": "#151b23",
    "driving": "#132a45",
    "final": "#151b23",
    "progress": "#a5d6ff",
    "cancel": "#d2a8ff",
    "failure": "#ff7b72",
    "recovery": "#56d364",
}
_LEGEND = 74.0


def svg(picture: Picture) -> str:
    """A whole SVG document."""
    return "\n".join(_document(draw(picture))) + "\n"


def _document(drawing: Drawing) -> Iterator[str]:
    picture = drawing.picture
    width, height = _n(drawing.width), _n(drawing.height + _LEGEND + LINE * len(drawing.wayless))
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" aria-labelledby="title about">'
    )
    yield "<!-- Made from spec/power.yaml by scripts/generate; change that and run it again. -->"
    yield f'<title id="title">The machine {escape(picture.name)}</title>'
    yield f'<desc id="about">{escape(picture.about)}</desc>'
    yield "<style>"
    yield from _style(_LIGHT)
    yield "@media (prefers-color-scheme: dark) {"
    yield from (f"  {rule}" for rule in _colours(_DARK))
    yield "}"
    yield "</style>"
    yield "<defs>"
    for kind in EDGE_KINDS:
        yield (
            f'<marker id="{kind}" class="{kind}" viewBox="0 0 12 10" refX="12.5" refY="5" markerWidth="12" '
            f'markerHeight="10" markerUnits="userSpaceOnUse" orient="auto">{_HEADS[kind]}</marker>'
        )
    yield "</defs>"
    yield f'<rect class="paper" width="{width}" height="{height}" rx="6"/>'
    for line in drawing.lines:
        yield from _line(line)
    for box in drawing.boxes:
        yield from _box(box)
    yield from _legend(drawing)
    yield "</svg>"


def _style(colours: dict[str, str]) -> Iterator[str]:
    yield "text { font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; }"
    yield ".name { font: 600 14px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; }"
    yield ".note { font: 11px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; }"
    yield ".together .name { font-weight: 400; font-style: italic; }"
    yield ".name, .middle { text-anchor: middle; }"
    yield ".edge, .bar { fill: none; stroke-width: 1.5; }"
    yield ".hollow { stroke-width: 1.5; }"
    for kind, dashes in _DASHES.items():
        if dashes:
            yield f".edge.{kind} {{ stroke-dasharray: {dashes}; }}"
    yield ".resting .rim { stroke-width: 1.25; }"
    yield ".driving .rim { stroke-width: 3; }"
    yield ".leaving .rim { stroke-width: 3; stroke-dasharray: 1 3; }"
    yield ".final .rim { stroke-width: 1.25; }"
    yield ".together .rim { stroke-width: 1.25; stroke-dasharray: 4 3; }"
    yield from _colours(colours)


def _colours(colours: dict[str, str]) -> Iterator[str]:
    yield f".paper {{ fill: {colours['paper']}; }}"
    yield f".name {{ fill: {colours['ink']}; }}"
    yield f".note {{ fill: {colours['faint']}; }}"
    yield f".rim {{ stroke: {colours['rim']}; fill: {colours['resting']}; }}"
    yield f".driving .rim {{ fill: {colours['driving']}; }}"
    yield f".begin {{ fill: {colours['ink']}; stroke: {colours['ink']}; }}"
    for kind in EDGE_KINDS:
        colour = colours[kind]
        yield f".edge.{kind}, .{kind} .bar {{ stroke: {colour}; }}"
        yield f".{kind} .solid, text.{kind} {{ fill: {colour}; }}"
        yield f".{kind} .hollow {{ stroke: {colour}; fill: {colours['paper']}; }}"


def _line(line: Line) -> Iterator[str]:
    edge = line.edge
    yield "<g>"
    told = ", ".join(edge.labels)
    yield f"<title>{escape(f'{edge.source} to {edge.target}: {told}')}</title>"
    yield f'<path class="edge {edge.kind}" d="{_path(line.points)}" marker-end="url(#{edge.kind})"/>'
    anchor = " middle" if line.centred else ""
    for number, text in enumerate(edge.labels):
        y = line.y + number * LINE
        yield f'<text class="{edge.kind}{anchor}" x="{_n(line.x)}" y="{_n(y)}">{escape(text)}</text>'
    yield "</g>"


def _path(points: tuple[Point, ...]) -> str:
    """A line through `points` with its corners rounded."""
    parts = [f"M{_n(points[0][0])} {_n(points[0][1])}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        (near_x, near_y), (far_x, far_y) = _towards(corner, before), _towards(corner, after)
        parts.append(f"L{_n(near_x)} {_n(near_y)}")
        parts.append(f"Q{_n(corner[0])} {_n(corner[1])} {_n(far_x)} {_n(far_y)}")
    parts.append(f"L{_n(points[-1][0])} {_n(points[-1][1])}")
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
    together = " together" if vertex.together else ""
    x, y, width, height = box.x, box.y, box.width, box.height
    middle = x + width / 2
    yield f'<g class="{vertex.kind}{together}">'
    if vertex.about:
        yield f"<title>{escape(f'{vertex.name}: {vertex.about}')}</title>"
    radius = 14 if vertex.together else 6
    yield _rect(x, y, width, height, radius)
    if vertex.kind == "final":
        yield _rect(x + 4, y + 4, width - 8, height - 8, 3)
    texts = [("name", part) for part in name_lines(vertex)]
    if vertex.declares:
        texts.append(("note middle", f"declares {vertex.declares}"))
    baseline = y + height / 2 + 5 - (len(texts) - 1) * NAME_LINE / 2
    for number, (look, text) in enumerate(texts):
        line = _n(baseline + number * NAME_LINE)
        yield f'<text class="{look}" x="{_n(middle)}" y="{line}">{escape(text)}</text>'
    if vertex.initial:
        yield from _beginning(x + 18, y)
    yield "</g>"


def _beginning(x: float, y: float) -> Iterator[str]:
    yield f'<circle class="begin" cx="{_n(x)}" cy="{_n(y - 20)}" r="4.5"/>'
    yield f'<path class="edge progress" d="M{_n(x)} {_n(y - 16)} V{_n(y)}" marker-end="url(#progress)"/>'


def _rect(x: float, y: float, width: float, height: float, radius: float) -> str:
    return (
        f'<rect class="rim" x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" rx="{_n(radius)}"/>'
    )


def _legend(drawing: Drawing) -> Iterator[str]:
    """What the looks mean, of those that are there."""
    picture = drawing.picture
    told = {edge.kind for edge in picture.edges}
    there = {vertex.kind for vertex in picture.vertices if not vertex.together}
    kinds = [kind for kind in EDGE_KINDS if kind in told]
    looks: list[tuple[str, str]] = [(kind, text) for kind, text in _STATES.items() if kind in there]
    if any(vertex.together for vertex in picture.vertices):
        looks.append(("resting together", "several states at once"))
    step = (drawing.width - 32) / max(len(kinds), len(looks))
    top = drawing.height + 14
    for number, kind in enumerate(kinds):
        x = 16 + number * step
        yield f'<path class="edge {kind}" d="M{_n(x)} {_n(top)} h46" marker-end="url(#{kind})"/>'
        yield f'<text class="note" x="{_n(x + 56)}" y="{_n(top + 4)}">{_EDGES[kind]}</text>'
    top += 30
    for number, (look, text) in enumerate(looks):
        x = 16 + number * step
        yield f'<g class="{look}">{_rect(x + 1, top - 11, 44, 22, 11 if "together" in look else 6)}'
        if look == "final":
            yield _rect(x + 5, top - 7, 36, 14, 3)
        yield f'<text class="note" x="{_n(x + 56)}" y="{_n(top + 4)}">{text}</text></g>'
    for number, edge in enumerate(drawing.wayless):
        y = drawing.height + _LEGEND + number * LINE - 4
        words = f"also {edge.source} to {edge.target}: {', '.join(edge.labels)}"
        yield f'<text class="{edge.kind}" x="16" y="{_n(y)}">{escape(words)}</text>'


def _n(number: float) -> str:
    """A number with at most one decimal: files stay small and equal everywhere."""
    return f"{number:.1f}".removesuffix(".0")
