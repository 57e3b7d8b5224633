"""A store that takes nothing: requests are refused and forgotten, what has happened waits for the disk."""

import pytest
import trio

from laboratory import Lab, NewLab, around
from powerfsm.operation import Status
from powerfsm.power import Ask, Desired, Power
from powerfsm.registry.requests import PowerRequest
from powerfsm.store.errors import StoreUnavailable


async def test_a_request_that_cannot_be_made_durable_is_refused_and_leaves_no_trace(lab: Lab) -> None:
    await lab.add("n1")
    lab.disk.full = True
    with pytest.raises(StoreUnavailable, match="make room"):
        await lab.ask("n1", Ask.ON)
    assert lab.registry.operations == {}
    assert (lab.node("n1").desired, lab.node("n1").state) == (None, "unknown")
    lab.disk.full = False
    await trio.sleep(60)
    assert lab.bmc("n1").deeds == [], "it was refused, and must not be carried out later"
    again = await lab.ask("n1", Ask.OFF)
    assert (again.id, again.generation) == (1, 1)


async def test_every_request_of_the_commit_is_refused(lab: Lab) -> None:
    await lab.add("n1", "n2")
    lab.disk.full = True
    refused: list[str] = []

    async def requester(name: str, ask: Ask) -> None:
        with pytest.raises(StoreUnavailable):
            await lab.ask(name, ask)
        refused.append(name)

    async with trio.open_nursery() as requesters:
        for name in ("n1", "n2"):
            for ask in Ask:
                requesters.start_soon(requester, name, ask)
    assert len(refused) == 2 * len(Ask)
    assert lab.registry.operations == {}


async def test_configuration_is_refused_too(lab: Lab) -> None:
    await lab.add("n1")
    lab.disk.full = True
    with pytest.raises(StoreUnavailable):
        await lab.add("n2")
    with pytest.raises(StoreUnavailable):
        await lab.registry.remove(["n1"])
    assert list(lab.registry.nodes) == ["n1"]


async def test_an_action_goes_no_further_than_what_is_on_disk_and_then_succeeds(new_lab: NewLab) -> None:
    async with new_lab() as lab:
        await lab.add("n1")
        await lab.done("n1", Ask.ON)
        moments = [moment for moment in around(lab.moments()) if 0.0028 < moment < 3.02]
    for moment in moments:
        async with new_lab() as lab:
            await lab.add("n1")
            on = await lab.ask("n1", Ask.ON)
            await lab.at(moment)
            lab.disk.full = True
            await trio.sleep(20)
            assert lab.node("n1").state == ("powering-on" if on.id in lab.registry.operations else "on")
            lab.disk.full = False
            assert (await lab.ended(on)).status is Status.SUCCEEDED
            assert lab.bmc("n1").commands() == ["on"]


async def test_no_command_is_sent_in_a_session_that_is_not_on_disk(lab: Lab) -> None:
    await lab.add("n1")
    bmc = lab.bmc("n1")
    await lab.ask("n1", Ask.ON)
    await lab.until(lambda: "opened" in bmc.told())
    lab.disk.full = True
    await trio.sleep(100)
    assert bmc.told("sent") == ["sent open"]
    lab.disk.full = False
    await lab.quiet()
    assert bmc.power is Power.ON


async def test_requests_are_refused_while_an_action_waits_for_the_disk(lab: Lab) -> None:
    await lab.add("n1")
    on = await lab.ask("n1", Ask.ON)
    await lab.until(lambda: lab.bmc("n1").commands() == ["on"])
    lab.disk.full = True
    await trio.sleep(5)
    with pytest.raises(StoreUnavailable):
        await lab.ask("n1", Ask.OFF)
    lab.disk.full = False
    assert (await lab.ended(on)).status is Status.SUCCEEDED
    assert lab.node("n1").desired is Desired.ON


async def test_what_was_asked_before_the_disk_was_full_is_cancelled_and_fenced_as_ever(lab: Lab) -> None:
    await lab.add("n1")
    bmc = lab.bmc("n1")
    await lab.ask("n1", Ask.ON)
    await lab.until(lambda: bmc.commands() == ["on"])
    off = await lab.ask("n1", Ask.OFF)
    lab.disk.full = True
    await trio.sleep(30)
    assert bmc.told("sent")[-1] == "sent close", "the session does not wait for the disk"
    lab.disk.full = False
    assert (await lab.ended(off)).status is Status.SUCCEEDED


async def test_a_batch_is_durable_as_a_whole_or_refused_as_a_whole(lab: Lab) -> None:
    names = [f"n{number}" for number in range(50)]
    await lab.add(*names)
    lab.disk.full = True
    with pytest.raises(StoreUnavailable):
        await lab.ask_all([PowerRequest(name, Ask.ON) for name in names])
    lab.disk.full = False
    assert all(lab.node(name).desired is None for name in names)
    before = lab.disk.commits
    await lab.ask_all([PowerRequest(name, Ask.ON) for name in names])
    assert lab.disk.commits == before + 1
