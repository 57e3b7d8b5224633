"""`powerfsm operations`: what was asked, by whom, and how it ended."""

# ruff: noqa: PLC0415  (see the preamble of this folder)

import re
from typing import Annotated

import typer

from powerfsm.cli.options import DEFAULT_URL, AsJson, NodeOption, TokenFile, Url, joined
from powerfsm.operation import Status

_IDS = re.compile(r"\d+(-\d+)?(,\d+(-\d+)?)*", re.ASCII)

_HELP = """Show what was asked, or wait for its end.

Each accepted request is an operation: it ends as exactly one of succeeded, superseded, failed, and says why.
"""

_EPILOG = """\b
Examples:
  powerfsm operations                                    the newest ones
  powerfsm operations 17-56 --wait                       wait for these
  powerfsm operations --node 'r1n[01-40]' --wait         wait for all that is under way there
  powerfsm operations --status failed --limit 1000 --json

\b
Exit codes:
    0  shown; with --wait: all have succeeded
    1  with --wait: some did not succeed, or not in time
    2  asked wrongly: bad hostlist, unknown node or operation, no permission
    3  no daemon answers
  130  Ctrl-C while waiting; the daemon goes on
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("operations", help=_HELP, epilog=_EPILOG)(_operations)


def _operations(
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="ID", help="Ids of operations, such as 17 or 17-40,57.", show_default=False),
    ] = None,
    *,
    node: NodeOption = None,
    status: Annotated[
        list[Status] | None,
        typer.Option("--status", help="Only in this status; may be repeated.", show_default=False),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="At most so many, the newest.")] = 40,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Wait until all of them have ended, and say how.")
    ] = False,
    timeout: Annotated[
        float | None,
        typer.Option("--timeout", metavar="SECONDS", min=0, help="With --wait: for so long.", show_default=False),
    ] = None,
    json: AsJson = False,
    url: Url = DEFAULT_URL,
    token_file: TokenFile = None,
) -> None:
    if timeout is not None and not wait:
        raise typer.BadParameter("it needs --wait", param_hint="--timeout")
    if ids and (node is not None or status):
        raise typer.BadParameter("give either ids, or --node and --status")
    if wait and status:
        raise typer.BadParameter("it cannot be had with --status", param_hint="--wait")

    from powerfsm.cli.history import Choice, await_operations, tell_operations
    from powerfsm.cli.talk import Target, talk

    for text in ids or []:
        if not _IDS.fullmatch(text):
            raise typer.BadParameter(f"{text!r} is not such as 17 or 17-40,57", param_hint="ID")
    choice = Choice(joined(ids), node, tuple(status or ()), limit)
    target = Target(url, token_file)
    if wait:
        talk(target, lambda client: await_operations(client, target, choice, within=timeout, json=json))
    else:
        talk(target, lambda client: tell_operations(client, choice, json=json))
