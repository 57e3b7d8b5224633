"""The pictures show what is declared, legibly, and the checked-in files are what the spec gives."""

import itertools
import subprocess
from pathlib import Path
from shutil import which
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from legible import assert_legible
from powerfsm.model import promela, tla
from powerfsm.spec import Machine, load, schema
from powerfsm.spec.diagram import FORMATS, MACHINES, arrows, generated, places, render
from powerfsm.spec.diagram.__main__ import main
from powerfsm.spec.diagram.drawing import draw
from powerfsm.spec.diagram.picture import EDGE_KINDS, Edge, Picture, Vertex, Way
from powerfsm.spec.diagram.svg import svg
from powerfsm.spec.diagram.views import whole

REPOSITORY = Path(__file__).parents[2]
OWN = {"node": load().node, "drive": load().drive}


@pytest.mark.parametrize("name", MACHINES)
def test_nothing_in_the_picture_stands_on_anything_else_and_nothing_is_left_out(name: str) -> None:
    drawing = draw(whole(OWN[name]))
    assert_legible(drawing)
    assert not drawing.wayless


@pytest.mark.parametrize("name", MACHINES)
def test_the_picture_is_hardly_wider_than_a_page_shows(name: str) -> None:
    # A forge shows a page of about 1000 px; what is a good deal wider is made smaller until nobody can read it.
    assert draw(whole(OWN[name])).width <= 1050


@pytest.mark.parametrize("name", MACHINES)
def test_every_change_of_state_is_in_the_picture(name: str) -> None:
    machine = OWN[name]
    shown = whole(machine)
    names = {vertex.name for vertex in shown.vertices}
    assert set(machine.states) <= names
    told: set[tuple[str, str, str]] = set()
    for edge in shown.edges:
        kind, _, exception = edge.source.removeprefix("any ").partition(" state")
        together = edge.source.startswith("any ")
        sources = (
            [state for state in machine.states if machine.kind(state) == kind and state not in exception]
            if together
            else [edge.source]
        )
        told |= {(source, each, edge.target) for source in sources for each in edge.labels}
    declared = {
        (state, Way(event, arrows.condition(machine.outcome(state, event), branch)).label, branch.to)
        for state, event in machine.pairs()
        for branch in schema.branches(machine.outcome(state, event))
        if branch.to != state
    }
    assert told == declared


def test_every_kind_of_edge_and_every_place_names_what_is_declared() -> None:
    states = {state for machine in OWN.values() for state in machine.states}
    events = {event for machine in OWN.values() for event in machine.events}
    tellers = {event.source for machine in OWN.values() for event in machine.declared.events.values()}
    assert set(arrows.ENTERED) | set(arrows.LEFT) <= states
    assert set(arrows.EVENT) <= events
    assert set(arrows.TELLER) <= tellers
    for name, machine in OWN.items():
        names = {vertex.name for vertex in whole(machine).vertices}
        by_hand = set(places.PLACES[name])
        assert all({each, each.partition(" but ")[0]} & by_hand for each in names)
        assert by_hand <= names | {each.partition(" but ")[0] for each in names}


@st.composite
def pictures(draw_from: st.DrawFn) -> Picture:
    """Any picture of a few states that nobody has given places."""
    names = [f"state-{number}" for number in range(draw_from(st.integers(1, 6)))]
    pairs = [pair for pair in itertools.product(names, names) if pair[0] != pair[1]]
    chosen = draw_from(st.lists(st.sampled_from(pairs), unique=True, max_size=12)) if pairs else []
    text = st.text("abc-", min_size=1, max_size=30)
    edges = [
        Edge(
            source,
            target,
            tuple(map(Way, draw_from(st.lists(text, min_size=1, max_size=4)))),
            draw_from(st.sampled_from(EDGE_KINDS)),
        )
        for source, target in chosen
    ]
    vertices = [Vertex(name, "driving", initial=name == names[0]) for name in names]
    return Picture("any", "Any machine.", tuple(vertices), tuple(edges))


@given(pictures())
def test_states_without_a_place_of_their_own_are_drawn_as_legibly(shown: Picture) -> None:
    assert_legible(draw(shown))


def test_a_new_state_does_not_stop_a_picture_from_being_drawn() -> None:
    declared = OWN["node"].declared
    row = {event: schema.Ignore(ignore="asleep") for event in declared.events}
    more = declared.model_copy(
        update={
            "states": declared.states | {"asleep": schema.State(kind="resting", about="Asleep.")},
            "transitions": declared.transitions
            | {
                "asleep": row | {"request": schema.Branch(to="powering-on", do=[])},
                "error": declared.transitions["error"] | {"next": schema.Branch(to="asleep", do=[])},
            },
        }
    )
    drawing = draw(whole(Machine("node", more)))
    assert_legible(drawing)
    told = svg(drawing.picture)
    for edge in drawing.wayless:
        assert f"also {edge.source} to {edge.target}: {', '.join(edge.labels)}" in told


def test_generated_files_are_what_the_spec_gives() -> None:
    directory = REPOSITORY / "spec" / "generated"
    found = {path.name: path.read_text(encoding="utf-8") for path in directory.iterdir()}
    expected = generated(load()) | promela.generated(load()) | tla.generated(load())
    stale = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
    assert not stale, f"run scripts/generate: {', '.join(stale)} in spec/generated differ"


@pytest.mark.parametrize(("name", "fmt"), list(itertools.product(MACHINES, FORMATS)))
def test_rendering_twice_gives_the_same_text(name: str, fmt: str) -> None:
    assert render(name, fmt) == render(name, fmt)


def test_only_files_that_have_changed_are_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    directory = tmp_path / "generated"
    assert main([str(directory)]) == 0
    assert {path.name for path in directory.iterdir()} == set(generated(load()))
    (directory / "node.svg").write_text("stale")
    capsys.readouterr()
    assert main([str(directory)]) == 0
    assert capsys.readouterr().out == f"wrote {directory / 'node.svg'}\n"


def test_generating_without_a_directory_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert capsys.readouterr().err == "usage: python -m powerfsm.spec.diagram DIRECTORY\n"


def test_unknown_names_are_told_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="no machine 'toaster'; choose one of node, drive"):
        render("toaster", "svg")
    with pytest.raises(ValueError, match="no format 'png'; choose one of svg, mermaid, dot, table"):
        render("node", "png")


@pytest.mark.parametrize("name", MACHINES)
def test_svg_is_well_formed_and_says_in_words_what_each_edge_is(name: str) -> None:
    root = ET.fromstring(render(name, "svg"))
    titles = {each.text for each in root.iter("{http://www.w3.org/2000/svg}title")}
    for edge in whole(OWN[name]).edges:
        assert f"{edge.source} to {edge.target}: {', '.join(edge.labels)}" in titles


@pytest.mark.parametrize("name", MACHINES)
def test_svg_tells_kinds_of_edges_apart_without_colour(name: str) -> None:
    text = render(name, "svg")
    dashes = {
        kind: [line for line in text.splitlines() if line.startswith(f".edge.{kind} {{")] for kind in EDGE_KINDS
    }
    assert len({str([line.partition("{")[2] for line in lines]) for lines in dashes.values()}) == len(EDGE_KINDS)
    assert "prefers-color-scheme: dark" in text


@pytest.mark.parametrize("name", MACHINES)
def test_mermaid_has_one_line_for_each_edge_and_no_hyphen_in_an_identifier(name: str) -> None:
    lines = [line.strip() for line in render(name, "mermaid").splitlines()]
    arrows = [line for line in lines if " --> " in line and "[*]" not in line]
    assert len(arrows) == len(whole(OWN[name]).edges)
    for line in arrows:
        ends, _, told = line.partition(" : ")
        assert "-" not in ends.replace("-->", "")
        assert told


@pytest.mark.parametrize("name", MACHINES)
def test_the_table_has_a_row_for_every_pair(name: str) -> None:
    machine = OWN[name]
    parts = render(name, "table").split("**`")
    rows = {part.partition("`")[0]: part for part in parts[1:]}
    for state, event in machine.pairs():
        count = max(1, len(schema.branches(machine.outcome(state, event))))
        found = [line for line in rows[state].splitlines() if line.startswith((f"| `{event}`", f"| `{event} ["))]
        assert len(found) == count, (state, event)


@pytest.mark.stranger
@pytest.mark.skipif(which("dot") is None, reason="Graphviz (Debian package graphviz) is not installed")
@pytest.mark.parametrize("name", MACHINES)
def test_graphviz_reads_the_graph(name: str) -> None:
    done = subprocess.run(
        ["dot", "-Tplain"], input=render(name, "dot"), capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    shown = whole(OWN[name])
    counts = [sum(line.startswith(f"{word} ") for line in done.stdout.splitlines()) for word in ("node", "edge")]
    # The mark of the beginning is a node and an edge of its own.
    assert counts == [len(shown.vertices) + 1, len(shown.edges) + 1]
