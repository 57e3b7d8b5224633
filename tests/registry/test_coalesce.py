"""Coalesce: a request equal to what is in play, or to what waits, gets its operation."""

from random import Random

import pytest
import trio

from laboratory import Lab
from powerfsm.operation import Operation, Status
from powerfsm.power import Ask, Desired, Power
from powerfsm.registry.requests import PowerRequest


async def test_a_thousand_requests_in_one_batch_are_one_operation_and_one_command(lab: Lab) -> None:
    await lab.add("n1")
    operations = await lab.ask_all([PowerRequest("n1", Ask.ON)] * 1000)
    assert {operation.id for operation in operations} == {1}
    await lab.quiet()
    assert lab.bmc("n1").commands() == ["on"]
    assert lab.disk.ended[1].status is Status.SUCCEEDED


async def test_a_thousand_requesters_at_once_share_one_operation_and_a_few_commits(lab: Lab) -> None:
    await lab.add("n1")
    given: list[Operation] = []

    async def requester() -> None:
        given.append(await lab.ask("n1", Ask.ON))

    before = lab.disk.commits
    async with trio.open_nursery() as requesters:
        for _ in range(1000):
            requesters.start_soon(requester)
    assert {operation.id for operation in given} == {1}
    assert lab.disk.commits - before <= 3
    await lab.quiet()
    assert lab.bmc("n1").commands() == ["on"]


@pytest.mark.parametrize("ask", Ask)
async def test_a_request_equal_to_what_is_in_play_joins_it(lab: Lab, ask: Ask) -> None:
    await lab.add("n1", power=Power.ON)
    first = await lab.ask("n1", ask)
    await trio.sleep(3.001)
    second = await lab.ask("n1", ask)
    assert second.id == first.id
    assert lab.node("n1").waiting is None
    assert (await lab.ended(first)).status is Status.SUCCEEDED
    assert list(lab.disk.ended) == [first.id]


async def test_a_request_equal_to_what_waits_joins_it(lab: Lab) -> None:
    await lab.add("n1", power=Power.ON)
    await lab.ask("n1", Ask.OFF)
    waiting = await lab.ask("n1", Ask.ON)
    assert (await lab.ask("n1", Ask.ON)).id == waiting.id
    await lab.quiet()
    assert lab.bmc("n1").commands() == ["off", "on"]


async def test_a_request_equal_to_what_is_in_play_overtakes_what_waits(lab: Lab) -> None:
    await lab.add("n1", power=Power.ON)
    off = await lab.ask("n1", Ask.OFF)
    on = await lab.ask("n1", Ask.ON)
    again = await lab.ask("n1", Ask.OFF)
    assert again.id == off.id
    overtaken = await lab.ended(on)
    assert overtaken.status is Status.SUPERSEDED
    assert overtaken.reason == "overtaken, before it began, by a later request for off (local)"
    assert (await lab.ended(off)).status is Status.SUCCEEDED
    assert lab.bmc("n1").commands() == ["off"]
    assert lab.node("n1").desired is Desired.OFF


async def test_a_request_equal_to_what_is_being_cancelled_does_not_join_it(lab: Lab) -> None:
    await lab.add("n1")
    first = await lab.ask("n1", Ask.ON)
    await trio.sleep(3.005)
    # In one bulk: nothing that the action reports can come between.
    off, second = await lab.ask_all([PowerRequest("n1", Ask.OFF), PowerRequest("n1", Ask.ON)])
    assert lab.node("n1").state == "cancelling"
    assert second.id not in (first.id, off.id)
    assert [(await lab.ended(each)).status for each in (first, off, second)] == [
        Status.SUPERSEDED,
        Status.SUPERSEDED,
        Status.SUCCEEDED,
    ]
    assert lab.bmc("n1").power is Power.ON


async def test_a_request_that_comes_after_the_end_is_a_new_operation(lab: Lab) -> None:
    await lab.add("n1")
    first = await lab.done("n1", Ask.ON)
    second = await lab.done("n1", Ask.ON)
    assert second.id != first.id
    assert lab.bmc("n1").commands() == ["on"], "what is read on already is not commanded again"


@pytest.mark.parametrize("seed", range(5))
async def test_however_many_requests_one_is_in_play_and_one_waits(lab: Lab, seed: int) -> None:
    await lab.add("n1")
    random = Random(seed)
    for _ in range(200):
        await lab.ask("n1", random.choice(list(Ask)))
        # The disk checks after every commit that what has not ended is in play or waits.
        assert len(lab.disk.fleet.operations) <= 2
        if random.random() < 0.1:
            await trio.sleep(random.uniform(0, 4))
    last = await lab.ask("n1", Ask.OFF)
    assert (await lab.ended(last)).status is Status.SUCCEEDED
    assert all(operation.status.ended for operation in lab.disk.ended.values())
