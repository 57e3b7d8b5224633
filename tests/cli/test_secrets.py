"""The token: from the environment or a file, never from an argument, and shown nowhere."""

import signal
from pathlib import Path

import pytest

from command_line import PATIENCE, Run, Start
from scripted_daemon import TOKEN, Fate, ScriptedDaemon


@pytest.fixture
def daemon(daemon: ScriptedDaemon) -> ScriptedDaemon:
    """A daemon that wants a token."""
    daemon.needs_token = True
    return daemon


def test_the_token_comes_from_the_environment(
    daemon: ScriptedDaemon, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERFSM_TOKEN", TOKEN)
    assert run("status").code == 0


def test_the_token_comes_from_a_file(daemon: ScriptedDaemon, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n", "utf-8")
    assert run("status", "--token-file", str(file)).code == 0


def test_without_a_token_it_says_how_to_give_one(daemon: ScriptedDaemon, run: Run) -> None:
    ran = run("status")
    assert (ran.code, ran.out) == (2, "")
    assert "--token-file" in ran.err
    assert "POWERFSM_TOKEN" in ran.err


@pytest.mark.parametrize(
    "text", ["", "two tokens", "first-token\nsecond-token", "t\N{LATIN SMALL LETTER U WITH DIAERESIS}"]
)
def test_a_file_that_holds_no_token_is_told_without_showing_it(
    daemon: ScriptedDaemon, run: Run, tmp_path: Path, text: str
) -> None:
    file = tmp_path / "token"
    file.write_text(text, "utf-8")
    ran = run("status", "--token-file", str(file))
    assert ran.code == 2
    assert "--token-file" in ran.err
    for word in text.split():
        assert word not in ran.err
    assert not daemon.asked


def test_a_token_file_that_is_not_there_is_told(daemon: ScriptedDaemon, run: Run, tmp_path: Path) -> None:
    ran = run("status", "--token-file", str(tmp_path / "none"))
    assert ran.code == 2
    assert "cannot be read" in ran.err


def test_the_token_stands_in_no_argument_and_no_output(
    daemon: ScriptedDaemon, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERFSM_TOKEN", TOKEN)
    daemon.fates = {"r1n01": Fate(None)}
    waiting = start("on", "r1n01", "--wait")
    daemon.wait_until_asked("POST", "/v1/operations/wait")
    arguments = Path(f"/proc/{waiting.pid}/cmdline").read_bytes()
    waiting.send_signal(signal.SIGINT)
    out, err = waiting.communicate(timeout=PATIENCE)
    assert waiting.returncode == 130
    assert b"--wait" in arguments
    assert TOKEN.encode() not in arguments
    assert TOKEN not in out + err


def test_no_option_takes_a_token(run: Run) -> None:
    assert run("status", "--token", "secret-token-7").code == 2
