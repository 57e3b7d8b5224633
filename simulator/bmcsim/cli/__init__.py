"""The command line: `bmcsim run`, `serve`, `check`, `replay`, `list-faults` and `schema`."""

import typer

from bmcsim.cli.check import check
from bmcsim.cli.list_faults import list_faults
from bmcsim.cli.replay import replay
from bmcsim.cli.run import run
from bmcsim.cli.schema import schema
from bmcsim.cli.serve import serve

_HELP = """Simulated BMCs that real clients believe, with every fault we know, and a judge of what befell them.

Exit codes of all commands: 0 all is well; 1 what was judged does not hold; 2 asked for in a wrong way, or
something that is needed cannot be had.
"""

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help=_HELP)
app.command()(run)
app.command()(serve)
app.command("list-faults")(list_faults)
app.command()(check)
app.command()(replay)
app.command()(schema)


def main() -> None:
    """Run the command line."""
    app()
