"""`powerfsm status`: what is on, what is off, and what is wrong."""

# ruff: noqa: PLC0415  (see the preamble of this folder)

from typing import Annotated

import typer

from powerfsm.cli.options import DEFAULT_URL, AnyHostlists, AsJson, TokenFile, Url, joined

_HELP = """Show what is on, what is off and what is wrong.

Nodes in the same state are folded into one hostlist.  A node that has drifted (its BMC was last read otherwise
than we had declared) is named in its state, and once more under `drifted`.
"""

_EPILOG = """\b
Examples:
  powerfsm status
  powerfsm status 'r1n[01-40]' --long
  powerfsm status --group rack1 --watch

\b
Exit codes:
    0  all of the nodes shown are well
    1  one at least is in error or has drifted
    2  asked wrongly: bad hostlist, unknown node, no permission
    3  no daemon answers
  130  Ctrl-C, which is how --watch ends
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("status", help=_HELP, epilog=_EPILOG)(_status)


def _status(
    hostlist: AnyHostlists = None,
    *,
    group: Annotated[
        str | None, typer.Option("--group", metavar="NAME", help="Only of this group.", show_default=False)
    ] = None,
    long: Annotated[bool, typer.Option("--long", "-l", help="A line for each node.")] = False,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Show it again whenever it changes.")] = False,
    interval: Annotated[
        float, typer.Option("--interval", metavar="SECONDS", min=0.2, help="With --watch: how often to look.")
    ] = 1.0,
    json: AsJson = False,
    url: Url = DEFAULT_URL,
    token_file: TokenFile = None,
) -> None:
    if json and watch:
        raise typer.BadParameter(
            "it cannot be had with --watch; use `powerfsm events --json`", param_hint="--json"
        )

    from powerfsm.cli.overview import View, show
    from powerfsm.cli.talk import Target, talk

    view = View(joined(hostlist), group, long=long, json=json)
    if watch:
        from powerfsm.cli.watching import watch_states

        talk(Target(url, token_file), lambda client: watch_states(client, view, interval=interval))
    else:
        talk(Target(url, token_file), lambda client: show(client, view))
