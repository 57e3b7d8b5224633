"""The judge notices: each promise is broken in a log or in a claim, and each time the verdict says so."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from powerfsm.client import Operation
from powerfsm.client.answers import shape
from powerfsm.demo.conditions import SHOW
from powerfsm.demo.processes import Daemon
from powerfsm.demo.storm import Tally
from powerfsm.demo.verdict import Outcome, in_one_line, pass_verdict, print_outcome

Line = dict[str, Any]
Judge = Callable[[Sequence[Line], Sequence[Line]], Outcome]

LOG: list[Line] = [
    {"t": 0.0, "node": "n1", "event": "started", "power": "off", "host": "127.0.0.1", "port": 6230},
    {"t": 2.0, "node": "n1", "event": "session-opened", "session": 1, "user": "admin"},
    {"t": 2.1, "node": "n1", "event": "command", "command": "on", "session": 1, "seq": 3, "duplicate": False},
    {"t": 3.0, "node": "n1", "event": "power", "to": "on", "cause": "command", "session": 1},
    {"t": 3.1, "node": "n1", "event": "session-closed", "session": 1, "by": "own"},
]
CLAIMS: list[Line] = [
    {"t": 1.0, "node": "n1", "asked": "on", "id": "n1/1"},
    {"t": 4.0, "node": "n1", "declared": "on", "id": "n1/1"},
]
LATE_OFF: list[Line] = [
    {"t": 5.0, "node": "n1", "event": "session-opened", "session": 2, "user": "admin"},
    {"t": 5.1, "node": "n1", "event": "command", "command": "off", "session": 2, "seq": 3, "duplicate": False},
    {"t": 5.2, "node": "n1", "event": "session-closed", "session": 2, "by": "own"},
]


def operation(number: int, status: str) -> Operation:
    """An operation as the daemon lists it."""
    ended = None if status == "in-play" else "2026-03-01T12:00:01.000Z"
    return shape(Operation).validate_python(
        {
            "id": number,
            "node": "n1",
            "ask": "on",
            "generation": 1,
            "status": status,
            "asked_at": "2026-03-01T12:00:00.000Z",
            "asked_by": "local",
            "reason": None,
            "ended_at": ended,
        }
    )


def write(path: Path, lines: Sequence[Line]) -> Path:
    """Write JSON lines."""
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@pytest.fixture
def judged(tmp_path: Path) -> Judge:
    """Judges a log and claims, of which the daemon knows operation 1 and has ended it."""

    def judge(log: Sequence[Line], claims: Sequence[Line]) -> Outcome:
        events, claimed = write(tmp_path / "events.jsonl", log), write(tmp_path / "claims.jsonl", claims)
        return pass_verdict(events, claimed, Tally(), 1, [1], [operation(1, "succeeded")])

    return judge


def test_log_that_does_as_was_asked_and_told_holds(judged: Judge) -> None:
    outcome = judged(LOG, CLAIMS)
    assert outcome.holds
    assert (outcome.verdict.requests, outcome.verdict.declared, sum(outcome.verdict.commands.values())) == (
        1,
        1,
        1,
    )


def test_command_against_what_was_declared_is_noticed(judged: Judge) -> None:
    outcome = judged([*LOG, *LATE_OFF], CLAIMS)
    assert not outcome.holds
    assert len(outcome.verdict.contradictions) == 1


def test_same_command_is_right_where_it_was_asked_for(judged: Judge) -> None:
    off = {"t": 5.15, "node": "n1", "event": "power", "to": "off", "cause": "command", "session": 2}
    asked = {"t": 4.9, "node": "n1", "asked": "off", "id": "n1/2"}
    assert judged([*LOG, *LATE_OFF, off], [*CLAIMS, asked]).holds


def test_power_that_changes_by_itself_after_it_was_declared_is_noticed(judged: Judge) -> None:
    late = {"t": 6.0, "node": "n1", "event": "power", "to": "off", "cause": "latch", "session": 1}
    outcome = judged([*LOG, late], CLAIMS)
    assert (len(outcome.verdict.contradictions), len(outcome.verdict.elsewhere)) == (1, 1)


def test_success_that_was_told_too_early_is_noticed(judged: Judge) -> None:
    asked, declared = CLAIMS
    assert judged(LOG, [asked, declared | {"t": 2.5}]).verdict.contradictions


def test_node_that_ended_elsewhere_than_last_asked_is_noticed(judged: Judge) -> None:
    outcome = judged(LOG, [*CLAIMS, {"t": 5.0, "node": "n1", "asked": "off", "id": "n1/2"}])
    assert not outcome.holds
    assert len(outcome.verdict.elsewhere) == 1


def test_command_in_a_second_session_while_the_first_is_open_is_noticed(judged: Judge) -> None:
    inside = [line | {"t": line["t"] - 2.2, "command": "on"} if "command" in line else line for line in LATE_OFF]
    second = [{**line, "t": 2.5 + place / 10} for place, line in enumerate(inside)]
    outcome = judged(sorted([*LOG, *second], key=lambda line: line["t"]), CLAIMS)
    assert not outcome.holds
    assert len(outcome.verdict.overlaps) == 1


def test_session_that_is_left_open_is_noticed(judged: Judge) -> None:
    outcome = judged(LOG[:-1], CLAIMS)
    assert not outcome.holds
    assert len(outcome.verdict.unclosed) == 1


RESET: Line = {"t": 4.6, "node": "n1", "event": "command", "command": "reset", "session": 3, "duplicate": False}
RESET_ASKED: Line = {"t": 4.5, "node": "n1", "asked": "on", "way": "reset", "id": "n1/2"}
OPENED: Line = {"t": 4.55, "node": "n1", "event": "session-opened", "session": 3, "user": "admin"}
CLOSED: Line = {"t": 4.9, "node": "n1", "event": "session-closed", "session": 3, "by": "own"}


def test_reset_that_was_asked_for_is_right_and_so_is_the_network_s_duplicate_of_it(judged: Judge) -> None:
    again = RESET | {"t": 4.7, "duplicate": True}
    assert judged([*LOG, OPENED, RESET, again, CLOSED], [*CLAIMS, RESET_ASKED]).holds


def test_reset_that_was_sent_twice_for_one_request_is_noticed(judged: Judge) -> None:
    again = RESET | {"t": 4.7}
    outcome = judged([*LOG, OPENED, RESET, again, CLOSED], [*CLAIMS, RESET_ASKED])
    assert not outcome.holds
    assert [violation.t for violation in outcome.resets] == [4.7]


@pytest.mark.parametrize(
    ("known", "lost", "unended"), [([], 1, 0), ([operation(1, "in-play")], 0, 1), ([operation(2, "failed")], 1, 0)]
)
def test_answered_operation_that_is_not_known_or_has_not_ended_is_noticed(
    tmp_path: Path, known: list[Operation], lost: int, unended: int
) -> None:
    events, claims = write(tmp_path / "events.jsonl", LOG), write(tmp_path / "claims.jsonl", CLAIMS)
    outcome = pass_verdict(events, claims, Tally(), 1, [1], known)
    assert outcome.verdict.holds
    assert not outcome.holds
    assert (len(outcome.lost), len(outcome.unended)) == (lost, unended)


def test_verdict_is_told_with_what_broke_it(judged: Judge, capsys: pytest.CaptureFixture[str]) -> None:
    outcome = judged([*LOG, *LATE_OFF], CLAIMS)
    print_outcome(outcome, Console(width=200, highlight=False))
    told = capsys.readouterr().out
    assert told.count("VIOLATED") == 1
    assert "5.100  n1 took off in session 2 after it was declared on" in told
    line = "VIOLATED: 1 requests, 2 power commands, 1 kills; 1 contradictions of a declared state"
    assert in_one_line(outcome) == line
    assert in_one_line(judged(LOG, CLAIMS)).endswith("; no promise broken")


def test_defect_that_the_daemon_logged_is_told(
    judged: Judge, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = '{"node": "n1", "property": "declared-was-read", "event": "defect.broken-property"}'
    lines = ['{"event": "daemon.ready"}', broken, "Traceback", "[]", '{"event": "defect.bro']
    (tmp_path / "daemon.out").write_text("\n".join(lines))
    defects = Daemon(tmp_path, SHOW, tmp_path / "password", 8623).defects()
    assert defects == [broken]
    outcome = replace(judged(LOG, CLAIMS), defects=tuple(defects))
    assert not outcome.holds
    assert in_one_line(outcome).endswith("1 defects that the daemon logged")
    print_outcome(outcome, Console(width=200, highlight=False))
    assert broken in capsys.readouterr().out
