"""Cycle: off, read off, on, read on; each leg durable before the next."""

import trio

from hostile_bmc import Faults
from laboratory import Lab, NewLab, around
from powerfsm.operation import Status
from powerfsm.power import Ask, Power

IN_FULL = ["command off", "power off", "command on", "power on"]


async def test_off_is_read_and_durable_before_on_is_sent(lab: Lab) -> None:
    await lab.add("n1", power=Power.ON)
    lab.bmc("n1").delay = 1
    assert (await lab.done("n1", Ask.CYCLE)).status is Status.SUCCEEDED
    assert lab.bmc("n1").told("command", "power") == IN_FULL
    states = [after for *_, after in lab.transitions("n1")]
    assert states == ["powering-off", "powering-on", "on"]
    told = [what for _, what in lab.judge.log]
    assert told.index("n1: power off") < told.index("disk: n1 turned") < told.index("n1: power on")


async def test_a_node_that_is_off_is_just_powered_on(lab: Lab) -> None:
    await lab.add("n1")
    assert (await lab.done("n1", Ask.CYCLE)).status is Status.SUCCEEDED
    assert lab.bmc("n1").commands() == ["on"]


async def test_after_a_crash_between_the_legs_only_the_on_is_left_to_do(lab: Lab) -> None:
    await lab.add("n1", power=Power.ON)
    bmc = lab.bmc("n1")
    cycle = await lab.ask("n1", Ask.CYCLE)
    await lab.until(lambda: "disk: n1 turned" in [what for _, what in lab.judge.log])
    await lab.crash()
    await lab.start()
    assert lab.node("n1").state == "powering-on"
    assert (await lab.ended(cycle)).status is Status.SUCCEEDED
    assert bmc.told("command", "power") == IN_FULL


async def test_a_crash_at_every_instant_ends_in_a_cycled_node(new_lab: NewLab) -> None:
    async with new_lab() as lab:
        await lab.add("n1", power=Power.ON)
        await lab.done("n1", Ask.CYCLE)
        moments = [moment for moment in around(lab.moments()) if moment > 0.0028]
    for moment in moments:
        async with new_lab() as lab:
            await lab.add("n1", power=Power.ON)
            cycle = await lab.ask("n1", Ask.CYCLE)
            await lab.at(moment)
            await lab.crash()
            await lab.start()
            assert (await lab.ended(cycle)).status is Status.SUCCEEDED
            assert lab.bmc("n1").told("command", "power") == IN_FULL, "cycled once, and not twice"


async def test_an_on_leg_that_fails_leaves_the_node_off_in_error_and_says_so(lab: Lab) -> None:
    await lab.add("n1", power=Power.ON)
    lab.bmc("n1").faults["open"] = [None, Faults.refused_login]
    end = await lab.done("n1", Ask.CYCLE)
    assert end.status is Status.FAILED
    assert end.reason is not None
    assert end.reason.startswith("n1 (n1:623) was not brought on: no such user; check the name")
    assert lab.node("n1").state == "error"
    assert lab.node("n1").observed is Power.OFF


async def test_a_cycle_superseded_by_off_in_its_on_leg_ends_off(lab: Lab) -> None:
    await lab.add("n1", power=Power.ON)
    bmc = lab.bmc("n1")
    cycle = await lab.ask("n1", Ask.CYCLE)
    await lab.until(lambda: bmc.commands() == ["off", "on"])
    assert (await lab.done("n1", Ask.OFF)).status is Status.SUCCEEDED
    assert (await lab.ended(cycle)).status is Status.SUPERSEDED
    await trio.sleep(30)
    assert bmc.power is Power.OFF
