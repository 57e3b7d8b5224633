"""A picture as a Mermaid `stateDiagram-v2`, which many forges and editors draw on their own.

Mermaid's identifiers hold no hyphens and no blanks, so every vertex gets one made from its name, and its name
as a description.  Kinds of edges cannot be told apart there; kinds of states can, by classes.  A path is told
by the labels of the edges that it took, and by the classes of the states that it came to or not.
"""

from collections.abc import Iterator

from powerfsm.spec.diagram.picture import Edge, Picture, Vertex

_CLASSES = {
    "resting": "stroke-width:1px",
    "driving": "stroke-width:3px",
    "leaving": "stroke-width:3px,stroke-dasharray:1 3",
    "final": "stroke-width:1px",
    "together": "stroke-dasharray:4 3,font-style:italic",
}
_UNVISITED = "opacity:0.7"
_HERE = "stroke-width:6px,font-weight:bold"


def mermaid(picture: Picture) -> str:
    """The whole text of a diagram."""
    return "\n".join(_lines(picture)) + "\n"


def _lines(picture: Picture) -> Iterator[str]:
    yield "%% Made from spec/power.yaml by scripts/generate; change that and run it again."
    for sentence in (picture.journey, *picture.remarks):
        if sentence:
            yield f"%% {sentence}"
    yield "stateDiagram-v2"
    if picture.focus:
        yield "  direction LR"
    for vertex in picture.vertices:
        yield f'  state "{vertex.name}" as {_identifier(vertex.name)}'
    for vertex in picture.vertices:
        if vertex.initial:
            yield f"  [*] --> {_identifier(vertex.name)}"
    for edge in picture.edges:
        if edge.stays:
            # Mermaid has no room for the label of a loop; a second description is set below the name.
            yield f"  {_identifier(edge.source)} : {_label(edge)}"
        else:
            yield f"  {_identifier(edge.source)} --> {_identifier(edge.target)} : {_label(edge)}"
    for vertex in picture.vertices:
        if vertex.kind == "final":
            yield f"  {_identifier(vertex.name)} --> [*]"
    for look, style in _CLASSES.items():
        yield from _class(look, style, [vertex for vertex in picture.vertices if _look(vertex) == look])
    yield from _class("unvisited", _UNVISITED, [vertex for vertex in picture.vertices if vertex.visited is False])
    yield from _class("here", _HERE, [vertex for vertex in picture.vertices if vertex.here])


def _label(edge: Edge) -> str:
    return "<br/>".join(text.strip() for text in edge.labels)


def _class(look: str, style: str, members: list[Vertex]) -> Iterator[str]:
    if members:
        yield f"  classDef {look} {style}"
        yield f"  class {','.join(_identifier(vertex.name) for vertex in members)} {look}"


def _look(vertex: Vertex) -> str:
    return "together" if vertex.together else vertex.kind


def _identifier(name: str) -> str:
    """An underscore at the end keeps clear of Mermaid's own words (`state`, `end`, `note`, ...)."""
    return name.replace("-", "_").replace(" ", "_") + "_"
