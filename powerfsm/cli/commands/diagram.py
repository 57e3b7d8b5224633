"""`powerfsm diagram`: the declared machines, drawn."""

# ruff: noqa: PLC0415  (see the preamble of this folder)

from enum import StrEnum
from typing import Annotated

import typer

_HELP = """Draw the machines that the daemon runs.

\b
Examples:
  powerfsm diagram --format svg > node.svg
  powerfsm diagram --machine drive --format table
"""


class MachineName(StrEnum):
    """The machines of the spec."""

    NODE = "node"
    DRIVE = "drive"


class Format(StrEnum):
    """What a diagram can be written as."""

    SVG = "svg"
    MERMAID = "mermaid"
    DOT = "dot"
    TABLE = "table"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("diagram", help=_HELP)(_diagram)


def _diagram(
    *,
    machine: Annotated[
        MachineName,
        typer.Option("--machine", help="node: the states of a node; drive: the steps of one action."),
    ] = MachineName.NODE,
    format_: Annotated[
        Format, typer.Option("--format", help="svg, mermaid and dot are pictures, table is Markdown.")
    ] = Format.MERMAID,
) -> None:
    from powerfsm.spec.diagram import render

    typer.echo(render(machine.value, format_.value), nl=False)
