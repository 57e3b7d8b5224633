"""A full disk refuses what does not fit, keeps what was there, and is forgotten once there is space."""

from dataclasses import replace
from pathlib import Path

import pytest

from powerfsm.bmc import Bmc
from powerfsm.node import Node
from powerfsm.store.batch import Batch
from powerfsm.store.errors import StoreUnavailable
from powerfsm.store.store import open_store
from small_disk import fill_up


def large(tag: str, nodes: int = 400) -> Batch:
    """About half a megabyte."""
    return Batch(
        nodes={f"{tag}{i}": Node(f"{tag}{i}", Bmc(f"{tag}{i}"), trouble="x" * 1000) for i in range(nodes)}
    )


async def test_a_file_that_may_not_grow_works_again_once_it_may(path: Path, full_batch: Batch) -> None:
    def may_grow(pages: int) -> None:
        with store._writer.connect() as connection:
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    async with open_store(path) as store:
        await store.commit(full_batch)
        before = replace(await store.load(), nodes=[])
        may_grow(40)
        for _ in range(3):
            with pytest.raises(StoreUnavailable, match=r"full.*free space"):
                await store.commit(large("n"))
        assert replace(after := await store.load(), nodes=[]) == before
        assert list(after.nodes) == list(full_batch.nodes.values())
        await store.commit(Batch(nodes={"small": Node("small", Bmc("s"))}))
        may_grow(100_000)
        await store.commit(large("n"))
        assert len(list((await store.load()).nodes)) == 402


async def test_a_full_disk_works_again_once_there_is_space(small_disk: Path, full_batch: Batch) -> None:
    ballast = small_disk / "ballast"
    path = small_disk / "store.db"
    async with open_store(path) as store:
        await store.commit(full_batch)
        fill_up(ballast)
        for _ in range(3):
            with pytest.raises(StoreUnavailable):
                await store.commit(large("n"))
        assert list((await store.load()).nodes) == list(full_batch.nodes.values())
        ballast.unlink()
        await store.commit(large("n"))
    async with open_store(path) as store:
        assert len(list((await store.load()).nodes)) == 401


async def test_a_disk_too_full_to_begin_on_is_told_and_works_once_there_is_space(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    fill_up(ballast)
    with pytest.raises(StoreUnavailable):
        async with open_store(small_disk / "store.db"):
            pass
    ballast.unlink()
    async with open_store(small_disk / "store.db") as store:
        await store.commit(large("n"))
