"""`powerfsm status --watch`: the same picture again, whenever it has changed, until Ctrl-C.

On a terminal it stays in place; elsewhere each change is printed below the last.  The daemon is asked again and
again rather than listened to: a picture of what *is* needs no history, and none can be missed.  A daemon that
goes away meanwhile is waited for.
"""

import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import trio
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from powerfsm.cli.drawing import lines_table, table
from powerfsm.cli.exits import Exit
from powerfsm.cli.overview import HEAD, View, folded, nobody, rows, wrong
from powerfsm.cli.screen import printable, say, say_lines, say_table
from powerfsm.client import Client, DaemonUnreachable, Node
from powerfsm.client.answers import rfc3339


async def watch_states(client: Client, view: View, *, interval: float) -> Exit:
    """Show the nodes until Ctrl-C, asking every `interval` seconds."""
    nodes = await client.nodes(view.nodes, group=view.group)
    away = ""
    try:
        with _canvas(view) as canvas:
            while True:
                canvas.show(nodes, away)
                await trio.sleep(interval)
                try:
                    nodes = await client.nodes(view.nodes, group=view.group)
                    away = ""
                except DaemonUnreachable as error:
                    away = away or f"{error} since {rfc3339(datetime.now(UTC))}; below is what it said last"
    except KeyboardInterrupt:
        return Exit.INTERRUPTED


class Screenful(AbstractContextManager["Screenful"]):
    """The whole terminal; what is behind comes back at the end."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._live = Live(console=Console(highlight=False), screen=True, auto_refresh=False)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._live.stop()

    def show(self, nodes: Sequence[Node], away: str) -> None:
        """Draw the nodes."""
        now = datetime.now(UTC)
        title = f"powerfsm status at {rfc3339(now)} (Ctrl-C ends)"
        parts: list[RenderableType] = [Text(title, style="dim", no_wrap=True, overflow="ellipsis")]
        if away:
            parts.append(Text(printable(away), style="red"))
        if not nodes:
            parts.append(Text(nobody(self._view)))
        elif self._view.long:
            parts += [table(HEAD, rows(nodes, now), room=self._live.console.width), lines_table(wrong(nodes))]
        else:
            parts.append(lines_table(folded(nodes)))
        self._live.update(Group(*parts), refresh=True)


class Log(AbstractContextManager["Log"]):
    """Standard output that is no terminal: a block for each change."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._shown: object = None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        pass

    def show(self, nodes: Sequence[Node], away: str) -> None:
        """Print the nodes, if they are not as they were."""
        now = datetime.now(UTC)
        # An age grows by itself and is no change.
        seen = [(row[:4], row[5:]) for row in rows(nodes, now)], away
        if seen == self._shown:
            return
        self._shown = seen
        say(rfc3339(now))
        if away:
            say(away)
        if self._view.long:
            say_table(HEAD, rows(nodes, now))
            say_lines(wrong(nodes))
        else:
            say_lines(folded(nodes))
        say()
        sys.stdout.flush()


def _canvas(view: View) -> Screenful | Log:
    return Screenful(view) if sys.stdout.isatty() else Log(view)
