"""Help, the written reference, diagrams: what there is for somebody who wants to know more."""

import subprocess
import sys
from pathlib import Path

import pytest

import powerfsm
from command_line import ROOT, Run
from powerfsm.cli.reference import reference

COMMANDS = [
    *("serve", "on", "off", "soft-off", "cycle", "reset", "ready", "status", "operations", "events", "recovery"),
    *("diagram", "audit", "simulate", "completion", "nodes", "token"),
    *("nodes list", "nodes add", "nodes change", "nodes remove", "nodes import", "token create"),
]


def test_the_written_reference_is_that_of_the_commands() -> None:
    written = (ROOT / "docs" / "cli.md").read_text("utf-8")
    assert written == reference(), "run: python -m powerfsm.cli.reference > docs/cli.md"


def test_the_reference_has_every_command() -> None:
    for command in COMMANDS:
        if command not in {"nodes", "token"}:
            assert f"## `powerfsm {command}`" in reference()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(run: Run, command: str) -> None:
    ran = run(*command.split(), "--help")
    assert ran.code == 0
    assert ran.out.startswith(f"Usage: powerfsm {command}")
    assert max(map(len, ran.out.splitlines())) <= 100


def test_the_help_lists_the_commands_with_whole_sentences(run: Run) -> None:
    ran = run("--help")
    assert ran.code == 0
    for command in COMMANDS:
        if " " not in command:
            listed = ran.out.partition("Commands:")[2].splitlines()
            (line,) = [one for one in listed if one.startswith(f"  {command} ")]
            assert line.endswith("."), "cut off"
            assert not line.endswith("...")


def test_without_a_command_help_is_shown(run: Run) -> None:
    ran = run()
    assert ran.code == 2
    assert "Usage: powerfsm" in ran.out + ran.err


def test_the_version_is_shown(run: Run) -> None:
    ran = run("--version")
    assert (ran.code, ran.out) == (0, f"powerfsm {powerfsm.__version__}\n")


def test_help_needs_nothing_that_takes_long_to_import() -> None:
    code = "import sys; from powerfsm.cli import main; print(*sys.modules)"
    environment = {"PYTHONPATH": str(ROOT)}
    loaded = subprocess.run(
        [sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True
    ).stdout.split()
    heavy = {"httpx", "trio", "pydantic", "fastapi", "sqlalchemy", "yaml", "ClusterShell", "rich"}
    assert not heavy & {name.partition(".")[0] for name in loaded}


@pytest.mark.parametrize("machine", ["node", "drive"])
@pytest.mark.parametrize(
    ("format_", "told"), [("svg", "<svg"), ("mermaid", "stateDiagram"), ("dot", "digraph"), ("table", "| --- |")]
)
def test_the_declared_machines_are_drawn(run: Run, machine: str, format_: str, told: str) -> None:
    ran = run("diagram", "--machine", machine, "--format", format_)
    assert ran.code == 0
    assert told in ran.out


def test_nothing_of_this_machine_stands_in_the_reference() -> None:
    assert str(Path.home()) not in reference()
    assert str(ROOT) not in reference()
