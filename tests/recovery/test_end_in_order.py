"""An end in order: nothing new begins, sessions are closed, and the work is there for the next start."""

import pytest
import trio

from hostile_bmc import GIVES_UP, Faults
from laboratory import Lab, NewLab, around
from powerfsm.operation import Status
from powerfsm.power import Ask, Command, Power
from powerfsm.registry.refusals import ShuttingDown


@pytest.mark.parametrize("ask", [Ask.ON, Ask.CYCLE, Ask.RESET, Ask.SOFT_OFF])
async def test_an_end_at_every_instant_closes_sessions_and_loses_no_work(new_lab: NewLab, ask: Ask) -> None:
    power = Power.OFF if ask is Ask.ON else Power.ON
    async with new_lab() as lab:
        await lab.add("n1", power=power)
        await lab.done("n1", ask)
        moments = [moment for moment in around(lab.moments()) if moment > 0.0028]
    ends = set[Status]()
    for moment in moments:
        async with new_lab() as lab:
            await lab.add("n1", power=power)
            operation = await lab.ask("n1", ask)
            await lab.at(moment)
            await lab.stop()
            assert lab.bmc("n1").sessions == {}
            held = ask is Ask.SOFT_OFF and operation.id not in lab.disk.ended
            assert held or lab.disk.fleet.sessions == {}
            deeds = len(lab.bmc("n1").deeds)
            await trio.sleep(20)
            assert [deed for deed in lab.bmc("n1").deeds[deeds:] if deed.what.startswith("sent")] == []
            await lab.start()
            ends.add((await lab.ended(operation)).status)
            assert lab.bmc("n1").power is ask.desired.power
    assert ends == ({Status.SUCCEEDED, Status.FAILED} if ask is Ask.RESET else {Status.SUCCEEDED})


async def test_what_waits_is_not_begun_and_is_begun_by_the_next_start(lab: Lab) -> None:
    await lab.add("n1", power=Power.ON)
    off = await lab.ask("n1", Ask.OFF)
    on = await lab.ask("n1", Ask.ON)
    await lab.until(lambda: lab.bmc("n1").commands() == ["off"])
    await lab.stop()
    assert lab.bmc("n1").commands() == ["off"]
    await lab.start()
    assert (await lab.ended(on)).status is Status.SUCCEEDED
    assert (await lab.ended(off)).status is Status.SUPERSEDED


async def test_requests_that_were_waiting_for_the_disk_are_answered_and_later_ones_refused(lab: Lab) -> None:
    await lab.add("n1", "n2")
    answered: list[int] = []

    async def ask() -> None:
        answered.append((await lab.ask("n1", Ask.ON)).id)

    async with trio.open_nursery() as clients:
        clients.start_soon(ask)
        await trio.testing.wait_all_tasks_blocked()
        lab.registry.close()
        with pytest.raises(ShuttingDown):
            await lab.ask("n2", Ask.ON)
    await lab.stop()
    assert answered == [1]
    assert lab.bmc("n1").deeds == [], "it is durable, and the next start carries it out"
    await lab.start()
    await lab.quiet()
    assert lab.bmc("n1").power is Power.ON


async def test_a_session_whose_close_is_not_answered_stays_on_record(lab: Lab) -> None:
    await lab.add("n1")
    bmc = lab.bmc("n1")
    await lab.ask("n1", Ask.ON)
    await lab.until(lambda: bmc.commands() == ["on"])
    bmc.faults["close"] = [Faults.unfenced]
    begun = trio.current_time()
    await lab.stop()
    assert trio.current_time() - begun == pytest.approx(GIVES_UP, abs=0.1)
    assert list(lab.disk.fleet.sessions["n1"]) == [101]
    deeds = len(bmc.deeds)
    await lab.start()
    await lab.quiet()
    assert [deed.what for deed in bmc.deeds[deeds:]][:2] == ["sent fence", "closed"]


async def test_an_end_with_a_full_disk_ends_and_the_next_start_finds_what_was_durable(new_lab: NewLab) -> None:
    async with new_lab() as lab:
        await lab.add("n1")
        await lab.done("n1", Ask.ON)
        moments = [moment for moment in around(lab.moments()) if moment > 0.0028]
    for moment in moments:
        async with new_lab() as lab:
            await lab.add("n1")
            on = await lab.ask("n1", Ask.ON)
            await lab.at(moment)
            lab.disk.full = True
            await trio.sleep(0.5)
            with trio.fail_after(60):
                await lab.stop()
            assert lab.bmc("n1").sessions == {}
            lab.disk.full = False
            await lab.start()
            assert (await lab.ended(on)).status is Status.SUCCEEDED


@pytest.mark.parametrize("seconds", [0.0005, 0.002, 3.0])
async def test_an_end_writes_nothing_behind_what_a_full_disk_did_not_take(new_lab: NewLab, seconds: float) -> None:
    """There is room again before it has ended; the audit, when the laboratory is left, would find the hole."""
    async with new_lab() as lab:
        await lab.add("n1")
        await lab.done("n1", Ask.ON)
        moments = [moment for moment in around(lab.moments()) if moment > 0.0028]

    async def make_room(lab: Lab) -> None:
        await trio.sleep(seconds)
        lab.disk.full = False

    for moment in moments:
        async with new_lab() as lab, trio.open_nursery() as nursery:
            await lab.add("n1")
            on = await lab.ask("n1", Ask.ON)
            lab.bmc("n1").faults["close"] = [Faults.unfenced]
            await lab.at(moment)
            lab.disk.full = True
            nursery.start_soon(make_room, lab)
            await lab.stop()
            await trio.sleep(20)
            await lab.start()
            assert (await lab.ended(on)).status is Status.SUCCEEDED


async def test_an_action_in_quarantine_is_left_at_once(lab: Lab) -> None:
    await lab.add("n1")
    bmc = lab.bmc("n1")
    bmc.faults = {"command": [Faults.lost], "close": [Faults.unfenced], "fence": [Faults.unfenced]}
    bmc.ignores = {Command.ON}
    on = await lab.ask("n1", Ask.ON)
    await lab.until(lambda: lab.node("n1").state == "quarantined")
    begun = trio.current_time()
    await lab.stop()
    assert trio.current_time() - begun < 1
    bmc.ignores = set()
    await lab.start()
    assert (await lab.ended(on)).status is Status.SUCCEEDED


async def test_an_idle_daemon_ends_at_once(lab: Lab) -> None:
    await lab.add("n1")
    begun = trio.current_time()
    await lab.stop()
    assert trio.current_time() == begun
