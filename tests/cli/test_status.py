"""`powerfsm status`: states folded, what is wrong named, and an exit code to alarm by."""

import json

from command_line import Run, Start
from scripted_daemon import ScriptedDaemon


def test_nodes_in_the_same_state_are_folded(daemon: ScriptedDaemon, run: Run) -> None:
    daemon.fleet("r1n[01-38]", "on")
    daemon.fleet("login1", "powering-on", in_play=7)
    ran = run("status")
    assert ran.code == 0
    assert ran.out.splitlines() == [
        "on:          r1n[01-38]",
        "off:         r1n[39-40]",
        "powering-on: login1",
    ]


def test_a_node_in_error_is_told_with_its_trouble(daemon: ScriptedDaemon, run: Run) -> None:
    daemon.fleet("r1n[07-08]", "error", trouble="no answer from the BMC: check its cable")
    ran = run("status", "r1n[01-10]")
    assert ran.code == 1
    assert ran.out.splitlines() == [
        "off:   r1n[01-06,09-10]",
        "error: r1n[07-08]",
        "       no answer from the BMC: check its cable",
    ]


def test_a_node_that_drifted_is_told_with_what_was_read(daemon: ScriptedDaemon, run: Run) -> None:
    daemon.fleet("r1n05", "on", drifted=True, observed="off")
    ran = run("status")
    assert ran.code == 1
    assert ran.out.splitlines()[-2:] == ["drifted: r1n05", "         declared on, read off"]


def test_only_the_nodes_of_a_group_are_shown(daemon: ScriptedDaemon, run: Run) -> None:
    daemon.nodes["r1n02"]["policy"]["group"] = "rack1"
    assert run("status", "--group", "rack1").out == "off: r1n02\n"
    empty = run("status", "--group", "rack9")
    assert (empty.code, empty.out) == (0, "")
    assert "rack9" in empty.err


def test_an_unknown_node_is_wrongly_asked(daemon: ScriptedDaemon, run: Run) -> None:
    ran = run("status", "r1n01", "r9n99")
    assert (ran.code, ran.out) == (2, "")
    assert "r9n99" in ran.err


def test_the_long_form_has_a_line_for_each_node(daemon: ScriptedDaemon, run: Run) -> None:
    daemon.fleet("r1n01", "on", in_play=17, waiting=18)
    daemon.fleet("r1n02", "unknown", observed=None, observed_at=None, desired=None)
    lines = [line.split() for line in run("status", "--long", "r1n[01-03]").out.splitlines()]
    assert lines[0] == ["NODE", "STATE", "DESIRED", "OBSERVED", "AGE", "OPERATION", "DRIFT"]
    assert lines[1][:4] == ["r1n01", "on", "on", "on"]
    assert lines[1][5:] == ["17,", "then", "18", "-"]
    assert lines[2] == ["r1n02", "unknown", "-", "-", "never", "-", "-"]
    assert len(lines) == 4


def test_json_has_the_nodes_as_the_api_has_them(daemon: ScriptedDaemon, run: Run) -> None:
    daemon.nodes["r1n02"]["policy"]["timings"] = {"settle": 5.0}
    ran = run("status", "r1n[01-02]", "--json")
    assert json.loads(ran.out) == {"nodes": [daemon.nodes["r1n01"], daemon.nodes["r1n02"]]}


def test_all_pages_of_a_large_fleet_are_shown(daemon: ScriptedDaemon, run: Run) -> None:
    daemon.nodes.clear()
    daemon.fleet("n[0001-2500]", "on")
    assert run("status").out == "on: n[0001-2500]\n"
    assert len(daemon.bodies("GET", "/v1/nodes")) == 3


def test_a_hostlist_too_long_for_a_url_is_asked_in_parts(daemon: ScriptedDaemon, run: Run) -> None:
    names = [f"{'x' * 30}{number:04}-{'y' * 30}" for number in range(1000)]
    daemon.fleet(",".join(names), "on")
    ran = run("status", ",".join(names))
    assert ran.code == 0
    assert ran.out == f"on: {'x' * 30}[0000-0999]-{'y' * 30}\n"
    assert len(daemon.bodies("GET", "/v1/nodes")) > 1


def test_what_a_bmc_says_cannot_steer_the_terminal(daemon: ScriptedDaemon, run: Run) -> None:
    daemon.fleet("r1n07", "error", trouble="the BMC says \x1b]0;gotcha\x07")
    ran = run("status", "r1n07")
    assert "\x1b" not in ran.out
    assert "\\x1b]0;gotcha\\x07" in ran.out


def test_watching_prints_again_what_has_changed(daemon: ScriptedDaemon, start: Start) -> None:
    watching = start("status", "--watch", "--interval", "0.2", "r1n[01-02]")
    assert watching.stdout is not None
    first = [watching.stdout.readline() for _ in range(3)]
    assert first[1:] == ["off: r1n[01-02]\n", "\n"]
    daemon.change(lambda: daemon.fleet("r1n02", "on"))
    second = [watching.stdout.readline() for _ in range(4)]
    assert second[1:] == ["on:  r1n02\n", "off: r1n01\n", "\n"]


def test_watching_goes_on_when_the_daemon_comes_back(daemon: ScriptedDaemon, start: Start) -> None:
    watching = start("status", "--watch", "--interval", "0.2", "r1n01")
    assert watching.stdout is not None
    assert [watching.stdout.readline() for _ in range(3)][1:] == ["off: r1n01\n", "\n"]
    daemon.halt()
    away = [watching.stdout.readline() for _ in range(4)]
    assert daemon.url in away[1]
    assert away[2:] == ["off: r1n01\n", "\n"]
    daemon.fleet("r1n01", "on")
    with daemon.running(daemon.port):
        assert [watching.stdout.readline() for _ in range(3)][1:] == ["on: r1n01\n", "\n"]
