"""What is shown while it runs: a table and a bar on a terminal, plain lines anywhere else."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self

import trio
from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from powerfsm.cli.screen import COLOURS
from powerfsm.demo.storm import Tally
from powerfsm.operation import Status

_STATES = (
    "on",
    "off",
    "ready",
    "powering-on",
    "powering-off",
    "cancelling",
    "quarantined",
    "unknown",
    "error",
)
_BAR = 24
_BETWEEN_LINES = 5.0


@dataclass(frozen=True, slots=True)
class Picture:
    """How things stand.

    Attributes:
        phase: What is going on, in a few words.
        done: How much of it is, 0 to 1.
        states: How many nodes are in which state, as the daemon says; empty while it is not there.
        tally: What the requesters counted.
        open: Operations not known to have ended.
        commands: Power commands that BMCs have accepted, by their log.
        sessions: Sessions that BMCs hold open, by their log.
        kills: How often the daemon was killed.
        alive: Whether it answers.
    """

    phase: str
    done: float
    tally: Tally
    states: Mapping[str, int] = field(default_factory=Counter)
    open: int = 0
    commands: int = 0
    sessions: int = 0
    kills: int = 0
    alive: bool = True


class View(Protocol):
    """Where a run is shown."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...

    def say(self, text: str, style: str = "") -> None:
        """Something has happened."""

    def show(self, picture: Picture) -> None:
        """This is how things stand."""


def view_for(console: Console) -> View:
    """The view that suits a console."""
    return Screen(console) if console.is_terminal else Lines(console)


class _View:
    def __init__(self, console: Console) -> None:
        self._console = console
        self._begun = trio.current_time()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        pass

    @property
    def elapsed(self) -> float:
        """Seconds since the beginning."""
        return trio.current_time() - self._begun

    def say(self, text: str, style: str = "") -> None:
        """Print a line with the time."""
        line = Text(f"{self.elapsed:6.1f} s  ", style="dim").append(text, style=style or "not dim")
        self._console.print(line, soft_wrap=True)


class Lines(_View):
    """A line whenever something happens, and every few seconds."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._shown = 0.0

    def show(self, picture: Picture) -> None:
        """Print a line, if the last one was some time ago."""
        if self.elapsed - self._shown < _BETWEEN_LINES:
            return
        self._shown = self.elapsed
        states = ", ".join(f"{picture.states[state]} {state}" for state in _STATES if picture.states.get(state))
        self.say(f"{picture.phase}: {'; '.join(_counts(picture))}; {states or 'the daemon is down'}")


class Screen(_View):
    """A table of states and counts with a bar below it, drawn over and over."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._live = Live(console=console, auto_refresh=False, transient=True)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._live.stop()

    def show(self, picture: Picture) -> None:
        """Draw it."""
        self._live.update(Group("", _states(picture), "", _bar(picture)), refresh=True)


def _states(picture: Picture) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("state")
    table.add_column("nodes", justify="right")
    table.add_column("", width=_BAR)
    table.add_column("so far")
    nodes = max(sum(picture.states.values()), 1)
    counts = _counts(picture)
    for number, state in enumerate(_STATES):
        count = picture.states.get(state, 0)
        colour = COLOURS.get(state, "blue")
        share = Text("█" * round(_BAR * count / nodes), style=colour)
        said = counts[number] if number < len(counts) else ""
        table.add_row(Text(state, style=colour), str(count) if picture.alive else "?", share, said)
    return table


def _bar(picture: Picture) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    daemon = Text("daemon up", style="green") if picture.alive else Text("daemon KILLED", style="bold red")
    grid.add_row(picture.phase, ProgressBar(total=1.0, completed=picture.done, width=2 * _BAR), daemon)
    return grid


def _counts(picture: Picture) -> list[str]:
    tally = picture.tally
    return [
        f"{tally.answered:,} requests answered, {tally.unknown:,} given up",
        f"{tally.repeated:,} repeated over HTTP",
        f"{picture.open:,} operations open",
        *(f"{tally.ended[status]:,} {status}" for status in Status if status.ended),
        f"{picture.commands:,} power commands at BMCs",
        f"{picture.sessions:,} sessions open at BMCs",
        f"{picture.kills} kills",
    ]
