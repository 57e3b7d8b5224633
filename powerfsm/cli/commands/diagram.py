"""`powerfsm diagram`: the declared machines, drawn."""

# ruff: noqa: PLC0415  (see the preamble of this folder)

from enum import StrEnum
from typing import Annotated

import typer

_HELP = """Draw the machines that the daemon runs, or what a node did.

The picture is of the whole machine, or of one state with what leads to it and from it, guards and effects
included.  With --journal, the way that a node went is drawn in: what it took is heavy and has the numbers of its
steps, what it did not is faint, and the state in which it ended says so.  It needs no daemon.
"""

_EPILOG = """\b
Examples:
  powerfsm diagram --format svg > node.svg
  powerfsm diagram --machine drive --format table
  powerfsm diagram --state cancelling --format svg > cancelling.svg
  powerfsm diagram --journal fleet.db --node r1n01 --last 20 --format svg > r1n01.svg
  powerfsm events --after 0 --json > journal.json
  powerfsm diagram --journal journal.json --node r1n01 --format table
  powerfsm diagram --machine drive --journal fleet.db --node r1n01 --operation 17

\b
Exit codes:
    0  drawn
    2  asked wrongly: no such state, a journal that cannot be read, a node that is not in it
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
    app.command("diagram", help=_HELP, epilog=_EPILOG)(_diagram)


def _states(context: typer.Context, incomplete: str) -> list[str]:
    """The states of the machine that was named before."""
    from powerfsm.spec import load
    from powerfsm.spec.diagram import machine_of

    # While somebody types, it is a word; and it may be wrong.
    name = MachineName.DRIVE if context.params.get("machine") == "drive" else MachineName.NODE
    return [state for state in machine_of(load(), name).states if state.startswith(incomplete)]


def _diagram(
    *,
    machine: Annotated[
        MachineName,
        typer.Option("--machine", help="node: the states of a node; drive: the steps of one action."),
    ] = MachineName.NODE,
    format_: Annotated[
        Format, typer.Option("--format", help="svg, mermaid and dot are pictures, table is Markdown.")
    ] = Format.MERMAID,
    state: Annotated[
        str | None,
        typer.Option(
            "--state",
            metavar="STATE",
            help="Only this state, with what leads to it and from it.",
            show_default=False,
            autocompletion=_states,
        ),
    ] = None,
    journal: Annotated[
        str | None,
        typer.Option(
            "--journal",
            metavar="FILE",
            help="Draw in what a node did: a database, also that of a daemon that runs, or what "
            "`powerfsm events --json` printed; - is standard input.",
            show_default=False,
        ),
    ] = None,
    node: Annotated[
        str | None,
        typer.Option("--node", metavar="NAME", help="With --journal: whose way.", show_default=False),
    ] = None,
    operation: Annotated[
        int | None,
        typer.Option(
            "--operation", metavar="ID", min=1, help="With --journal: only for this operation.", show_default=False
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            metavar="WHEN",
            help="With --journal: from this time (UTC where it names no offset) or this entry on.",
            show_default=False,
        ),
    ] = None,
    last: Annotated[
        int | None,
        typer.Option(
            "--last", "-n", metavar="N", min=1, help="With --journal: only the last N steps.", show_default=False
        ),
    ] = None,
) -> None:
    if (journal is None) != (node is None):
        missing = "--node" if node is None else "--journal"
        raise typer.BadParameter("--journal and --node belong together", param_hint=missing)
    if journal is None:
        for option, value in (("--operation", operation), ("--since", since), ("--last", last)):
            if value is not None:
                raise typer.BadParameter("it needs --journal and --node", param_hint=option)

    from powerfsm.spec import load
    from powerfsm.spec.diagram import machine_of, render

    went = None
    if journal is not None and node is not None:
        from powerfsm.cli.journey import Journey, steps_of

        went = steps_of(machine_of(load(), machine.value), Journey(journal, node, operation, since, last))
    try:
        text = render(machine.value, format_.value, state=state, went=went)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--state") from error
    typer.echo(text, nl=False)
