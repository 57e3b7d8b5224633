"""Supersede: the cancel is complete, and answered, before anything of the new action is sent.

The request that supersedes comes at every instant of the first action: before, at and after whatever happens at
the BMC and on the disk.
"""

from collections.abc import Sequence

import pytest
import trio

from hostile_bmc import GIVES_UP, Faults
from lab_disk import SYNC
from laboratory import Lab, NewLab, around
from powerfsm.node import Policy
from powerfsm.operation import Status
from powerfsm.power import Ask, Power

LATEST = Policy(ranking="latest-wins")


async def _moments_of(new_lab: NewLab, ask: Ask, power: Power) -> list[float]:
    async with new_lab() as lab:
        await lab.add("n1", policy=LATEST, power=power)
        await lab.done("n1", ask)
        # The cancel comes when the request that supersedes has been committed.
        return around(lab.moments(), lead=2 * SYNC)


def _nothing_is_sent_before_the_close_is_answered(lab: Lab, durable_at: float) -> None:
    opened: set[int] = set()
    for deed in lab.bmc("n1").deeds:
        if deed.what == "opened":
            assert not opened, f"at {deed.at} a session was opened beside {opened}"
            opened.add(deed.session)
        elif deed.what == "closed":
            opened.discard(deed.session)
        elif deed.what == "sent command" and deed.at > durable_at + 2 * SYNC:
            assert len(opened) == 1


@pytest.mark.parametrize(
    ("first", "then", "power"),
    [
        (Ask.ON, Ask.OFF, Power.OFF),
        (Ask.OFF, Ask.ON, Power.ON),
        (Ask.CYCLE, Ask.OFF, Power.ON),
        (Ask.CYCLE, Ask.ON, Power.ON),
        (Ask.RESET, Ask.READY, Power.ON),
        (Ask.SOFT_OFF, Ask.OFF, Power.ON),
    ],
)
async def test_superseding_at_every_instant(new_lab: NewLab, first: Ask, then: Ask, power: Power) -> None:
    moments = await _moments_of(new_lab, first, power)
    assert len(moments) > 20
    seen = set[Status]()
    for moment in moments:
        async with new_lab() as lab:
            await lab.add("n1", policy=LATEST, power=power)
            superseded = await lab.ask("n1", first)
            await lab.at(moment)
            asked_at = moment + lab.began
            wins = await lab.ask("n1", then)
            end = await lab.ended(superseded)
            seen.add(end.status)
            assert (await lab.ended(wins)).status is Status.SUCCEEDED
            _nothing_is_sent_before_the_close_is_answered(lab, asked_at)
            assert lab.bmc("n1").power is then.desired.power
            if end.status is Status.SUPERSEDED:
                assert end.reason == f"superseded by operation {wins.id} ({then})"
                assert "cancelling" in {after for *_, after in lab.transitions("n1")}
    assert seen == {Status.SUPERSEDED, Status.SUCCEEDED}


@pytest.mark.parametrize("delay", [0.0, 0.5, 2.9])
async def test_off_over_on_with_a_bmc_that_latches(new_lab: NewLab, delay: float) -> None:
    for moment in await _moments_of(new_lab, Ask.ON, Power.OFF):
        async with new_lab() as lab:
            await lab.add("n1")
            lab.bmc("n1").delay = delay
            await lab.ask("n1", Ask.ON)
            await lab.at(moment)
            assert (await lab.done("n1", Ask.OFF)).status is Status.SUCCEEDED
            assert lab.bmc("n1").power is Power.OFF


@pytest.mark.parametrize(
    "asks",
    [
        [Ask.ON, Ask.OFF, Ask.ON, Ask.OFF],
        [Ask.OFF, Ask.ON, Ask.CYCLE, Ask.RESET, Ask.READY],
    ],
)
async def test_flip_flop_at_every_pace(new_lab: NewLab, asks: Sequence[Ask]) -> None:
    for pace in (0.0, 0.0005, 0.001, 0.0017, 0.0023, 0.0031, 0.7, 2.9, 3.0, 3.003, 3.0061, 3.0079, 3.01):
        async with new_lab() as lab:
            await lab.add("n1", policy=LATEST)
            operations = []
            for number, ask in enumerate(asks):
                await lab.at(number * pace)
                operations.append(await lab.ask("n1", ask))
            last = await lab.ended(operations[-1])
            assert last.status is Status.SUCCEEDED
            assert lab.bmc("n1").power is asks[-1].desired.power
            assert all(each.id in lab.disk.ended for each in operations)


async def test_a_cancel_waits_for_as_long_as_the_close_is_not_answered(lab: Lab) -> None:
    await lab.add("n1")
    bmc = lab.bmc("n1")
    await lab.ask("n1", Ask.ON)
    await lab.until(lambda: bmc.commands() == ["on"])
    bmc.faults["close"] = [Faults.closed_unheard]
    off = await lab.ask("n1", Ask.OFF)
    assert lab.node("n1").state == "cancelling"
    await lab.until(lambda: ("cancelling", "cancelled", "powering-off") in lab.transitions("n1"))
    assert trio.current_time() > 3 + GIVES_UP
    assert bmc.told("sent")[-1] == "sent close"
    assert (await lab.ended(off)).status is Status.SUCCEEDED


async def test_what_was_reached_before_the_cancel_could_stop_it_is_not_declared(new_lab: NewLab) -> None:
    declared = 0
    for moment in await _moments_of(new_lab, Ask.ON, Power.OFF):
        async with new_lab() as lab:
            await lab.add("n1")
            first = await lab.ask("n1", Ask.ON)
            await lab.at(moment)
            await lab.done("n1", Ask.OFF)
            steps = lab.transitions("n1")
            states = [after for _, _, after in steps]
            if "cancelling" in states:
                assert "on" not in states
                assert (await lab.ended(first)).status is Status.SUPERSEDED
            declared += ("cancelling", "confirmed", "powering-off") in steps
    assert declared, "at some instant the action had confirmed before it heard of the cancel"
