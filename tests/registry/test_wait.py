"""Wait: a request that does not outrank what is in play runs after it."""

from hostile_bmc import Faults
from laboratory import Lab
from powerfsm.operation import Status
from powerfsm.power import Ask, Desired, Power


async def test_on_waits_until_off_has_been_read(lab: Lab) -> None:
    await lab.add("n1", power=Power.ON)
    lab.bmc("n1").delay = 2
    off = await lab.ask("n1", Ask.OFF)
    on = await lab.ask("n1", Ask.ON)
    assert on.status is Status.WAITING
    assert (await lab.ended(off)).status is Status.SUCCEEDED
    assert (await lab.ended(on)).status is Status.SUCCEEDED
    assert lab.bmc("n1").told("command", "power") == ["command off", "power off", "command on", "power on"]
    assert ("powering-off", "confirmed", "off") in lab.transitions("n1")


async def test_what_waits_is_taken_up_in_the_commit_that_ends_what_was_in_play(lab: Lab) -> None:
    await lab.add("n1", power=Power.ON)
    off = await lab.ask("n1", Ask.OFF)
    on = await lab.ask("n1", Ask.ON)
    await lab.until(lambda: off.id in lab.disk.ended)
    assert lab.disk.fleet.nodes["n1"].in_play == on.id
    assert lab.disk.fleet.nodes["n1"].state == "powering-on"


async def test_what_waits_and_is_overtaken_ends_superseded_and_sends_nothing(lab: Lab) -> None:
    await lab.add("n1", power=Power.ON)
    off = await lab.ask("n1", Ask.OFF)
    on = await lab.ask("n1", Ask.ON)
    cycle = await lab.ask("n1", Ask.CYCLE)
    overtaken = await lab.ended(on)
    assert overtaken.status is Status.SUPERSEDED
    assert overtaken.reason == "overtaken, before it began, by a later request for cycle (local)"
    assert (await lab.ended(off)).status is Status.SUCCEEDED
    assert (await lab.ended(cycle)).status is Status.SUCCEEDED
    assert lab.bmc("n1").commands() == ["off", "on"]


async def test_what_waits_runs_even_if_what_was_in_play_failed(lab: Lab) -> None:
    await lab.add("n1")
    cycle = await lab.ask("n1", Ask.CYCLE)
    lab.bmc("n1").faults["open"] = [Faults.refused_login]
    on = await lab.ask("n1", Ask.ON)
    assert (await lab.ended(cycle)).status is Status.FAILED
    assert (await lab.ended(on)).status is Status.SUCCEEDED
    assert lab.node("n1").state == "on"
    assert lab.node("n1").trouble is None


async def test_desired_is_what_was_asked_last_while_it_still_waits(lab: Lab) -> None:
    await lab.add("n1", power=Power.ON)
    await lab.ask("n1", Ask.OFF)
    assert (lab.node("n1").desired, lab.node("n1").generation) == (Desired.OFF, 1)
    await lab.ask("n1", Ask.ON)
    assert (lab.node("n1").desired, lab.node("n1").generation) == (Desired.ON, 2)
    await lab.ask("n1", Ask.CYCLE)
    assert (lab.node("n1").desired, lab.node("n1").generation) == (Desired.ON, 2), "the wish is the same"
