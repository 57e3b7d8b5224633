"""A trace is drawn as a sequence diagram, in Mermaid and in characters: short, and in the words of the spec."""

from pathlib import Path

import pytest

from powerfsm.model.sequence import WIDTH, mermaid, text
from powerfsm.model.story import Party, Refrain, story
from powerfsm.model.trace import parse
from powerfsm.spec import load

TRACES = sorted((Path(__file__).parent / "traces").glob("*.txt"))

SHORT = """\
@1 request off
@1 node on request powering-off
@1 answer
@1 start off
@1 drive fencing fenced settling
@1 drive settling settled opening
@1 open 2
@1 send off 2
@1 copy off 2
@1 deliver off 2
@1 latch off
@1 act off
@1 lose answer 2
@0 crash
@1 button on
@1 broken off-is-not-undone
"""

DRAWN = """\
requester         registry           action            network             BMC            operator
    |- request off -->|                 |                 |                 |                 |
    |       [on -> powering-off]        |                 |                 |                 |
    |<.... answer ....|                 |                 |                 |                 |
    |                 |-- start off --->|                 |                 |                 |
    |                 | [fencing -> settling -> opening]  |                 |                 |
    |                 |                 |--------- open session 2 --------->|                 |
    |                 |                 | off, session 2 >|                 |                 |
    |                 |                 |     [copied: off, session 2]      |                 |
    |                 |                 |                 | off, session 2 >|                 |
    |                 |                 |                 |  [accepts off, acts: power off]   |
    |                 |                 |               answer, session 2 lost                |
    |                 |                 |                 |x................|                 |
================================= the daemon dies and starts again =================================
    |                 |                 |                 |                 |<-- button on ---|
requester         registry           action            network             BMC            operator

Broken: off-is-not-undone (promise 6). No command of ours can still turn on a node that is declared
off.
"""


def test_a_trace_in_characters() -> None:
    assert text(parse(SHORT), load()) == DRAWN


def test_a_trace_in_mermaid() -> None:
    lines = mermaid(parse(SHORT), load()).splitlines()
    assert lines[0] == "sequenceDiagram"
    assert lines[1:7] == [f"    participant {party.value}" for party in Party]
    assert lines[7:-1] == [
        "    requester->>registry: request off",
        "    Note over registry: on → powering-off",
        "    registry-->>requester: answer",
        "    registry->>action: start off",
        "    Note over action: fencing → settling → opening",
        "    action->>BMC: open session 2",
        "    action->>network: off, session 2",
        "    Note over network: copied: off, session 2",
        "    network->>BMC: off, session 2",
        "    Note over BMC: accepts off, acts: power off",
        "    BMC--xnetwork: answer, session 2 lost",
        "    Note over requester,operator: the daemon dies and starts again",
        "    operator->>BMC: button on",
    ]
    assert lines[-1].startswith(
        "    Note over requester,operator: Broken: off-is-not-undone (promise 6). No command"
    )
    assert "<br/>" in lines[-1]


@pytest.mark.parametrize("path", TRACES, ids=lambda path: str(path.stem))
def test_every_diagram_fits_and_is_drawn_alike_each_time(path: Path) -> None:
    trace = parse(path.read_text(encoding="utf-8"))
    drawn = text(trace, load())
    assert max(map(len, drawn.splitlines())) <= WIDTH
    assert drawn == text(trace, load())
    assert mermaid(trace, load()) == mermaid(trace, load())
    assert len(story(trace).items) <= len(trace)


def test_the_operator_has_a_lifeline_only_where_he_acts() -> None:
    assert Party.OPERATOR not in story(parse("@1 request on\n@1 answer\n")).parties
    assert Party.OPERATOR in story(parse("@1 button on\n")).parties


def test_of_two_nodes_each_is_named() -> None:
    drawn = mermaid(parse("@1 request on\n@2 request off\n@2 node off request powering-off\n@0 crash\n"), load())
    assert "requester->>registry: n1 request on" in drawn
    assert "requester->>registry: n2 request off" in drawn
    assert "Note over registry: n2 off → powering-off" in drawn


def test_steps_of_one_machine_in_one_go_are_one_note_and_those_of_two_nodes_are_not_mixed() -> None:
    trace = parse("@1 drive a x b\n@1 drive b x c\n@2 drive c x d\n@1 node c x d\n")
    assert len(story(trace).items) == 3


def test_what_repeats_itself_is_told_once() -> None:
    polled = "@1 sample off\n@1 read off\n@1 drive reading read-other reading\n"
    trace = parse("@1 answer\n" + 5 * polled + "@1 sample on\n@1 read on\n")
    told = story(trace)
    assert [item for item in told.items if isinstance(item, Refrain)] == [Refrain(items=2, times=5)]
    assert len(told.items) == 5
    assert "the last 2 of these, 4 times more" in text(trace, load())
    assert "reading → reading" in mermaid(trace, load())


def test_one_thing_again_and_again_is_told_once() -> None:
    drawn = text(parse(4 * "@1 answer\n"), load())
    assert "the same 3 times more" in drawn
    assert drawn.count("answer") == 1


def test_a_property_that_the_spec_does_not_have_is_named_all_the_same() -> None:
    assert text(parse("@1 broken nothing-of-ours\n"), load()).endswith("\nBroken: nothing-of-ours\n")


def test_what_mermaid_would_take_for_its_own_is_escaped() -> None:
    drawn = mermaid(parse("@1 node a#b x c;d\n"), load())
    assert "a#35;b → c#59;d" in drawn
