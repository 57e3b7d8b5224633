"""Talking to the daemon: every command that does so goes through here, and so fails in the same words.

What went wrong is said in a sentence with what to do, and becomes the exit code; a traceback is for mistakes in
this program only.
"""

import os
import shlex
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import trio
import typer

from powerfsm.cli.exits import WRONGLY_ASKED, Exit
from powerfsm.cli.options import DEFAULT_URL
from powerfsm.cli.screen import complain, remark
from powerfsm.client import Client, ClientError, DaemonUnreachable, ProblemError, UnexpectedAnswer

Work = Callable[[Client], Awaitable[Exit]]


@dataclass(frozen=True, slots=True)
class Target:
    """Which daemon to talk to, and where its token is.

    Attributes:
        url: The daemon's URL.
        token_file: The file with the token; None: the environment may have it (`POWERFSM_TOKEN`).
    """

    url: str
    token_file: Path | None

    def command(self, *words: str) -> str:
        """A command line that asks the same daemon, to be pasted into a shell."""
        same = [] if self.url == os.environ.get("POWERFSM_URL", DEFAULT_URL) else ["--url", self.url]
        if self.token_file is not None and str(self.token_file) != os.environ.get("POWERFSM_TOKEN_FILE"):
            same += ["--token-file", str(self.token_file)]
        return shlex.join(["powerfsm", *words, *same])


def talk(target: Target, work: Work) -> None:
    """Do a command's work with a client, and end the command with the exit code of what came of it.

    Raises:
        typer.Exit: Always, with the code.
    """
    token = _token(target.token_file)

    async def connected() -> Exit:
        async with Client(target.url, token=token) as client:
            return await work(client)

    try:
        code = trio.run(connected)
    except KeyboardInterrupt:
        complain("interrupted")
        code = Exit.INTERRUPTED
    except ClientError as error:
        code = tell(error)
    raise typer.Exit(code)


def tell(error: ClientError) -> Exit:
    """Say what went wrong between us and the daemon; the exit code for it."""
    match error:
        case DaemonUnreachable():
            complain(str(error))
            if error.sent:
                remark("The request may have arrived all the same; `powerfsm operations` shows what was accepted.")
            else:
                remark("Start one with `powerfsm serve`, or say where it is with --url or POWERFSM_URL.")
            return Exit.NO_DAEMON
        case UnexpectedAnswer():
            complain(str(error))
            remark("Say where the daemon is with --url or POWERFSM_URL.")
            return Exit.NO_DAEMON
        case ProblemError():
            return _tell_problem(error)
        case _:
            complain(str(error))
            return Exit.USAGE


def _tell_problem(problem: ProblemError) -> Exit:
    complain(problem.detail)
    errors = problem.members.get("errors")
    for item in errors if isinstance(errors, list) else []:
        # The first one of them may be the detail already.
        if isinstance(item, dict) and str(item.get("message")) not in problem.detail:
            remark(f"  {item.get('field')}: {item.get('message')}")
    if problem.status in {401, 403}:
        remark("Give a token with --token-file or POWERFSM_TOKEN; `powerfsm token create --help` tells of roles.")
    return Exit.USAGE if problem.status in WRONGLY_ASKED else Exit.NOT_DONE


def _token(file: Path | None) -> str | None:
    if file is None:
        where, token = "POWERFSM_TOKEN", os.environ.get("POWERFSM_TOKEN", "").strip()
        if not token:
            return None
    else:
        where = "--token-file"
        try:
            token = file.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise typer.BadParameter(f"{file} cannot be read: {error}", param_hint=where) from error
    # It goes into a header, and nothing of it may go into a message.
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise typer.BadParameter("it does not hold one token and nothing else", param_hint=where)
    return token
