"""The looks of a picture as style sheet: light, and dark where the reader's own setting says so.

Kinds of edges differ by dashes and by arrow heads, kinds of states by their outlines, what a path took by its
weight; colour only helps.  Every colour of a text has a contrast of at least 4.5 to 1 to what it stands on, every
colour of a line at least 3 to 1 (WCAG 2.2, 1.4.3 and 1.4.11); a test measures all of them.
"""

from collections.abc import Iterator

from powerfsm.spec.diagram.picture import EDGE_KINDS, EdgeKind

LIGHT = {
    "paper": "#ffffff",
    "ink": "#1f2328",
    "faint": "#59636e",
    "rim": "#59636e",
    "resting": "#f6f8fa",
    "driving": "#ddf4ff",
    "progress": "#0a3069",
    "cancel": "#8250df",
    "failure": "#cf222e",
    "recovery": "#116329",
}
DARK = {
    "paper": "#0d1117",
    "ink": "#f0f6fc",
    "faint": "#9198a1",
    "rim": "#9198a1",
    "resting": "#151b23",
    "driving": "#132a45",
    "progress": "#a5d6ff",
    "cancel": "#d2a8ff",
    "failure": "#ff7b72",
    "recovery": "#56d364",
}
ON_PAPER = ("ink", "faint", *EDGE_KINDS)
"""Colours of texts that stand on the paper."""
IN_BOXES = ("ink", "faint")
"""Colours of texts that stand in boxes, which are filled as `BOXES`; where a path ends, they are turned round."""
BOXES = ("resting", "driving")

_DASHES: dict[EdgeKind, str] = {"progress": "", "cancel": "8 4", "failure": "2 3", "recovery": "10 3 2 3"}

# Arrow heads in a box of 12 by 10 whose tip is at (11, 5).
HEADS: dict[EdgeKind, str] = {
    "progress": '<path class="solid" d="M1 1 L11 5 L1 9 z"/>',
    "cancel": '<path class="hollow" d="M1 1 L11 5 L1 9 z"/>',
    "failure": '<path class="solid" d="M1 1 L9 5 L1 9 z"/><path class="bar" d="M10.5 1 V9"/>',
    "recovery": '<path class="bar" d="M0.5 1 L5.5 5 L0.5 9 M5.5 1 L10.5 5 L5.5 9"/>',
}

_MONOSPACED = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
_PROPORTIONAL = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"


def style_sheet() -> Iterator[str]:
    """The rules for every picture, one a line."""
    yield f"text {{ font: 12px {_MONOSPACED}; white-space: pre; }}"
    yield f".name {{ font: 600 14px {_PROPORTIONAL}; }}"
    yield f".note {{ font: 12px {_PROPORTIONAL}; }}"
    yield ".together .name { font-weight: 400; font-style: italic; }"
    yield ".name, .middle { text-anchor: middle; }"
    yield ".strong { font-weight: 700; }"
    yield ".edge, .bar { fill: none; stroke-width: 1.5; }"
    yield ".hollow { stroke-width: 1.5; }"
    for kind, dashes in _DASHES.items():
        if dashes:
            yield f".edge.{kind} {{ stroke-dasharray: {dashes}; }}"
    yield ".edge.taken { stroke-width: 3.5; }"
    yield ".edge.untaken { stroke-width: 1; }"
    yield ".rim { stroke-width: 1.25; }"
    yield ".driving .rim { stroke-width: 3; }"
    yield ".leaving .rim { stroke-width: 3; stroke-dasharray: 1 3; }"
    yield ".together .rim { stroke-width: 1.25; stroke-dasharray: 4 3; }"
    yield ".unvisited .rim { stroke-width: 1; }"
    yield ".unvisited .name { font-weight: 400; }"
    yield from _colours(LIGHT)
    yield "@media (prefers-color-scheme: dark) {"
    yield from (f"  {rule}" for rule in _colours(DARK))
    yield "}"


def _colours(colours: dict[str, str]) -> Iterator[str]:
    paper, ink, faint = colours["paper"], colours["ink"], colours["faint"]
    yield f".paper {{ fill: {paper}; }}"
    yield f"text {{ fill: {ink}; }}"
    yield f".note {{ fill: {faint}; }}"
    yield f".rim {{ stroke: {colours['rim']}; fill: {colours['resting']}; }}"
    yield f".driving .rim {{ fill: {colours['driving']}; }}"
    yield f".begin {{ fill: {ink}; stroke: {ink}; }}"
    for kind in EDGE_KINDS:
        colour = colours[kind]
        yield f".edge.{kind}, .{kind} .bar {{ stroke: {colour}; }}"
        yield f".{kind} .solid, text.{kind} {{ fill: {colour}; }}"
        yield f".{kind} .hollow {{ stroke: {colour}; fill: {paper}; }}"
    yield f".edge.untaken, .untaken .bar, .untaken .hollow {{ stroke: {faint}; }}"
    yield f".untaken .solid, text.untaken {{ fill: {faint}; }}"
    yield f".unvisited .rim {{ fill: {paper}; }}"
    yield f".unvisited text {{ fill: {faint}; }}"
    yield f".here .rim {{ fill: {ink}; stroke: {ink}; stroke-dasharray: none; }}"
    yield f".here text {{ fill: {paper}; }}"
