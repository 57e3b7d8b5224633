"""The verdict: what the simulator's own event log says about the requesters' claims.

The daemon is asked one thing only, whether every operation that it has answered with is still known and has
ended; and what it logged as a defect of its own, a broken property of the spec above all, counts against it.  All
else is between the log and the claims: before `bmcsim.check` and, as a reset that comes twice leaves the power as
it was asked for, before a count of resets.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bmcsim.check import Verdict, Violation, judge
from bmcsim.records import Claim, read_claims, read_events
from powerfsm.client import Operation
from powerfsm.demo.storm import Tally

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came out of a storm.

    Attributes:
        verdict: The judge's, from the event log and the claims.
        tally: What the requesters counted.
        kills: How often the daemon was killed.
        lost: Operations that were answered with and that the daemon does not know.
        unended: Operations that never ended.
        resets: Resets that came to a BMC, not as a duplicate of the network's, and that nobody had asked for.
        defects: Lines of the daemon's log that tell a defect.
    """

    verdict: Verdict
    tally: Tally
    kills: int
    lost: frozenset[int]
    unended: frozenset[int]
    resets: tuple[Violation, ...]
    defects: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether nothing happened that must not."""
        return self.verdict.holds and not (self.lost or self.unended or self.resets or self.defects)


def pass_verdict(
    log: Path,
    claims: Path,
    tally: Tally,
    kills: int,
    answered: Iterable[int],
    known: Iterable[Operation],
    defects: Iterable[str] = (),
) -> Outcome:
    """Judge a run.

    Args:
        log: The simulator's event log.
        claims: The requesters' claims.
        tally: What they counted.
        kills: How often the daemon was killed.
        answered: Operations that they were answered with.
        known: All operations that the daemon knows.
        defects: What it logged as defects.

    Raises:
        bmcsim.records.UnreadableError: There is nothing to judge.
    """
    status = {operation.id: operation.status for operation in known}
    lost = frozenset(number for number in answered if number not in status)
    unended = frozenset(number for number in answered if number in status and not status[number].ended)
    events, claimed = list(read_events(log)), list(read_claims(claims))
    resets = tuple(resets_beyond_those_asked_for(events, claimed))
    return Outcome(judge(events, claimed), tally, kills, lost, unended, resets, tuple(defects))


def resets_beyond_those_asked_for(
    events: Iterable[Mapping[str, Any]], claims: Sequence[Claim]
) -> Iterator[Violation]:
    """Find the resets for which there was no request: with one command for each at most, it was sent twice."""
    asked = sorted((claim for claim in claims if claim.way == "reset"), key=lambda claim: claim.t)
    left: Counter[str] = Counter()
    heard = 0
    for event in events:
        if event["event"] != "command" or event["command"] != "reset" or event.get("duplicate"):
            continue
        while heard < len(asked) and asked[heard].t <= event["t"]:
            left[asked[heard].node] += 1
            heard += 1
        left[event["node"]] -= 1
        if left[event["node"]] < 0:
            yield Violation(event["t"], event["node"], "took a reset that nobody had asked for")


def print_outcome(outcome: Outcome, console: Console) -> None:
    """Print the verdict as a table, with the first violations of each kind below it."""
    verdict, tally = outcome.verdict, outcome.tally
    table = Table(show_edge=False, box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("verdict, from the simulator's own event log", no_wrap=True)
    table.add_column("count", justify="right", no_wrap=True)
    table.add_column("must be", justify="right", no_wrap=True)
    table.add_column("")
    answers = f"{tally.unknown:,} unanswered"
    for label, count, remark in (
        ("simulated BMCs", verdict.nodes, ""),
        ("kill -9 of the daemon", outcome.kills, ""),
        ("requests made", verdict.requests, answers),
        ("successes told, and judged", verdict.declared, f"{verdict.outdated:,} more outdated"),
        ("operations that failed, and said why", len(tally.failures), ""),
        ("power commands received", sum(verdict.commands.values()), f"{verdict.duplicates:,} duplicates"),
    ):
        table.add_row(label, f"{count:,}", "", remark)
    for label, count in _judged(outcome):
        sign = "[green]holds[/]" if not count else "[bold red]VIOLATED[/]"
        table.add_row(label, f"{count:,}", "0", sign)
    console.print(table)
    for kind in (verdict.overlaps, verdict.contradictions, verdict.elsewhere, outcome.resets, verdict.unclosed):
        _print_violations(kind, console)
    for line in outcome.defects[:_SHOWN]:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def in_one_line(outcome: Outcome) -> str:
    """The verdict, for a log of many runs."""
    broken = ", ".join(f"{count:,} {label}" for label, count in _judged(outcome) if count)
    requests, commands = outcome.verdict.requests, sum(outcome.verdict.commands.values())
    word, told = ("VIOLATED", broken) if broken else ("holds", "no promise broken")
    return f"{word}: {requests:,} requests, {commands:,} power commands, {outcome.kills:,} kills; {told}"


def _judged(outcome: Outcome) -> list[tuple[str, int]]:
    verdict = outcome.verdict
    return [
        ("overlapping commands", len(verdict.overlaps)),
        ("contradictions of a declared state", len(verdict.contradictions)),
        ("nodes that ended elsewhere than last asked", len(verdict.elsewhere)),
        ("resets beyond those asked for", len(outcome.resets)),
        ("sessions left open", len(verdict.unclosed)),
        ("answered requests that were lost", len(outcome.lost)),
        ("answered requests that never ended", len(outcome.unended)),
        ("defects that the daemon logged", len(outcome.defects)),
    ]


def _print_violations(violations: tuple[Violation, ...], console: Console) -> None:
    for violation in violations[:_SHOWN]:
        line = f"{violation.t:.3f}  {violation.node} {violation.what}"
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    if len(violations) > _SHOWN:
        console.print(f"and {len(violations) - _SHOWN:,} more of this kind", markup=False, highlight=False)
