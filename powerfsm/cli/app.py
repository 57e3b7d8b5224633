"""The program `powerfsm`: all its commands, and the ways in which it ends."""

from typing import Annotated

import typer

from powerfsm import __version__
from powerfsm.cli.commands import (
    audit,
    check,
    completion,
    diagram,
    events,
    nodes,
    operations,
    power,
    recovery,
    serve,
    simulate,
    status,
    token,
)
from powerfsm.cli.interrupting import keep_interrupts

_HELP = """Own the power of a fleet: one action at a time, durable, and never off where it is on.

`powerfsm serve` is the daemon.  Everything else asks a daemon over HTTP: at --url, at POWERFSM_URL, or at
http://127.0.0.1:8623.  A HOSTLIST names many nodes in a short text: r1n[01-40],login1 (quote it, shells read
brackets too).
"""

_EPILOG = """\b
Examples:
  powerfsm serve --database fleet.db --credentials credentials.yaml
  powerfsm nodes add 'r1n[01-40]' --bmc '10.0.1.[1-40]'
  powerfsm on 'r1n[01-40]' --wait
  powerfsm status

\b
Exit codes: 0 all succeeded, 1 some did not, 2 asked wrongly, 3 no daemon answers, 130 Ctrl-C.
"""


def _version(*, asked: bool) -> None:
    if asked:
        typer.echo(f"powerfsm {__version__}")
        raise typer.Exit


def _root(
    *,
    _version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    pass


def make_app() -> typer.Typer:
    """The program as typer sees it."""
    app = typer.Typer(
        name="powerfsm",
        no_args_is_help=True,
        # Plain help comes up in a tenth of a second, and can be read by other programs.
        rich_markup_mode=None,
        # A local variable may be a secret.
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(help=_HELP, epilog=_EPILOG)(_root)
    serve.register(app)
    power.register(app)
    status.register(app)
    operations.register(app)
    events.register(app)
    recovery.register(app)
    nodes.register(app)
    token.register(app)
    audit.register(app)
    diagram.register(app)
    check.register(app)
    simulate.register(app)
    completion.register(app)
    return app


def main() -> None:
    """Run the program; ends in SystemExit with an exit code of `powerfsm.cli.exits`."""
    keep_interrupts()
    make_app()(prog_name="powerfsm")
