"""A trace is read line by line, printed as it was read, and refused with the line and what was expected."""

import pytest

from powerfsm.model.trace import (
    Crash,
    DriveStep,
    Happening,
    Lose,
    NodeStep,
    Other,
    Packet,
    Request,
    Send,
    TraceError,
    parse,
)
from powerfsm.power import Ask, Command

EVERY_VERB = """\
@1 request soft-off
@1 answer
@1 node powering-on request cancelling
@1 start off
@1 cancel
@1 drive checking read-other commanding
@1 open 2
@1 record 2
@1 send on 2
@1 close 2
@1 deliver on 2
@1 deliver close 2
@1 copy on 2
@1 copy close 2
@1 lose on 2
@1 lose close 2
@1 lose answer 2
@1 latch on
@1 act on
@1 ignore on 2
@1 ignore 2
@1 refuse on 2
@1 answered 2
@1 closed 2
@1 sample on
@1 read on
@1 sweep-sample off
@1 sweep-read off
@1 idle 2
@2 button on
@2 reboot
@2 restore off
@0 crash
@1 broken one-command
@1 witness one-command
@1 rejected on gave-up
"""


def test_every_verb_is_read_and_printed_as_it_was() -> None:
    trace = parse(EVERY_VERB)
    assert str(trace) == EVERY_VERB
    assert parse(str(trace)) == trace
    assert len(trace) == len(EVERY_VERB.splitlines())
    verbs = {kind.verb for kind in _kinds(Happening)} - {""}
    assert {line.split()[1] for line in EVERY_VERB.splitlines()} == verbs


def test_lines_become_records_that_know_where_they_stood() -> None:
    trace = parse("\n# a comment\n  @1 request off\n\n@2 drive checking read-other commanding\n")
    assert trace.happenings == (
        Request(node=1, ask=Ask.OFF),
        DriveStep(node=2, before="checking", event="read-other", after="commanding"),
    )
    assert [each.line for each in trace] == [3, 5]
    assert trace.nodes == (1, 2)


def test_what_is_under_way_is_a_command_a_close_or_an_answer() -> None:
    sent, lost, gone = parse("@1 send off 3\n@1 lose answer 3\n@1 lose close 3")
    assert sent == Send(node=1, command=Command.OFF, session=3)
    assert lost == Lose(node=1, packet=Packet(Other.ANSWER, 3))
    assert gone == Lose(node=1, packet=Packet(Other.CLOSE, 3))


def test_the_broken_properties_are_found() -> None:
    trace = parse("@1 node off read-off off\n@1 broken one-command\n@1 broken on-record\n")
    assert [each.property for each in trace.broken] == ["one-command", "on-record"]
    assert trace.happenings[0] == NodeStep(node=1, before="off", event="read-off", after="off")


def test_a_crash_is_of_the_daemon_and_of_no_node() -> None:
    assert parse("@0 crash").happenings == (Crash(node=0),)
    assert parse("@0 crash").nodes == ()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("request off", "'request' stands where @ and the number of a node are expected"),
        ("@one request off", "'@one' stands where @ and the number of a node are expected"),
        ("@1", "the line ends where a verb is expected"),
        ("@1 explode", "'explode' stands where a verb is expected: request, answer"),
        ("@1 request up", "'up' stands where what is asked is expected: on, off, ready"),
        ("@1 request", "the line ends where what is asked (on, off, ready"),
        ("@1 send on", "the line ends where the number of a session is expected"),
        ("@1 send on two", "'two' stands where the number of a session is expected"),
        ("@1 send cycle 2", "'cycle' stands where a command is expected"),
        ("@1 deliver cycle 2", "'cycle' stands where what is under way (on, off"),
        ("@1 sample ready", "'ready' stands where a power is expected: on, off"),
        ("@1 open 2 again", "'again' stands where the line should end"),
        ("@1 node on request", "the line ends where a name of the spec is expected"),
        ("@1 ignore up 2", "'up' stands where what is under way"),
        ("@1 crash", "crash is said of the daemon, @0"),
        ("@0 answer", "answer is said of a node, from @1 on"),
    ],
)
def test_a_line_that_is_none_is_told_with_its_number_and_what_was_expected(line: str, told: str) -> None:
    with pytest.raises(TraceError) as refused:
        parse(f"@1 answer\n\n{line}\n")
    assert refused.value.line == 3
    assert str(refused.value).startswith("line 3: ")
    assert told in str(refused.value)
    assert line in str(refused.value)


def _kinds(kind: type[Happening]) -> set[type[Happening]]:
    return {kind}.union(*(_kinds(each) for each in kind.__subclasses__()))
