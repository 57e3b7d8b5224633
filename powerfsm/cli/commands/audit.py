"""`powerfsm audit`: a journal held against the declared machine."""

# ruff: noqa: PLC0415  (see the preamble of this folder)

from pathlib import Path
from typing import Annotated

import typer

from powerfsm.cli.options import NodeOption

_HELP = """Hold a journal against the machine that it was written by.

Each entry has to be one that the machine allows, given all those before it; the first that is not is shown, with
the last entries of its node.  What a daemon takes along when it is killed (the newest entries, from which nothing
was concluded) may be missing, and nothing else.

JOURNAL is the database of a daemon, which may be running; its tables are then held against the journal as well.
Or it is an export as `powerfsm events --after 0 --json` prints it, or - for an export on standard input.
"""

_EPILOG = """\b
Examples:
  powerfsm audit powerfsm.db
  powerfsm audit powerfsm.db --node 'r1n[01-40]' --all
  powerfsm events --after 0 --json > journal.jsonl
  powerfsm audit journal.jsonl --json
  powerfsm audit -                                  an export on standard input

\b
Exit codes:
    0  all of it is possible
    1  something in it is not
    2  asked wrongly: no such file, not a journal, bad hostlist, bad spec
  130  Ctrl-C
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("audit", help=_HELP, epilog=_EPILOG)(_audit)


def _audit(
    journal: Annotated[str, typer.Argument(metavar="JOURNAL", help="A database, an export, or -.")],
    *,
    node: NodeOption = None,
    go_on: Annotated[
        bool, typer.Option("--all", help="Go on behind the first finding, and tell of each node the first ten.")
    ] = False,
    spec: Annotated[
        Path | None,
        typer.Option(
            "--spec",
            metavar="FILE",
            help="Another spec than that of this version, where the daemon ran with one.",
            show_default=False,
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    from powerfsm.cli.auditing import Wish, audit

    raise typer.Exit(audit(Wish(journal, node, spec, go_on, json)))
