"""`powerfsm on` and its likes: what is sent, what is printed, and which exit code says how it ended."""

import json

import pytest

from command_line import Run
from scripted_daemon import Fate, Refusal, ScriptedDaemon


def test_a_hostlist_goes_out_as_one_request(daemon: ScriptedDaemon, run: Run) -> None:
    ran = run("on", "r1n[01-40]")
    assert ran.code == 0
    assert daemon.bodies("POST", "/v1/power") == [{"requests": [{"nodes": "r1n[01-40]", "ask": "on"}]}]
    assert ran.out == "accepted: r1n[01-40]\n"
    assert "powerfsm operations 1-40 --wait" in ran.err


def test_several_hostlists_are_joined(daemon: ScriptedDaemon, run: Run) -> None:
    assert run("off", "r1n[01-02]", "r1n40").out == "accepted: r1n[01-02,40]\n"
    assert daemon.bodies("POST", "/v1/power")[0]["requests"][0]["nodes"] == "r1n[01-02],r1n40"


@pytest.mark.parametrize("ask", ["on", "off", "soft-off", "cycle", "reset", "ready"])
def test_each_way_of_asking_is_a_command(daemon: ScriptedDaemon, run: Run, ask: str) -> None:
    assert run(ask, "r1n01").code == 0
    assert daemon.bodies("POST", "/v1/power")[0]["requests"] == [{"nodes": "r1n01", "ask": ask}]


def test_waiting_ends_well_when_all_have_succeeded(daemon: ScriptedDaemon, run: Run) -> None:
    ran = run("on", "r1n[01-40]", "--wait")
    assert ran.code == 0
    assert ran.out == "succeeded: r1n[01-40]\n"
    assert {shown["state"] for shown in daemon.nodes.values()} == {"on"}


def test_those_that_did_not_succeed_are_named_with_the_reason(daemon: ScriptedDaemon, run: Run) -> None:
    daemon.fates = {
        "r1n07": Fate("failed", "no answer from the BMC: check its cable"),
        "r1n08": Fate("failed", "wrong password: correct it"),
        "r1n09": Fate("superseded", "operation 77 (off, by ci) outranks it"),
    }
    ran = run("on", "r1n[01-10]", "--wait")
    assert ran.code == 1
    assert ran.out.splitlines() == [
        "succeeded:  r1n[01-06,10]",
        "superseded: r1n09",
        "            operation 77 (off, by ci) outranks it",
        "failed:     r1n[07-08]",
        "            r1n07: no answer from the BMC: check its cable",
        "            r1n08: wrong password: correct it",
    ]


def test_nodes_are_named_in_the_order_in_which_they_were_asked_for(daemon: ScriptedDaemon, run: Run) -> None:
    for name in ("web", "db", "cache"):
        daemon.fleet(name)
        daemon.fates[name] = Fate("failed", "no answer from the BMC: check its cable")
    assert run("off", "web,db,cache").out == "accepted: web,db,cache\n"
    assert run("on", "web,db,cache", "--wait").out.startswith("failed: web,db,cache\n")


def test_operations_that_end_while_one_waits_are_seen(daemon: ScriptedDaemon, run: Run) -> None:
    daemon.fates = {"r1n02": Fate(None)}
    seen = []

    def end_it() -> None:
        seen.append(daemon.operations[2]["status"])
        daemon._end(daemon.operations[2], Fate("succeeded"))

    daemon.on_wait = end_it
    ran = run("on", "r1n[01-02]", "--wait")
    assert seen == ["in-play"]
    assert (ran.code, ran.out) == (0, "succeeded: r1n[01-02]\n")


def test_what_has_not_ended_in_time_is_named_and_goes_on(daemon: ScriptedDaemon, run: Run) -> None:
    daemon.fates = dict.fromkeys(daemon.nodes, Fate(None))
    ran = run("on", "r1n[01-04]", "--wait", "--timeout", "0.2")
    assert (ran.code, ran.out) == (1, "not ended: r1n[01-04]\n")
    assert "4 of 4 operations have not ended in 0.2 s; the daemon goes on with them." in ran.err
    assert "powerfsm operations 1-4 --wait" in ran.err


def test_json_without_waiting_is_the_answer_of_the_api(daemon: ScriptedDaemon, run: Run) -> None:
    ran = run("on", "r1n[01-02]", "--json")
    shown = json.loads(ran.out)
    assert [one["node"] for one in shown["operations"]] == ["r1n01", "r1n02"]
    accepted = daemon.operations[1] | {"status": "in-play", "reason": None, "ended_at": None}
    assert shown["operations"][0] == accepted


def test_json_with_waiting_has_every_end(daemon: ScriptedDaemon, run: Run) -> None:
    daemon.fates = {"r1n02": Fate("failed", "it is broken")}
    ran = run("on", "r1n[01-03]", "--wait", "--json")
    assert ran.code == 1
    ended = [daemon.operations[number] for number in (1, 2, 3)]
    assert json.loads(ran.out) == {"operations": ended, "pending": []}


def test_json_with_waiting_has_what_is_pending(daemon: ScriptedDaemon, run: Run) -> None:
    daemon.fates = dict.fromkeys(daemon.nodes, Fate(None))
    ran = run("on", "r1n[01-03]", "--wait", "--timeout", "0.2", "--json")
    assert ran.code == 1
    shown = json.loads(ran.out)
    assert [one["status"] for one in shown["operations"]] == ["in-play"] * 3
    assert shown["pending"] == [1, 2, 3]


def test_a_generation_that_is_another_is_refused_as_things_stand(daemon: ScriptedDaemon, run: Run) -> None:
    assert run("on", "r1n01", "--if-generation", "1").code == 0
    ran = run("off", "r1n01", "--if-generation", "1")
    assert ran.code == 1
    assert ran.err == "powerfsm: node 'r1n01' is at generation 2, not 1\n"


def test_an_unknown_node_is_wrongly_asked(daemon: ScriptedDaemon, run: Run) -> None:
    ran = run("on", "r1n01,r9n99")
    assert (ran.code, ran.out) == (2, "")
    assert "there is no node 'r9n99'" in ran.err
    assert not daemon.operations


def test_a_bad_hostlist_is_wrongly_asked(daemon: ScriptedDaemon, run: Run) -> None:
    ran = run("on", "r1n[01-")
    assert (ran.code, ran.out) == (2, "")
    assert "'r1n[01-'" in ran.err
    assert not daemon.operations


@pytest.mark.parametrize(
    "words",
    [
        ("on",),
        ("on", "r1n01", "--timeout", "5"),
        ("on", "r1n01", "--wait", "--timeout", "-1"),
        ("on", "r1n01", "--if-generation", "soon"),
        ("on", "r1n01", "--no-such-option"),
        ("of", "r1n01"),
    ],
)
def test_a_mistake_in_the_command_line_asks_nothing(
    daemon: ScriptedDaemon, run: Run, words: tuple[str, ...]
) -> None:
    ran = run(*words)
    assert ran.code == 2
    assert "Usage: powerfsm" in ran.err
    assert not daemon.asked


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        (Refusal("store-unavailable", 503, "the disk is full"), 1),
        (Refusal("shutting-down", 503, "the daemon is ending"), 1),
        (Refusal("too-many", 429, "slow down"), 1),
        (Refusal("forbidden", 403, "the token may only read"), 2),
        (Refusal("key-reused", 422, "another request had this key"), 2),
    ],
)
def test_a_refusal_says_why_and_whether_asking_again_may_help(
    daemon: ScriptedDaemon, run: Run, refusal: Refusal, code: int
) -> None:
    daemon.refusals["POST", "/v1/power"] = refusal
    ran = run("on", "r1n01", "--wait")
    assert (ran.code, ran.out) == (code, "")
    assert f"powerfsm: {refusal}\n" in ran.err


def test_each_mistake_in_a_request_is_told(daemon: ScriptedDaemon, run: Run) -> None:
    mistake = {"field": "body.requests[0].ask", "message": "no such thing can be asked"}
    daemon.refusals["POST", "/v1/power"] = Refusal("invalid-request", 422, "a mistake", errors=[mistake])
    ran = run("on", "r1n01")
    assert ran.code == 2
    assert "body.requests[0].ask: no such thing can be asked" in ran.err


def test_an_answer_that_is_lost_is_asked_for_again_with_the_same_key(daemon: ScriptedDaemon, run: Run) -> None:
    daemon.broken = 1
    ran = run("on", "r1n[01-02]", "--wait")
    assert (ran.code, ran.out) == (0, "succeeded: r1n[01-02]\n")
    keys = {asked[4]["idempotency-key"] for asked in daemon.asked if asked[1] == "/v1/power"}
    assert len(daemon.bodies("POST", "/v1/power")) == 2
    assert len(keys) == 1
    assert len(daemon.operations) == 2


def test_an_answer_that_stays_lost_says_that_the_request_may_have_arrived(
    daemon: ScriptedDaemon, run: Run
) -> None:
    daemon.broken = 2
    ran = run("on", "r1n01")
    assert ran.code == 3
    assert "may have arrived" in ran.err


def test_each_command_has_an_idempotency_key_of_its_own(daemon: ScriptedDaemon, run: Run) -> None:
    run("on", "r1n01")
    run("on", "r1n01")
    run("on", "r1n01", "--key", "nightly-7")
    run("on", "r1n01", "--key", "nightly-7")
    first, second, third, fourth = (asked[4]["idempotency-key"] for asked in daemon.asked)
    assert first != second
    assert third == fourth == "nightly-7"
    assert len(daemon.operations) == 3
