"""Arguments and options that several commands have, declared once so that they read alike everywhere."""

from pathlib import Path
from typing import Annotated

import typer

HOSTLIST_HELP = "Nodes, such as 'r1n[01-40],login1'; several are joined."


def _propose(incomplete: str) -> list[str]:
    from powerfsm.cli.completing import node_names  # noqa: PLC0415  (takes its time, so only when asked)

    return node_names(incomplete)


Hostlists = Annotated[
    list[str],
    typer.Argument(metavar="HOSTLIST", help=HOSTLIST_HELP, show_default=False, autocompletion=_propose),
]
AnyHostlists = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="HOSTLIST",
        help=f"{HOSTLIST_HELP} Without: all nodes.",
        show_default=False,
        autocompletion=_propose,
    ),
]
NodeOption = Annotated[
    str | None,
    typer.Option(
        "--node",
        metavar="HOSTLIST",
        help="Only of these nodes.",
        show_default=False,
        autocompletion=_propose,
    ),
]

Url = Annotated[
    str,
    typer.Option("--url", metavar="URL", envvar="POWERFSM_URL", help="Where the daemon is.", show_envvar=True),
]
TokenFile = Annotated[
    Path | None,
    typer.Option(
        "--token-file",
        metavar="FILE",
        envvar="POWERFSM_TOKEN_FILE",
        help="File with the token for the daemon; or put the token itself into POWERFSM_TOKEN.",
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, in the shapes of the HTTP API.")]

DEFAULT_URL = "http://127.0.0.1:8623"
"""The same as `powerfsm.client.DEFAULT_URL`, which would cost a quarter of a second to import."""


def joined(hostlists: list[str] | None) -> str | None:
    """One hostlist of all that were given, or None."""
    return ",".join(hostlists) if hostlists else None
