"""The command line: `bmcsim serve` and `bmcsim check`."""

import typer

from bmcsim.cli.check import check
from bmcsim.cli.serve import serve

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Simulated BMCs on real UDP, and a judge of what was done to them.",
)
app.command()(serve)
app.command()(check)


def main() -> None:
    """Run the command line."""
    app()
