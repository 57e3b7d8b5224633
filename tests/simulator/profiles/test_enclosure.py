"""Nodes that share a controller: its slots, and its one executor of power orders."""

from dataclasses import replace

import pytest

from bmcsim import FAMILIES, Enclosure, Fleet, Hardware, MemoryLog, Power, Profile, Span
from console import Console
from powerfsm.ipmi.wire.numbers import ChassisControl, Status

SHARED = Profile(enclosure=Enclosure(nodes=3, slots=4, actuation=Span.of(2)))


def test_orders_are_carried_out_one_after_the_other_whichever_node_they_are_for() -> None:
    log = MemoryLog()
    fleet = Fleet.of("n[1-6]", SHARED, log=log)
    for bmc in fleet:
        assert Console(bmc, now=10).login().control(ChassisControl.POWER_UP) == 0
    fleet.advance(100)
    turned_on = {event["node"]: event["t"] for event in log.named("power")}
    # Two enclosures of three, each on its own.
    assert turned_on == {"n1": 10, "n2": 12, "n3": 14, "n4": 10, "n5": 12, "n6": 14}


def test_an_idle_controller_acts_at_once() -> None:
    fleet = Fleet.of("n[1-2]", SHARED)
    for number, bmc in enumerate(fleet):
        console = Console(bmc, now=10 * number).login()
        console.control(ChassisControl.POWER_UP)
        assert bmc.machine.power is Power.ON


def test_an_order_waits_behind_the_latch_as_well() -> None:
    log = MemoryLog()
    fleet = Fleet.of("n[1-2]", replace(SHARED, hardware=Hardware(latch=Span.of(3))), log=log)
    for bmc in fleet:
        Console(bmc).login().control(ChassisControl.POWER_UP)
    fleet.advance(100)
    assert {event["node"]: event["t"] for event in log.named("power")} == {"n1": 3, "n2": 5}


def test_neighbours_use_up_each_others_slots_and_give_them_back() -> None:
    fleet = Fleet.of("n[1-6]", SHARED)
    first = [Console(fleet["n1"], console_id=n).login() for n in range(1, 4)]
    Console(fleet["n2"]).login()
    assert Console(fleet["n3"]).open().status == Status.INSUFFICIENT_RESOURCES
    assert Console(fleet["n4"]).open().status == Status.NO_ERRORS
    first[0].close()
    assert Console(fleet["n3"]).open().status == Status.NO_ERRORS


def test_a_node_has_no_more_than_its_own_slots_though_the_enclosure_has() -> None:
    fleet = Fleet.of("n1", Profile(slots=2, enclosure=Enclosure(2, 10, Span.of(0))))
    for number in (1, 2):
        Console(fleet["n1"], console_id=number).login()
    assert Console(fleet["n1"], console_id=3).open().status == Status.INSUFFICIENT_RESOURCES


def test_a_whole_chassis_turned_on_at_once_comes_up_over_half_a_minute() -> None:
    log = MemoryLog()
    fleet = Fleet.of("n[1-16]", FAMILIES["chassis"], log=log)
    for bmc in fleet:
        console = Console(bmc).login()
        assert console.control(ChassisControl.POWER_UP) == 0
        console.close()
    fleet.advance(1000)
    times = [event["t"] for event in log.named("power")]
    assert len(times) == 16
    assert 8 < max(times) - min(times) < 35


@pytest.mark.parametrize(("nodes", "slots"), [(0, 4), (4, 0)])
def test_an_enclosure_of_nothing_is_refused(nodes: int, slots: int) -> None:
    with pytest.raises(ValueError, match="both are at least 1"):
        Enclosure(nodes, slots, Span.of(1))
