"""A picture in the language of Graphviz, for whoever wants to lay it out in his own way."""

from collections.abc import Iterator

from powerfsm.spec.diagram.picture import Edge, EdgeKind, Picture, Vertex

_EDGES: dict[EdgeKind, str] = {
    "progress": 'style=solid, arrowhead=normal, color="#0a3069", fontcolor="#0a3069"',
    "cancel": 'style=dashed, arrowhead=empty, color="#8250df", fontcolor="#8250df"',
    "failure": 'style=dotted, arrowhead=normaltee, color="#cf222e", fontcolor="#cf222e"',
    "recovery": 'style=dashed, arrowhead=veevee, color="#116329", fontcolor="#116329"',
}
_FAINT = "#59636e"


def dot(picture: Picture) -> str:
    """The whole text of a graph."""
    return "\n".join(_lines(picture)) + "\n"


def _lines(picture: Picture) -> Iterator[str]:
    yield "// Made from spec/power.yaml by scripts/generate; change that and run it again."
    for sentence in (picture.journey, *picture.remarks):
        if sentence:
            yield f"// {sentence}"
    yield f"digraph {_quoted(picture.name)} {{"
    yield '  graph [fontname="sans-serif", nodesep=0.4, ranksep=0.5];'
    yield '  node [shape=box, style=rounded, fontname="sans-serif"];'
    yield '  edge [fontname="monospace", fontsize=10];'
    for vertex in picture.vertices:
        yield f"  {_quoted(vertex.name)} [{_look(vertex)}];"
    for vertex in picture.vertices:
        if vertex.initial:
            yield '  "" [shape=point, width=0.12];'
            yield f'  "" -> {_quoted(vertex.name)};'
    for edge in picture.edges:
        # \l ends a line that is set flush left.
        labels = "".join(f"{label}\\l" for label in edge.labels)
        ends = f"{_quoted(edge.source)} -> {_quoted(edge.target)}"
        yield f'  {ends} [label="{labels}", {_EDGES[edge.kind]}{_weight(edge)}];'
    yield "}"


def _weight(edge: Edge) -> str:
    """What a path took is heavy, what it did not is drawn back; of an attribute given twice the last holds."""
    match edge.taken:
        case None:
            return ""
        case ():
            return f', penwidth=0.8, color="{_FAINT}", fontcolor="{_FAINT}"'
        case _:
            return ", penwidth=3"


def _look(vertex: Vertex) -> str:
    looks = [f"tooltip={_quoted(vertex.about or vertex.name)}"]
    if vertex.declares:
        looks.append(f'label="{vertex.name}\\ndeclares {vertex.declares}"')
    if vertex.here:
        looks.append('style="rounded,filled", fillcolor="#1f2328", fontcolor="#ffffff"')
    elif vertex.visited is False:
        looks.append(f'color="{_FAINT}", fontcolor="{_FAINT}"')
    if vertex.together:
        looks.append('style="rounded,dashed"')
    elif vertex.kind == "driving":
        looks.append("penwidth=2.5")
    elif vertex.kind == "leaving":
        if not vertex.here:
            looks.append('style="rounded,dotted"')
        looks.append("penwidth=2.5")
    elif vertex.kind == "final":
        looks.append("peripheries=2")
    return ", ".join(looks)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
