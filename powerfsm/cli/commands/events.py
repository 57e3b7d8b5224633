"""`powerfsm events`: the journal, as it was or as it is written."""

# ruff: noqa: PLC0415  (see the preamble of this folder)

from typing import Annotated

import typer

from powerfsm.cli.options import DEFAULT_URL, NodeOption, TokenFile, Url

_HELP = """Show the journal, as it was or as it is written.

It has every transition, command, observation and session, in the order in which they happened.  A line has its
number, time, node, kind and what happened; `#17` is the operation that it belongs to.

Without --follow it ends where the journal ends.  With it, a daemon that is restarted is waited for, and nothing is
missed nor told twice.
"""

_EPILOG = """\b
Examples:
  powerfsm events                                   the last 20
  powerfsm events --node r1n01 --last 200
  powerfsm events --follow --kind transition
  powerfsm events --follow --after 1042 --json      all since 1042, one JSON object a line

\b
Exit codes:
    0  shown
    2  asked wrongly: bad hostlist, unknown node, no permission
    3  no daemon answers
  130  Ctrl-C, which is how --follow ends
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("events", help=_HELP, epilog=_EPILOG)(_events)


def _events(
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what happens next.")] = False,
    after: Annotated[
        int | None,
        typer.Option(
            "--after", metavar="SEQ", min=0, help="Begin behind this entry; 0: all of it.", show_default=False
        ),
    ] = None,
    last: Annotated[
        int | None,
        typer.Option(
            "--last",
            "-n",
            metavar="N",
            min=0,
            help="Begin so many entries before the end, whosever they are.  [default: 20]",
        ),
    ] = None,
    node: NodeOption = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(
            "--kind",
            metavar="KIND",
            help="Only of this kind (transition, phase, command, observation, ...); may be repeated.",
            show_default=False,
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print each entry as JSON, one a line.")] = False,
    url: Url = DEFAULT_URL,
    token_file: TokenFile = None,
) -> None:
    if after is not None and last is not None:
        raise typer.BadParameter("it cannot be had with --after", param_hint="--last")

    from powerfsm.cli.following import Selection, tell_events
    from powerfsm.cli.talk import Target, talk

    if after is None and last is None:
        last = 20
    selection = Selection(node, tuple(kind or ()))
    talk(
        Target(url, token_file),
        lambda client: tell_events(client, selection, after=after, last=last, follow=follow, json=json),
    )
