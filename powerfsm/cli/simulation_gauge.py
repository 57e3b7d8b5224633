"""How far simulations have come: a bar on a terminal, elsewhere a line now and then; both on standard error."""

import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from shutil import get_terminal_size
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from powerfsm.cli.screen import remark

_BETWEEN_LINES = 10.0
"""Seconds."""


class Gauge(Protocol):
    """Somebody who is told how far it is."""

    def show(self, done: float, text: str) -> None:
        """So much of the total is done; what else there is to say, in a few words."""


@contextmanager
def gauge(what: str, total: float, *, lines: bool = True) -> Generator[Gauge]:
    """The gauge for where we are.

    Args:
        what: Is played.
        total: Of what is counted; more may be done.
        lines: Say something where there is no terminal, too.
    """
    if not sys.stderr.isatty():
        yield _Lines(what) if lines else _Nothing()
        return
    progress = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[text]}"),
        TimeElapsedColumn(),
        # A margin, so that the `^C` that a terminal echoes does not begin a line.
        console=Console(stderr=True, highlight=False, width=get_terminal_size().columns - 4),
        transient=True,
    )
    with progress:
        yield _Bar(progress, progress.add_task(what, total=total, text=""))


class _Bar:
    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task

    def show(self, done: float, text: str) -> None:
        self._progress.update(self._task, completed=done, text=text)


class _Lines:
    def __init__(self, what: str) -> None:
        self._what = what
        self._said = time.monotonic()

    def show(self, done: float, text: str) -> None:  # noqa: ARG002  (what a bar shows is in the text, too)
        now = time.monotonic()
        if now - self._said >= _BETWEEN_LINES:
            self._said = now
            remark(f"{self._what}: {text}")


class _Nothing:
    def show(self, done: float, text: str) -> None:
        pass


def span(seconds: float) -> str:
    """A time as people read it: `0:05`, `12:40`, `3:00:12`."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
