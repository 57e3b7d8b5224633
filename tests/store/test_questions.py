"""Operations by id, node, status and page; idempotency keys by name and age."""

from pathlib import Path

import pytest

from powerfsm.operation import Operation, Status
from powerfsm.power import Ask
from powerfsm.store.batch import Batch, IdempotencyKey
from powerfsm.store.store import Store, open_store

DAY = 24 * 3600.0


async def fill(store: Store, count: int) -> None:
    """Operations 1 to `count`: nodes n0, n1, n2 and the five statuses in turns."""
    statuses = list(Status)
    await store.commit(
        Batch(
            operations={i: Operation(i, f"n{i % 3}", Ask.ON, 1, statuses[i % 5], 1e9) for i in range(1, count + 1)}
        )
    )


async def ids(store: Store, **question: object) -> list[int]:
    """The ids of the operations that answer a question."""
    return [operation.id for operation in await store.operations(**question)]  # type: ignore[arg-type]  # varied


async def test_the_newest_operations_come_first(path: Path) -> None:
    async with open_store(path) as store:
        await fill(store, 9)
        assert await ids(store) == [9, 8, 7, 6, 5, 4, 3, 2, 1]
        assert await ids(store, limit=2) == [9, 8]
        assert await ids(store, limit=2, before=8) == [7, 6]
        assert await ids(store, before=1) == []
        assert await ids(store, before=2**70, limit=1) == [9]
        assert await ids(store, limit=0) == []


async def test_operations_are_found_by_node_and_status(path: Path) -> None:
    async with open_store(path) as store:
        await fill(store, 30)
        assert await ids(store, node="n0", limit=3) == [30, 27, 24]
        assert await ids(store, node=["n1", "n2", "n1"], limit=3) == [29, 28, 26]
        assert await ids(store, node=[]) == []
        assert await ids(store, node="nobody") == []
        assert await ids(store, status=Status.WAITING) == [30, 25, 20, 15, 10, 5]
        assert await ids(store, status={Status.WAITING, Status.IN_PLAY}, limit=3) == [30, 26, 25]
        assert await ids(store, node="n0", status=Status.WAITING, before=30) == [15]


async def test_operations_of_more_nodes_than_one_statement_can_name(path: Path) -> None:
    async with open_store(path) as store:
        await store.commit(
            Batch(operations={i: Operation(i, f"n{i}", Ask.ON, 1, Status.FAILED, 1e9) for i in range(1, 1301)})
        )
        names = [f"n{i}" for i in range(1300, 0, -1)]
        assert await ids(store, node=names, limit=3) == [1300, 1299, 1298]
        assert await ids(store, node=names[::-1], limit=3, before=4) == [3, 2, 1]


@pytest.mark.parametrize("identity", [0, -1, 4, 2**63, 2**80, -(2**80)])
async def test_an_operation_that_never_was_is_none(path: Path, identity: int) -> None:
    async with open_store(path) as store:
        await fill(store, 3)
        assert await store.operation(identity) is None


async def test_a_start_finds_only_operations_that_have_not_ended(path: Path) -> None:
    async with open_store(path) as store:
        await fill(store, 10)
        snapshot = await store.load()
    assert [operation.id for operation in snapshot.operations] == [1, 5, 6, 10]
    assert snapshot.last_operation == 10


async def test_an_idempotency_key_is_forgotten_after_a_day(path: Path) -> None:
    now = 1e9
    key = IdempotencyKey("carol:1", "digest", (1, 2, 3), now)
    async with open_store(path, clock=lambda: now) as store:
        await store.commit(Batch(keys=[key]))
        now += DAY
        assert await store.idempotency("carol:1") == key
        assert await store.idempotency("carol:2") is None
        now += 1
        assert await store.idempotency("carol:1") is None
        again = IdempotencyKey("carol:1", "another", (4,), now)
        await store.commit(Batch(keys=[again]))
        assert await store.idempotency("carol:1") == again


async def test_expired_keys_leave_the_file_a_few_at_a_time(path: Path) -> None:
    now = 1e9

    def rows() -> int:
        with store._readers.connect() as connection:
            count: int = connection.exec_driver_sql("SELECT count(*) FROM idempotency_key").scalar_one()
            return count

    async with open_store(path, clock=lambda: now) as store:
        await store.commit(Batch(keys=[IdempotencyKey(f"old{i}", "d", (), now) for i in range(5)]))
        now += DAY + 1
        counts = []
        for i in range(4):
            await store.commit(Batch(keys=[IdempotencyKey(f"new{i}", "d", (), now)]))
            counts.append(rows())
    assert counts == [4, 3, 3, 4]
