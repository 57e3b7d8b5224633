"""The end of a long run as a table."""

import shlex
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from chaos.catalogue import TROUBLES
from chaos.course import Record, tally
from chaos.vitals import MEBIBYTE, Vitals


def print_record(record: Record, console: Console) -> None:
    """Print what a run came to."""
    table = _table("trouble", "rounds", "requests", "memory at most", "descriptors at most", "verdict")
    for name, rounds in tally(record).items():
        broken = sum(bool(each.broken) for each in rounds)
        table.add_row(
            name,
            str(len(rounds)),
            f"{sum(each.answered for each in rounds):,}",
            f"{max(each.peak[0] for each in rounds) / MEBIBYTE:.0f} MiB",
            str(max(each.peak[1] for each in rounds)),
            f"[bold red]{broken} BROKEN[/]" if broken else "[green]holds[/]",
        )
    console.print(table)
    console.print()
    _print_curve(record.curve, console)
    requests = sum(each.answered for each in record.rounds)
    word = "[green]holds[/]" if record.holds else "[bold red]BROKEN[/]"
    console.print(
        f"{word}: {requests:,} requests answered, {record.commands:,} power commands at BMCs,"
        f" {record.restarts} ends of the daemon",
        soft_wrap=True,
    )
    for told in (*(told for each in record.rounds for told in each.broken), *record.broken):
        console.print(f"  {told}", style="red", markup=False, soft_wrap=True)


def print_list(console: Console) -> None:
    """Print the troubles, and which of them this machine lacks something for."""
    width = max(map(len, TROUBLES))
    for trouble in TROUBLES.values():
        missing = trouble.missing()
        why = f"  [yellow](not here: {missing})[/]" if missing else ""
        console.print(f"[bold]{trouble.name:{width}}[/]  {trouble.about}{why}", soft_wrap=True)


def replay(names: Sequence[str], nodes: int, seed: int, minutes: float) -> str:
    """The command that plays the same again."""
    only = f"--only={','.join(names)}"
    return shlex.join(["scripts/chaos", f"--seed={seed}", f"--nodes={nodes}", f"--minutes={minutes:g}", only])


def _print_curve(curve: Sequence[Vitals], console: Console) -> None:
    """Print memory and descriptors of the daemon's lives: of the longest one, and the most of all."""
    if not curve:
        return
    lives: dict[int, list[Vitals]] = {}
    for seen in curve:
        lives.setdefault(seen.pid, []).append(seen)
    longest = max(lives.values(), key=lambda life: life[-1].t - life[0].t)
    table = _table("what the daemon held", "first", "last", "peak")
    for label, life in (("all its lives", curve), (f"its longest, {longest[-1].t - longest[0].t:.0f} s", longest)):
        first, last, peak = life[0].mebibytes, life[-1].mebibytes, max(seen.mebibytes for seen in life)
        table.add_row(f"memory, {label}", f"{first:.0f} MiB", f"{last:.0f} MiB", f"{peak:.0f} MiB")
        most = max(seen.descriptors for seen in life)
        table.add_row(f"descriptors, {label}", str(life[0].descriptors), str(life[-1].descriptors), str(most))
    console.print(table)
    console.print()


def _table(*columns: str) -> Table:
    table = Table(show_edge=False, box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        table.add_column(column)
    return table
