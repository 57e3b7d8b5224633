"""How far a wait has come: a bar on a terminal, now and then a line anywhere else; both on standard error."""

import sys
from shutil import get_terminal_size
from types import TracebackType
from typing import Protocol, Self

import trio
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from powerfsm.cli.screen import remark
from powerfsm.client import Operation
from powerfsm.operation import Status

_BETWEEN_LINES = 5.0
"""Seconds at least between two lines, so that a log is not flooded."""


class Watcher(Protocol):
    """Somebody who is told how far a wait has come."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...

    def ended(self, operation: Operation) -> None:
        """An operation has ended."""

    def note(self, text: str) -> None:
        """Something else is to be said."""


def watcher(what: str, total: int) -> Watcher:
    """The watcher for where we are: a bar on a terminal, lines elsewhere."""
    return Bar(what, total) if sys.stderr.isatty() else Lines(what, total)


class Bar:
    """A progress bar with a count, the failures and the time."""

    def __init__(self, what: str, total: int) -> None:
        self._failed = 0
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[others]}", style="red"),
            TimeElapsedColumn(),
            # A margin, so that the `^C` that a terminal echoes does not begin a line.
            console=Console(stderr=True, highlight=False, width=get_terminal_size().columns - 4),
            transient=True,
        )
        self._task = self._progress.add_task(what, total=total, others="")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._progress.stop()

    def ended(self, operation: Operation) -> None:
        """An operation has ended."""
        self._failed += operation.status is not Status.SUCCEEDED
        others = f"{self._failed} did not succeed" if self._failed else ""
        self._progress.update(self._task, advance=1, others=others)

    def note(self, text: str) -> None:
        """Print above the bar."""
        self._progress.console.print(text, markup=False)


class Lines:
    """A line of text every few seconds in which something ended."""

    def __init__(self, what: str, total: int) -> None:
        self._what = what
        self._total = total
        self._ended = 0
        self._failed = 0
        self._begun = trio.current_time()
        self._said = self._begun

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        pass

    def ended(self, operation: Operation) -> None:
        """An operation has ended."""
        self._ended += 1
        self._failed += operation.status is not Status.SUCCEEDED
        now = trio.current_time()
        if self._ended == self._total or now - self._said >= _BETWEEN_LINES:
            self._said = now
            others = f", {self._failed} did not succeed" if self._failed else ""
            remark(f"{self._what}: {self._ended} of {self._total} ended after {now - self._begun:.0f} s{others}")

    def note(self, text: str) -> None:
        """Print a line."""
        remark(text)
