"""`powerfsm operations`: what was asked, and waiting for what somebody else has asked."""

import json

import pytest

from command_line import Run
from scripted_daemon import Fate, ScriptedDaemon


@pytest.fixture
def daemon(daemon: ScriptedDaemon, run: Run) -> ScriptedDaemon:
    """A daemon that was asked before: 1-4 on r1n[01-04], of which 2 failed and 4 hangs."""
    daemon.fates = {"r1n02": Fate("failed", "no answer: check its cable"), "r1n04": Fate(None)}
    run("on", "r1n[01-04]")
    daemon.asked.clear()
    return daemon


def test_operations_are_listed_newest_first_with_their_reasons(daemon: ScriptedDaemon, run: Run) -> None:
    ran = run("operations")
    assert ran.code == 0
    lines = [line.split() for line in ran.out.splitlines()]
    assert lines[0] == ["ID", "NODE", "ASK", "STATUS", "AGE", "BY", "TOOK", "REASON"]
    assert [line[:4] for line in lines[1:]] == [
        ["4", "r1n04", "on", "in-play"],
        ["3", "r1n03", "on", "succeeded"],
        ["2", "r1n02", "on", "failed"],
        ["1", "r1n01", "on", "succeeded"],
    ]
    assert lines[3][-5:] == ["no", "answer:", "check", "its", "cable"]
    assert lines[1][6] == "-"
    assert lines[2][6] == "3.0s"


def test_operations_are_chosen_by_node_status_and_number(daemon: ScriptedDaemon, run: Run) -> None:
    def ids(*words: str) -> list[int]:
        return [one["id"] for one in json.loads(run("operations", "--json", *words).out)["operations"]]

    assert ids("--node", "r1n[01-02]") == [2, 1]
    assert ids("--status", "failed", "--status", "in-play") == [4, 2]
    assert ids("--limit", "3") == [4, 3, 2]
    assert ids("1-2,4") == [4, 2, 1]
    assert ids("1", "3") == [3, 1]


def test_json_has_the_operations_as_the_api_has_them(daemon: ScriptedDaemon, run: Run) -> None:
    assert json.loads(run("operations", "2", "--json").out) == {"operations": [daemon.operations[2]]}


def test_many_ids_are_asked_for_in_one_request(daemon: ScriptedDaemon, run: Run) -> None:
    run("operations", "1-4")
    assert [asked[2]["ids"] for asked in daemon.asked] == ["1-4"]


def test_an_unknown_operation_is_wrongly_asked(daemon: ScriptedDaemon, run: Run) -> None:
    ran = run("operations", "99")
    assert (ran.code, ran.out) == (2, "")
    assert "99" in ran.err


@pytest.mark.parametrize(
    "words",
    [
        ("x17",),
        ("17-",),
        ("1", "--node", "r1n01"),
        ("1", "--status", "failed"),
        ("--wait", "--status", "failed"),
        ("--timeout", "3"),
        ("--status", "finished"),
        ("--limit", "0"),
    ],
)
def test_a_mistake_in_the_command_line_asks_nothing(
    daemon: ScriptedDaemon, run: Run, words: tuple[str, ...]
) -> None:
    assert run("operations", *words).code == 2
    assert not daemon.asked


def test_waiting_for_operations_says_how_they_ended(daemon: ScriptedDaemon, run: Run) -> None:
    ran = run("operations", "1-3", "--wait")
    assert ran.code == 1
    assert ran.out.splitlines() == [
        "succeeded: r1n[01,03]",
        "failed:    r1n02",
        "           no answer: check its cable",
    ]
    assert run("operations", "1,3", "--wait").code == 0


def test_waiting_for_nodes_waits_for_what_is_under_way_there(daemon: ScriptedDaemon, run: Run) -> None:
    daemon.on_wait = lambda: daemon._end(daemon.operations[4], Fate("succeeded"))
    ran = run("operations", "--node", "r1n[01-04]", "--wait")
    assert (ran.code, ran.out) == (0, "succeeded: r1n04\n")


def test_waiting_where_nothing_is_under_way_ends_at_once(daemon: ScriptedDaemon, run: Run) -> None:
    ran = run("operations", "--node", "r1n01", "--wait")
    assert (ran.code, ran.out) == (0, "")
    assert "Nothing is under way" in ran.err


def test_waiting_says_when_it_has_given_up(daemon: ScriptedDaemon, run: Run) -> None:
    ran = run("operations", "--wait", "--timeout", "0.2", "--json")
    assert ran.code == 1
    assert json.loads(ran.out)["pending"] == [4]
