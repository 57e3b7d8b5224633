"""`python -m chaos`, which `scripts/chaos` runs."""

import json
import os
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

from chaos import namespace
from chaos.catalogue import TROUBLES
from chaos.course import Record, run
from chaos.report import print_list, print_record, replay
from chaos.trouble import Trouble
from powerfsm.demo.processes import ProcessTrouble

_BROKEN = 1
_TROUBLE = 2
_INTERRUPTED = 130

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


class Interrupted(Exception):
    """Somebody wants it to end."""


@app.command()
def chaos(
    minutes: Annotated[float, typer.Option(help="How long; the last round is played to its end.", min=0)] = 5.0,
    nodes: Annotated[int, typer.Option(help="How many simulated BMCs.", min=2, max=2000)] = 20,
    seed: Annotated[
        int | None,
        typer.Option(help="The same seed throws the same dice; default: a new one.", show_default=False),
    ] = None,
    only: Annotated[
        str | None, typer.Option(help="Only these troubles, by name, with commas.", show_default=False)
    ] = None,
    keep: Annotated[
        Path | None,
        typer.Option(help="A directory that keeps logs, claims and database in any case.", show_default=False),
    ] = None,
    listing: Annotated[
        bool, typer.Option("--list", help="List the troubles, and what is missing for any.")
    ] = False,
) -> None:
    """Do the worst to a daemon for minutes or hours, and see that it keeps its promises.

    The real daemon drives simulated BMCs over UDP while requesters change their minds without end; one trouble
    comes after the other, in an order that the seed gives.  After each the storm ends, and it is seen that what
    was answered is true, the journal audits clean, sessions are closed, and memory and descriptors have returned.

    As root it runs in a network namespace of its own and mounts a small disk; where that cannot be had, the
    troubles that need it are left out, and named.

    Exits 0 where every promise held, 1 where one did not, 2 where nothing could be tried.
    """
    console = Console(highlight=False)
    if listing:
        print_list(console)
        return
    _enter_namespace()
    chosen = _chosen(only, console)
    dice = SystemRandom().randrange(1_000_000) if seed is None else seed
    names = [trouble.name for trouble in chosen]
    console.print(f"seed {dice}, {nodes} nodes, {minutes:g} minutes: {', '.join(names)}", soft_wrap=True)
    directory = _directory(keep)
    code = _TROUBLE
    try:
        record = trio.run(_play, console, chosen, nodes, dice, minutes, directory)
        print_record(record, console)
        code = 0 if record.holds else _BROKEN
        _write(record, directory / "curve.jsonl")
    except* Interrupted:
        console.print("interrupted; everything that was started has been ended")
        code = _INTERRUPTED
    except* (ProcessTrouble, OSError) as trouble:
        console.print(
            f"nothing could be tried: {trouble.exceptions[0]}", style="red", markup=False, soft_wrap=True
        )
    if code == _BROKEN:
        console.print(f"to play it again:  {replay(names, nodes, dice, minutes)}", markup=False, soft_wrap=True)
    if keep is not None or code not in (0, _INTERRUPTED):
        console.print(f"everything is kept in {directory}", markup=False, soft_wrap=True)
    else:
        shutil.rmtree(directory, ignore_errors=True)
    raise typer.Exit(code)


def _chosen(only: str | None, console: Console) -> list[Trouble]:
    names = list(TROUBLES) if only is None else [name.strip() for name in only.split(",") if name.strip()]
    unknown = [name for name in names if name not in TROUBLES]
    if unknown or not names:
        raise typer.BadParameter(
            f"there is no trouble {', '.join(unknown) or 'of no name'}; there are {', '.join(TROUBLES)}",
            param_hint="--only",
        )
    missing = {name: why for name in names if (why := TROUBLES[name].missing())}
    for name, why in missing.items():
        console.print(f"left out: {name}, as {why}", style="yellow", markup=False, soft_wrap=True)
    left = [TROUBLES[name] for name in names if name not in missing]
    if not left:
        console.print("nothing is left to be tried; scripts/setup --system, as root, installs what is missing")
        raise typer.Exit(_TROUBLE)
    return left


def _enter_namespace() -> None:
    """Go on in a network of our own, where there can be one."""
    if namespace.is_ours():
        namespace.set_up()
        return
    prefix = namespace.prefix()
    if prefix is not None:
        command = [*prefix, sys.executable, "-m", "chaos", *sys.argv[1:]]
        os.execvp(command[0], command)


async def _play(
    console: Console, chosen: list[Trouble], nodes: int, seed: int, minutes: float, directory: Path
) -> Record:
    began = trio.current_time()

    def say(text: str) -> None:
        console.print(f"{trio.current_time() - began:7.1f} s  {text}", markup=False, soft_wrap=True)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(_await_signal)
        record = await run(directory, chosen, nodes=nodes, seed=seed, seconds=60 * minutes, say=say)
        nursery.cancel_scope.cancel()
    return record


async def _await_signal() -> None:
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM, signal.SIGHUP) as signals:
        async for number in signals:
            raise Interrupted(signal.Signals(number).name)


def _directory(keep: Path | None) -> Path:
    if keep is None:
        return Path(tempfile.mkdtemp(prefix="powerfsm-chaos-"))
    keep.mkdir(parents=True, exist_ok=True)
    if any(keep.iterdir()):
        raise typer.BadParameter(f"{keep} is not empty", param_hint="--keep")
    return keep.resolve()


def _write(record: Record, file: Path) -> None:
    """Write down what the daemon held over time, for whoever wants to draw it."""
    lines = (
        {"t": seen.t, "pid": seen.pid, "memory": seen.memory, "descriptors": seen.descriptors}
        for seen in record.curve
    )
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="ascii")


if __name__ == "__main__":
    app(prog_name="scripts/chaos")
