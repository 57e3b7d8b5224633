"""Around one state: everything that leads to it and from it, with guards and effects, and nothing else."""

import re
import subprocess
from shutil import which
from xml.etree import ElementTree as ET

import pytest

from legible import assert_legible
from powerfsm.spec import Machine, load, schema
from powerfsm.spec.diagram import FORMATS, MACHINES, render
from powerfsm.spec.diagram.arrows import condition, kind
from powerfsm.spec.diagram.drawing import draw
from powerfsm.spec.diagram.picture import Edge, Way
from powerfsm.spec.diagram.views import around

OWN = {"node": load().node, "drive": load().drive}
EVERY_STATE = [(name, state) for name in MACHINES for state in OWN[name].states]


def declared(machine: Machine, state: str) -> set[tuple[str, str, Way]]:
    """Every branch that touches a state."""
    return {
        (before, branch.to, Way(event, condition(outcome, branch), tuple(branch.do)))
        for before, event in machine.pairs()
        for outcome in [machine.outcome(before, event)]
        for branch in schema.branches(outcome)
        if state in {before, branch.to}
    }


@pytest.mark.parametrize(("name", "state"), EVERY_STATE)
def test_around_a_state_is_every_branch_that_touches_it(name: str, state: str) -> None:
    shown = around(OWN[name], state)
    states = {vertex.name: vertex.states for vertex in shown.vertices}
    told = {
        (source, edge.target, way) for edge in shown.edges for source in states[edge.source] for way in edge.ways
    }
    assert told == declared(OWN[name], state)
    assert shown.focus == state


@pytest.mark.parametrize(("name", "state"), EVERY_STATE)
def test_no_line_tells_two_kinds(name: str, state: str) -> None:
    machine = OWN[name]
    for edge in around(machine, state).edges:
        sources = next(each.states for each in around(machine, state).vertices if each.name == edge.source)
        kinds = {kind(machine, source, way.event, edge.target) for source in sources for way in edge.ways}
        assert edge.stays or kinds == {edge.kind}


@pytest.mark.parametrize(("name", "state"), EVERY_STATE)
def test_it_is_legible_and_fits_a_page(name: str, state: str) -> None:
    drawing = draw(around(OWN[name], state))
    assert_legible(drawing)
    assert not drawing.wayless
    assert drawing.width <= 1000


@pytest.mark.parametrize(("name", "state"), EVERY_STATE)
def test_it_is_drawn_alike_twice_in_every_format(name: str, state: str) -> None:
    for fmt in FORMATS:
        assert render(name, fmt, state=state) == render(name, fmt, state=state)


@pytest.mark.parametrize(("name", "state"), EVERY_STATE)
def test_svg_has_every_guard_and_effect(name: str, state: str) -> None:
    root = ET.fromstring(render(name, "svg", state=state))
    written = " ".join("".join(each.itertext()) for each in root.iter("{http://www.w3.org/2000/svg}text"))
    for _, _, way in declared(OWN[name], state):
        assert way.label in written
        for effect in way.effects:
            assert effect in written


def rows(text: str) -> list[list[str]]:
    """The cells of every row of the tables in a text, heads and rules included."""
    return [re.split(r" \| ", line.strip("| ")) for line in text.splitlines() if line.startswith("|")]


@pytest.mark.parametrize(("name", "state"), EVERY_STATE)
def test_the_table_has_a_row_for_every_event_and_for_every_branch_that_leads_here(name: str, state: str) -> None:
    machine = OWN[name]
    following, _, leading = render(name, "table", state=state).partition("What leads to")
    if machine.kind(state) == "final":
        assert not rows(following)
    else:
        events = [re.split("[` ]", row[0])[1] for row in rows(following)[2:]]
        assert list(dict.fromkeys(events)) == list(machine.events)
    told = {(row[0], row[1]) for row in rows(leading)[2:]}
    entering = {
        (f"`{before}`", f"`{way.label}`")
        for before, after, way in declared(machine, state)
        if after == state and before != state
    }
    assert told == entering


MERMAID = re.compile(
    r"%% .*|stateDiagram-v2|  direction LR"
    r'|  state "[^"]+" as \w+|  \[\*\] --> \w+|  \w+ --> \[\*\]'
    r"|  \w+( --> \w+)? : [^;%#]+|  classDef \w+ [\w:,. -]+|  class [\w,]+ \w+"
)
"""The few forms of lines that Mermaid's parser was seen to accept."""


@pytest.mark.parametrize(("name", "state"), EVERY_STATE)
def test_mermaid_has_only_lines_of_known_forms_and_one_for_each_edge(name: str, state: str) -> None:
    lines = render(name, "mermaid", state=state).splitlines()
    for line in lines:
        assert MERMAID.fullmatch(line), line
    assert sum(" : " in line for line in lines) == len(around(OWN[name], state).edges)


@pytest.mark.stranger
@pytest.mark.skipif(which("dot") is None, reason="Graphviz (Debian package graphviz) is not installed")
@pytest.mark.parametrize(("name", "state"), EVERY_STATE)
def test_graphviz_reads_it(name: str, state: str) -> None:
    done = subprocess.run(
        ["dot", "-Tplain"],
        input=render(name, "dot", state=state),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    shown = around(OWN[name], state)
    begins = sum(vertex.initial for vertex in shown.vertices)
    edges = sum(line.startswith("edge ") for line in done.stdout.splitlines())
    assert edges == len(shown.edges) + begins


def test_an_unknown_state_is_told_with_those_there_are() -> None:
    for fmt in FORMATS:
        with pytest.raises(
            ValueError, match=r"machine node has no state 'fencing'; choose one of unknown, ready, .*error$"
        ):
            render("node", fmt, state="fencing")


def test_effects_are_folded_between_words_and_none_is_lost() -> None:
    effects = tuple(f"effect-{number}" for number in range(7))
    edge = Edge("a", "b", (Way("told", "[guard]", effects),), "progress")
    first, *lines = edge.labels
    assert first == "told [guard]"
    assert len(lines) > 1
    assert max(map(len, lines)) <= 30
    assert tuple(" ".join(lines).replace("/", "").replace(",", "").split()) == effects
