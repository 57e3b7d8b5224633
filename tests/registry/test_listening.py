"""Listening: whoever waits for an end, or follows the journal, is told once it is durable."""

import pytest
import trio

from laboratory import Lab
from powerfsm.journal import Entry
from powerfsm.operation import Status
from powerfsm.power import Ask


async def test_the_end_of_an_operation_is_told_once_it_is_on_disk(lab: Lab) -> None:
    await lab.add("n1")
    on = await lab.ask("n1", Ask.ON)
    told: list[Status] = []

    async def waiter() -> None:
        end = await lab.registry.ended(on.id)
        assert lab.disk.ended[on.id] == end
        told.append(end.status)

    async with trio.open_nursery() as waiters:
        for _ in range(3):
            waiters.start_soon(waiter)
        with trio.move_on_after(1):
            await lab.registry.ended(on.id)
            pytest.fail("it has not ended yet")
    assert told == [Status.SUCCEEDED] * 3


async def test_an_operation_that_is_not_under_way_is_not_waited_for(lab: Lab) -> None:
    await lab.add("n1")
    on = await lab.done("n1", Ask.ON)
    for number in (on.id, 99):
        with pytest.raises(KeyError):
            await lab.registry.ended(number)


async def test_an_overtaken_operation_is_told_as_well(lab: Lab) -> None:
    await lab.add("n1")
    await lab.ask("n1", Ask.OFF)
    on = await lab.ask("n1", Ask.ON)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(lab.ask, "n1", Ask.CYCLE)
        assert (await lab.registry.ended(on.id)).status is Status.SUPERSEDED


async def test_a_listener_hears_every_entry_once_in_order_and_only_what_is_durable(lab: Lab) -> None:
    heard: list[Entry] = []
    begun = lab.registry.feed.listen()

    async def listener() -> None:
        with begun as feed:
            async for entries in feed:
                assert all(entry in lab.disk.journal for entry in entries)
                heard.extend(entries)

    async with trio.open_nursery() as listeners:
        listeners.start_soon(listener)
        await trio.testing.wait_all_tasks_blocked()
        await lab.add("n1")
        await lab.done("n1", Ask.ON)
        await lab.stop()
    assert heard == lab.disk.journal
    assert [entry.seq for entry in heard] == list(range(1, len(heard) + 1))


async def test_a_listener_who_is_too_slow_is_cut_off_and_can_tell(lab: Lab) -> None:
    with lab.registry.feed.listen(depth=2) as slow:
        await lab.add("n1")
        await lab.add("n2")
        await lab.add("n3")
        assert slow.overrun
        assert [entry.node for entries in [await anext(slow), await anext(slow)] for entry in entries] == [
            "n1",
            "n2",
        ]
        with pytest.raises(StopAsyncIteration):
            await anext(slow)
    assert lab.registry.feed.listeners == set()


async def test_who_stops_listening_is_forgotten(lab: Lab) -> None:
    with lab.registry.feed.listen():
        assert len(lab.registry.feed.listeners) == 1
    assert lab.registry.feed.listeners == set()
