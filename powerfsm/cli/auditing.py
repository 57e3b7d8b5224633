"""What `powerfsm audit` does: read the journal, and say what cannot be, or that all of it can."""

import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from json import dumps
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from powerfsm.audit.auditor import Allowed
from powerfsm.audit.findings import Row
from powerfsm.audit.run import Audit, Found, Outcome
from powerfsm.cli.exits import Exit
from powerfsm.cli.journal_file import JournalUnreadable, opened
from powerfsm.cli.screen import complain, remark, say, say_json
from powerfsm.hostlist import HostlistError, expand
from powerfsm.spec import Spec, SpecError, load

_MEMBERS = ("seq", "at", "kind", "node", "event", "operation", "generation", "before", "after", "detail")


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be audited, and how it is to be told.

    Attributes:
        journal: File, `sqlite:` URL, or `-`.
        nodes: Only those of this hostlist, or None.
        spec: Another spec, or None: that of this version.
        go_on: Tell everything that is found.
        json: Tell it as JSON.
    """

    journal: str
    nodes: str | None
    spec: Path | None
    go_on: bool
    json: bool


def audit(wish: Wish) -> Exit:
    """Audit a journal; gives the exit code."""
    try:
        names = None if wish.nodes is None else frozenset(expand(wish.nodes))
        spec = load(wish.spec)
        with opened(wish.journal) as journal:
            work = Audit(journal, spec, nodes=names, go_on=wish.go_on)
            outcome = _watched(work, journal.total)
        _check(wish, outcome, names)
    except (JournalUnreadable, HostlistError, SpecError, OSError) as error:
        for line in str(error).splitlines():
            complain(line)
        return Exit.USAGE
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    _tell(wish, outcome, spec)
    return Exit.NOT_DONE if outcome.found else Exit.OK


def _watched(work: Audit, total: int | None) -> Outcome:
    """Run it; on a terminal with a bar that says how far it has come."""
    if not sys.stderr.isatty():
        for _ in work.run():
            pass
        return work.outcome
    progress = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True, highlight=False),
        transient=True,
    )
    with progress:
        task = progress.add_task("entries", total=total)
        for read in work.run():
            progress.update(task, completed=read)
    return work.outcome


def _check(wish: Wish, outcome: Outcome, names: frozenset[str] | None) -> None:
    auditor = outcome.auditor
    if not auditor.entries and wish.journal == "-":
        raise JournalUnreadable(
            "there was no entry on standard input; give it what `powerfsm events --after 0 --json` prints"
        )
    unknown = sorted(names - auditor.met) if names is not None and outcome.ended else []
    if unknown:
        raise JournalUnreadable(
            f"the journal does not tell of {', '.join(unknown[:5])}{' and others' if len(unknown) > 5 else ''}"
        )


def _tell(wish: Wish, outcome: Outcome, spec: Spec) -> None:
    if wish.json:
        say_json(_as_json(outcome, spec))
        return
    for found in outcome.found:
        _tell_finding(found)
    auditor = outcome.auditor
    if wish.go_on and auditor.told > len(outcome.found):
        remark(f"{auditor.told} findings in all; of one node the first ones are told.")
    say(_summary(outcome))
    for line in _remarks(auditor.allowed, auditor.first, spec):
        say(f"  {line}")


def _summary(outcome: Outcome) -> str:
    auditor = outcome.auditor
    rate = auditor.entries / outcome.seconds if outcome.seconds else 0.0
    verdict = "all of it possible" if not outcome.found else f"{len(outcome.found)} impossible"
    if outcome.found and not outcome.ended:
        verdict = f"stopped at entry {outcome.found[0].finding.seq}, which is impossible"
    size = ", ".join(
        _counted(count, what)
        for count, what in (
            (len(auditor.met), "node"),
            (auditor.operations, "operation"),
            (auditor.processes, "start"),
        )
    )
    return f"{auditor.entries} entries, {size}: {verdict} ({outcome.seconds:.1f} s, {rate:.0f} entries/s)"


def _remarks(allowed: Allowed, first: int, spec: Spec) -> Iterator[str]:
    lost = (("action", allowed.actions), ("command", allowed.commands), ("session", allowed.sessions))
    if any(count for _, count in lost):
        cut = ", ".join(_counted(count, what) for what, count in lost if count)
        yield f"allowed for: {cut} whose end is not on record, for the daemon ended first"
    if allowed.clock_steps:
        times = _counted(allowed.clock_steps, "time")
        yield f"the clock was set back {times}, by {allowed.clock_most:.3f} s at most"
    if first > 1:
        yield f"it begins with entry {first}: {_counted(allowed.joined, 'node')} taken as they came"
    for digest in sorted(allowed.specs):
        yield f"some of it was written under the spec {digest[:12]}, and this is {spec.digest[:12]}: see --spec"


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _tell_finding(found: Found) -> None:
    finding = found.finding
    say(f"impossible: entry {finding.seq}{f' of {finding.node}' if finding.node else ''} ({finding.check.value})")
    say(f"  {finding.check.about}")
    say(f"  found:    {finding.found}")
    say(f"  possible: {finding.allowed}")
    for row in found.context:
        say(f"  {'>' if row[0] == finding.seq else ' '} {_line(row)}")
    say()


def _line(row: Row) -> str:
    """An entry as one line, as `powerfsm events` has it."""
    seq, at, kind, node, event, operation, generation, before, after, detail = row
    parts = [str(seq), _time(at), node or "-", kind, event]
    if before is not None or after is not None:
        parts.append(f"{before or '-'} -> {after or '-'}")
    if operation is not None:
        parts.append(f"#{operation}")
    if generation is not None:
        parts.append(f"generation={generation}")
    parts += [f"{name}={dumps(value, ensure_ascii=False)}" for name, value in dict(detail or {}).items()]
    return " ".join(map(str, parts))


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _as_json(outcome: Outcome, spec: Spec) -> object:
    auditor = outcome.auditor
    allowed = asdict(auditor.allowed)
    allowed["specs"] = sorted(auditor.allowed.specs)
    return {
        "possible": not outcome.found,
        "entries": auditor.entries,
        "first": auditor.first,
        "last": max(auditor.seq, 0),
        "nodes": len(auditor.met),
        "operations": auditor.operations,
        "starts": auditor.processes,
        "seconds": round(outcome.seconds, 3),
        "spec": spec.digest,
        "allowed": allowed,
        "findings": [
            {
                "check": found.finding.check.value,
                "seq": found.finding.seq,
                "node": found.finding.node,
                "found": found.finding.found,
                "possible": found.finding.allowed,
                "context": [
                    dict(zip(_MEMBERS, (*row[:1], _time(row[1]), *row[2:]), strict=True)) for row in found.context
                ],
            }
            for found in outcome.found
        ],
    }
