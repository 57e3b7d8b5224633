"""`powerfsm check`: the promises, checked exhaustively for the declared machine."""

# ruff: noqa: PLC0415  (see the preamble of this folder)

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

_HELP = """Check the promises for the declared machine, in every run that there is within bounds.

The machine becomes a model for Spin, before a world that loses, copies and delays datagrams, latches commands,
crashes the daemon at every step and presses buttons.  Each property of spec/power.yaml is checked, and each is
shown to be put to the test.  A counterexample is drawn, and rehearsed: the real code plays it before simulated
BMCs.

Needs Debian's spin and gcc.
"""

_EPILOG = """\b
Examples:
  powerfsm check                                    a minute
  powerfsm check --large                            many minutes, some gigabytes
  powerfsm check --spec changed.yaml                a spec that you have changed
  powerfsm check --witness off-holds-down           a run that puts this property to the test
  powerfsm check --witness on-record --draw mermaid > run.mmd

\b
Exit codes:
    0  everything holds
    1  something does not: a counterexample, a property never put to the test, idle parts of the model
    2  asked wrongly: spin or gcc is missing, bad spec, no such property
  130  Ctrl-C
"""


class Drawing(StrEnum):
    """How a run is drawn."""

    TEXT = "text"
    MERMAID = "mermaid"
    TRACE = "trace"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("check", help=_HELP, epilog=_EPILOG)(_check)


def _properties(incomplete: str) -> list[str]:
    from powerfsm.spec import load

    return [name for name in load().properties if name.startswith(incomplete)]


def _check(
    *,
    large: Annotated[bool, typer.Option("--large", help="Larger bounds: minutes instead of seconds.")] = False,
    spec: Annotated[
        Path | None,
        typer.Option("--spec", metavar="FILE", help="Another spec than that of this version.", show_default=False),
    ] = None,
    witness: Annotated[
        str | None,
        typer.Option(
            "--witness",
            metavar="PROPERTY",
            help="Only show a run that puts this property to the test.",
            show_default=False,
            autocompletion=_properties,
        ),
    ] = None,
    draw: Annotated[
        Drawing,
        typer.Option("--draw", help="How to draw a run: as text, for Mermaid, or as the model tells it."),
    ] = Drawing.TEXT,
    jobs: Annotated[int, typer.Option("--jobs", min=1, help="Checkers that run at one time.")] = 2,
    keep: Annotated[
        Path | None,
        typer.Option(
            "--keep",
            metavar="DIRECTORY",
            help="Leave the model, the checkers and their trails in this new directory.",
            show_default=False,
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    from powerfsm.cli.checking import Wish, check

    raise typer.Exit(check(Wish(large, spec, witness, draw.value, jobs, keep, json)))
