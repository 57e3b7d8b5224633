"""`bmcsim replay`: a log told again."""

import dataclasses
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bmcsim.cli.failure import fail
from bmcsim.fleet import expand
from bmcsim.records import UnreadableError, read_events
from bmcsim.replay import Choice, Summary, retell
from bmcsim.view.screen import told

_MOST_NODES = 5


def replay(
    log: Annotated[Path, typer.Argument(help="An event log.", show_default=False)],
    nodes: Annotated[
        str | None, typer.Option(help="Only these: a hostlist.", metavar="HOSTLIST", show_default=False)
    ] = None,
    event: Annotated[
        list[str] | None,
        typer.Option(help="Only events of this name; may be repeated.", metavar="NAME", show_default=False),
    ] = None,
    since: Annotated[
        float, typer.Option(help="Only from so many seconds after the first event on.", min=0, metavar="SECONDS")
    ] = 0.0,
    until: Annotated[
        float | None,
        typer.Option(help="And only before so many.", min=0, metavar="SECONDS", show_default=False),
    ] = None,
    speed: Annotated[
        float | None,
        typer.Option(
            help="In step with time: 1 as it was, 10 ten times as fast. Without it all at once.",
            metavar="FACTOR",
            show_default=False,
        ),
    ] = None,
    summary: Annotated[bool, typer.Option("--summary", help="Only what it all comes to.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON lines; the last is the summary.")] = False,
) -> None:
    """Tell a log again: its events in order, some or all, at their own pace or at once, and what they come to.

    For example:

      bmcsim replay events.jsonl --nodes 'n[1-3]' --event power --event fault

      bmcsim replay events.jsonl --speed 10

      bmcsim replay events.jsonl --summary

    It shows what happened and runs nothing again. Exits 0, or 2 where the log cannot be read.
    """
    try:
        if speed is not None and not 0 < speed < float("inf"):
            raise ValueError(f"--speed {speed:g}: write how many seconds of the log pass in one, such as 1 or 10")
        choice = Choice(
            nodes=None if nodes is None else frozenset(expand(nodes)),
            events=frozenset(event) if event else None,
            since=since,
            until=float("inf") if until is None else until,
        )
        counted = Summary()
        console = Console()
        for each in retell(read_events(log), choice, speed=speed, sleep=time.sleep):
            counted.take(each)
            if not summary:
                if as_json:
                    typer.echo(json.dumps(each))
                else:
                    console.print(told(each), soft_wrap=True, highlight=False)
        _sum_up(counted, console, as_json=as_json)
    except (UnreadableError, ValueError, OSError) as error:
        fail(str(error))


def _sum_up(counted: Summary, console: Console, *, as_json: bool) -> None:
    if as_json:
        fields = {each.name: getattr(counted, each.name) for each in dataclasses.fields(counted)}
        typer.echo(json.dumps({"summary": {**fields, "seconds": counted.seconds}}))
        return
    lines = [
        f"{sum(counted.events.values()):,} events of {len(counted.nodes):,} nodes in {counted.seconds:,.3f} s"
    ]
    for label, counts in (
        ("events", counted.events),
        ("commands", counted.commands),
        ("refused", counted.refused),
        ("faults", counted.faults),
        ("busiest nodes", dict(counted.nodes.most_common(_MOST_NODES))),
    ):
        if counts:
            lines.append(f"{label}: {_listed(counts)}")
    for each in lines:
        console.print(each, markup=False, highlight=False, soft_wrap=True)


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number:,} {name}" for name, number in sorted(counts.items(), key=lambda pair: -pair[1]))
