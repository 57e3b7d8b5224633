"""What `powerfsm check` does: run the checkers, tell what they say, draw and rehearse what they find."""

import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.table import Table

from powerfsm.cli.exits import Exit
from powerfsm.cli.screen import complain, remark, say, say_json
from powerfsm.model import sequence, trace
from powerfsm.model.check import Check, Report, Result
from powerfsm.model.sizes import LARGE, SMALL, Size
from powerfsm.model.spin import CheckerFailed, MissingTools
from powerfsm.model.unmodelled import ASSUMED, NOT_MODELLED
from powerfsm.node import Drift, Policy
from powerfsm.rehearsal import rehearse
from powerfsm.spec import Spec, SpecError, load

_POLICIES = (Drift.FLAG, Drift.ADOPT, Drift.ENFORCE)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be checked, and how it is to be told.

    Attributes:
        large: With the larger bounds.
        spec: Another spec, or None: that of this version.
        witness: Only show a run that puts this property to the test.
        drawing: How runs are drawn: `text`, `mermaid` or `trace`.
        jobs: Checkers that run at one time.
        keep: Where to leave what is made, or None.
        json: Tell it as JSON.
    """

    large: bool
    spec: Path | None
    witness: str | None
    drawing: str
    jobs: int
    keep: Path | None
    json: bool


class WronglyAsked(Exception):
    """What was asked cannot be done; says what can."""


def check(wish: Wish) -> Exit:
    """Check the spec; gives the exit code."""
    try:
        spec = load(wish.spec)
        with _folder(wish.keep) as folder:
            work = Check(spec, folder, wish.jobs)
            if wish.witness is not None:
                return _show(wish, spec, work)
            report = _run(wish, work)
        _tell(wish, spec, report)
    except (MissingTools, WronglyAsked, SpecError, OSError) as error:
        for line in str(error).splitlines():
            complain(line)
        return Exit.USAGE
    except CheckerFailed as error:
        complain(str(error))
        return Exit.NOT_DONE
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    return Exit.OK if report.good else Exit.NOT_DONE


@contextmanager
def _folder(keep: Path | None) -> Generator[Path]:
    if keep is None:
        with TemporaryDirectory(prefix="powerfsm-check-") as made:
            yield Path(made)
        return
    try:
        keep.mkdir(parents=True)
    except FileExistsError:
        raise WronglyAsked(f"{keep} is there already; name a directory that is not") from None
    yield keep


def _show(wish: Wish, spec: Spec, work: Check) -> Exit:
    """Show a run that puts one property to the test."""
    assert wish.witness is not None
    if wish.witness not in spec.properties:
        raise WronglyAsked(f"there is no property {wish.witness!r}; there are {', '.join(spec.properties)}")
    lines = work.witness(wish.witness)
    if not lines:
        complain(f"no run within the bounds puts {wish.witness} to the test")
        return Exit.NOT_DONE
    _say_lines(_drawn(lines, spec, wish.drawing))
    return Exit.OK


def _run(wish: Wish, work: Check) -> Report:
    """Run it all, and tell on standard error how far it has come."""
    sizes = LARGE if wish.large else SMALL
    done: list[Result] = []

    def told(result: Result) -> None:
        done.append(result)
        remark(f"[{len(done)}/{len(sizes)}] {_line(result)}")

    return work.run(sizes, build=lambda what: remark(f"building {what} ..."), told=told)


def _line(result: Result) -> str:
    search, size = result.search, result.size
    what = size.claim or "all that holds always"
    return f"{size.name}: {what}: {_outcome(result)}, {search.states:,} states, {search.seconds:.1f} s"


def _outcome(result: Result) -> str:
    if result.size.fails:
        return "fails, as it should" if result.good else "DOES NOT FAIL"
    if result.search.errors:
        return "BROKEN"
    return "holds" if result.search.complete else "NOT FINISHED"


def _tell(wish: Wish, spec: Spec, report: Report) -> None:
    if wish.json:
        say_json(_as_json(report))
        return
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 160)
    console.print(_runs(report.results))
    console.print(_properties(spec, report))
    say("Taken for granted:")
    for each in ASSUMED:
        say(f"  - {each}")
    say("Not modelled:")
    for each in NOT_MODELLED:
        say(f"  - {each}")
    if report.unreached:
        say("Never executed in any of these runs:")
        for idle in report.unreached:
            say(f"  - {idle.text}")
            say(f"    {idle.why or 'NOBODY KNOWS WHY'}")
    for result in report.results:
        if not result.good:
            _tell_bad(wish, spec, result)
    if report.good:
        say("Everything holds.")


def _runs(results: Sequence[Result]) -> Table:
    table = Table(title="Runs")
    for name in ("run", "bounds", "what"):
        table.add_column(name)
    for name in ("states", "depth", "s", "MB"):
        table.add_column(name, justify="right")
    table.add_column("")
    for result in results:
        search, size = result.search, result.size
        table.add_row(
            size.name,
            size.bounds(),
            size.claim or "always",
            f"{search.states:,}",
            f"{search.depth:,}",
            f"{search.seconds:.1f}",
            f"{search.megabytes:.0f}",
            _outcome(result),
        )
    return table


def _properties(spec: Spec, report: Report) -> Table:
    table = Table(title="Properties")
    for name in ("promise", "property", "", "put to the test"):
        table.add_column(name)
    for each in spec.properties.values():
        steps = report.witnesses[each.name].count("\n")
        tested = f"after {steps} lines" if steps else "NEVER"
        table.add_row(str(each.promise), each.name, each.about, tested)
    return table


def _tell_bad(wish: Wish, spec: Spec, result: Result) -> None:
    complain(_line(result))
    if result.trail:
        _say_lines(_drawn(result.trail, spec, wish.drawing))
        _say_lines(str(rehearse(trace.parse(result.trail), spec, policy=_policy(result.size))))


def _say_lines(text: str) -> None:
    for line in text.splitlines():
        say(line)


def _policy(size: Size) -> Policy:
    return Policy(ranking=size.ranking, drift=_POLICIES[size.policy or 0])


def _drawn(lines: str, spec: Spec, drawing: str) -> str:
    if drawing == "trace":
        return lines.rstrip("\n")
    draw = sequence.mermaid if drawing == "mermaid" else sequence.text
    return draw(trace.parse(lines), spec).rstrip("\n")


def _as_json(report: Report) -> dict[str, Any]:
    return {
        "good": report.good,
        "runs": [
            {
                "name": each.size.name,
                "bounds": each.size.bounds(),
                "property": each.size.claim,
                "fair": each.size.fair,
                "outcome": _outcome(each),
                "good": each.good,
                "states": each.search.states,
                "transitions": each.search.transitions,
                "depth": each.search.depth,
                "seconds": round(each.search.seconds, 3),
                "megabytes": each.search.megabytes,
                "trace": each.trail.splitlines(),
            }
            for each in report.results
        ],
        "witnesses": {name: lines.splitlines() for name, lines in report.witnesses.items()},
        "unreached": [{"statement": each.text, "why": each.why} for each in report.unreached],
        "assumed": list(ASSUMED),
        "not_modelled": list(NOT_MODELLED),
    }
