"""Session ids are the BMC's, and some give each session the same one: the record must not be confused by it."""

import pytest

from hostile_bmc import Faults
from laboratory import Lab, NewLab, around
from powerfsm.operation import Status
from powerfsm.power import Ask, Power


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
