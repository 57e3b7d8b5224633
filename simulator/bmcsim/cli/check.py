"""`bmcsim check`: the verdict on a log, as a table or as JSON."""

import dataclasses
import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bmcsim.check import Verdict, Violation, judge
from bmcsim.cli.failure import fail
from bmcsim.records import UnreadableError, read_claims, read_events

_SHOWN = 20


def check(
    log: Annotated[
        Path, typer.Argument(help="Event log that serve --log has written.", exists=True, dir_okay=False)
    ],
    claims: Annotated[
        Path | None,
        typer.Option(
            help='What a requester claims, JSON lines: {"t": 5120.25, "node": "n7", "asked": "on"} before each'
            ' request, {"t": 5123.5, "node": "n7", "declared": "on"} when success was told; t is CLOCK_MONOTONIC.',
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    per_node: Annotated[bool, typer.Option("--per-node", help="List the power commands of each node.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the verdict as JSON.")] = False,
) -> None:
    """Judge an event log: overlapping commands, contradictions, nodes that ended elsewhere, open sessions.

    Exits 0 where all holds, 1 where something does not, 2 where there is nothing to judge.
    """
    try:
        claimed = list(read_claims(claims)) if claims else []
        if claims and all(claim.declared for claim in claimed):
            raise UnreadableError(f"{claims} holds no request: there is nothing to judge")
        verdict = judge(read_events(log), claimed)
    except (UnreadableError, OSError) as error:
        fail(str(error))
    if as_json:
        typer.echo(json.dumps({"holds": verdict.holds, **dataclasses.asdict(verdict)}))
    else:
        print_verdict(verdict, Console(), with_claims=claims is not None)
        if per_node:
            for name, number in verdict.commands.items():
                typer.echo(f"{name}  {number}")
    raise typer.Exit(0 if verdict.holds else 1)


def print_verdict(verdict: Verdict, console: Console, *, with_claims: bool) -> None:
    """Print a verdict as a table, with the first violations below it."""
    table = Table("", "count", "must be", "", show_edge=False, header_style="bold")
    for label, count in _counts(verdict, with_claims=with_claims):
        table.add_row(label, f"{count:,}", "", "")
    table.add_section()
    for label, violations in _judged(verdict, with_claims=with_claims):
        sign = "[green]holds[/]" if not violations else "[bold red]VIOLATED[/]"
        table.add_row(label, f"{len(violations):,}", "0", sign)
    console.print(table)
    found = [(label, one) for label, several in _judged(verdict, with_claims=True) for one in several]
    for label, violation in found[:_SHOWN]:
        line = f"{violation.t:.6f}  {violation.node} {violation.what}  ({label})"
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    if len(found) > _SHOWN:
        console.print(f"and {len(found) - _SHOWN:,} more (--json has them all)")


def _counts(verdict: Verdict, *, with_claims: bool) -> list[tuple[str, int]]:
    commands = verdict.commands.values()
    claimed = [
        ("requests", verdict.requests),
        ("declarations judged", verdict.declared),
        ("declarations outdated when told", verdict.outdated),
    ]
    seen = [
        ("power commands", sum(commands)),
        ("most for one BMC", max(commands)),
        ("fewest for one BMC", min(commands)),
        ("in duplicated datagrams", verdict.duplicates),
        ("changes by hand", verdict.by_hand),
    ]
    return [("BMCs", verdict.nodes), *(claimed if with_claims else []), *seen]


def _judged(verdict: Verdict, *, with_claims: bool) -> list[tuple[str, tuple[Violation, ...]]]:
    from_claims = [
        ("commands or changes that contradict a declared state", verdict.contradictions),
        ("nodes that ended elsewhere than last asked", verdict.elsewhere),
    ]
    return [
        ("overlapping commands", verdict.overlaps),
        *(from_claims if with_claims else []),
        ("sessions left open", verdict.unclosed),
    ]
