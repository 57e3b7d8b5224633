"""What is said of a simulation: what is in its plan, what happened, and the verdict, promise by promise."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from powerfsm.cli.screen import Line, complain, remark, say, say_lines, say_table
from powerfsm.simulation.crew import Lost
from powerfsm.simulation.plan import Plan
from powerfsm.simulation.played import Played
from powerfsm.simulation.promises import PROMISES
from powerfsm.simulation.tally import Tally, deed_name


def plan_contents(plan: Plan) -> dict[str, Counter[str]]:
    """What there is in a plan, counted: faults and deeds by name."""
    network = plan.network
    ways = {"lost": network.loss, "duplicated": network.duplicate, "delayed": network.delayed}
    faults = Counter({f"{name} {share:.0%}": 0 for name, share in ways.items() if share})
    faults.update(fault.fault for fault in plan.faults)
    return {"faults": faults, "deeds": Counter(deed_name(deed) for deed in plan.deeds)}


def plan_lines(plan: Plan) -> list[Line]:
    contents = plan_contents(plan)
    asked = contents["deeds"].pop("ask", 0)
    size = f"{counted(len(plan.nodes), 'node')}, {counted(asked, 'request')}, {plan.chaos / 3600:.3g} h of chaos"
    return [
        Line("seed", f"{plan.seed} of {plan.scenario}: {size}"),
        Line("planned", listed(contents["deeds"]) or "nothing besides"),
        Line("faults", listed(contents["faults"]) or "none"),
    ]


def tell(outcome: Played | Lost, command: str) -> None:
    if isinstance(outcome, Lost):
        complain(f"the simulation did not come to its end: {outcome.trouble.value} ({outcome.what})")
        for line in outcome.told.splitlines():
            remark(f"  {line}")
    else:
        say_lines(_summary(outcome))
        say()
        say_table(("", "PROMISE", "VERDICT", "TIMES"), _verdict(outcome))
        _tell_violations(outcome)
    say()
    say("To play it again:")
    say(f"  {command}")


def _summary(played: Played) -> Iterator[Line]:
    tally = played.tally
    left = sum(tally.refused.values())
    refused = f", {left} refused ({listed(tally.refused)})" if left else ""
    yield Line("requests", f"{tally.requests} asked, {tally.answered} answered{refused}")
    yield Line("operations", listed(tally.ends) or "none")
    sent, accepted = sum(tally.sent.values()), sum(tally.accepted.values())
    yield Line("commands", f"{sent} sent ({listed(tally.sent) or 'none'}), {accepted} accepted by BMCs")
    yield Line("processes", f"{sum(tally.processes.values())} ({listed(tally.processes)})")
    yield Line("struck", listed(tally.faults) or "nothing")
    hours = tally.seconds / 3600
    speed = f"{hours / played.wall:.3g} virtual hours a second" if played.wall else ""
    yield Line("time", f"{hours:.3g} virtual hours in {played.wall:.1f} s: {speed}")
    yield Line("record", played.digest)


def _verdict(played: Played) -> Iterator[list[str]]:
    for number, title in PROMISES.items():
        times = played.broken.get(number, 0)
        yield [str(number), title, "VIOLATED" if times else "holds", str(times or "")]


def _tell_violations(played: Played) -> None:
    for number, times in played.broken.items():
        say()
        say(f"Promise {number}, {PROMISES.get(number, '')}: violated {counted(times, 'time')}")
        for violation in played.violations:
            if violation.promise == number:
                where = f" {violation.node}" if violation.node else ""
                say(f"  at {violation.at:.3f}{where}: {violation.what}")
    if played.story:
        first = played.violations[0]
        say()
        say(f"What {first.node or 'the fleet'} went through before the first of them:")
        for line in played.story:
            say(f"  {line}")


def listed(counts: Mapping[str, int]) -> str:
    """Counts by name, the largest first: `on 12, off 3`; what was not counted stands for itself."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} {count}" if count else name for name, count in ordered)


def counted(count: int, what: str) -> str:
    """`1 node`, `3 nodes`."""
    return f"{count} {what}{'' if count == 1 else 's'}"


def outcome_json(outcome: Played | Lost) -> dict[str, Any]:
    """What came of a plan, for other programs."""
    if isinstance(outcome, Lost):
        return {
            "trouble": outcome.trouble.value,
            "what": outcome.what,
            "told": outcome.told,
            "wall_seconds": round(outcome.wall, 3),
        }
    return {
        "digest": outcome.digest,
        "wall_seconds": round(outcome.wall, 3),
        **tally_json(outcome.tally),
        "promises": {
            str(number): {
                "about": title,
                "violated": outcome.broken.get(number, 0),
                "first": [
                    {"at": each.at, "node": each.node, "what": each.what}
                    for each in outcome.violations
                    if each.promise == number
                ],
            }
            for number, title in PROMISES.items()
        },
        "story": list(outcome.story),
    }


def tally_json(tally: Tally) -> dict[str, Any]:
    """Counts, for other programs."""
    return {
        "virtual_seconds": tally.seconds,
        "requests": {"asked": tally.requests, "answered": tally.answered, "refused": tally.refused},
        "operations": tally.ends,
        "commands": {"sent": tally.sent, "accepted": tally.accepted},
        "processes": tally.processes,
        "struck": tally.faults,
    }
