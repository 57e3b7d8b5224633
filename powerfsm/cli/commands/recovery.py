"""`powerfsm recovery`: the work that is outstanding, node by node."""

# ruff: noqa: PLC0415  (see the preamble of this folder)

import typer

from powerfsm.cli.options import DEFAULT_URL, AsJson, TokenFile, Url

_HELP = """List the outstanding work.

That is: nodes whose work has not ended, in error, or with a BMC session not shown to be closed.

After a restart it is what the daemon found, and works off.  It trusts nothing that was in flight: it closes the
sessions of the process before, waits until nothing of it can take effect any more, reads, and goes on.
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("recovery", help=_HELP)(_recovery)


def _recovery(*, json: AsJson = False, url: Url = DEFAULT_URL, token_file: TokenFile = None) -> None:
    from powerfsm.cli.outstanding import tell_recovery
    from powerfsm.cli.talk import Target, talk

    talk(Target(url, token_file), lambda client: tell_recovery(client, json=json))
