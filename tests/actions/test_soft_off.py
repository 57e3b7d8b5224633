"""Soft-off: the operating system is asked, given its time, and then the power is cut."""

import pytest
import trio

from hostile_bmc import Faults
from laboratory import Lab
from powerfsm.node import Policy
from powerfsm.operation import Status
from powerfsm.power import Ask, Command, Power


async def test_an_operating_system_that_obeys_is_not_cut_off(lab: Lab) -> None:
    await lab.add("n1", power=Power.ON)
    lab.bmc("n1").soft_delay = 170
    end = await lab.done("n1", Ask.SOFT_OFF)
    assert end.status is Status.SUCCEEDED
    assert lab.bmc("n1").commands() == ["soft-off"]
    assert lab.node("n1").state == "off"


async def test_one_that_ignores_it_is_cut_off_when_its_time_is_over(lab: Lab) -> None:
    await lab.add("n1", power=Power.ON)
    bmc = lab.bmc("n1")
    bmc.soft_delay = None
    end = await lab.done("n1", Ask.SOFT_OFF)
    assert end.status is Status.SUCCEEDED
    assert bmc.commands() == ["soft-off", "off"]
    asked, cut = (deed.at for deed in bmc.deeds if deed.what.startswith("command"))
    assert 180 <= cut - asked <= 190


async def test_the_time_it_is_given_is_that_of_the_node(lab: Lab) -> None:
    await lab.add("n1", policy=Policy(timings=(("soft-patience", 30.0),)), power=Power.ON)
    lab.bmc("n1").soft_delay = None
    await lab.done("n1", Ask.SOFT_OFF)
    assert 30 <= trio.current_time() <= 40


async def test_a_bmc_that_does_not_know_it_is_sent_a_hard_off_at_once(lab: Lab) -> None:
    await lab.add("n1", power=Power.ON)
    bmc = lab.bmc("n1")
    bmc.faults["command"] = [Faults.unsupported]
    end = await lab.done("n1", Ask.SOFT_OFF)
    assert end.status is Status.SUCCEEDED
    assert bmc.commands() == ["off"]
    assert trio.current_time() < 5
    assert bmc.told("sent open") == ["sent open"], "in the same session"


@pytest.mark.parametrize("fault", ["lost", "lost_there", "busy"])
async def test_a_bmc_that_never_takes_it_is_sent_a_hard_off_when_the_time_is_over(lab: Lab, fault: str) -> None:
    await lab.add("n1", power=Power.ON)
    bmc = lab.bmc("n1")
    bmc.soft_delay = None
    bmc.faults["command"] = [getattr(Faults, fault)] * 100

    async def take_the_hard_one() -> None:
        await trio.sleep(185)
        bmc.faults["command"].clear()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(take_the_hard_one)
        end = await lab.done("n1", Ask.SOFT_OFF)
    assert end.status is Status.SUCCEEDED
    assert bmc.commands()[-1] == "off"
    assert trio.current_time() < 300


async def test_readings_that_fail_do_not_give_it_more_time(lab: Lab) -> None:
    await lab.add("n1", power=Power.ON)
    bmc = lab.bmc("n1")
    bmc.soft_delay = None
    bmc.faults["read"] = [None, None, Faults.unread, None, Faults.unread, None, None, None, Faults.unread]
    end = await lab.done("n1", Ask.SOFT_OFF)
    assert end.status is Status.SUCCEEDED
    cut = next(deed.at for deed in bmc.deeds if deed.what == "command off")
    assert 180 <= cut <= 200


async def test_a_hard_off_supersedes_it_without_waiting_for_it(lab: Lab) -> None:
    await lab.add("n1", power=Power.ON)
    bmc = lab.bmc("n1")
    bmc.soft_delay = 100
    await lab.ask("n1", Ask.SOFT_OFF)
    await lab.until(lambda: bmc.commands() == ["soft-off"])
    asked = trio.current_time()
    assert (await lab.done("n1", Ask.OFF)).status is Status.SUCCEEDED
    assert trio.current_time() - asked < 2
    assert bmc.commands() == ["soft-off", "off"]


async def test_an_operation_that_escalates_and_fails_has_had_both_times(lab: Lab) -> None:
    await lab.add("n1", power=Power.ON)
    bmc = lab.bmc("n1")
    bmc.soft_delay = None
    bmc.ignores = {Command.OFF}
    end = await lab.done("n1", Ask.SOFT_OFF)
    assert end.status is Status.FAILED
    assert 480 <= trio.current_time() <= 490
