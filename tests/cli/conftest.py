"""A scripted daemon that listens, and the command line run against it."""

import os
import subprocess
from collections.abc import Generator

import pytest

from command_line import Run, Start, run_here, start_program
from scripted_daemon import ScriptedDaemon


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of whoever runs the tests leaks into the commands."""
    for name in [name for name in os.environ if name.startswith("POWERFSM_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture
def daemon(monkeypatch: pytest.MonkeyPatch) -> Generator[ScriptedDaemon]:
    """A daemon over forty nodes that are off; commands find it by the environment."""
    scripted = ScriptedDaemon()
    scripted.fleet("r1n[01-40]")
    with scripted.running():
        monkeypatch.setenv("POWERFSM_URL", scripted.url)
        yield scripted


@pytest.fixture
def run() -> Run:
    """Run a command in this process."""
    return run_here


@pytest.fixture
def start() -> Generator[Start]:
    """Start a command as a program of its own; it is gone when the test is."""
    started: list[subprocess.Popen[str]] = []

    def starting(*words: str, module: str = "powerfsm.cli", **where: int) -> "subprocess.Popen[str]":
        started.append(start_program(*words, module=module, **where))
        return started[-1]

    yield starting
    for process in started:
        if process.poll() is None:
            process.kill()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()
        process.wait()
