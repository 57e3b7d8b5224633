"""A disk that is full or fails makes the store unavailable, not untrue, and is forgotten once it is well again."""

from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from bmcsim.virtual import run
from lives import NOW, batch, begun, last_batch, live, say, sound
from powerfsm.simulation.disk import Disk, Failing
from powerfsm.store.errors import StoreUnavailable
from powerfsm.store.store import open_store

BALLAST = 20_000


def make_full(disk: Disk) -> None:
    disk.full = True


def fail(what: Failing) -> Callable[[Disk], None]:
    def make_fail(disk: Disk) -> None:
        disk.failing = what

    return make_fail


def heal(disk: Disk) -> None:
    disk.full = False
    disk.failing = None


FAULTS = {"full": make_full, "failing to write": fail("write"), "failing to sync": fail("sync")}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_cannot_be_written_is_refused_and_is_not_there_and_later_goes(tmp_path: Path, fault: str) -> None:
    disk = begun(tmp_path, 1)
    mount = disk.mount()

    async def process() -> None:
        async with open_store(mount.path, clock=lambda: NOW, medium=mount.medium) as store:
            await store.commit(batch(2))
            FAULTS[fault](disk)
            for _ in range(3):
                with pytest.raises(StoreUnavailable) as refused:
                    await store.commit(batch(3, BALLAST))
                assert await last_batch(store) == 2
            assert ("full" in str(refused.value)) == (fault == "full")
            heal(disk)
            await store.commit(batch(3))
            assert await last_batch(store) == 3

    run(process)
    mount.lose_power()
    assert live(disk.mount(), 1).found == 3


@pytest.mark.parametrize("crash", ["killed", "without power"])
@pytest.mark.parametrize("fault", FAULTS)
def test_after_a_crash_what_was_refused_is_there_whole_or_not_at_all(
    tmp_path: Path, fault: str, crash: str
) -> None:
    disk = begun(tmp_path, 2)
    mount = disk.mount()
    life = live(mount, 2, before=lambda number: FAULTS[fault](disk) if number == 3 else None)
    assert life.told == 2
    (refused,) = life.refused
    assert isinstance(refused, StoreUnavailable)
    mount.kill() if crash == "killed" else mount.lose_power()
    heal(disk)
    found = live(following := disk.mount(), 2).found
    # The documented exception: written, whole, and refused because the sync failed.
    assert found == 2 or (found == 3 and fault == "failing to sync")
    following.lose_power()
    assert live(last := disk.mount(), 0).found == found + 2
    assert sound(last.path)


def test_a_failed_sync_forgets_what_it_was_to_write(tmp_path: Path) -> None:
    lost = 0
    for seed in range(8):
        (directory := tmp_path / f"{seed}").mkdir()
        disk = Disk(directory, seed)
        mount = disk.mount()
        state = disk.unsynced(_written(mount.path, b"old" * 1000))
        state.wrote(0, b"new", b"old")
        _written(mount.path, b"new" + b"old" * 999)
        state.not_synced(mount.path.read_bytes(), disk.chance)
        state.synced()
        mount.lose_power()
        lost += mount.path.read_bytes().startswith(b"old")
    assert 0 < lost < 8


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("fault", ["full", "failing to write"])
def test_a_commit_is_not_refused_because_its_log_cannot_be_copied_back(
    tmp_path: Path, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = begun(tmp_path, 1)
    mount = disk.mount()
    ordinary = mount.admit
    syncs: list[str] = []

    def admit(operation: Failing, code: int) -> None:
        # The log is synced once for its header, once for the commit, and then, before it is copied, again.
        if operation == "sync":
            syncs.append(operation)
        elif operation == "write" and len(syncs) == 3:
            FAULTS[fault](disk)
        ordinary(operation, code)

    async def process() -> None:
        async with open_store(mount.path, clock=lambda: NOW, medium=mount.medium) as store:
            say(store, "wal_autocheckpoint = 1")
            monkeypatch.setattr(mount, "admit", admit)
            before = mount.path.stat().st_size
            await store.commit(batch(2, BALLAST))
            monkeypatch.undo()
            assert disk.full or disk.failing
            assert mount.path.stat().st_size == before
            heal(disk)
            assert await last_batch(store) == 2

    run(process)
    mount.lose_power()
    assert live(disk.mount(), 0).found == 2


def test_reading_from_a_failing_disk_is_told_and_works_again(tmp_path: Path) -> None:
    disk = begun(tmp_path, 1, batches=3)
    mount = disk.mount()

    async def process() -> None:
        async with open_store(mount.path, clock=lambda: NOW, medium=mount.medium) as store:
            disk.failing = "read"
            with pytest.raises(StoreUnavailable, match="disk errors"):
                await store.load()
            heal(disk)
            assert await last_batch(store) == 3

    run(process)


def killed_with_a_log(directory: Path) -> Disk:
    """A disk whose last process was killed, and left the file smaller than it is with its log."""
    disk = begun(directory, 1)
    mount = disk.mount()
    life = live(mount, 2, ballast=BALLAST, before=lambda number: mount.kill() if number == 3 else None)
    assert life.told == 2
    return disk


@pytest.mark.parametrize("what", get_args(Failing))
def test_a_store_that_cannot_be_opened_is_unavailable_and_opens_later(tmp_path: Path, what: Failing) -> None:
    disk = killed_with_a_log(tmp_path)
    disk.failing = what
    life = live(disk.mount(), 1)
    assert life.found is None
    assert isinstance(life.refused[0], StoreUnavailable)
    heal(disk)
    assert live(disk.mount(), 1).told == 3


def test_a_full_disk_can_be_started_on(tmp_path: Path) -> None:
    disk = killed_with_a_log(tmp_path)
    disk.full = True
    life = live(disk.mount(), 0)
    assert life.found == 2
    assert not life.refused
    heal(disk)
    assert live(disk.mount(), 1).told == 3


@pytest.mark.parametrize("fault", ["full", "failing to write", "failing to sync"])
def test_a_store_that_cannot_be_made_is_unavailable_and_is_made_later(tmp_path: Path, fault: str) -> None:
    disk = Disk(tmp_path, 1)
    FAULTS[fault](disk)
    (refused,) = live(disk.mount(), 1).refused
    assert isinstance(refused, StoreUnavailable)
    heal(disk)
    assert live(disk.mount(), 1).told == 1
