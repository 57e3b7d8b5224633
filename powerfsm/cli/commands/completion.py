"""`powerfsm completion`: what makes a shell complete commands and options."""

import os
from enum import StrEnum
from typing import Annotated

import typer

_HELP = """Print a shell's completion script.

\b
Examples:
  powerfsm completion bash > /etc/bash_completion.d/powerfsm
  powerfsm completion zsh > "${fpath[1]}/_powerfsm"
  powerfsm completion fish > ~/.config/fish/completions/powerfsm.fish
"""


class Shell(StrEnum):
    """Shells that can be taught."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def register(app: typer.Typer) -> None:
    """Add the command."""

    def _completion(
        shell: Annotated[Shell, typer.Argument(metavar="SHELL", help="bash, zsh or fish.")],
    ) -> None:
        # The way in that typer keeps for shells; the function behind it is not public.
        os.environ["_POWERFSM_COMPLETE"] = f"source_{shell}"
        app(args=[], prog_name="powerfsm")

    app.command("completion", help=_HELP)(_completion)
