"""Plans are drawn from their seed alone, can be played, and keep to what the promises rest on."""

import subprocess
import sys
from collections.abc import Mapping
from functools import cache

import pytest

from bmcsim import Rule
from bmcsim.faults import CATALOGUE, Step, make
from bmcsim.faults.fault import parameters
from powerfsm.node import Drift
from powerfsm.power import Ask
from powerfsm.simulation.assumptions import (
    DECLARED,
    IDLE,
    LIFETIME,
    SETTLE,
    SOFT_SETTLE,
    acting,
    beyond,
)
from powerfsm.simulation.draft import Draft
from powerfsm.simulation.fault_draws import DRAWS, LEFT_OUT, Room
from powerfsm.simulation.lots import Lots
from powerfsm.simulation.plan import FaultPlan, Kill, NetworkPlan, NodePlan, Plan, Press, Request
from powerfsm.simulation.plots import PLOTS
from powerfsm.simulation.scenario import Scenario, load, shipped
from powerfsm.simulation.swarm import draw
from powerfsm.spec import load as load_spec

SEEDS = 300


@cache
def swarm() -> tuple[Plan, ...]:
    scenario = load("swarm")
    return tuple(draw(scenario, seed) for seed in range(SEEDS))


def rule(fault: FaultPlan) -> Rule:
    return Rule(
        make(fault.fault, fault.parameters),
        ",".join(fault.nodes),
        frozenset(fault.steps),
        fault.probability,
        fault.since,
        fault.until,
        fault.times,
    )


def test_a_seed_makes_the_same_plan_in_any_process() -> None:
    program = (
        "from powerfsm.simulation.scenario import load; from powerfsm.simulation.swarm import draw\n"
        "for name in ('swarm', 'slots', 'recovery'): print(draw(load(name), 7).model_dump_json())"
    )
    told = [
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "4242")
    ]
    here = "".join(draw(load(name), 7).model_dump_json() + "\n" for name in ("swarm", "slots", "recovery"))
    assert told == [here, here]


def test_another_seed_and_another_scenario_make_another_plan() -> None:
    scenario = load("swarm")
    assert draw(scenario, 1).deeds != draw(scenario, 2).deeds
    assert draw(scenario.model_copy(update={"name": "other"}), 1).deeds != draw(scenario, 1).deeds


def test_nodes_and_hours_can_be_said_for_one_plan() -> None:
    plan = draw(load("swarm"), 3, nodes=11, hours=0.5)
    assert [node.name for node in plan.nodes][::10] == ["n01", "n11"]
    assert plan.chaos == 1800
    assert max(deed.at for deed in plan.deeds) > 900


def test_a_plan_is_data_that_survives_a_file() -> None:
    for plan in swarm()[:20]:
        assert Plan.model_validate_json(plan.model_dump_json()) == plan


def test_every_plan_can_be_made_and_keeps_to_the_assumptions() -> None:
    small = {"crowd": 1}
    others = [
        draw(scenario, seed)
        for scenario in shipped()
        if scenario.name != "swarm"
        for seed in range(small.get(scenario.name, 8))
    ]
    for plan in (*swarm(), *others):
        assert not beyond(plan), (plan.scenario, plan.seed)
        names = {node.name for node in plan.nodes}
        assert [deed.at for deed in plan.deeds] == sorted(deed.at for deed in plan.deeds)
        assert all(0 <= deed.at < plan.chaos for deed in plan.deeds)
        assert all(set(request.nodes) <= names for request in plan.requests())
        for fault in plan.faults:
            rule(fault)
            assert set(fault.nodes) <= names
            assert fault.until <= plan.chaos


def test_what_is_read_of_a_pressed_button_is_not_stale() -> None:
    stale = 0
    for plan in swarm():
        late = {name for fault in plan.faults if fault.fault == "stale-reading" for name in fault.nodes}
        shaky = {name for fault in plan.faults if fault.fault == "bounce" for name in fault.nodes}
        pressed = {deed.node for deed in plan.deeds if isinstance(deed, Press)}
        assert not late & (shaky | pressed), plan.seed
        stale += bool(late)
    assert stale


def test_the_assumptions_are_those_of_the_spec() -> None:
    timings = load_spec().timings
    assert {name: timings[name] for name in DECLARED} == DECLARED
    assert timings["packet-lifetime"] > LIFETIME
    assert timings["idle-limit"] > IDLE
    assert timings["settle"] == SETTLE
    assert timings["soft-settle"] == SOFT_SETTLE


BEYOND = {
    "the network delays longer than a packet lives": {"network": NetworkPlan(delayed=0.1, delay=(0, 31))},
    "delay and a second copy's lag together": {
        "network": NetworkPlan(delayed=0.1, delay=(0, 20), duplicate=0.1, lag=(0, 11))
    },
    "a latch as long as settle": {"nodes": (NodePlan(name="n1", latch=(0, 3)),)},
    "a latch and a boot together": {"nodes": (NodePlan(name="n1", latch=(0, 2), boot=(0, 1)),)},
    "a shutdown as long as soft-settle": {"nodes": (NodePlan(name="n1", soft_delay=(0, 180)),)},
    "sessions that are kept too long": {"nodes": (NodePlan(name="n1", idle=63),)},
    "a settle that is set too short": {
        "nodes": (NodePlan(name="n1", latch=(0, 2)),),
        "timings": {"settle": 1.0},
    },
}


@pytest.mark.parametrize("what", BEYOND.values(), ids=list(BEYOND))
def test_a_plan_beyond_the_assumptions_is_told(what: Mapping[str, object]) -> None:
    sound: dict[str, object] = {"scenario": "s", "seed": 0, "chaos": 60, "nodes": (NodePlan(name="n1"),)}
    assert not beyond(Plan.model_validate(sound))
    (told,) = beyond(Plan.model_validate({**sound, **what}))
    assert "n1" in told


def fault(
    name: str, since: float = 0, until: float = 10, times: int | None = None, **about: str | int
) -> FaultPlan:
    return FaultPlan(fault=name, parameters=dict(about), nodes=("n1",), since=since, until=until, times=times)


TOO_MUCH = {
    "delays that add up": (fault("delay", by="15"), fault("duplicate", lag="16")),
    "many copies": (fault("duplicate", lag="11", copies=4),),
    "a slow BMC behind a delay long before": (
        fault("delay", by="20", until=5),
        fault("slow", by="11", since=6, until=9),
    ),
    "a queue without end": (fault("blocked", by="1"),),
    "a queue that is long": (fault("blocked", by="7", times=5),),
    "an order that acts late": (fault("order-late", by="3"),),
    "an order that acts again late": (fault("order-twice", lag="2"), fault("stale-reading", seconds=1)),
    "what is overtaken": (fault("reorder", within=31),),
}


@pytest.mark.parametrize("faults", TOO_MUCH.values(), ids=list(TOO_MUCH))
def test_faults_beyond_the_assumptions_are_told(faults: tuple[FaultPlan, ...]) -> None:
    plan = Plan(scenario="s", seed=0, chaos=60, nodes=(NodePlan(name="n1"),), faults=faults)
    for each in faults:
        rule(each)
    assert len(beyond(plan)) == 1


def test_faults_that_never_meet_do_not_add_up() -> None:
    first, second = fault("delay", by="20", until=5), fault("delay", by="20", since=5)
    plan = Plan(scenario="s", seed=0, chaos=60, nodes=(NodePlan(name="n1"),), faults=(first, second))
    assert not beyond(plan)


def test_a_draft_takes_no_fault_that_is_too_much() -> None:
    node = NodePlan(name="n1", latch=(0, 1))
    draft = Draft(Lots("test", 1), [node], NetworkPlan(delayed=1, delay=(0, 10)), settle=3, chaos=60)
    assert draft.fault("delay", ("n1",), 0, 10, {"by": "19"})
    assert not draft.fault("delay", ("n1",), 5, 15, {"by": "1"})
    assert draft.fault("delay", ("n1",), 10, 15, {"by": "19"})
    assert not draft.fault("slow", ("n1",), 20, 30, {"by": "1"})
    assert draft.fault("order-late", ("n1",), 0, 10, {"by": "1.9"})
    assert not draft.fault("order-twice", ("n1",), 20, 30, {"lag": "0.1"})
    assert len(draft.faults) == 3


# What a swarm has to have.


def test_every_fault_of_the_catalogue_is_drawn_or_left_out_with_a_reason() -> None:
    assert set(DRAWS) | set(LEFT_OUT) == set(CATALOGUE), "say in fault_draws.py how strong it is, or why it is not"
    assert not set(DRAWS) & set(LEFT_OUT)


@pytest.mark.parametrize("name", DRAWS)
def test_a_fault_can_be_drawn_at_any_strength(name: str) -> None:
    lots, seen = Lots(name, 1), set()
    for strength in (0.1, 0.5, 1.0) * 20:
        drawn = DRAWS[name][1](lots, strength, Room(late=20, tardy=2))
        assert drawn is not None
        made = FaultPlan(
            fault=name,
            parameters=drawn.parameters,
            nodes=("n1",),
            steps=drawn.steps,
            probability=drawn.probability,
            until=10,
            times=drawn.times,
        )
        rule(made)
        plan = Plan(
            scenario="s",
            seed=0,
            chaos=60,
            nodes=(NodePlan(name="n1", latch=(0, 0.95)),),
            network=NetworkPlan(delayed=1, delay=(0, 9.5)),
            faults=(made,),
        )
        assert not beyond(plan), made
        seen.add(made.model_dump_json())
    changeable = [known for known, (_, about) in parameters(CATALOGUE[name]).items() if not about.secret]
    assert len(seen) > 1 or not changeable, "its parameters never change"


def test_what_is_refused_is_not_done_where_the_code_says_so() -> None:
    lots = Lots("codes", 1)
    done = set()
    for _ in range(400):
        drawn = DRAWS["completion-code"][1](lots, 1.0, Room(20, 2))
        assert drawn is not None
        if drawn.parameters["done"]:
            done.add(drawn.parameters["code"])
    assert {0xC3, 0xCE, 0xFF} <= done
    assert not done & {0xC0, 0xC1, 0xCC, 0xD2, 0xD4, 0xD5}, "a reset that was refused is sent again"


def test_within_the_seeds_there_is_everything() -> None:
    plans = swarm()
    assert {fault.fault for plan in plans for fault in plan.faults} == set(DRAWS)
    assert {deed.do for plan in plans for deed in plan.deeds} == {
        "ask",
        "press",
        "kill",
        "stop",
        "disk",
        "clock",
        "rotate",
    }
    assert {request.ask for plan in plans for request in plan.requests()} == set(Ask)
    nodes = [node for plan in plans for node in plan.nodes]
    assert {node.drift for node in nodes} == set(Drift)
    assert {node.ranking for node in nodes} == set(load_spec().rankings)
    assert {node.rack for node in nodes} == {"rack1"}
    kills = [deed for plan in plans for deed in plan.deeds if isinstance(deed, Kill)]
    for chosen in (
        [kill for kill in kills if kill.power],
        [kill for kill in kills if kill.writes is not None],
        [kill for kill in kills if kill.again],
        [kill for kill in kills if kill.down > 1],
        [request for plan in plans for request in plan.requests() if not request.patient],
    ):
        assert chosen
    steps = {step for plan in plans for fault in plan.faults for step in fault.steps}
    assert {Step.CHASSIS_CONTROL, Step.CLOSE_SESSION, Step.OPEN_SESSION, Step.CHASSIS_STATUS} <= steps


def test_each_seed_has_a_mixture_of_its_own() -> None:
    """Swarm testing: what a seed does not have at all is as telling as what it has."""
    for ask in Ask:
        without = sum(all(request.ask is not ask for request in plan.requests()) for plan in swarm())
        assert without < SEEDS * 0.9, ask
        assert without > 0 or ask in (Ask.ON, Ask.OFF), ask
    kinds = {frozenset(fault.fault for fault in plan.faults) for plan in swarm()}
    assert len(kinds) > SEEDS / 2
    for do in ("press", "kill", "stop", "disk", "clock", "rotate"):
        having = sum(any(deed.do == do for deed in plan.deeds) for plan in swarm())
        assert 0.03 * SEEDS < having < 0.97 * SEEDS, (do, having)


def test_most_of_it_happens_to_few_and_contradicts_what_was_asked_before() -> None:
    close = contrary = requests = 0
    for plan in swarm():
        last: dict[str, Request] = {}
        for request in plan.requests():
            for name in request.nodes:
                before = last.get(name)
                if before is not None:
                    requests += 1
                    close += request.at - before.at < 15
                    contrary += before.ask.desired.power is not request.ask.desired.power
                last[name] = request
    assert close > 0.5 * requests
    assert contrary > 0.5 * requests


@pytest.mark.parametrize("name", PLOTS)
def test_a_plot_asks_for_contradictory_things_of_one_node(name: str) -> None:
    longest = 0
    for seed in range(20):
        draft = Draft(Lots(name, seed), [NodePlan(name=each) for each in ("n1", "n2")], NetworkPlan(), 3.0, 600)
        PLOTS[name][1](draft, 100.0)
        asked = [deed for deed in draft.deeds if isinstance(deed, Request)]
        assert len({request.nodes for request in asked}) == 1
        assert all(99 <= deed.at < 400 for deed in draft.deeds)
        longest = max(longest, len({request.ask.desired.power for request in asked}))
    assert longest == 2


def test_machines_use_up_what_settle_allows() -> None:
    slowest = max(acting(node) for plan in swarm() for node in plan.nodes if plan.timings["settle"] == SETTLE)
    assert 0.9 * SETTLE < slowest < SETTLE


def test_a_scenario_without_anything_is_a_quiet_fleet() -> None:
    plan = draw(Scenario(name="nothing", about="Nothing.", shows="Nothing."), 1)
    assert not plan.deeds
    assert not plan.faults
    assert len(plan.nodes) == 3
