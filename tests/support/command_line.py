"""The command line, run in this process or as a program of its own, and how it ended."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

from typer.testing import CliRunner

from powerfsm.cli.app import make_app

ROOT = Path(__file__).parents[2]

PATIENCE = 100.0
"""Seconds until a program that should have ended is given up; as long as a busy machine may need."""


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


class Run(Protocol):
    """Runs a command in this process; `stdin` is what it can read."""

    def __call__(self, *words: str, stdin: str | None = None) -> Ran: ...


class Start(Protocol):
    """Starts a program; see `start_program`."""

    def __call__(self, *words: str, module: str = ..., **where: int) -> "subprocess.Popen[str]": ...


def run_here(*words: str, stdin: str | None = None) -> Ran:
    """Run a command in this process; what it does not handle itself is raised."""
    result = CliRunner().invoke(make_app(), list(words), input=stdin, prog_name="powerfsm")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ran(result.exit_code, result.stdout, result.stderr)


def start_program(*words: str, module: str = "powerfsm.cli", **where: int) -> "subprocess.Popen[str]":
    """Start a module as a program of its own; its output goes to pipes, or where `where` says."""
    settings: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | where
    process = subprocess.Popen(
        [sys.executable, "-m", module, *words],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "simulator")])},
        text=True,
        **settings,
    )
    return cast("subprocess.Popen[str]", process)
