"""Settle: where the direction changes, what an earlier command may still do is waited out after its fence."""

import pytest
import trio

from hostile_bmc import Faults, LabBmc
from laboratory import Lab, NewLab
from powerfsm.node import Policy
from powerfsm.operation import Status
from powerfsm.power import Ask, Command, Power

LATEST = Policy(ranking="latest-wins")


def _last(bmc: LabBmc, what: str) -> float:
    return [deed.at for deed in bmc.deeds if deed.what == what][-1]


async def _waited_before_opening(lab: Lab, ask: Ask) -> float:
    """How long after the last close the next session was opened."""
    bmc = lab.bmc("n1")
    closed = _last(bmc, "closed")
    await lab.done("n1", ask)
    return next(deed.at for deed in bmc.deeds if deed.what == "opened" and deed.at > closed) - closed


@pytest.mark.parametrize(("first", "then", "waited"), [(Ask.ON, Ask.OFF, 3.0), (Ask.OFF, Ask.ON, 3.0)])
async def test_a_change_of_direction_waits_for_the_latch(lab: Lab, first: Ask, then: Ask, waited: float) -> None:
    await lab.add("n1", power=Power.ON if first is Ask.OFF else Power.OFF)
    await lab.done("n1", first)
    assert await _waited_before_opening(lab, then) == pytest.approx(waited, abs=0.01)


@pytest.mark.parametrize(("first", "then"), [(Ask.ON, Ask.RESET), (Ask.OFF, Ask.READY), (Ask.ON, Ask.ON)])
async def test_the_same_direction_does_not_wait(lab: Lab, first: Ask, then: Ask) -> None:
    await lab.add("n1")
    await lab.done("n1", first)
    assert await _waited_before_opening(lab, then) < 0.1


async def test_what_has_passed_since_the_fence_counts(lab: Lab) -> None:
    await lab.add("n1")
    await lab.done("n1", Ask.ON)
    await trio.sleep(60)
    asked = trio.current_time()
    await lab.done("n1", Ask.OFF)
    assert trio.current_time() - asked < 1


async def test_each_node_has_its_own_latch(lab: Lab) -> None:
    await lab.add("n1", policy=Policy(timings=(("settle", 8.0),)))
    lab.bmc("n1").delay = 7.9
    await lab.done("n1", Ask.ON)
    assert await _waited_before_opening(lab, Ask.OFF) == pytest.approx(8.0, abs=0.01)


async def test_after_a_start_it_is_counted_from_the_start(lab: Lab) -> None:
    await lab.add("n1")
    await lab.done("n1", Ask.ON)
    await lab.crash()
    started = trio.current_time()
    await lab.start()
    await lab.done("n1", Ask.OFF)
    assert _last(lab.bmc("n1"), "opened") - started == pytest.approx(3.0, abs=0.01)


async def test_a_soft_off_that_was_superseded_is_waited_out_for_minutes(lab: Lab) -> None:
    await lab.add("n1", policy=LATEST, power=Power.ON)
    bmc = lab.bmc("n1")
    bmc.soft_delay = 170
    await lab.ask("n1", Ask.SOFT_OFF)
    await lab.until(lambda: bmc.commands() == ["soft-off"])
    assert (await lab.done("n1", Ask.ON)).status is Status.SUCCEEDED
    assert bmc.told("command", "power") == ["command soft-off", "power off", "command on", "power on"]


async def test_a_soft_off_that_has_acted_is_not_waited_out(lab: Lab) -> None:
    await lab.add("n1", power=Power.ON)
    lab.bmc("n1").soft_delay = 20
    await lab.done("n1", Ask.SOFT_OFF)
    assert await _waited_before_opening(lab, Ask.ON) == pytest.approx(3.0, abs=0.01)


async def test_a_soft_off_repeated_by_its_own_action_is_still_waited_out(lab: Lab) -> None:
    await lab.add("n1", policy=LATEST, power=Power.ON)
    bmc = lab.bmc("n1")
    bmc.soft_delay = 175
    bmc.faults["command"] = [Faults.lost]
    await lab.ask("n1", Ask.SOFT_OFF)
    await lab.until(lambda: bmc.commands() == ["soft-off"] * 2)
    assert (await lab.done("n1", Ask.ON)).status is Status.SUCCEEDED
    assert bmc.power is Power.ON


async def test_a_soft_off_followed_by_a_hard_off_that_was_not_read_is_still_waited_out(lab: Lab) -> None:
    """The hard off goes the same way; that it was fenced says nothing of the soft one."""
    await lab.add("n1", policy=LATEST, power=Power.ON)
    bmc = lab.bmc("n1")
    bmc.soft_delay = 100
    await lab.ask("n1", Ask.SOFT_OFF)
    await lab.until(lambda: bmc.commands() == ["soft-off"])
    bmc.ignores = {Command.OFF}
    await lab.ask("n1", Ask.OFF)
    await lab.until(lambda: bmc.commands() == ["soft-off", "off"])
    assert (await lab.done("n1", Ask.ON)).status is Status.SUCCEEDED
    assert bmc.told("power") == ["power off", "power on"]


@pytest.mark.parametrize("crash_after", [0.0, 1.0, 20.0, 100.0])
async def test_a_start_knows_of_a_soft_off_that_may_still_act(new_lab: NewLab, crash_after: float) -> None:
    """Its session was closed, and the process that knew of it is gone: the record must tell."""
    async with new_lab() as lab:
        await lab.add("n1", policy=LATEST, power=Power.ON)
        bmc = lab.bmc("n1")
        bmc.soft_delay = 175
        await lab.ask("n1", Ask.SOFT_OFF)
        await lab.until(lambda: bmc.commands() == ["soft-off"])
        on = await lab.ask("n1", Ask.ON)
        await lab.until(lambda: "closed" in bmc.told())
        await trio.sleep(crash_after)
        await lab.crash()
        await lab.start()
        assert (await lab.ended(on)).status is Status.SUCCEEDED
        assert bmc.power is Power.ON
        assert lab.disk.fleet.sessions == {}, "once it is waited out it is off the record"
