"""Tables on a terminal, fitted to its width."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from powerfsm.cli.screen import COLOURS, Line, printable


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """A table; the last column is folded to several lines where it is too narrow, the others only in need."""
    drawn = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in head:
        drawn.add_column(name, overflow="fold", no_wrap=False)
    for row in rows:
        drawn.add_row(*(Text(cell, style=COLOURS.get(cell, "")) for cell in row))
    return drawn


def draw_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table on standard output."""
    Console(highlight=False).print(table(head, rows))


def lines_table(lines: Iterable[Line]) -> Table:
    """Labelled lines, each text folded beside its label."""
    drawn = Table.grid(padding=(0, 2, 0, 0))
    drawn.add_column(no_wrap=True)
    drawn.add_column(overflow="fold")
    for line in lines:
        texts = "\n".join(map(printable, [line.text, *line.below]))
        drawn.add_row(Text(f"{line.label}:", style=COLOURS.get(line.label, "")), Text(texts))
    return drawn
