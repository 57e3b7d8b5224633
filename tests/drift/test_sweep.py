"""The sweep: one task reads every node at rest now and then, and is in nobody's way."""

import pytest
import trio

from hostile_bmc import Faults
from lab_disk import SYNC
from laboratory import Lab, NewLab, around
from powerfsm.drift import Sweep
from powerfsm.node import Node, Policy
from powerfsm.operation import Status
from powerfsm.power import Ask, Command, Power
from powerfsm.store.batch import Batch

NAMES = [f"n{number}" for number in range(10)]


async def test_every_node_is_read_once_in_its_time(lab: Lab) -> None:
    await lab.add(*NAMES)
    sweep = lab.sweep()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(sweep.run)
        await trio.sleep(61)
        nursery.cancel_scope.cancel()
    assert sweep.readings == len(NAMES)
    for name in NAMES:
        assert lab.bmc(name).told("sent") == ["sent open", "sent read", "sent close"]
        assert lab.node(name).observed is Power.OFF


async def test_an_empty_fleet_and_one_that_grows_and_shrinks_are_swept(lab: Lab) -> None:
    sweep = lab.sweep()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(sweep.run)
        await trio.sleep(10)
        await lab.add("n1", "n2")
        await trio.sleep(10)
        await lab.registry.remove(["n1"])
        await trio.sleep(130)
        nursery.cancel_scope.cancel()
    assert lab.node("n2").observed is Power.OFF
    assert sweep.failures == 0


async def test_its_session_is_on_record_while_it_is_open_and_closed_with_an_answer(lab: Lab) -> None:
    await lab.add("n1")
    await lab.sweep().read("n1")
    await trio.sleep(1)
    told = [what for _, what in lab.judge.log]
    steps = ["n1: opened 101", "disk: n1 opened", "n1: sent read", "n1: closed 101", "disk: n1 closed"]
    assert [told.index(step) for step in steps] == sorted(told.index(step) for step in steps)
    assert lab.disk.fleet.sessions == {}


async def test_it_leaves_a_node_alone_that_is_being_driven(lab: Lab) -> None:
    await lab.add("n1")
    on = await lab.ask("n1", Ask.ON)
    sweep = lab.sweep()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(sweep.read, "n1")
        await lab.ended(on)
    assert lab.bmc("n1").told("sent open") == ["sent open"]


async def test_it_gives_way_to_an_action_at_every_instant(new_lab: NewLab) -> None:
    async with new_lab() as lab:
        await lab.add("n1")
        await trio.sleep(5)
        await lab.sweep().read("n1")
        await trio.sleep(0.01)
        moments = [moment for moment in around(lab.moments(), lead=2 * SYNC) if moment > 5]
    assert len(moments) > 10
    for moment in moments:
        async with new_lab() as lab, trio.open_nursery() as sweeping:
            await lab.add("n1")
            await lab.at(5)
            sweeping.start_soon(lab.sweep().read, "n1")
            await lab.at(moment)
            asked = trio.current_time()
            on = await lab.ask("n1", Ask.ON)
            assert (await lab.ended(on)).status is Status.SUCCEEDED
            assert trio.current_time() - asked < 1
            assert lab.bmc("n1").commands() == ["on"]
            assert lab.disk.fleet.sessions == {}


async def test_a_hung_bmc_does_not_hold_up_the_action_that_starts_there(lab: Lab) -> None:
    await lab.add("n1")
    await trio.sleep(5)
    lab.bmc("n1").faults["read"] = [Faults.unread]
    async with trio.open_nursery() as sweeping:
        sweeping.start_soon(lab.sweep().read, "n1")
        await trio.sleep(1)
        asked = trio.current_time()
        await lab.done("n1", Ask.ON)
        assert trio.current_time() - asked < 1


async def test_a_reading_from_before_a_request_is_ignored_after_it(lab: Lab) -> None:
    await lab.add("n1", power=Power.ON)
    await trio.sleep(5)
    async with trio.open_nursery() as sweeping:
        sweeping.start_soon(lab.sweep().read, "n1")
        await lab.until(lambda: "sent read" in lab.bmc("n1").told())
        await trio.sleep(0.002)
        await lab.done("n1", Ask.OFF)
    assert lab.node("n1").state == "off"


@pytest.mark.parametrize("verb", ["open", "read"])
async def test_a_bmc_that_cannot_be_read_is_counted_and_the_others_are_read(lab: Lab, verb: str) -> None:
    await lab.add(*NAMES)
    lab.bmc("n3").faults[verb] = [Faults.unreachable] * 100
    sweep = lab.sweep()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(sweep.run)
        await trio.sleep(75)
        nursery.cancel_scope.cancel()
    assert sweep.failures >= 1
    assert all(lab.node(name).observed is Power.OFF for name in NAMES if name != "n3")
    assert lab.node("n3").observed is None
    await trio.sleep(1)
    assert lab.disk.fleet.sessions == {}


async def test_a_close_that_is_not_answered_leaves_nothing_on_record_for_nothing_was_sent(lab: Lab) -> None:
    await lab.add("n1")
    lab.bmc("n1").faults["close"] = [Faults.unfenced]
    await lab.sweep().read("n1")
    await trio.sleep(1)
    assert lab.disk.fleet.sessions == {}
    assert lab.node("n1").observed is Power.OFF


async def test_it_closes_by_id_what_a_dead_process_left_open_on_a_node_at_rest(lab: Lab) -> None:
    await lab.add("n1")
    async with trio.open_nursery() as sweeping:
        sweeping.start_soon(lab.sweep().read, "n1")
        await lab.until(lambda: "n1" in lab.disk.fleet.sessions)
        await lab.crash()
        sweeping.cancel_scope.cancel()
    assert "closed" not in lab.bmc("n1").told()
    await lab.start()
    await lab.sweep().read("n1")
    await trio.sleep(1)
    assert lab.bmc("n1").told("closed", "sent open")[-3:] == ["closed", "sent open", "closed"]
    assert lab.disk.fleet.sessions == {}


async def test_a_quarantined_session_is_left_alone_until_it_must_be_dead_and_then_forgotten(lab: Lab) -> None:
    await lab.add("n1", policy=Policy(timings=(("deadline", 40.0),)))
    bmc = lab.bmc("n1")
    bmc.faults = {"command": [Faults.lost], "close": [Faults.unfenced], "fence": [Faults.unfenced] * 3}
    assert (await lab.done("n1", Ask.ON)).status is Status.FAILED
    sent = bmc.told("sent")
    await lab.sweep().read("n1")
    assert bmc.told("sent") == sent
    await trio.sleep(120)
    await lab.sweep().read("n1")
    await trio.sleep(1)
    assert bmc.told("sent")[-3:] == ["sent open", "sent read", "sent close"]
    assert lab.disk.fleet.sessions == {}
    assert lab.node("n1").observed is Power.ON


async def test_a_soft_off_that_may_still_act_stays_on_record(lab: Lab) -> None:
    timings = (("deadline", 20.0), ("soft-patience", 10.0))
    await lab.add("n1", policy=Policy(ranking="latest-wins", timings=timings), power=Power.ON)
    bmc = lab.bmc("n1")
    bmc.soft_delay, bmc.ignores = 170, {Command.OFF}
    assert (await lab.done("n1", Ask.SOFT_OFF)).status is Status.FAILED
    await lab.sweep().read("n1")
    await lab.crash()
    await lab.start()
    await lab.sweep().read("n1")
    await trio.sleep(1)
    assert list(lab.disk.fleet.sessions) == ["n1"]
    assert (await lab.done("n1", Ask.ON)).status is Status.FAILED, "twenty seconds are too short to wait it out"
    await trio.sleep(170)
    assert (await lab.done("n1", Ask.ON)).status is Status.SUCCEEDED
    assert lab.disk.fleet.sessions == {}


async def test_a_node_removed_while_it_is_read_leaves_nothing_behind(new_lab: NewLab) -> None:
    async with new_lab() as lab:
        await lab.add("n1")
        await lab.at(5)
        await lab.sweep().read("n1")
        moments = [moment for moment in around(lab.moments(), lead=SYNC) if moment > 5]
    for moment in moments:
        async with new_lab() as lab, trio.open_nursery() as sweeping:
            await lab.add("n1")
            await lab.at(5)
            sweeping.start_soon(lab.sweep().read, "n1")
            await lab.at(moment)
            await lab.registry.remove(["n1"])
            await trio.sleep(1)
            assert lab.disk.fleet.sessions == {}
            assert lab.registry.nodes == {}
            assert lab.bmc("n1").sessions == {}


async def test_a_node_that_cannot_be_read_at_all_does_not_end_the_sweep(lab: Lab) -> None:
    """The disk may hold what an earlier version, or one with other drivers, had taken."""
    await lab.add("n1", "n2")
    await lab.crash()
    for name, policy in (("n1", Policy(driver="telepathy")), ("n2", Policy(timings=(("patients", 1.0),)))):
        node = lab.disk.fleet.nodes[name]
        lab.disk.write(Batch(nodes={name: Node(name, node.bmc, policy)}))
    await lab.start()
    await lab.add("n3")
    sweep = Sweep(lab.registry, lab.workshop)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(sweep.run)
        await trio.sleep(61)
        nursery.cancel_scope.cancel()
    assert sweep.failures == 1
    assert lab.node("n1").observed is None
    assert lab.node("n3").observed is Power.OFF


async def test_readings_at_one_time_are_bounded(lab: Lab) -> None:
    await lab.add(*NAMES)
    for name in NAMES:
        lab.bmc(name).faults["open"] = [Faults.unreachable] * 10
    sweep = Sweep(lab.registry, lab.workshop, at_once=2)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(sweep.run)
        await trio.sleep(50)
        nursery.cancel_scope.cancel()
    asked = sorted(deed.at for name in NAMES for deed in lab.bmc(name).deeds if deed.what == "sent open")
    assert len(asked) > 4
    assert all(third - first >= 10 for first, third in zip(asked, asked[2:], strict=False))
