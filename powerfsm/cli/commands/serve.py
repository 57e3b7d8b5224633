"""`powerfsm serve`: the daemon."""

# ruff: noqa: PLC0415  (see the preamble of this folder)

from pathlib import Path
from typing import Annotated

import typer

_HELP = """Run the daemon, in the foreground.

SIGTERM or Ctrl-C ends it in order: nothing new is begun, actions in play are fenced or left durable, sessions are
closed.  Killed any other way, it takes up at its next start what was left.

Options outrank the environment (POWERFSM_LISTEN, ...), which outranks the configuration file.
"""

_EPILOG = """\b
Examples:
  powerfsm serve --database fleet.db --credentials credentials.yaml
  powerfsm serve --config /etc/powerfsm/powerfsm.yaml

\b
Exit codes:
  0  ended in order
  1  cannot run: the database, the address or the like cannot be had
  2  told wrongly: a mistake in an option, the configuration or a file it names
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("serve", help=_HELP, epilog=_EPILOG)(_serve)


def _serve(
    *,
    config: Annotated[
        Path | None,
        typer.Option("--config", metavar="FILE", help="Configuration file (YAML).", show_default=False),
    ] = None,
    database: Annotated[
        str | None,
        typer.Option("--database", metavar="FILE", help="File of the store; made where there is none."),
    ] = None,
    listen: Annotated[
        str | None,
        typer.Option(
            "--listen", metavar="HOST:PORT", help="Address of the HTTP API; any but a loopback one needs --tokens."
        ),
    ] = None,
    tokens: Annotated[
        str | None, typer.Option("--tokens", metavar="FILE", help="File of those who may use the API.")
    ] = None,
    credentials: Annotated[
        str | None, typer.Option("--credentials", metavar="FILE", help="File of the BMCs' logins.")
    ] = None,
    ready_file: Annotated[
        Path | None,
        typer.Option(
            "--ready-file",
            metavar="FILE",
            help='Written once requests are accepted: JSON with "url" and "pid".',
            show_default=False,
        ),
    ] = None,
) -> None:
    from powerfsm.cli.serving import run_daemon

    given = {"database": database, "listen": listen, "tokens": tokens, "credentials": credentials}
    options = {name: value for name, value in given.items() if value is not None}
    raise typer.Exit(run_daemon(config, options, ready_file))
