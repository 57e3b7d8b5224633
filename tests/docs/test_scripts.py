"""The scripts that README and CONTRIBUTING name, as a newcomer finds them.

The demonstration is run in a copy of this checkout, in a directory with a space in its name, with nothing
prepared: it makes its own `.venv` there, which no test within an interpreter that has everything could show.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from documents import CONTRIBUTING, README, ROOT

SETUP = 900
"""Seconds until an installation is given up; half a minute to two are usual."""


def run(*command: str, cwd: Path, patience: float = SETUP) -> str:
    """Run a program to its end; all that it printed, which is shown where it fails."""
    ours = "POWERFSM_", "PYTEST_", "VIRTUAL_ENV", "PYTHONPATH"
    env = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=patience)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def copy_of_the_checkout(target: Path) -> None:
    """Copy what is versioned, or would be: as it is now, without what was installed or built."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        source = ROOT / name
        if source.is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name)


@pytest.mark.slow
@pytest.mark.timeout(2 * SETUP)
@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a git checkout, so nobody knows what belongs to it")
def test_a_newcomer_sees_the_demonstration_and_has_every_test(tmp_path: Path) -> None:
    place = tmp_path / "a newcomer's place"
    copy_of_the_checkout(place)
    assert not (place / ".venv").exists()

    said = run("scripts/demo", "--nodes", "5", "--seconds", "5", "--seed", "1", cwd=place)
    assert "making .venv" in said
    assert "kill -9" in said
    assert re.search("^holds: ", said, re.MULTILINE)

    said = run("scripts/demo", "--help", cwd=place)
    assert "setup:" not in said, "a second time there is nothing to install"
    for option in ("--nodes", "--seconds", "--seed"):
        assert option in said

    collected = run("scripts/test", "--collect-only", "-q", cwd=place)
    assert "tests/docs/test_scripts.py" in collected
    assert re.search(r"^\d+ tests collected", collected, re.MULTILINE)
    # Made for the checkout where they are: a copy of it makes its own.
    program = place / ".venv" / "bin" / "powerfsm"
    assert run(str(program), "--version", cwd=tmp_path).startswith("powerfsm ")


def commands_named() -> list[str]:
    """The commands of both documents, whether they stand in a block or in the text."""
    beginnings = "scripts/", ".ci/", ".venv/"
    code = [code for code in CONTRIBUTING.code if code.startswith(beginnings) and not code.endswith("/")]
    return sorted({*README.commands, *CONTRIBUTING.commands, *code})


@pytest.mark.parametrize("command", commands_named())
def test_a_command_names_a_script_that_runs_and_what_it_is_given_is_there(command: str, tmp_path: Path) -> None:
    words = shlex.split(command)
    if words[0] == ".venv/bin/python":
        run(sys.executable, *words[1:], cwd=ROOT, patience=100)
        return
    script = ROOT / words[0]
    assert os.access(script, os.X_OK), words[0]
    run("bash", "-n", str(script), cwd=ROOT, patience=100)
    for path in (word for word in words[1:] if word.startswith("tests/")):
        assert (ROOT / path).exists(), path
    if "-m" in words:
        marker = words[words.index("-m") + 1].removeprefix("not ")
        assert f'"{marker}:' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_continuous_integration_runs_both_checks_and_tests() -> None:
    steps = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "scripts/check\n" in steps
    assert "scripts/test\n" in steps
