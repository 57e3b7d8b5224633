"""The scenarios that ship have the shapes that they are named for."""

from functools import cache
from itertools import pairwise
from statistics import median

import pytest

from powerfsm.node import Drift
from powerfsm.power import Ask
from powerfsm.simulation.plan import Ill, Jump, Kill, Plan, Press, Request, Rotate
from powerfsm.simulation.scenario import load, shipped
from powerfsm.simulation.swarm import draw

SETTLE = 3.0


@cache
def plan(name: str, seed: int = 1) -> Plan:
    return draw(load(name), seed)


def test_the_storm_shapes_are_there_and_the_default_comes_first() -> None:
    names = [scenario.name for scenario in shipped()]
    assert names[0] == "swarm"
    assert names[1:] == sorted(names[1:])
    storms = {"duel", "crowd", "flip-flop", "cycles", "rack-reboot", "rotation", "time-jumps", "slow-store"}
    assert storms | {"recovery", "night"} <= set(names)


@pytest.mark.parametrize("scenario", shipped(), ids=lambda scenario: scenario.name)
def test_each_says_in_a_sentence_what_it_is_and_what_it_is_to_show(scenario: object) -> None:
    for sentence in (getattr(scenario, "about", ""), getattr(scenario, "shows", "")):
        assert sentence.endswith(".")
        assert len(sentence) < 160


def test_in_a_duel_two_fight_over_one_node() -> None:
    duel = plan("duel")
    assert len(duel.nodes) == 1
    asked: dict[str, set[Ask]] = {}
    for request in duel.requests():
        asked.setdefault(request.by, set()).add(request.ask)
    first, second = asked.values()
    assert {ask.desired.power for ask in first}.isdisjoint(ask.desired.power for ask in second)


def test_in_a_crowd_a_thousand_ask_a_thousand_nodes() -> None:
    crowd = plan("crowd")
    assert len(crowd.nodes) == 1000
    requests = list(crowd.requests())
    assert len({request.by for request in requests}) == 1000
    assert len({name for request in requests for name in request.nodes}) > 700
    assert any(len(request.nodes) > 1 for request in requests)


def test_flip_flops_are_faster_than_settle() -> None:
    flips = plan("flip-flop")
    for node in flips.nodes:
        mine = [request for request in flips.requests() if node.name in request.nodes]
        assert median(later.at - earlier.at for earlier, later in pairwise(mine)) < SETTLE
        assert all(earlier.ask is not later.ask for earlier, later in pairwise(mine))


def test_cycles_are_mostly_cycles_and_resets_cut_short() -> None:
    cycles = plan("cycles")
    asks = [request.ask for request in cycles.requests()]
    assert sum(ask in (Ask.CYCLE, Ask.RESET) for ask in asks) > len(asks) / 2
    assert any(isinstance(deed, Kill) for deed in cycles.deeds)


def test_a_rack_reboots_while_everything_is_powered_on() -> None:
    for seed in range(10):
        racks = plan("rack-reboot", seed)
        (reboot,) = racks.faults
        assert reboot.fault == "reboot"
        (rack,) = {node.rack for node in racks.nodes if node.name in reboot.nodes}
        assert len(reboot.nodes) == sum(node.rack == rack for node in racks.nodes) == 8
        assert next(iter(racks.requests())).nodes == tuple(node.name for node in racks.nodes)


def test_passwords_are_rotated_in_the_middle_before_and_after_the_credentials() -> None:
    rotations = [deed for seed in range(10) for deed in plan("rotation", seed).deeds if isinstance(deed, Rotate)]
    assert min(deed.lag for deed in rotations) < 0 < max(deed.lag for deed in rotations)


def test_time_jumps_both_ways_between_requests_and_deaths() -> None:
    jumps = plan("time-jumps")
    by = [deed.seconds for deed in jumps.deeds if isinstance(deed, Jump)]
    assert min(by) < -3600
    assert max(by) > 3600
    assert any(isinstance(deed, Request) for deed in jumps.deeds)


def test_a_slow_store_is_ill_and_its_requesters_do_not_wait_for_it() -> None:
    stores = [plan("slow-store", seed) for seed in range(10)]
    assert {deed.how for store in stores for deed in store.deeds if isinstance(deed, Ill)} == {
        "full",
        "write",
        "sync",
        "read",
        "slow",
    }
    assert all(store.slowness >= 0.05 for store in stores)


def test_recovery_is_killed_ten_times_in_a_row_with_everything_outstanding() -> None:
    for seed in range(10):
        recovery = plan("recovery", seed)
        kills = [deed for deed in recovery.deeds if isinstance(deed, Kill)]
        assert kills
        assert all(len(kill.again) == 10 for kill in kills)
        first = next(iter(recovery.requests()))
        assert len(first.nodes) == len(recovery.nodes)
        assert first.at < kills[0].at


def test_at_night_hardly_anybody_asks_and_buttons_are_pressed() -> None:
    nights = [plan("night", seed) for seed in range(10)]
    for night in nights:
        presses = sum(isinstance(deed, Press) for deed in night.deeds)
        assert presses > 2
        assert len(list(night.requests())) < night.chaos / 60
    assert {node.drift for night in nights for node in night.nodes} == set(Drift)


def test_slots_run_out() -> None:
    assert {fault.fault for fault in plan("slots").faults} >= {"session-leak", "close-unanswered"}


def test_soft_offs_are_mostly_what_is_asked() -> None:
    asks = [request.ask for seed in range(10) for request in plan("soft", seed).requests()]
    assert sum(ask is Ask.SOFT_OFF for ask in asks) > len(asks) / 4


def test_when_it_is_calm_nothing_happens_but_requests() -> None:
    calm = plan("calm")
    assert not calm.faults
    assert all(isinstance(deed, Request) for deed in calm.deeds)
    assert (calm.network.loss, calm.network.duplicate) == (0, 0)
