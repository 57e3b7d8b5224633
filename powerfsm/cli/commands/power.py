"""`powerfsm on|off|soft-off|cycle|reset|ready`: six words for one command."""

# ruff: noqa: PLC0415  (see the preamble of this folder)

from collections.abc import Callable
from typing import Annotated

import typer

from powerfsm.cli.options import DEFAULT_URL, AsJson, Hostlists, TokenFile, Url
from powerfsm.power import Ask

_HELP = {
    Ask.ON: "Power nodes on.",
    Ask.OFF: "Power nodes off, hard and at once.",
    Ask.SOFT_OFF: "Shut nodes down.",
    Ask.CYCLE: "Power nodes off and on again.",
    Ask.RESET: "Reset nodes.",
    Ask.READY: "Power nodes off and release them.",
}

_MORE = {
    Ask.SOFT_OFF: "Their operating systems are asked; those that do not in time are powered off hard.",
    Ask.CYCLE: "Off is read before on is sent; a node that is off is powered on.",
    Ask.RESET: "Never sent twice for one request, unless the first was known not to arrive.",
    Ask.READY: "A node is ready for its next user only once it is read to be off.",
}

_COMMON = """The request is durable when this command returns: the daemon carries it out whatever becomes of this
command, of the connection or of the daemon's own process.  All nodes are accepted, or none.  There is no question
asked before; `powerfsm status HOSTLIST` shows first whom a hostlist names.
"""

_EXAMPLES = """\b
Examples:
  powerfsm {ask} 'r1n[01-40]'                       ask, and return
  powerfsm {ask} 'r1n[01-40]' --wait --timeout 300  wait until all have ended
  powerfsm {ask} r1n01 --if-generation 3            only if nobody has asked since

\b
Exit codes:
    0  accepted; with --wait: all have succeeded
    1  some did not succeed or not in time, or the daemon refused as things stand
    2  asked wrongly: bad hostlist, unknown node, no permission; nothing was done
    3  no daemon answers
  130  Ctrl-C while waiting; the daemon goes on
"""


def register(app: typer.Typer) -> None:
    """Add the six commands."""
    for ask, text in _HELP.items():
        app.command(
            ask.value,
            help="\n\n".join(filter(None, (text, _MORE.get(ask), _COMMON))),
            epilog=_EXAMPLES.format(ask=ask.value),
        )(_command(ask))


def _command(ask: Ask) -> Callable[..., None]:
    def command(
        hostlist: Hostlists,
        *,
        wait: Annotated[
            bool, typer.Option("--wait/--no-wait", help="Wait until all have ended, and say how.")
        ] = False,
        timeout: Annotated[
            float | None,
            typer.Option(
                "--timeout", metavar="SECONDS", min=0, help="With --wait: for so long.", show_default=False
            ),
        ] = None,
        if_generation: Annotated[
            int | None,
            typer.Option(
                "--if-generation",
                metavar="N",
                min=0,
                help="Refuse if a node's generation is another: somebody else asked in the meantime.",
                show_default=False,
            ),
        ] = None,
        key: Annotated[
            str | None,
            typer.Option(
                "--key",
                metavar="TEXT",
                help="Idempotency key: the same command with the same key is carried out once.",
                show_default=False,
            ),
        ] = None,
        json: AsJson = False,
        url: Url = DEFAULT_URL,
        token_file: TokenFile = None,
    ) -> None:
        if timeout is not None and not wait:
            raise typer.BadParameter("it needs --wait", param_hint="--timeout")

        from powerfsm.cli.order import Order, carry_out
        from powerfsm.cli.talk import Target, talk

        target = Target(url, token_file)
        order = Order(ask, ",".join(hostlist), if_generation, key)
        talk(target, lambda client: carry_out(client, target, order, wait=wait, within=timeout, json=json))

    return command
