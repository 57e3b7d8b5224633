"""`powerfsm token create`: tokens for those who may use the API."""

# ruff: noqa: PLC0415  (see the preamble of this folder)

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

_HELP = """Make a token, and print it on standard output.  It is kept nowhere: what is shown here is all there is.

The line that lets it in belongs into the daemon's file of tokens (`powerfsm serve --tokens FILE`), which a running
daemon reads again by itself.  It holds a hash, from which the token cannot be got back.
"""

_EPILOG = """\b
Examples:
  powerfsm token create ci --role operate --append /etc/powerfsm/tokens > ci.token
  POWERFSM_TOKEN=$(cat ci.token) powerfsm status

\b
Exit codes:
  0  made
  1  the file of tokens cannot be written
  2  asked wrongly
"""


class RoleOption(StrEnum):
    """What a token may do; each may do what those before it may."""

    READ = "read"
    OPERATE = "operate"
    ADMIN = "admin"


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    token = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Make tokens for the HTTP API.")
    # A callback keeps `create` a word of its own although there is no other.
    token.callback()(_group)
    token.command("create", help=_HELP, epilog=_EPILOG)(_create)
    app.add_typer(token, name="token")


def _group() -> None:
    pass


def _create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who will use it; stands in the journal.")],
    *,
    role: Annotated[
        RoleOption,
        typer.Option("--role", help="read: look; operate: and ask for power; admin: and change nodes."),
    ],
    append: Annotated[
        Path | None,
        typer.Option(
            "--append",
            metavar="FILE",
            help="Append the line to this file of tokens, instead of printing it.",
            show_default=False,
        ),
    ] = None,
) -> None:
    from powerfsm.cli.token_making import create_token

    raise typer.Exit(create_token(name, role.value, append))
