"""No daemon, or something that is none: exit code 3, the URL that was tried, and what to do."""

import pytest

from command_line import PATIENCE, Run, Start
from scripted_daemon import Fate, ScriptedDaemon

ASKING = [
    ("on", "r1n01"),
    ("status",),
    ("status", "--watch"),
    ("operations",),
    ("events",),
    ("events", "--follow"),
    ("recovery",),
    ("nodes", "list"),
    ("nodes", "add", "r1n01", "--bmc", "10.0.0.1"),
    ("nodes", "change", "r1n01", "--drift", "flag"),
    ("nodes", "remove", "r1n01"),
]


@pytest.fixture
def nobody(daemon: ScriptedDaemon) -> str:
    """A URL at which nobody listens any more."""
    daemon.halt()
    return daemon.url


@pytest.mark.parametrize("words", ASKING, ids=" ".join)
def test_every_command_says_which_url_it_tried_and_what_to_do(
    nobody: str, run: Run, words: tuple[str, ...]
) -> None:
    ran = run(*words)
    assert (ran.code, ran.out) == (3, "")
    assert f"powerfsm: no daemon answers at {nobody}: " in ran.err
    assert "`powerfsm serve`" in ran.err
    assert "POWERFSM_URL" in ran.err


@pytest.mark.parametrize("words", [("status",), ("events",)], ids=" ".join)
def test_something_that_is_no_daemon_is_told_apart(
    daemon: ScriptedDaemon, run: Run, words: tuple[str, ...]
) -> None:
    daemon.nonsense = {"/v1/nodes", "/v1/events"}
    ran = run(*words)
    assert (ran.code, ran.out) == (3, "")
    assert f"what answers at {daemon.url} does not speak the powerfsm API" in ran.err


def test_the_option_outranks_the_environment(
    daemon: ScriptedDaemon, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERFSM_URL", "http://127.0.0.1:1")
    assert run("status", "--url", daemon.url).code == 0
    hint = run("on", "r1n01", "--url", daemon.url).err
    assert f"operations 1 --wait --url {daemon.url}" in hint


@pytest.mark.parametrize("url", ["ftp://example.net", "127.0.0.1:8623", "http://", "http://me:secret@127.0.0.1:1"])
def test_what_is_no_url_of_a_daemon_is_wrongly_asked(run: Run, url: str) -> None:
    ran = run("status", "--url", url)
    assert ran.code == 2
    assert "secret" not in ran.err


def test_a_proxy_in_the_environment_is_not_asked_for_a_loopback_address(
    daemon: ScriptedDaemon, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    assert run("status").code == 0


def test_a_wait_outlives_a_restart_of_the_daemon(daemon: ScriptedDaemon, start: Start) -> None:
    daemon.fates = {"r1n01": Fate(None)}
    waiting = start("on", "r1n[01-02]", "--wait")
    assert waiting.stderr is not None
    daemon.wait_until_asked("POST", "/v1/operations/wait")
    daemon.halt()
    line = waiting.stderr.readline()
    while "durable" not in line:
        assert line, "it has ended"
        line = waiting.stderr.readline()
    daemon._end(daemon.operations[1], Fate("succeeded"))
    with daemon.running(daemon.port):
        out, _ = waiting.communicate(timeout=PATIENCE)
    assert (waiting.returncode, out) == (0, "succeeded: r1n[01-02]\n")
