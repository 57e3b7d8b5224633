"""Many seeds: how far they have come, and what they showed together."""

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from powerfsm.cli.exits import Exit
from powerfsm.cli.screen import Line, complain, remark, say, say_json, say_lines, say_table
from powerfsm.cli.shrinking import Smaller, shrink, tell_smaller
from powerfsm.cli.simulation_gauge import Gauge, gauge, span
from powerfsm.cli.simulation_report import listed, outcome_json, tally_json
from powerfsm.simulation.campaign import Summary, campaign
from powerfsm.simulation.crew import Crew, Done, Lost
from powerfsm.simulation.played import Played
from powerfsm.simulation.promises import PROMISES
from powerfsm.simulation.seeds import Drawing
from powerfsm.simulation.tally import declared_transitions
from powerfsm.spec import load

if TYPE_CHECKING:
    from powerfsm.cli.simulating import Wish

_MOST_FAILED = 20
"""Failing seeds that are shown; JSON has them all."""


def play_seeds(wish: "Wish", drawing: Drawing, seeds: Sequence[int]) -> Exit:
    """Play many seeds; gives the exit code."""
    summary = Summary()
    began = time.monotonic()
    interrupted = False
    try:
        _play(wish, drawing, seeds, summary)
    except KeyboardInterrupt:
        interrupted = True
    wall = time.monotonic() - began
    if not wish.json:
        _tell(summary, drawing, len(seeds), wall)
    smaller = [] if interrupted else list(_shrunk(wish, drawing, summary))
    if wish.json:
        say_json(_as_json(summary, drawing, len(seeds), wall, smaller))
    if interrupted or any(each.interrupted for each in smaller):
        complain("interrupted")
        return Exit.INTERRUPTED
    return Exit.NOT_DONE if summary.failed else Exit.OK


def _play(wish: "Wish", drawing: Drawing, seeds: Sequence[int], summary: Summary) -> None:
    began = time.monotonic()
    with (
        Crew(min(wish.size, len(seeds)), limit=wish.limit) as crew,
        gauge(drawing.scenario, len(seeds), lines=not wish.json) as shown,
    ):
        for news in campaign(crew, drawing, seeds, summary):
            _show(shown, summary, len(seeds), time.monotonic() - began)
            if isinstance(news, Done) and news.task.number in summary.failed:
                if not wish.json:
                    remark(
                        f"seed {news.task.number}: {_what(news.outcome)}",
                        command=drawing.command(news.task.number),
                    )
                if wish.fail_fast:
                    return


def _show(shown: Gauge, summary: Summary, total: int, gone: float) -> None:
    done = summary.done
    text = f"{done} of {total} seeds, {len(summary.failed)} failed"
    if done:
        text += f", {60 * done / gone:.0f} a minute, {span((total - done) * gone / done)} left"
    shown.show(done, text)


def _what(outcome: Played | Lost) -> str:
    """Why a seed has failed, in a few words."""
    if isinstance(outcome, Lost):
        return f"{outcome.trouble.value}: {outcome.what}"
    numbers = ", ".join(map(str, outcome.broken))
    first = outcome.violations[0]
    return f"breaks {'promise' if len(outcome.broken) == 1 else 'promises'} {numbers}: {first.what}"


def _shrunk(wish: "Wish", drawing: Drawing, summary: Summary) -> Iterator[Smaller]:
    """Of each way to fail, one seed made smaller: the one that was played fastest."""
    ways: dict[str, int] = {}
    for seed, outcome in sorted(summary.failed.items(), key=lambda item: item[1].wall):
        way = outcome.what if isinstance(outcome, Lost) else str(outcome.violations[0].promise)
        ways.setdefault(way, seed)
    for seed in ways.values():
        smaller = shrink(wish, drawing.plan(seed), summary.failed[seed])
        if smaller is not None:
            if not wish.json:
                say()
                say(f"Seed {seed}, {_what(summary.failed[seed])}")
                tell_smaller(smaller)
            yield smaller
            if smaller.interrupted:
                return


def _tell(summary: Summary, drawing: Drawing, total: int, wall: float) -> None:
    say_lines(_totals(summary, total, wall))
    say()
    say_table(("", "PROMISE", "VERDICT", "SEEDS"), _verdict(summary))
    say()
    say_lines(_coverage(summary))
    if summary.failed:
        say()
        say_table(("SEED", "WHAT", "COMMAND"), _failed(summary, drawing))
        if len(summary.failed) > _MOST_FAILED:
            remark(f"{len(summary.failed)} seeds have failed in all; --json tells all of them.")


def _totals(summary: Summary, total: int, wall: float) -> Iterator[Line]:
    tally = summary.tally
    more = f" of {total}" if summary.done < total else ""
    rate = f"{60 * summary.done / wall:.0f} a minute" if wall else ""
    yield Line("seeds", f"{summary.done}{more} in {span(wall)} ({rate}), {len(summary.failed)} failed")
    hours = tally.seconds / 3600
    speed = f", {hours / wall:.3g} a second" if wall else ""
    yield Line("time", f"{hours:,.1f} virtual hours{speed}")
    yield Line("requests", f"{tally.requests:,} asked, {tally.answered:,} answered")
    yield Line("operations", listed(tally.ends) or "none")
    yield Line("commands", f"{sum(tally.sent.values()):,} sent ({listed(tally.sent) or 'none'})")
    yield Line("processes", f"{sum(tally.processes.values()):,} ({listed(tally.processes) or 'none'})")
    slowest = ", ".join(f"{seed} in {seconds:.1f} s" for seconds, seed in summary.slowest)
    yield Line("slowest", slowest or "none")


def _verdict(summary: Summary) -> Iterator[list[str]]:
    for number, title in PROMISES.items():
        seeds = summary.broken.get(number, 0)
        yield [str(number), title, "VIOLATED" if seeds else "holds", str(seeds or "")]
    if summary.lost:
        yield ["", "every simulation comes to its end", "VIOLATED", str(len(summary.lost))]


def _coverage(summary: Summary) -> Iterator[Line]:
    """What there was in the swarm: where something is missing, it does not swarm."""
    tally = summary.tally
    yield Line("struck", listed(tally.faults) or "nothing")
    idle = sorted(name for name in tally.planned if not tally.faults.get(name))
    if idle:
        yield Line("never struck", f"{', '.join(idle)}, though planned")
    yield Line("done", listed({name: count for name, count in tally.deeds.items() if name != "ask"}) or "nothing")
    yield Line("killed in", listed(tally.kills) or "nothing")
    declared = list(declared_transitions(load().node))
    never = tuple(
        f"{before}: {event} -> {after}"
        for before, event, after in declared
        if not tally.transitions.get((before, event, after))
    )
    yield Line("transitions", f"{len(declared) - len(never)} of {len(declared)} of the machine node taken")
    if never:
        yield Line("never taken", never[0], never[1:])


def _failed(summary: Summary, drawing: Drawing) -> Iterator[list[str]]:
    for seed in sorted(summary.failed)[:_MOST_FAILED]:
        yield [str(seed), _what(summary.failed[seed]), drawing.command(seed)]


def _as_json(
    summary: Summary, drawing: Drawing, total: int, wall: float, smaller: Sequence[Smaller]
) -> dict[str, Any]:
    tally = summary.tally
    declared = list(declared_transitions(load().node))
    return {
        "good": not summary.failed,
        "scenario": drawing.scenario,
        "seeds": total,
        "done": summary.done,
        "wall_seconds": round(wall, 3),
        **tally_json(tally),
        "promises": {
            str(number): {"about": title, "seeds": summary.broken.get(number, 0)}
            for number, title in PROMISES.items()
        },
        "failed": [
            {"seed": seed, "why": _what(outcome), "command": drawing.command(seed), **outcome_json(outcome)}
            for seed, outcome in sorted(summary.failed.items())
        ],
        "slowest": [{"seed": seed, "wall_seconds": round(seconds, 3)} for seconds, seed in summary.slowest],
        "coverage": {
            "faults": {
                name: {"plans": tally.planned.get(name, 0), "struck": tally.faults.get(name, 0)}
                for name in sorted({*tally.planned, *tally.faults})
            },
            "deeds": tally.deeds,
            "killed_in": tally.kills,
            "transitions": [
                {
                    "before": before,
                    "event": event,
                    "after": after,
                    "taken": tally.transitions[before, event, after],
                }
                for before, event, after in declared
            ],
        },
        "smaller": [each.as_json() for each in smaller],
    }
