"""The disk's time is virtual; cancels are heard before work begins and not after; the dead are not waited for."""

from pathlib import Path

import pytest
import trio
import trio.testing

from bmcsim.virtual import run
from lives import NOW, batch, begun, last_batch, live
from powerfsm.store.errors import StoreUnavailable
from powerfsm.store.store import Store, open_store


def test_a_slow_disk_takes_virtual_seconds_for_each_commit_one_after_the_other(tmp_path: Path) -> None:
    disk = begun(tmp_path, 1)
    mount = disk.mount()

    async def process() -> None:
        async with open_store(mount.path, clock=lambda: NOW, medium=mount.medium) as store:
            disk.slowness = 3600.0
            before = trio.current_time()
            async with trio.open_nursery() as nursery:
                for number in (2, 3, 4):
                    nursery.start_soon(store.commit, batch(number))
                    await trio.testing.wait_all_tasks_blocked()
            assert trio.current_time() - before == pytest.approx(3 * 3600)
            before = trio.current_time()
            async with trio.open_nursery() as nursery:
                for _ in range(4):  # as many as may read at a time
                    nursery.start_soon(store.load)
            assert trio.current_time() - before == pytest.approx(3600)
            disk.slowness = 0.0

    run(process)


@pytest.mark.parametrize("after", [0.0, 1.0, 6.0])
def test_a_commit_that_has_begun_is_not_given_up(tmp_path: Path, after: float) -> None:
    mount = (disk := begun(tmp_path, 1)).mount()
    returned: list[int] = []

    async def process() -> None:
        async with open_store(mount.path, clock=lambda: NOW, medium=mount.medium) as store:
            disk.slowness = 10.0
            with trio.move_on_after(after):
                await store.commit(batch(2))
                returned.append(2)
                await trio.lowlevel.checkpoint()
                returned.append(3)
            disk.slowness = 0.0
            assert await last_batch(store) == (2 if returned else 1)

    run(process)
    assert returned == ([2] if after else [])


def test_a_commit_cancelled_while_it_waits_for_its_turn_is_not_there(tmp_path: Path) -> None:
    mount = (disk := begun(tmp_path, 1)).mount()
    cancelled: list[bool] = []

    async def process() -> None:
        async with (
            open_store(mount.path, clock=lambda: NOW, medium=mount.medium) as store,
            trio.open_nursery() as n,
        ):
            disk.slowness = 10.0
            n.start_soon(store.commit, batch(2))
            await trio.testing.wait_all_tasks_blocked()
            with trio.move_on_after(1.0) as scope:
                await store.commit(batch(3))
            cancelled.append(scope.cancelled_caught)
            assert trio.current_time() < 2

    run(process)
    assert cancelled == [True]
    disk.slowness = 0.0
    assert live(disk.mount(), 0).found == 2


def test_death_in_the_midst_of_a_slow_commit_ends_the_wait(tmp_path: Path) -> None:
    disk = begun(tmp_path, 1)
    mount = disk.mount()

    async def process() -> None:
        async with open_store(mount.path, clock=lambda: NOW, medium=mount.medium) as store:
            disk.slowness = 1e6
            async with trio.open_nursery() as nursery:
                nursery.start_soon(refused_to_commit, store)
                await trio.testing.wait_all_tasks_blocked()
                mount.kill()
        assert trio.current_time() < 1

    async def refused_to_commit(store: Store) -> None:
        with pytest.raises(StoreUnavailable):
            await store.commit(batch(2))

    run(process)
    disk.slowness = 0.0
    assert live(disk.mount(), 0).found == 1


def test_a_dead_process_can_unwind_beside_the_next_one_and_touches_nothing_of_it(tmp_path: Path) -> None:
    disk = begun(tmp_path, 1)
    first = disk.mount()

    async def process() -> None:
        async with open_store(first.path, clock=lambda: NOW, medium=first.medium) as dead:
            first.kill()
            second = disk.mount()
            async with open_store(second.path, clock=lambda: NOW, medium=second.medium) as alive:
                for ask in (lambda: dead.commit(batch(2)), dead.load, lambda: dead.operation(1)):
                    with pytest.raises(StoreUnavailable):
                        await ask()
                with pytest.raises(StoreUnavailable):
                    async with open_store(first.path, medium=first.medium):
                        pass
                await alive.commit(batch(2))
                await dead.aclose()
                assert await last_batch(alive) == 2

    run(process)


def test_whoever_dies_by_a_disk_operation_is_called_once_and_nothing_is_counted_after(tmp_path: Path) -> None:
    disk = begun(tmp_path, 1)
    mount = disk.mount()
    called: list[int] = []
    mount.died = lambda: called.append(disk.operations)
    fatal = disk.operations + 5
    mount.die_at(fatal)
    life = live(mount, 1)
    assert called == [fatal - 1]
    assert disk.operations == fatal - 1
    assert (life.begun, life.told) == (2, 0)


def test_the_power_is_not_lost_by_whom_the_disk_no_longer_serves(tmp_path: Path) -> None:
    disk = begun(tmp_path, 1)
    first = disk.mount()
    disk.mount()
    assert first.dead
    with pytest.raises(RuntimeError, match="no longer"):
        first.lose_power()
