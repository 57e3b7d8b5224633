"""Each way to get the protocol wrong, from the table of the design, tried against the code.

Every test plays the adversary of the counterexample: packets that are late, copies of them, lost closes, a latch,
a crash.  That `off` is never declared and then contradicted by a command of our own is what the judge of the
laboratory watches throughout; here stands what must have happened instead.
"""

from contextlib import suppress

import pytest
import trio

from hostile_bmc import GIVES_UP, LATENCY, Fault, Faults
from laboratory import Lab, NewLab, around
from powerfsm.node import Policy
from powerfsm.operation import Status
from powerfsm.power import Ask, Command, Power
from powerfsm.registry.refusals import ShuttingDown
from powerfsm.store.errors import StoreUnavailable


async def test_an_on_that_is_under_way_while_off_reads_off_finds_its_session_closed(lab: Lab) -> None:
    """Without a fence: on sent, late; cancelled; a read says off so off is skipped; *off* declared; on lands."""
    await lab.add("n1")
    bmc = lab.bmc("n1")
    bmc.faults["command"] = [Fault(Faults.lost.error, arrives=9.5)]
    await lab.ask("n1", Ask.ON)
    await lab.until(lambda: "sent command" in bmc.told())
    off = await lab.done("n1", Ask.OFF)
    assert off.status is Status.SUCCEEDED
    await trio.sleep(30)
    assert bmc.commands() == []
    assert bmc.told("dropped") == ["dropped on"]
    assert bmc.power is Power.OFF


async def test_the_second_copy_of_an_on_that_had_succeeded_finds_its_session_closed(lab: Lab) -> None:
    """Closing on cancel only, or awaiting only the command's answer: the second copy lands after *off*."""
    await lab.add("n1")
    bmc = lab.bmc("n1")
    bmc.echoes = [[4.0, 25.0]]
    assert (await lab.done("n1", Ask.ON)).status is Status.SUCCEEDED
    assert (await lab.done("n1", Ask.OFF)).status is Status.SUCCEEDED
    await trio.sleep(60)
    assert bmc.commands() == ["on", "off"]
    assert bmc.told("dropped") == ["dropped on", "dropped on"]
    assert bmc.power is Power.OFF


async def test_a_copy_that_the_bmc_takes_for_new_acts_only_while_the_session_is_open(lab: Lab) -> None:
    """Trusting sequence windows: this BMC compares no numbers, and carries out whatever comes in a session."""
    await lab.add("n1")
    bmc = lab.bmc("n1")
    bmc.faults["command"] = [Faults.lost]
    bmc.echoes = [[1.0, 2.0, 3.0, 12.0, 20.0]]
    await lab.ask("n1", Ask.ON)
    await lab.until(lambda: bmc.commands() == ["on"] * 3)
    assert (await lab.done("n1", Ask.OFF)).status is Status.SUCCEEDED
    await trio.sleep(30)
    assert bmc.power is Power.OFF
    assert bmc.told("dropped") == ["dropped on"] * 3


@pytest.mark.parametrize("latch", [0.0, 2.9])
async def test_a_late_copy_of_the_on_at_every_instant_of_the_off(new_lab: NewLab, latch: float) -> None:
    """Verifying before closing, and every other order: wherever the late copy lands, *off* stays true."""

    async def on_then_off(lab: Lab) -> None:
        lab.bmc("n1").delay = latch
        await lab.ask("n1", Ask.ON)
        await lab.until(lambda: lab.bmc("n1").commands() == ["on"])
        await lab.done("n1", Ask.OFF)

    async with new_lab() as lab:
        await lab.add("n1")
        await on_then_off(lab)
        sent_at = next(deed.at for deed in lab.bmc("n1").deeds if deed.what == "sent command")
        moments = [moment for moment in around(lab.moments()) if moment > sent_at]
    accepted = 0
    for moment in moments:
        async with new_lab() as lab, trio.open_nursery() as adversary:
            await lab.add("n1")

            async def late(lab: Lab, moment: float) -> None:
                await lab.at(moment)
                lab.bmc("n1").inject(Command.ON, 101)

            adversary.start_soon(late, lab, moment)
            await on_then_off(lab)
            await trio.sleep(10)
            assert lab.bmc("n1").power is Power.OFF
            assert lab.node("n1").state == "off"
            accepted += len(lab.bmc("n1").commands()) > 2
    assert accepted, "at some instants the copy was accepted"


async def test_a_close_that_is_not_answered_is_waited_out_while_the_on_still_lands(lab: Lab) -> None:
    """A close that is sent and not awaited is as no fence; with no answer, every packet must have died."""
    await lab.add("n1")
    bmc = lab.bmc("n1")
    await lab.ask("n1", Ask.ON)
    await lab.until(lambda: bmc.commands() == ["on"])
    bmc.faults["close"] = [Faults.unfenced]
    bmc.faults["fence"] = [Faults.unfenced]
    off = await lab.ask("n1", Ask.OFF)
    await lab.until(lambda: lab.node("n1").state == "quarantined")
    bmc.press(Power.OFF)
    await trio.sleep(5)
    bmc.inject(Command.ON, 101)
    await trio.sleep(LATENCY)
    assert bmc.told("power")[-1] == "power on", "the late copy landed, for its session is open"
    assert (await lab.ended(off)).status is Status.SUCCEEDED
    bmc.inject(Command.ON, 101)
    assert bmc.told("dropped") == ["dropped on"]
    assert bmc.commands() == ["on", "on", "off"]
    assert bmc.power is Power.OFF


async def test_recovery_closes_the_session_of_the_dead_process_before_it_reads_or_commands(lab: Lab) -> None:
    """No fence in recovery, or the id made durable after the first send: *off* declared; the old on lands."""
    await lab.add("n1")
    bmc = lab.bmc("n1")
    bmc.faults["command"] = [Fault(Faults.lost.error, arrives=8.0)]
    await lab.ask("n1", Ask.ON)
    await lab.until(lambda: "sent command" in bmc.told())
    off = await lab.ask("n1", Ask.OFF)
    await lab.crash()
    before = len(bmc.deeds)
    await lab.start()
    assert (await lab.ended(off)).status is Status.SUCCEEDED
    await trio.sleep(30)
    assert [deed.what for deed in bmc.deeds[before:]][:2] == ["sent fence", "closed"]
    assert bmc.told("dropped") == ["dropped on"]
    assert bmc.power is Power.OFF


@pytest.mark.parametrize("latch", [0.5, 1.5, 2.5, 2.99])
async def test_a_latched_on_fires_before_off_is_read(lab: Lab, latch: float) -> None:
    """A fence and no settle: on accepted, close answered, read off, *off* declared; the latch fires."""
    await lab.add("n1")
    bmc = lab.bmc("n1")
    bmc.delay = latch
    await lab.ask("n1", Ask.ON)
    await lab.until(lambda: bmc.commands() == ["on"])
    assert (await lab.done("n1", Ask.OFF)).status is Status.SUCCEEDED
    assert bmc.told("command", "power") == ["command on", "power on", "command off", "power off"]


async def test_what_is_acted_on_is_on_disk_and_what_is_answered_too(new_lab: NewLab) -> None:
    """Answering or acting before persisting: at whichever instant of the commit the process dies, they agree."""
    async with new_lab() as lab:
        await lab.add("n1")
        await lab.done("n1", Ask.ON)
        moments = [moment for moment in around(lab.moments()) if moment < 0.1]
    durable = set[bool]()
    for moment in moments:
        async with new_lab() as lab, trio.open_nursery() as requester:
            await lab.add("n1")
            answered: list[int] = []

            async def ask(lab: Lab, answered: list[int]) -> None:
                with suppress(StoreUnavailable, ShuttingDown):
                    answered.append((await lab.ask("n1", Ask.ON)).id)

            requester.start_soon(ask, lab, answered)
            await lab.at(moment)
            await lab.crash()
            on_disk = set(lab.disk.fleet.operations)
            assert set(answered) <= on_disk
            await lab.start()
            await lab.quiet()
            assert lab.bmc("n1").power is (Power.ON if on_disk else Power.OFF)
            durable.add(bool(on_disk))
    assert durable == {True, False}


async def test_a_repeated_command_never_goes_against_what_was_declared(lab: Lab) -> None:
    """Polling and repairing: a command is repeated only by an action that is in play, never after *off*."""
    await lab.add("n1", policy=Policy(timings=(("patience", 5.0),)))
    bmc = lab.bmc("n1")
    bmc.ignores = {Command.ON}
    await lab.ask("n1", Ask.ON)
    await lab.until(lambda: len(bmc.commands()) == 3)
    assert (await lab.done("n1", Ask.OFF)).status is Status.SUCCEEDED
    bmc.ignores = set()
    await trio.sleep(10 * GIVES_UP)
    assert bmc.commands() == ["on"] * 3
    assert bmc.power is Power.OFF
