"""One simulation: what is in its plan, how far it has come, and what it showed."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from powerfsm.cli.exits import Exit
from powerfsm.cli.screen import say_json, say_lines
from powerfsm.cli.shrinking import Smaller, shrink, tell_smaller
from powerfsm.cli.simulation_gauge import gauge, span
from powerfsm.cli.simulation_report import outcome_json, plan_contents, plan_lines, tell
from powerfsm.simulation.crew import Beat, Crew, Lost, Task
from powerfsm.simulation.kept import plan_command, write_plan
from powerfsm.simulation.plan import Plan
from powerfsm.simulation.played import Played
from powerfsm.simulation.seeds import Drawing

if TYPE_CHECKING:
    from powerfsm.cli.simulating import Wish


def play_seed(wish: "Wish", drawing: Drawing, seed: int) -> Exit:
    """Play one seed; gives the exit code."""
    return _play(wish, drawing.plan(seed), drawing.command(seed))


def play_plan(wish: "Wish", plan: Plan) -> Exit:
    """Play a plan that was kept; gives the exit code."""
    return _play(wish, plan, plan_command(Path(wish.scenario)))


def _play(wish: "Wish", plan: Plan, command: str) -> Exit:
    if wish.plan is not None:
        write_plan(plan, wish.plan)
    if wish.log is not None:
        # That it cannot be written is to be known before, and not after.
        wish.log.touch()
    if not wish.json:
        say_lines(plan_lines(plan))
    with Crew(1, limit=wish.limit) as crew:
        outcome = _watched(crew, plan, wish)
    good = isinstance(outcome, Played) and not outcome.broken
    if not wish.json:
        tell(outcome, command)
    smaller = None if good else shrink(wish, plan, outcome)
    if wish.json:
        say_json(_as_json(plan, outcome, command, smaller))
    elif smaller is not None:
        tell_smaller(smaller)
    if smaller is not None and smaller.interrupted:
        return Exit.INTERRUPTED
    return Exit.OK if good else Exit.NOT_DONE


def _watched(crew: Crew, plan: Plan, wish: "Wish") -> Played | Lost:
    with gauge(f"{plan.scenario}, seed {plan.seed}", plan.chaos, lines=not wish.json) as shown:
        for news in crew.play([Task(plan.seed, plan, wish.log)]):
            if not isinstance(news, Beat):
                return news.outcome
            rest = f"of {span(plan.chaos)}" if news.at < plan.chaos else "coming to rest"
            shown.show(news.at, f"virtual time {span(news.at)}, {rest}")
    raise AssertionError("a task that was begun is done in the end")


def _as_json(plan: Plan, outcome: Played | Lost, command: str, smaller: Smaller | None) -> dict[str, Any]:
    return {
        "good": isinstance(outcome, Played) and not outcome.broken,
        "scenario": plan.scenario,
        "seed": plan.seed,
        "plan": {"nodes": len(plan.nodes), "chaos_seconds": plan.chaos, **plan_contents(plan)},
        **outcome_json(outcome),
        "command": command,
        "smaller": None if smaller is None else smaller.as_json(),
    }
