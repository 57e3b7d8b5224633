"""The way that a node went, drawn into the picture: what was taken is counted, what was not is drawn back."""

import re
import subprocess
from dataclasses import replace
from shutil import which
from xml.etree import ElementTree as ET

import pytest

import a_journal
from a_journal import NODE, entries
from legible import assert_legible
from powerfsm.journal import Entry, Kind
from powerfsm.spec import Machine, load
from powerfsm.spec.diagram import FORMATS, MACHINES, render
from powerfsm.spec.diagram.drawing import draw
from powerfsm.spec.diagram.path import Path, drawn_into, path
from powerfsm.spec.diagram.picture import Picture, Taken
from powerfsm.spec.diagram.views import around, whole

OWN = {"node": load().node, "drive": load().drive}
HERE = [entry for entry in entries() if entry.node == NODE]


def went(name: str, last: int | None = None) -> Path:
    """The path of the node in the journal."""
    return path(OWN[name], HERE, "what was done", last)


def drawn(name: str, state: str | None = None, last: int | None = None) -> Picture:
    """The picture with the path in it."""
    machine: Machine = OWN[name]
    shown = whole(machine) if state is None else around(machine, state)
    return drawn_into(shown, machine, went(name, last))


def taken(shown: Picture) -> dict[tuple[str, str, str], tuple[int, ...]]:
    """The steps along each edge, by its ends and the event."""
    return {
        (edge.source, edge.target, each.event): each.steps for edge in shown.edges for each in edge.taken or ()
    }


def test_transitions_are_the_steps_of_a_node_and_are_counted_along_the_edges() -> None:
    assert taken(drawn("node")) == {
        ("unknown", "off", "read-off"): (1,),
        ("any resting state", "powering-on", "request"): (2, 10),
        ("powering-on", "powering-on", "request"): (4,),
        ("powering-on", "cancelling", "request"): (5,),
        ("cancelling", "powering-off", "cancelled"): (6,),
        ("any driving state", "unknown", "restarted"): (7,),
        ("unknown", "powering-off", "recover"): (8,),
        ("powering-off", "off", "confirmed"): (9,),
    }


def test_phases_are_the_steps_of_a_drive() -> None:
    assert taken(drawn("drive")) == {
        ("fencing", "settling", "fenced"): (1, 5, 8),
        ("settling", "opening", "settled"): (2,),
        ("opening", "resting", "failure"): (3,),
        ("resting", "fencing", "rested"): (4,),
        ("any driving state", "withdrawing", "broken-off"): (6,),
        ("withdrawing", "withdrawn", "left"): (7,),
    }


def test_the_states_on_the_way_are_marked_and_the_last_one_as_such() -> None:
    states = {vertex.name: vertex for vertex in drawn("node").vertices}
    assert {name for name, state in states.items() if state.visited} == {
        *("unknown", "off", "powering-on", "cancelling", "powering-off"),
        *("any resting state", "any driving state"),
    }
    assert [name for name, state in states.items() if state.here] == ["powering-on"]


def test_only_the_last_steps_are_drawn_where_they_are_bounded_and_are_counted_from_one() -> None:
    assert taken(drawn("node", last=2)) == {
        ("powering-off", "off", "confirmed"): (1,),
        ("any resting state", "powering-on", "request"): (2,),
    }
    assert not went("node", last=0).steps


def test_around_a_state_is_what_of_the_path_touches_it() -> None:
    assert taken(drawn("node", state="cancelling")) == {
        ("powering-on", "cancelling", "request"): (5,),
        ("cancelling", "powering-off", "cancelled"): (6,),
    }
    assert taken(drawn("node", state="powering-on")) == {
        ("any resting state", "powering-on", "request"): (2, 10),
        ("powering-on", "powering-on", "request"): (4,),
        ("powering-on", "cancelling", "request"): (5,),
    }


def test_a_step_that_the_machine_does_not_declare_is_told_in_words() -> None:
    odd = [
        Entry(1, 0.0, Kind.TRANSITION, NODE, "request", 1, 1, "off", "cancelling"),
        Entry(2, 0.0, Kind.TRANSITION, NODE, "melt\ndown", 1, 1, "off", "off"),
        Entry(3, 0.0, Kind.TRANSITION, NODE, "request", 1, 1, "molten", "off"),
    ]
    machine = OWN["node"]
    shown = drawn_into(whole(machine), machine, path(machine, odd, "an odd one"))
    assert not taken(shown)
    assert shown.remarks == (
        "step 1 is not declared: request, off to cancelling",
        "step 2 is not declared: melt?down, off to off",
        "step 3 is not declared: request, molten to off",
    )
    for fmt in ("svg", "mermaid", "dot"):
        text = render("node", fmt, went=path(machine, odd, "an odd one"))
        for remark in shown.remarks:
            assert remark in text


def test_what_a_drive_ignored_is_told_in_the_state_that_it_stayed_in() -> None:
    ignored = [Entry(1, 0.0, Kind.PHASE, NODE, "expired", 1, 1, "withdrawing", "withdrawing")]
    machine = OWN["drive"]
    for shown in (whole(machine), around(machine, "withdrawing")):
        told = drawn_into(shown, machine, path(machine, ignored, "an ignored one"))
        assert taken(told) == {("withdrawing", "withdrawing", "expired"): (1,)}
        assert not told.remarks
        assert_legible(draw(told))


def test_many_steps_are_counted_and_the_last_ones_named() -> None:
    assert str(Taken("told", (4,))) == "step 4"
    assert str(Taken("told", (4, 5, 9))) == "3 steps: 4, 5, 9"
    assert str(Taken("told", tuple(range(1, 1001)))) == "1000 steps, last 998, 999, 1000"


@pytest.mark.parametrize("name", MACHINES)
def test_a_path_of_thousands_of_steps_is_legible_everywhere(name: str) -> None:
    machine = OWN[name]
    kind = Kind.TRANSITION if name == "node" else Kind.PHASE
    every = [
        Entry(0, 0.0, kind, NODE, event, 1, 1, state, machine.step(state, event, frozenset(holding)).after)
        for state, event in machine.pairs()
        for holding in [(), *((guard,) for guard in machine.guards(state, event))]
        if machine.step(state, event, frozenset(holding)).kind == "transition"
    ]
    long = path(machine, every * 40, "everything, forty times")
    assert len(long.steps) > 2000
    shown = drawn_into(whole(machine), machine, long)
    assert not shown.remarks
    assert_legible(draw(shown))
    assert sum(map(len, taken(shown).values())) == len(long.steps)
    for state in machine.states:
        assert_legible(draw(drawn_into(around(machine, state), machine, long)))


@pytest.mark.parametrize("name", MACHINES)
def test_svg_says_it_by_weight_and_in_words(name: str) -> None:
    text = render(name, "svg", went=went(name))
    root = ET.fromstring(text)
    shown = drawn(name)
    paths = [each.get("class", "") for each in root.iter("{http://www.w3.org/2000/svg}path")]
    moves = [edge for edge in shown.edges if not edge.stays]
    # One more of each in the legend.
    assert sum(" taken" in look for look in paths) == sum(bool(edge.taken) for edge in moves) + 1
    assert sum(" untaken" in look for look in paths) == sum(edge.taken == () for edge in moves) + 1
    heads = set(re.findall(r'marker id="([^"]+)"', text))
    assert {head for each in re.findall(r"url\(#([^)]+)\)", text) for head in [each]} <= heads
    assert text.count("the path ends here") == 1
    assert "what was done" in text


@pytest.mark.parametrize("name", MACHINES)
def test_without_a_path_nothing_is_counted_or_drawn_back(name: str) -> None:
    for fmt in FORMATS:
        assert not re.search("taken|visited|step [0-9]", render(name, fmt).replace(looks_of(name, fmt), ""))


def looks_of(name: str, fmt: str) -> str:
    """The style sheet, which knows of paths always."""
    text = render(name, fmt)
    return text[text.find("<style>") : text.find("</style>")] if fmt == "svg" else "\n\n\n\n"


def test_the_table_tells_every_step_in_order_those_that_were_ignored_too() -> None:
    lines = [line for line in render("node", "table", went=went("node")).splitlines() if line.startswith("|")]
    assert lines[0] == "| step | entry | time | operation | from | event | leads to |"
    assert lines[2] == "| 1 | 2 | 2026-11-18T11:06:41.000Z |  | `unknown` | `read-off` | `off` |"
    ignored = "ignored: a reading from outside the action in play proves nothing"
    assert lines[4] == f"| 3 | 9 | 2026-11-18T11:06:48.000Z | #17 | `powering-on` | `read-off` | {ignored} |"
    assert lines[5].endswith("| `powering-on` | `request` | = |")
    assert [line.split()[1] for line in lines[2:]] == [str(number) for number in range(1, 11)]
    some = render("node", "table", state="cancelling", went=went("node"))
    assert [line.split()[1] for line in some.splitlines() if line.startswith("|")][2:] == ["5", "6"]


def test_words_of_a_journal_cannot_end_a_cell_or_a_line() -> None:
    odd = replace_event("a | b\nc")
    (row,) = [line for line in render("node", "table", went=odd).splitlines() if line.startswith("| 1 ")]
    assert r"`a \| b c`" in row


def replace_event(event: str) -> Path:
    """A path of one step by this event."""
    first = HERE[0]._replace(event=event)
    return replace(went("node"), steps=path(OWN["node"], [first], "").steps)


@pytest.mark.stranger
@pytest.mark.skipif(which("dot") is None, reason="Graphviz (Debian package graphviz) is not installed")
@pytest.mark.parametrize("name", MACHINES)
def test_graphviz_reads_it(name: str) -> None:
    text = render(name, "dot", went=went(name))
    done = subprocess.run(["dot", "-Tplain"], input=text, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert text.count("penwidth=3]") == sum(bool(edge.taken) for edge in drawn(name).edges)


def test_the_journal_of_these_tests_is_what_a_daemon_could_have_written() -> None:
    for entry in HERE:
        machine = OWN["node" if entry.kind is Kind.TRANSITION else "drive"]
        assert entry.before is not None
        guards = machine.guards(entry.before, entry.event)
        afters = {
            machine.step(entry.before, entry.event, frozenset(guards[number : number + 1])).after
            for number in range(len(guards) + 1)
        }
        assert (entry.after or entry.before) in afters
    assert a_journal.OPERATION in {entry.operation for entry in HERE}
