"""A crew: whatever one simulation does to its process, the others are played."""

from collections.abc import Iterator
from functools import partial

import pytest

import examinations
from examinations import BREAKS, DIES, ENDS, HANGS, RAISES
from powerfsm.simulation.campaign import Summary, campaign
from powerfsm.simulation.crew import Beat, Crew, Done, Lost, Task, Trouble
from powerfsm.simulation.plan import NodePlan, Plan, Press
from powerfsm.simulation.played import Played
from powerfsm.simulation.seeds import Drawing
from powerfsm.simulation.shrink import CrewBreaks, Shrinking, can_shrink

PATIENCE = 60.0
"""Wall-clock seconds in which a simulation here certainly ends, on however busy a machine."""


def plan(seed: int) -> Plan:
    deeds = tuple(Press(at=number, node="n1") for number in range(5))
    return Plan(scenario="by hand", seed=seed, chaos=60, nodes=(NodePlan(name="n1"),), deeds=deeds)


def unplannable(seed: int) -> Plan:
    raise ArithmeticError(f"seed {seed} cannot be drawn")


@pytest.fixture
def crew() -> Iterator[Crew]:
    with Crew(2, limit=PATIENCE, examine=examinations.examine) as crew:
        yield crew


def outcomes(crew: Crew, *seeds: int) -> dict[int, Played | Lost]:
    tasks = [Task(seed, partial(plan, seed)) for seed in seeds]
    return {news.task.number: news.outcome for news in crew.play(tasks) if isinstance(news, Done)}


def lost(outcome: Played | Lost) -> tuple[Trouble, str]:
    assert isinstance(outcome, Lost)
    return outcome.trouble, outcome.what


def test_one_that_dies_ends_or_raises_takes_no_other_with_it(crew: Crew) -> None:
    found = outcomes(crew, 1, DIES, 2, RAISES, 3, ENDS, 4)
    assert found.keys() == {1, 2, 3, 4, DIES, RAISES, ENDS}
    assert all(isinstance(found[seed], Played) for seed in (1, 2, 3, 4))
    assert lost(found[DIES]) == (Trouble.DIED, "its process was killed by SIGKILL")
    assert lost(found[ENDS]) == (Trouble.DIED, "its process ended with exit code 7")
    trouble, what = lost(found[RAISES])
    assert trouble is Trouble.CRASHED
    assert what.startswith("LookupError in examinations.py:")
    raised = found[RAISES]
    assert isinstance(raised, Lost)
    assert raised.told.rstrip().endswith("LookupError: this seed raises")


def test_one_that_takes_too_long_is_given_up_and_the_others_are_played() -> None:
    with Crew(2, limit=5.0, examine=examinations.examine) as crew:
        found = outcomes(crew, HANGS, 1, 2, 3)
    assert lost(found[HANGS]) == (Trouble.TOO_SLOW, "given up after 5 s")
    assert not can_shrink(found[HANGS])
    assert found.keys() == {HANGS, 1, 2, 3}


def test_a_plan_that_cannot_be_drawn_is_a_failure_of_its_seed_alone(crew: Crew) -> None:
    tasks = [Task(1, partial(unplannable, 1)), Task(2, partial(plan, 2))]
    found = {news.task.number: news.outcome for news in crew.play(tasks) if isinstance(news, Done)}
    assert lost(found[1])[0] is Trouble.CRASHED
    assert isinstance(found[2], Played)


def test_how_far_a_simulation_is_comes_before_its_end(crew: Crew) -> None:
    beat, done = crew.play([Task(4, plan(4))])
    assert beat == Beat(4, 60.0)
    assert isinstance(done, Done)


def test_a_crew_that_is_given_up_plays_again(crew: Crew) -> None:
    news = crew.play([Task(1, plan(1)), Task(HANGS, plan(HANGS))])
    assert isinstance(next(news), Beat)
    news.close()
    assert outcomes(crew, 2, 3).keys() == {2, 3}


def test_a_crew_makes_a_failure_smaller(crew: Crew) -> None:
    (broken,) = outcomes(crew, BREAKS).values()
    breaks = CrewBreaks(crew, broken)
    shrinking = Shrinking(plan(BREAKS), breaks, width=2)
    for _ in shrinking.steps():
        pass
    assert len(shrinking.plan.deeds) == 1
    assert isinstance(breaks.outcome, Played)
    assert breaks.outcome.broken == {6: 1}


def test_a_crash_is_made_smaller_as_long_as_it_is_the_same_crash(crew: Crew) -> None:
    (raised,) = outcomes(crew, RAISES).values()
    breaks = CrewBreaks(crew, raised)
    assert breaks([plan(1), plan(RAISES)]) == 1
    assert breaks([plan(DIES), plan(2)]) is None


def test_a_campaign_sums_up_what_came_of_its_seeds(crew: Crew) -> None:
    summary = Summary()
    drawing = Drawing("swarm", 1, 0.01)
    seeds = (1, 2, DIES, RAISES, 3)
    told = [news for news in campaign(crew, drawing, seeds, summary) if isinstance(news, Done)]
    assert len(told) == summary.done == len(seeds)
    assert summary.played == 3
    assert summary.lost.keys() == summary.failed.keys() == {DIES, RAISES}
    assert summary.tally.seconds == 3 * 36.0
    assert summary.tally.requests == sum(len(list(drawing.plan(seed).requests())) for seed in (1, 2, 3))
