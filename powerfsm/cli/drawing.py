"""Tables on a terminal, fitted to its width."""

from collections.abc import Iterable, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from powerfsm.cli.screen import COLOURS, Line, printable

_LEAST_LAST = 12
"""Columns that the last column of a table has at least, before others are folded."""


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, room: int) -> Table:
    """A table, nothing of which is cut off.

    Cells are folded to several lines where there is too little room: those of the last column, and only where
    that is not enough those of the others.
    """
    cells = list(rows)
    widths = [max(map(cell_len, column)) for column in zip(head, *cells, strict=True)]
    last_one_gives = sum(widths[:-1]) + 2 * len(widths) + _LEAST_LAST <= room
    drawn = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name, width in zip(head[:-1], widths, strict=False):
        drawn.add_column(name, overflow="fold", min_width=width if last_one_gives else None)
    drawn.add_column(head[-1], overflow="fold")
    for row in cells:
        drawn.add_row(*(Text(cell, style=COLOURS.get(cell, "")) for cell in row))
    return drawn


def draw_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table on standard output."""
    console = Console(highlight=False)
    console.print(table(head, rows, room=console.width))


def lines_table(lines: Iterable[Line]) -> Table:
    """Labelled lines, each text folded beside its label."""
    drawn = Table.grid(padding=(0, 2, 0, 0))
    drawn.add_column(no_wrap=True)
    drawn.add_column(overflow="fold")
    for line in lines:
        texts = "\n".join(map(printable, [line.text, *line.below]))
        drawn.add_row(Text(f"{line.label}:", style=COLOURS.get(line.label, "")), Text(texts))
    return drawn
