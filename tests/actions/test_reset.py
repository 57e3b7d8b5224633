"""Reset: one command, never sent twice for one operation unless the first was known not to act."""

import pytest

from hostile_bmc import Faults
from laboratory import Lab, NewLab, around
from powerfsm.operation import Status
from powerfsm.power import Ask, Command, Power

EXPLAINED = (
    "n1 (n1:623) was not brought on: a reset was sent once and may have been carried out; it is never sent twice "
    "for one operation: look at the node, then ask again"
)


async def test_a_node_that_is_on_is_reset_once(lab: Lab) -> None:
    await lab.add("n1", power=Power.ON)
    assert (await lab.done("n1", Ask.RESET)).status is Status.SUCCEEDED
    assert lab.bmc("n1").told("command", "reset") == ["command reset", "reset"]


async def test_a_node_that_is_off_is_powered_on_instead_and_the_answer_says_so(lab: Lab) -> None:
    await lab.add("n1")
    end = await lab.done("n1", Ask.RESET)
    assert end.status is Status.SUCCEEDED
    assert end.reason == "read on after 1 attempt; it was off, so it was powered on instead of reset"
    assert lab.bmc("n1").commands() == ["on"]


@pytest.mark.parametrize("fault", ["lost", "lost_there"])
async def test_a_lost_answer_fails_it_and_it_is_not_sent_again(lab: Lab, fault: str) -> None:
    await lab.add("n1", power=Power.ON)
    bmc = lab.bmc("n1")
    bmc.faults["command"] = [getattr(Faults, fault)]
    end = await lab.done("n1", Ask.RESET)
    assert end.status is Status.FAILED
    assert end.reason == EXPLAINED
    assert bmc.told("sent command") == ["sent command"]
    assert lab.node("n1").state == "error"


async def test_a_reset_that_was_refused_for_now_is_sent_again(lab: Lab) -> None:
    await lab.add("n1", power=Power.ON)
    bmc = lab.bmc("n1")
    bmc.faults["command"] = [Faults.busy, Faults.busy]
    end = await lab.done("n1", Ask.RESET)
    assert end.status is Status.SUCCEEDED
    assert bmc.told("sent command") == ["sent command"] * 3
    assert bmc.commands() == ["reset"]


async def test_a_reset_that_was_refused_for_good_fails_with_the_refusal(lab: Lab) -> None:
    await lab.add("n1", power=Power.ON)
    lab.bmc("n1").faults["command"] = [Faults.final]
    end = await lab.done("n1", Ask.RESET)
    assert end.status is Status.FAILED
    assert end.reason == "n1 (n1:623) was not brought on: D4h; be administrator (1 attempt; last read on)"


async def test_one_that_turns_the_node_off_is_not_repeated(lab: Lab) -> None:
    await lab.add("n1", power=Power.ON)
    bmc = lab.bmc("n1")

    await lab.ask("n1", Ask.RESET)
    await lab.until(lambda: bmc.commands() == ["reset"])
    bmc.press(Power.OFF)
    await lab.quiet()
    assert lab.disk.ended[1].reason == EXPLAINED
    assert bmc.commands() == ["reset"]


async def test_a_crash_at_every_instant_never_resets_twice(new_lab: NewLab) -> None:
    async with new_lab() as lab:
        await lab.add("n1", power=Power.ON)
        await lab.done("n1", Ask.RESET)
        moments = [moment for moment in around(lab.moments()) if moment > 0.0028]
    ends = set[tuple[Status, int]]()
    for moment in moments:
        async with new_lab() as lab:
            await lab.add("n1", power=Power.ON)
            reset = await lab.ask("n1", Ask.RESET)
            await lab.at(moment)
            await lab.crash()
            await lab.start()
            end = await lab.ended(reset)
            ends.add((end.status, len(lab.bmc("n1").told("sent command"))))
            if end.status is Status.FAILED:
                assert end.reason == EXPLAINED
    assert ends == {(Status.SUCCEEDED, 1), (Status.FAILED, 1), (Status.FAILED, 0)}


async def test_the_driver_is_told_not_to_retransmit_it(lab: Lab) -> None:
    await lab.add("n1", power=Power.ON)
    bmc = lab.bmc("n1")
    bmc.echoes = [[1.0, 2.0]]
    await lab.done("n1", Ask.RESET)
    assert bmc.commands() == [Command.RESET]
    assert bmc.echoes == [[1.0, 2.0]], "copies are made of what may be repeated only"
