"""A batch is there whole or not at all, and whoever asked for it knows which."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from powerfsm.bmc import Bmc
from powerfsm.journal import Entry, Kind
from powerfsm.node import Node
from powerfsm.store.batch import Batch
from powerfsm.store.errors import BatchRefused, StoreCorrupt, StoreUnavailable
from powerfsm.store.medium import Local
from powerfsm.store.store import Store, open_store

TABLES = ("node", "operation", "session", "idempotency_key", "journal")


def contents(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, seen from outside."""
    raw = sqlite3.connect(path)
    try:
        return {table: raw.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall() for table in TABLES}
    finally:
        raw.close()


def change(path: Path, statement: str) -> None:
    """What somebody else does to the file."""
    raw = sqlite3.connect(path)
    with raw:
        raw.execute(statement)
    raw.close()


@pytest.mark.parametrize("table", TABLES)
async def test_a_failure_in_any_table_leaves_nothing_of_the_batch(
    path: Path, full_batch: Batch, table: str
) -> None:
    async with open_store(path) as store:
        await store.commit(Batch(nodes={"before": Node("before", Bmc("b"))}))
        before = contents(path)
        change(path, f"CREATE TRIGGER fault BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'a fault'); END")
        with pytest.raises(BatchRefused, match="a fault"):
            await store.commit(full_batch)
        assert contents(path) == before
        change(path, "DROP TRIGGER fault")
        await store.commit(full_batch)
        assert all(contents(path).values())


async def test_two_nodes_with_one_address_are_refused(path: Path) -> None:
    async with open_store(path) as store:
        await store.commit(Batch(nodes={"a": Node("a", Bmc("x"))}))
        before = contents(path)
        with pytest.raises(BatchRefused, match="UNIQUE"):
            await store.commit(Batch(nodes={"b": Node("b", Bmc("x"))}))
        assert contents(path) == before
        await store.commit(Batch(nodes={"b": Node("b", Bmc("x", 624))}))


@pytest.mark.parametrize(
    "entry",
    [
        Entry(3, 1e9, Kind.DAEMON, None, "started", detail={"not": object()}),
        Entry(3, 1e9, Kind.DAEMON, None, "started", detail={"not": float("nan")}),
        Entry(3, 1e9, Kind.DAEMON, None, "\ud800"),
        Entry(3, 1e9, Kind.DAEMON, None, "started", generation=2**63),
        Entry(3, 1e9, Kind.DAEMON, None, ("started",)),  # type: ignore[arg-type]  # a caller without a type checker
    ],
    ids=["not JSON", "not a number", "not UTF-8", "too large", "of a wrong type"],
)
async def test_what_cannot_be_stored_is_refused_with_all_that_came_with_it(
    path: Path, full_batch: Batch, entry: Entry
) -> None:
    async with open_store(path) as store:
        before = contents(path)
        full_batch.journal.append(entry)
        with pytest.raises(BatchRefused):
            await store.commit(full_batch)
        assert contents(path) == before
        full_batch.journal.pop()
        await store.commit(full_batch)


async def test_a_commit_cancelled_before_it_began_wrote_nothing(path: Path, full_batch: Batch) -> None:
    async with open_store(path) as store:
        with trio.CancelScope() as scope:
            scope.cancel()
            await store.commit(full_batch)
        assert scope.cancelled_caught
        assert not any(contents(path).values())


async def test_a_commit_cancelled_while_it_runs_returns_and_is_there(path: Path, full_batch: Batch) -> None:
    returned = trio.Event()

    async def commit(store: Store, scope: trio.CancelScope) -> None:
        with scope:
            await store.commit(full_batch)
            returned.set()
            await trio.lowlevel.checkpoint()

    async with open_store(path) as store, trio.open_nursery() as nursery:
        raw = sqlite3.connect(path, isolation_level=None)
        raw.execute("BEGIN IMMEDIATE")  # so that the commit waits for the lock of the file
        scope = trio.CancelScope()
        nursery.start_soon(commit, store, scope)
        await wait_all_tasks_blocked()
        scope.cancel()
        await wait_all_tasks_blocked()
        assert not returned.is_set()
        raw.execute("ROLLBACK")
        raw.close()
        await returned.wait()
        await wait_all_tasks_blocked()
        assert scope.cancelled_caught
        assert len(contents(path)["journal"]) == 2


async def test_a_commit_cancelled_while_it_waits_for_another_wrote_nothing(path: Path, full_batch: Batch) -> None:
    scope = trio.CancelScope()

    async def commit_second(store: Store) -> None:
        with scope:
            await store.commit(Batch(nodes={"late": Node("late", Bmc("l"))}))

    async with open_store(path) as store:
        raw = sqlite3.connect(path, isolation_level=None)
        raw.execute("BEGIN IMMEDIATE")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(store.commit, full_batch)
            await wait_all_tasks_blocked()
            nursery.start_soon(commit_second, store)
            await wait_all_tasks_blocked()
            scope.cancel()
            await wait_all_tasks_blocked()
            raw.execute("ROLLBACK")
            raw.close()
        assert scope.cancelled_caught
        assert [row[0] for row in contents(path)["node"]] == ["r1n01"]


async def test_a_file_locked_by_another_program_is_unavailable_until_it_is_let_go(
    path: Path, full_batch: Batch
) -> None:
    async with open_store(path, medium=Local(busy=0.01)) as store:
        raw = sqlite3.connect(path, isolation_level=None)
        raw.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="other program"):
            await store.commit(full_batch)
        raw.execute("ROLLBACK")
        raw.close()
        await store.commit(full_batch)


async def test_whoever_reads_makes_no_writer_wait(path: Path, full_batch: Batch) -> None:
    async with open_store(path) as store:
        await store.commit(full_batch)
        raw = sqlite3.connect(path, isolation_level=None)
        raw.execute("BEGIN")
        seen = raw.execute("SELECT count(*) FROM node").fetchone()
        await store.commit(Batch(nodes={"n": Node("n", Bmc("h"))}))
        assert raw.execute("SELECT count(*) FROM node").fetchone() == seen  # its own present, undisturbed
        raw.close()


async def test_an_empty_batch_is_no_error(path: Path) -> None:
    async with open_store(path) as store:
        await store.commit(Batch())


async def test_a_closed_store_writes_and_reads_no_more(path: Path, full_batch: Batch) -> None:
    async with open_store(path) as store:
        await store.commit(full_batch)
    with pytest.raises(trio.ClosedResourceError):
        await store.commit(Batch(removed={"r1n01"}))
    with pytest.raises(trio.ClosedResourceError):
        await store.load()
    await store.aclose()
    assert contents(path)["node"]


async def test_a_file_that_loses_its_end_under_a_running_store_is_told_as_damaged(
    path: Path, full_batch: Batch
) -> None:
    (node,) = full_batch.nodes.values()
    many = {f"n{i}": replace(node, name=f"n{i}", bmc=Bmc(f"h{i}")) for i in range(500)}
    async with open_store(path) as store:
        await store.commit(Batch(nodes=many))
    async with open_store(path) as store:
        with path.open("r+b") as file:
            file.truncate(8192)
        with pytest.raises(StoreCorrupt, match="restore it from a backup"):
            await store.load()
