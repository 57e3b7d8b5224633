"""`powerfsm events` and `powerfsm recovery`: the journal, live or not, and the outstanding work."""

import json
import signal

from command_line import PATIENCE, Run, Start
from powerfsm.client.answers import rfc3339
from scripted_daemon import BEGIN, ScriptedDaemon, entry


def test_the_last_entries_are_shown_and_then_it_ends(daemon: ScriptedDaemon, run: Run) -> None:
    daemon.entries = [entry(seq) for seq in range(1, 31)]
    ran = run("events")
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert len(lines) == 20
    assert lines[-1] == "30 2026-03-01T12:00:30.000Z r1n01 transition confirmed powering-on -> on #1"
    assert len(run("events", "--last", "3").out.splitlines()) == 3
    assert len(run("events", "--after", "0").out.splitlines()) == 30


def test_an_entry_shows_what_there_is_to_tell(daemon: ScriptedDaemon, run: Run) -> None:
    bare = {"before": None, "after": None, "operation": None}
    daemon.entries = [
        entry(1, None, kind="daemon", event="started", detail={"version": "0.1.0"}, **bare),
        entry(
            2,
            kind="observation",
            event="on",
            detail={"host": "evil\x1b[2J", "why": "two words", "ids": [1, 2]},
            **bare,
        ),
    ]
    assert run("events").out.splitlines() == [
        "1 2026-03-01T12:00:01.000Z - daemon started version=0.1.0",
        '2 2026-03-01T12:00:02.000Z r1n01 observation on host=evil\\x1b[2J why="two words" ids=[1,2]',
    ]


def test_json_has_one_entry_a_line_as_the_api_has_it(daemon: ScriptedDaemon, run: Run) -> None:
    daemon.entries = [entry(1), entry(2, detail={"answer": [1, 2]})]
    assert [json.loads(line) for line in run("events", "--json").out.splitlines()] == daemon.entries


def test_entries_are_chosen_by_node_and_kind(daemon: ScriptedDaemon, run: Run) -> None:
    run("events", "--node", "r1n[01-02]", "--kind", "phase", "--kind", "command")
    query = daemon.asked[0][2]
    assert (query["nodes"], query["kind"], query["follow"]) == ("r1n[01-02]", ["phase", "command"], "false")


def test_following_shows_what_happens_next_until_ctrl_c(daemon: ScriptedDaemon, start: Start) -> None:
    daemon.entries = [entry(1), entry(2)]
    following = start("events", "--follow", "--last", "1")
    assert following.stdout is not None
    assert following.stdout.readline().startswith("2 ")
    daemon.change(lambda: daemon.entries.append(entry(3)))
    assert following.stdout.readline().startswith("3 ")
    following.send_signal(signal.SIGINT)
    out, err = following.communicate(timeout=PATIENCE)
    assert following.returncode == 130
    assert out == ""
    assert "`--after 3` goes on there" in err
    assert "Traceback" not in err


def test_following_goes_on_without_gap_when_the_daemon_comes_back(daemon: ScriptedDaemon, start: Start) -> None:
    daemon.entries = [entry(1), entry(2)]
    following = start("events", "--follow")
    assert following.stdout is not None
    assert following.stderr is not None
    assert [following.stdout.readline()[:2] for _ in range(2)] == ["1 ", "2 "]
    daemon.halt()
    assert "waiting for it" in following.stderr.readline()
    daemon.entries += [entry(3), entry(4)]
    with daemon.running(daemon.port):
        assert [following.stdout.readline()[:2] for _ in range(2)] == ["3 ", "4 "]
    assert daemon.asked[-1][2]["after"] == "2"


def test_following_from_two_places_at_once_is_a_mistake(daemon: ScriptedDaemon, run: Run) -> None:
    assert run("events", "--after", "3", "--last", "3").code == 2
    assert not daemon.asked


def test_outstanding_work_is_listed_with_desired_observed_and_sessions(daemon: ScriptedDaemon, run: Run) -> None:
    operation = {
        "id": 17,
        "node": "r1n01",
        "ask": "on",
        "generation": 3,
        "status": "in-play",
        "asked_at": rfc3339(BEGIN),
        "asked_by": "ci",
        "reason": None,
        "ended_at": None,
    }
    daemon.recovery["nodes"] = [
        {
            "name": "r1n01",
            "state": "quarantined",
            "desired": "off",
            "generation": 4,
            "observed": "on",
            "observed_at": rfc3339(BEGIN),
            "in_play": operation,
            "waiting": None,
            "trouble": None,
            "sessions": [
                {"id": 4711, "command": "on", "opened_at": rfc3339(BEGIN)},
                {"id": 4712, "command": None, "opened_at": rfc3339(BEGIN)},
            ],
        }
    ]
    ran = run("recovery")
    assert ran.code == 0
    assert ran.out.splitlines()[1].split() == [
        *("r1n01", "quarantined", "off", "on", "17", "(on)", "-"),
        *("4711", "(on),", "4712", "(reads)", "-"),
    ]
    assert json.loads(run("recovery", "--json").out) == daemon.recovery


def test_no_outstanding_work_is_said(daemon: ScriptedDaemon, run: Run) -> None:
    daemon.recovery |= {"ready": False, "accepting": False}
    ran = run("recovery")
    assert (ran.code, ran.out) == (0, "")
    assert "Nothing is outstanding." in ran.err
    assert "has not taken up" in ran.err
    assert "accepts no requests" in ran.err
