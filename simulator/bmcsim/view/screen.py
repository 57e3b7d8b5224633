"""Showing it: a picture that is drawn over and over, or plain lines."""

from collections.abc import Mapping
from types import TracebackType
from typing import Protocol, Self

import trio
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from bmcsim.events import Event
from bmcsim.hardware import Power
from bmcsim.view.picture import Picture, Watch

_BAR = 30
_LISTED = 8
_UNTOLD = frozenset({"t", "node", "event"})
_COLOURS = {Power.ON: "green", Power.OFF: "bright_black", "silent": "red"}
_EVENT_COLOURS = {"fault": "yellow", "refused": "red", "dropped": "red", "command": "cyan", "power": "green"}


class View(Protocol):
    """Where a fleet is shown."""

    every: float
    """Seconds between two pictures."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...

    def show(self, picture: Picture) -> None:
        """This is how things stand."""


def view_for(console: Console) -> View:
    """Return the view that suits a console."""
    return Screen(console) if console.is_terminal else Lines(console)


async def keep_showing(view: View, watch: Watch) -> None:
    """Show a fleet again and again, until cancelled; the last picture is of the end."""
    with view:
        try:
            while True:
                view.show(watch.look())
                await trio.sleep(view.every)
        finally:
            view.show(watch.look())


class Lines:
    """A line whenever the counts have changed, every few seconds at most."""

    every = 5.0

    def __init__(self, console: Console) -> None:
        """Print on `console`."""
        self._console = console
        self._last: tuple[object, ...] = ()

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End."""

    def show(self, picture: Picture) -> None:
        """Print a line, unless nothing has happened since the last one."""
        counts = (picture.powers, picture.silent, picture.received, picture.faults, picture.commands)
        if counts == self._last:
            return
        self._last = counts
        self._console.print(line(picture), soft_wrap=True, markup=False, highlight=False)


class Screen:
    """A picture of counts with the last events below it."""

    every = 0.5

    def __init__(self, console: Console) -> None:
        """Draw on `console`."""
        self._live = Live(console=console, auto_refresh=False)

    def __enter__(self) -> Self:
        """Begin to draw."""
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Leave the last picture standing."""
        self._live.stop()

    def show(self, picture: Picture) -> None:
        """Draw it."""
        self._live.update(drawn(picture), refresh=True)


def line(picture: Picture) -> str:
    """Say it in one line."""
    powers = ", ".join(f"{picture.powers.get(power, 0):,} {power}" for power in Power)
    silent = f", {picture.silent:,} silent" if picture.silent else ""
    said = [
        f"{picture.bmcs:,} BMCs: {powers}{silent}",
        f"{picture.sessions:,} sessions",
        f"{picture.received:,} datagrams in, {picture.sent:,} out ({picture.rate:,.0f}/s)",
        f"commands: {_counts(picture.commands)}",
        *([f"refused: {_counts(picture.refused)}"] if picture.refused else []),
        *([f"faults: {_counts(picture.faults)}"] if picture.faults else []),
    ]
    return f"{picture.elapsed:7.1f} s  " + "; ".join(said)


def drawn(picture: Picture) -> RenderableType:
    """Return the picture as rich draws it."""
    return Group(_powers(picture), Text(), _tables(picture), Text(), _events(picture))


def _powers(picture: Picture) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(width=8)
    table.add_column(justify="right", width=8)
    table.add_column(width=_BAR)
    table.add_column()
    said = [
        f"{picture.sessions:,} sessions open, {picture.opened:,} so far",
        f"{picture.rate:,.0f} datagrams/s; {picture.received:,} in, {picture.sent:,} out",
        f"{picture.elapsed:,.0f} s",
    ]
    rows = [(str(power), picture.powers.get(power, 0), _COLOURS[power]) for power in Power]
    rows.append(("silent", picture.silent, _COLOURS["silent"]))
    for (name, count, colour), words in zip(rows, said, strict=True):
        share = round(_BAR * count / max(picture.bmcs, 1))
        table.add_row(Text(name, colour), f"{count:,}", Text("█" * share, colour), words)
    return table


def _tables(picture: Picture) -> Table:
    grid = Table.grid(padding=(0, 4, 0, 0))
    grid.add_row(
        _counted("commands", picture.commands, "cyan"),
        _counted("refused", picture.refused, "red"),
        _counted("faults", picture.faults, "yellow"),
    )
    return grid


def _counted(title: str, counts: Mapping[str, int], colour: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column(title, min_width=16)
    table.add_column(f"{sum(counts.values()):,}", justify="right")
    most = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    for name, count in most[:_LISTED]:
        table.add_row(Text(name, colour), f"{count:,}")
    if len(most) > _LISTED:
        table.add_row(Text(f"{len(most) - _LISTED} more", "dim"), f"{sum(c for _, c in most[_LISTED:]):,}")
    return table


def _events(picture: Picture) -> RenderableType:
    return Group(*(told(event) for event in picture.recent))


def told(event: Event) -> Text:
    """Say one event in one line."""
    text = Text(no_wrap=True, overflow="ellipsis").append(f"{event['t']:14.3f}  ", "dim")
    text.append(f"{event['node']:<12} ", "bold")
    text.append(f"{event['event']:<15}", _EVENT_COLOURS.get(str(event["event"]), "default"))
    fields = " ".join(f"{name}={value}" for name, value in event.items() if name not in _UNTOLD)
    return text.append(f" {fields}")


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number:,} {name}" for name, number in sorted(counts.items())) or "none"
