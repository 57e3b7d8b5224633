"""Many requests at once: all or nothing, each as if it had come alone, in the order in which they stand."""

import pytest
import trio

from laboratory import Lab
from powerfsm.operation import Status
from powerfsm.power import Ask, Desired, Power
from powerfsm.registry.refusals import KeyReused, ShuttingDown, StaleGeneration, TooMany, UnknownNode
from powerfsm.registry.requests import PowerRequest
from powerfsm.registry.writer import MOST_WAITING
from powerfsm.store.errors import StoreUnavailable


async def test_one_unknown_node_refuses_all(lab: Lab) -> None:
    await lab.add("n1", "n2")
    with pytest.raises(UnknownNode, match="there is no node 'n3'") as refusal:
        await lab.ask_all([PowerRequest(name, Ask.ON) for name in ("n1", "n2", "n3")])
    assert refusal.value.node == "n3"
    assert lab.registry.operations == {}
    assert lab.node("n1").generation == 0


async def test_a_refused_batch_does_not_touch_its_neighbours_in_the_same_commit(lab: Lab) -> None:
    await lab.add("n1", "n2")
    refused: list[str] = []

    async def bad() -> None:
        with pytest.raises(UnknownNode):
            await lab.ask_all([PowerRequest("n1", Ask.ON), PowerRequest("n3", Ask.ON)])
        refused.append("n1")

    async with trio.open_nursery() as requesters:
        requesters.start_soon(bad)
        requesters.start_soon(lab.ask, "n2", Ask.ON)
        requesters.start_soon(bad)
    assert len(refused) == 2
    assert {operation.node for operation in lab.registry.operations.values()} == {"n2"}


async def test_requests_for_one_node_are_decided_in_their_order(lab: Lab) -> None:
    await lab.add("n1")
    on, off, again = await lab.ask_all([PowerRequest("n1", ask) for ask in (Ask.ON, Ask.OFF, Ask.ON)])
    assert (on.id, off.id, again.id) == (1, 2, 3)
    assert lab.node("n1").generation == 3
    assert [(await lab.ended(each)).status for each in (on, off, again)] == [
        Status.SUPERSEDED,
        Status.SUPERSEDED,
        Status.SUCCEEDED,
    ]
    assert lab.bmc("n1").power is Power.ON


async def test_operations_come_in_the_order_of_the_requests_as_they_were_when_accepted(lab: Lab) -> None:
    names = ["n3", "n1", "n2"]
    await lab.add(*names)
    given = await lab.ask_all([PowerRequest(name, Ask.READY) for name in names])
    assert [operation.node for operation in given] == names
    assert {operation.status for operation in given} == {Status.IN_PLAY}


async def test_a_generation_that_is_still_true_is_accepted_and_a_stale_one_refused(lab: Lab) -> None:
    await lab.add("n1", "n2")
    await lab.ask("n1", Ask.ON, generation=0)
    with pytest.raises(StaleGeneration, match="at generation 1, not 0") as refusal:
        await lab.ask_all([PowerRequest("n2", Ask.ON, 0), PowerRequest("n1", Ask.OFF, 0)])
    assert (refusal.value.node, refusal.value.expected, refusal.value.actual) == ("n1", 0, 1)
    assert lab.node("n2").desired is None
    await lab.ask("n1", Ask.OFF, generation=1)
    assert lab.node("n1").desired is Desired.OFF


async def test_of_two_who_saw_the_same_generation_one_is_refused(lab: Lab) -> None:
    await lab.add("n1")
    outcomes: list[str] = []

    async def requester(ask: Ask) -> None:
        try:
            await lab.ask("n1", ask, generation=0)
        except StaleGeneration:
            outcomes.append("refused")
        else:
            outcomes.append("accepted")

    async with trio.open_nursery() as requesters:
        requesters.start_soon(requester, Ask.ON)
        requesters.start_soon(requester, Ask.OFF)
    assert sorted(outcomes) == ["accepted", "refused"]


async def test_more_than_can_wait_for_the_disk_is_refused(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("powerfsm.registry.writer.MOST_WAITING", 10)
    assert MOST_WAITING > 10
    await lab.add("n1")
    with pytest.raises(TooMany):
        await lab.ask_all([PowerRequest("n1", Ask.ON)] * 11)
    assert len(await lab.ask_all([PowerRequest("n1", Ask.ON)] * 10)) == 10


async def test_a_daemon_that_is_ending_or_not_yet_ready_accepts_nothing(lab: Lab) -> None:
    await lab.add("n1")
    lab.registry.accepting = False
    with pytest.raises(ShuttingDown):
        await lab.ask("n1", Ask.ON)


ON = [PowerRequest("n1", Ask.ON)]


async def test_the_same_key_at_the_same_time_is_one_request(lab: Lab) -> None:
    await lab.add("n1", power=Power.ON)
    answers: list[int] = []

    async def requester() -> None:
        given = await lab.registry.request([PowerRequest("n1", Ask.CYCLE)], key=("k", "cycle n1"))
        answers.append(given[0].id)

    async with trio.open_nursery() as requesters:
        for _ in range(3):
            requesters.start_soon(requester)
    assert answers == [1, 1, 1]


async def test_a_repeated_key_is_the_old_request_whatever_was_asked_in_between(lab: Lab) -> None:
    await lab.add("n1")
    first = await lab.registry.request(ON, key=("k", "on n1"))
    await lab.ask("n1", Ask.OFF)
    again = await lab.registry.request(ON, key=("k", "on n1"))
    assert again == first
    assert lab.node("n1").desired is Desired.OFF, "it was the old request, not a new one"


@pytest.mark.parametrize("pause", [0.0, 0.0005, 0.001, 0.01, 10.0])
async def test_the_same_key_for_another_request_is_refused(lab: Lab, pause: float) -> None:
    await lab.add("n1")
    async with trio.open_nursery() as requesters:
        requesters.start_soon(lambda: lab.registry.request(ON, key=("k", "on n1")))
        await trio.sleep(pause)
        await trio.testing.wait_all_tasks_blocked()
        with pytest.raises(KeyReused):
            await lab.registry.request([PowerRequest("n1", Ask.OFF)], key=("k", "off n1"))
    assert lab.node("n1").desired is Desired.ON


async def test_a_key_is_on_disk_with_its_operations_when_the_request_is_answered(lab: Lab) -> None:
    await lab.add("n1", "n2")
    await lab.registry.request([PowerRequest("n2", Ask.ON), *ON, *ON], key=("k", "print"))
    known = lab.disk.keys["k"]
    assert (known.fingerprint, known.operations) == ("print", (1, 2, 2))


async def test_a_key_whose_request_came_to_nothing_may_be_used_again(lab: Lab) -> None:
    await lab.add("n1")
    lab.disk.full = True
    with pytest.raises(StoreUnavailable):
        await lab.registry.request(ON, key=("k", "on n1"))
    lab.disk.full = False
    assert (await lab.registry.request(ON, key=("k", "on n1")))[0].node == "n1"
    with pytest.raises(UnknownNode):
        await lab.registry.request([PowerRequest("n9", Ask.ON)], key=("other", "x"))
    assert await lab.registry.request(ON, key=("other", "y"))


async def test_keys_are_forgotten_after_a_minute_for_then_the_store_knows_them(lab: Lab) -> None:
    await lab.add("n1")
    for number in range(100):
        await lab.registry.request(ON, key=(f"k{number}", ""))
        await trio.sleep(3)
    assert len(lab.registry._keys._recent) < 25
