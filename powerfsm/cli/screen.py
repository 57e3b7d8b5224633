"""What a command prints: answers on standard output, remarks on standard error.

On a terminal tables fit its width and states have colours; anywhere else lines are never wrapped nor
shortened, so that other programs can read them.  Texts that came from elsewhere (a BMC may have had a word in
them) cannot steer the terminal.
"""

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from shutil import get_terminal_size
from textwrap import fill
from typing import NamedTuple, TextIO

import typer

COLOURS = {
    "on": "green",
    "succeeded": "green",
    "accepted": "green",
    "holds": "green",
    "error": "red",
    "failed": "red",
    "VIOLATED": "red",
    "drifted": "yellow",
    "superseded": "yellow",
    "quarantined": "yellow",
    "not ended": "yellow",
    "powering-on": "cyan",
    "powering-off": "cyan",
    "cancelling": "cyan",
}
"""The colours of labels and states on a terminal, in the words that both typer and rich know."""

_LEAST_ROOM = 20
"""Columns, below which breaking lines makes nothing easier to read."""


class Line(NamedTuple):
    """A labelled line: `on: r1n[01-38]`, with what belongs to it below."""

    label: str
    text: str
    below: tuple[str, ...] = ()


def explained(names: str, reasons: Mapping[str, str]) -> tuple[str, ...]:
    """What to put below a line that names some: each reason with those whose it is, unless it is that of all."""
    return tuple(reason if whose == names else f"{whose}: {reason}" for reason, whose in reasons.items())


def printable(text: str) -> str:
    """The text with everything that could steer a terminal made visible."""
    if text.isprintable():
        return text
    return "".join(mark if mark.isprintable() else mark.encode("unicode_escape").decode() for mark in text)


def say(text: str = "") -> None:
    """Print a line of the answer."""
    typer.echo(printable(text))


def remark(text: str, *, command: str | None = None) -> None:
    """Print a sentence that is not part of the answer, and below it a command line to be pasted."""
    typer.echo(_folded(printable(text), sys.stderr), err=True)
    if command is not None:
        typer.echo(f"  {printable(command)}", err=True)


def complain(text: str) -> None:
    """Print what went wrong."""
    remark(f"powerfsm: {text}")


def say_json(value: object, *, indent: int | None = 2) -> None:
    """Print a value as JSON; without an indent, on one line."""
    typer.echo(json.dumps(value, indent=indent))


def say_lines(lines: Iterable[Line]) -> None:
    """Print labelled lines, their texts below each other."""
    lines = list(lines)
    width = max((len(line.label) for line in lines), default=0) + 2
    coloured = False if os.environ.get("NO_COLOR") else None
    for line in lines:
        label = typer.style(f"{line.label}:".ljust(width), fg=COLOURS.get(line.label))
        typer.echo(label + printable(line.text), color=coloured)
        for text in line.below:
            typer.echo(_folded(printable(text), sys.stdout, indent=width))


def _folded(text: str, where: TextIO, indent: int = 0) -> str:
    """A text for people, indented; on a terminal broken between words."""
    margin = " " * indent
    room = get_terminal_size().columns - indent
    if not where.isatty() or room < _LEAST_ROOM:
        return margin + text
    return fill(
        text,
        room + indent,
        initial_indent=margin,
        subsequent_indent=margin,
        break_long_words=False,
        break_on_hyphens=False,
    )


def say_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table; its last column takes what does not fit elsewhere."""
    cells = [[printable(cell) for cell in row] for row in rows]
    if sys.stdout.isatty():
        from powerfsm.cli.drawing import draw_table  # noqa: PLC0415  (takes its time, so only on a terminal)

        draw_table(head, cells)
        return
    widths = [max(map(len, column)) for column in zip(head, *cells, strict=True)]
    for row in (head, *cells):
        padded = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        typer.echo("  ".join(padded).rstrip())
