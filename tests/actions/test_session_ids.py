"""Session ids are the BMC's, and some give each session the same one: the record must not be confused by it."""

import pytest
import trio

from hostile_bmc import Faults
from laboratory import Lab, NewLab, around
from powerfsm.node import Policy
from powerfsm.operation import Status
from powerfsm.power import Ask, Command, Power


async def test_a_session_with_the_id_of_one_just_closed_is_on_record(lab: Lab) -> None:
    await lab.add("n1")
    bmc = lab.bmc("n1")
    bmc.reuses = True
    bmc.faults["command"] = [Faults.busy, Faults.lost]
    await lab.ask("n1", Ask.ON)
    await lab.until(lambda: bmc.commands() == ["on"])
    assert list(lab.registry.sessions("n1")) == [100]
    await lab.quiet()
    assert lab.registry.sessions("n1") == {}
    assert lab.disk.fleet.sessions == {}


@pytest.mark.parametrize("sync", [0.0007, 0.05])
async def test_a_crash_at_every_instant_of_a_cycle_is_fenced_by_the_one_id(new_lab: NewLab, sync: float) -> None:
    async with new_lab() as lab:
        await lab.add("n1", power=Power.ON)
        lab.disk.sync = sync
        await lab.done("n1", Ask.CYCLE)
        moments = [moment for moment in around(lab.moments()) if moment > 0.11]
    for moment in moments:
        async with new_lab() as lab:
            await lab.add("n1", power=Power.ON)
            lab.disk.sync = sync
            lab.bmc("n1").reuses = True
            lab.bmc("n1").echoes = [[0.002, 1.0]] * 4
            cycle = await lab.ask("n1", Ask.CYCLE)
            await lab.at(moment)
            await lab.crash()
            await lab.start()
            assert (await lab.ended(cycle)).status is Status.SUCCEEDED
            assert lab.bmc("n1").power is Power.ON
            assert lab.disk.fleet.sessions == {}


async def test_with_a_slow_disk_a_closed_session_is_not_closed_again(lab: Lab) -> None:
    await lab.add("n1")
    lab.disk.sync = 1.0
    bmc = lab.bmc("n1")
    bmc.faults["command"] = [Faults.lost]
    assert (await lab.done("n1", Ask.ON)).status is Status.SUCCEEDED
    assert (await lab.done("n1", Ask.OFF)).status is Status.SUCCEEDED
    assert bmc.told("sent fence") == []


async def test_a_soft_off_is_not_forgotten_when_its_id_is_given_to_the_next_session(lab: Lab) -> None:
    await lab.add("n1", policy=Policy(ranking="latest-wins"), power=Power.ON)
    bmc = lab.bmc("n1")
    bmc.reuses, bmc.soft_delay = True, 100
    bmc.ignores = {Command.OFF}
    await lab.ask("n1", Ask.SOFT_OFF)
    await lab.until(lambda: bmc.latched != [])
    off = await lab.ask("n1", Ask.OFF)
    await lab.until(lambda: bmc.commands()[-1:] == ["off"])
    on = await lab.ask("n1", Ask.ON)
    assert (await lab.ended(off)).status is Status.SUPERSEDED
    await lab.crash()
    await lab.start()
    assert (await lab.ended(on)).status is Status.SUCCEEDED
    await trio.sleep(300)
    assert bmc.power is Power.ON


async def test_a_soft_off_is_not_forgotten_when_its_id_is_given_to_the_sweep(lab: Lab) -> None:
    timings = (("deadline", 20.0), ("soft-patience", 10.0))
    await lab.add("n1", policy=Policy(ranking="latest-wins", timings=timings), power=Power.ON)
    bmc = lab.bmc("n1")
    bmc.reuses, bmc.soft_delay, bmc.ignores = True, 170, {Command.OFF}
    assert (await lab.done("n1", Ask.SOFT_OFF)).status is Status.FAILED
    await lab.sweep().read("n1")
    assert [each.command for each in lab.registry.sessions("n1").values()] == [Command.SOFT_OFF]


async def test_a_session_with_the_id_of_a_soft_off_is_fenced_where_its_close_is_not_answered(lab: Lab) -> None:
    await lab.add("n1", policy=Policy(ranking="latest-wins"), power=Power.ON)
    bmc = lab.bmc("n1")
    bmc.reuses, bmc.soft_delay = True, 170
    bmc.ignores = {Command.OFF}
    await lab.ask("n1", Ask.SOFT_OFF)
    await lab.until(lambda: bmc.latched != [])
    await lab.ask("n1", Ask.OFF)
    await lab.until(lambda: bmc.commands()[-1:] == ["off"])
    bmc.faults["close"] = [Faults.unfenced]
    on = await lab.ask("n1", Ask.ON)
    assert (await lab.ended(on)).status is Status.SUCCEEDED
    assert bmc.told("sent fence") == ["sent fence"]
