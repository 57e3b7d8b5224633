"""A picture as a Mermaid `stateDiagram-v2`, which many forges and editors draw on their own.

Mermaid's identifiers hold no hyphens and no blanks, so every vertex gets one made from its name, and its name
as a description.  Kinds of edges cannot be told apart there; kinds of states can, by classes.
"""

from collections.abc import Iterator

from powerfsm.spec.diagram.picture import Picture, Vertex

_CLASSES = {
    "resting": "stroke-width:1px",
    "driving": "stroke-width:3px",
    "leaving": "stroke-width:3px,stroke-dasharray:1 3",
    "final": "stroke-width:1px",
    "together": "stroke-dasharray:4 3,font-style:italic",
}


def mermaid(picture: Picture) -> str:
    """The whole text of a diagram."""
    return "\n".join(_lines(picture)) + "\n"


def _lines(picture: Picture) -> Iterator[str]:
    yield "%% Made from spec/power.yaml by scripts/generate; change that and run it again."
    yield "stateDiagram-v2"
    for vertex in picture.vertices:
        yield f'  state "{vertex.name}" as {_identifier(vertex.name)}'
    for vertex in picture.vertices:
        if vertex.initial:
            yield f"  [*] --> {_identifier(vertex.name)}"
    for edge in picture.edges:
        labels = "<br/>".join(edge.labels)
        yield f"  {_identifier(edge.source)} --> {_identifier(edge.target)} : {labels}"
    for vertex in picture.vertices:
        if vertex.kind == "final":
            yield f"  {_identifier(vertex.name)} --> [*]"
    for look, style in _CLASSES.items():
        members = [vertex.name for vertex in picture.vertices if _look(vertex) == look]
        if members:
            yield f"  classDef {look} {style}"
            yield f"  class {','.join(map(_identifier, members))} {look}"


def _look(vertex: Vertex) -> str:
    return "together" if vertex.together else vertex.kind


def _identifier(name: str) -> str:
    """An underscore at the end keeps clear of Mermaid's own words (`state`, `end`, `note`, ...)."""
    return name.replace("-", "_").replace(" ", "_") + "_"
