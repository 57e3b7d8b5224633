"""Completion: scripts for shells, and what they are told while somebody waits at the keyboard."""

import pytest

from command_line import PATIENCE, Run, Start
from scripted_daemon import ScriptedDaemon


def proposed(start: Start, monkeypatch: pytest.MonkeyPatch, line: str) -> list[str]:
    """What bash would be told for the last word of a line."""
    monkeypatch.setenv("_POWERFSM_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(line.count(" ")))
    out, err = start().communicate(timeout=PATIENCE)
    assert err == ""
    return out.split()


@pytest.mark.parametrize(
    ("shell", "told"), [("bash", "complete -o"), ("zsh", "#compdef powerfsm"), ("fish", "complete --command")]
)
def test_a_completion_script_is_printed(start: Start, shell: str, told: str) -> None:
    out, _ = start("completion", shell).communicate(timeout=PATIENCE)
    assert told in out
    assert "_POWERFSM_COMPLETE" in out


def test_an_unknown_shell_is_a_mistake(run: Run) -> None:
    assert run("completion", "tcsh").code == 2


def test_commands_are_completed(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    assert proposed(start, monkeypatch, "powerfsm so") == ["soft-off"]


def test_names_of_nodes_are_completed(
    daemon: ScriptedDaemon, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    daemon.fleet("login[1-2],zoo")
    assert proposed(start, monkeypatch, "powerfsm on log") == ["login1", "login2"]
    assert proposed(start, monkeypatch, "powerfsm on r1n01,lo") == ["r1n01,login1", "r1n01,login2"]
    assert proposed(start, monkeypatch, "powerfsm events --node zo") == ["zoo"]


def test_without_a_daemon_nothing_is_proposed_and_nothing_said(
    daemon: ScriptedDaemon, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    daemon.halt()
    assert proposed(start, monkeypatch, "powerfsm on log") == []
