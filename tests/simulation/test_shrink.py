"""Shrinking: what is left still breaks the same, and nothing of it can be spared."""

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powerfsm.power import Ask
from powerfsm.simulation.plainer import edits, of_nodes
from powerfsm.simulation.plan import (
    FaultPlan,
    Kill,
    NetworkPlan,
    NodePlan,
    Plan,
    Press,
    Request,
    Rotate,
)
from powerfsm.simulation.seeds import Drawing
from powerfsm.simulation.shrink import Shrinking


class Predicate:
    """Finds by a look at a plan whether it breaks; counts."""

    def __init__(self, holds: Callable[[Plan], bool]) -> None:
        self.holds = holds
        self.played = 0
        self.widest = 0

    def __call__(self, plans: Sequence[Plan]) -> int | None:
        self.played += len(plans)
        self.widest = max(self.widest, len(plans))
        for plan in plans:
            # What is played is a plan that can be kept.
            assert Plan.model_validate_json(plan.model_dump_json()) == plan
        return next((number for number, plan in enumerate(plans) if self.holds(plan)), None)


def shrunk(plan: Plan, holds: Callable[[Plan], bool], width: int = 1) -> tuple[Plan, Predicate]:
    predicate = Predicate(holds)
    shrinking = Shrinking(plan, predicate, width=width)
    for _ in shrinking.steps():
        assert holds(shrinking.plan)
    assert shrinking.tried == predicate.played
    return shrinking.plan, predicate


def resets_after_a_kill(plan: Plan) -> bool:
    killed = False
    for deed in plan.deeds:
        killed = killed or isinstance(deed, Kill)
        if killed and isinstance(deed, Request) and deed.ask is Ask.RESET:
            return True
    return False


@pytest.mark.parametrize("width", [1, 2, 5])
def test_of_a_swarm_what_breaks_it_is_left_and_nothing_else(width: int) -> None:
    drawing = Drawing("swarm")
    plan = next(plan for plan in map(drawing.plan, range(1, 100)) if resets_after_a_kill(plan))
    small, predicate = shrunk(plan, resets_after_a_kill, width)
    kill, reset = small.deeds
    assert isinstance(kill, Kill)
    assert kill == Kill(at=kill.at)
    assert isinstance(reset, Request)
    assert (reset.ask, len(reset.nodes), len(small.nodes), small.faults) == (Ask.RESET, 1, 1, ())
    assert small.nodes == (NodePlan(name=reset.nodes[0]),)
    assert small.network == NetworkPlan()
    assert small.chaos <= 3
    assert predicate.widest <= width


@settings(max_examples=60, deadline=None)
@given(
    count=st.integers(1, 40),
    needed=st.sets(st.integers(0, 39), min_size=1, max_size=6),
    width=st.integers(1, 4),
)
def test_whatever_is_needed_is_all_that_is_left(count: int, needed: set[int], width: int) -> None:
    needed = {number % count for number in needed}
    deeds = tuple(Press(at=number, node=f"n{number}") for number in range(count))
    nodes = tuple(NodePlan(name=f"n{number}") for number in range(count))
    plan = Plan(scenario="by hand", seed=1, chaos=100, nodes=nodes, deeds=deeds)
    wanted = {f"n{number}" for number in needed}

    def holds(plan: Plan) -> bool:
        return wanted <= {deed.node for deed in plan.deeds if isinstance(deed, Press)}

    small, _ = shrunk(plan, holds, width)
    assert [deed.node for deed in small.deeds if isinstance(deed, Press)] == [f"n{n}" for n in sorted(needed)]
    assert {node.name for node in small.nodes} == wanted


def test_it_can_be_given_up_at_any_step_with_the_best_so_far() -> None:
    plan = Drawing("swarm").plan(3)
    shrinking = Shrinking(plan, Predicate(lambda plan: bool(plan.deeds)))
    steps = shrinking.steps()
    sizes = [len(plan.deeds)]
    for _, _ in zip(range(6), steps, strict=False):
        sizes.append(len(shrinking.plan.deeds))
    steps.close()
    assert sizes == sorted(sizes, reverse=True)
    assert 1 <= sizes[-1] < sizes[0]


def test_a_node_that_is_spared_takes_along_what_concerns_it_alone() -> None:
    one, two = NodePlan(name="n1"), NodePlan(name="n2")
    plan = Plan(
        scenario="by hand",
        seed=1,
        chaos=60,
        nodes=(one, two),
        faults=(
            FaultPlan(fault="silent", nodes=("n1",), until=9),
            FaultPlan(fault="busy", nodes=("n1", "n2"), until=9),
        ),
        deeds=(
            Request(at=1, by="ann", nodes=("n1", "n2"), ask=Ask.ON),
            Request(at=2, by="ann", nodes=("n1",), ask=Ask.OFF),
            Press(at=3, node="n1"),
            Rotate(at=4, nodes=("n1",)),
            Kill(at=5),
        ),
    )
    left = of_nodes(plan, (two,))
    assert left.nodes == (two,)
    assert left.faults == (FaultPlan(fault="busy", nodes=("n2",), until=9),)
    assert left.deeds == (Request(at=1, by="ann", nodes=("n2",), ask=Ask.ON), Kill(at=5))


@pytest.mark.parametrize("seed", range(1, 4))
def test_every_edit_leaves_a_plan_that_is_in_order(seed: int) -> None:
    plan = Drawing("swarm").plan(seed)
    names = {node.name for node in plan.nodes}
    changed = 0
    for edit in edits(plan):
        plainer = edit(plan)
        changed += plainer != plan
        assert Plan.model_validate_json(plainer.model_dump_json()) == plainer
        times = [deed.at for deed in plainer.deeds]
        assert times == sorted(times)
        assert len(plainer.deeds) == len(plan.deeds)
        assert plainer.chaos <= plan.chaos
        assert all(names.issuperset(fault.nodes) and fault.nodes for fault in plainer.faults)
        assert all(fault.since <= fault.until for fault in plainer.faults)
    assert changed > 10
