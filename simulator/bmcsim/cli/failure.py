"""How a command of the command line fails."""

from typing import NoReturn

import typer
from rich.console import Console

_USAGE = 2


def fail(message: str) -> NoReturn:
    """Say why nothing can be done, and exit with 2."""
    Console(stderr=True).print(f"bmcsim: {message}", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(_USAGE)
