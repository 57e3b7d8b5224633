"""`python -m powerfsm.demo`, which `scripts/demo` runs."""

import shlex
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from random import SystemRandom
from typing import Annotated

import trio
import typer
from rich.console import Console

from bmcsim.records import UnreadableError
from powerfsm.client import ClientError
from powerfsm.demo.course import Course
from powerfsm.demo.processes import ProcessTrouble
from powerfsm.demo.stage import Unfinished
from powerfsm.demo.storm import LostOperation
from powerfsm.demo.verdict import Outcome, in_one_line, print_outcome
from powerfsm.demo.view import view_for

_VIOLATED = 1
_TROUBLE = 2
_INTERRUPTED = 130

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


class Interrupted(Exception):
    """Somebody wants it to end."""


@app.command()
def demo(
    nodes: Annotated[int, typer.Option(help="How many simulated BMCs.", min=1, max=5000)] = 50,
    seed: Annotated[
        int | None,
        typer.Option(help="The same seed makes the same requests, kills, losses and delays; default: a new one."),
    ] = None,
    seconds: Annotated[float, typer.Option(help="How long the storm lasts.", min=2, max=3600)] = 30.0,
    keep: Annotated[
        Path | None,
        typer.Option(
            help="A directory, made where there is none, that keeps logs, claims and database in any case."
        ),
    ] = None,
) -> None:
    """Throw contradicting power requests at a daemon, kill it in the middle, and judge what the BMCs saw.

    Simulated BMCs (lost and duplicated datagrams, boot delays, latches that act late) run on loopback UDP; the
    daemon owns them, on SQLite.  Requesters want nodes on, off, cycled and reset faster than any can follow, and
    several times the daemon is ended with kill -9 and started again.  At the end the simulator's own event log
    is held against what the requesters asked for and what they were told.

    Exits 0 where every promise held, 1 where one did not, 2 where there is no verdict; then the directory is
    kept, and told.
    """
    console = Console(highlight=False)
    chosen = SystemRandom().randrange(1_000_000) if seed is None else seed
    console.print(f"seed {chosen}, {nodes} nodes, a storm of {seconds:g} s")
    directory = _directory(keep)
    code = _TROUBLE
    try:
        outcome = trio.run(_play, console, nodes, chosen, seconds, directory)
        print_outcome(outcome, console)
        console.print(in_one_line(outcome), soft_wrap=True)
        code = 0 if outcome.holds else _VIOLATED
    except* Interrupted:
        console.print("interrupted; everything that was started has been ended")
        code = _INTERRUPTED
    except* (ProcessTrouble, Unfinished, LostOperation, ClientError, UnreadableError, OSError) as trouble:
        for error in _flat(trouble):
            console.print(f"no verdict: {error}", style="red", markup=False, soft_wrap=True)
    finally:
        _clear(console, directory, code, kept=keep is not None)
    raise typer.Exit(code)


async def _play(console: Console, nodes: int, seed: int, seconds: float, directory: Path) -> Outcome:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_await_signal)
        with view_for(console) as view:
            outcome = await Course(view, nodes, seed, seconds).run(directory)
        nursery.cancel_scope.cancel()
    return outcome


async def _await_signal() -> None:
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM, signal.SIGHUP) as signals:
        async for number in signals:
            raise Interrupted(signal.Signals(number).name)


def _directory(keep: Path | None) -> Path:
    if keep is None:
        return Path(tempfile.mkdtemp(prefix="powerfsm-demo-"))
    keep.mkdir(parents=True, exist_ok=True)
    if any(keep.iterdir()):
        raise typer.BadParameter(f"{keep} is not empty", param_hint="--keep")
    return keep.resolve()


def _clear(console: Console, directory: Path, code: int, *, kept: bool) -> None:
    """Remove the directory, unless somebody will want to look into it."""
    if not kept and code in (0, _INTERRUPTED):
        shutil.rmtree(directory, ignore_errors=True)
        return
    console.print(f"everything is kept in {directory}", markup=False, soft_wrap=True)
    events, claims = directory / "events.jsonl", directory / "claims.jsonl"
    if code == _VIOLATED:
        check = [str(Path(sys.executable).with_name("bmcsim")), "check", str(events), f"--claims={claims}"]
        console.print(f"to see more:  {shlex.join(check)}", markup=False, soft_wrap=True)


def _flat(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    found: list[BaseException] = []
    for error in group.exceptions:
        found += _flat(error) if isinstance(error, BaseExceptionGroup) else [error]
    return found


if __name__ == "__main__":
    app(prog_name="scripts/demo")
