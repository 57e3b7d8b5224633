"""Whatever is committed is loaded again, by another process's eyes, as it was."""

import sqlite3
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest

from powerfsm.bmc import Bmc
from powerfsm.node import Node
from powerfsm.operation import Operation, Status
from powerfsm.power import Ask, Desired, Power
from powerfsm.store.batch import Batch, Snapshot
from powerfsm.store.errors import StoreCorrupt
from powerfsm.store.store import Store, open_store


async def load(store: Store) -> Snapshot:
    """A snapshot whose nodes can be read more than once."""
    snapshot = await store.load()
    return replace(snapshot, nodes=sorted(snapshot.nodes, key=lambda node: node.name))


async def test_a_new_store_is_empty(path: Path) -> None:
    async with open_store(path) as store:
        assert await load(store) == Snapshot([], [], [], 0, 0)
        assert await store.journal() == []
        assert await store.operations() == []


async def test_every_record_comes_back_with_every_attribute(path: Path, full_batch: Batch) -> None:
    async with open_store(path, clock=lambda: 1e9) as store:
        await store.commit(full_batch)
    async with open_store(path, clock=lambda: 1e9) as store:
        snapshot = await load(store)
        assert snapshot.nodes == list(full_batch.nodes.values())
        assert snapshot.operations == list(full_batch.operations.values())
        assert snapshot.sessions == list(full_batch.opened.values())
        assert (snapshot.last_operation, snapshot.last_seq) == (2, 2)
        assert await store.journal() == full_batch.journal
        assert await store.idempotency("carol:k") == full_batch.keys[0]
        assert await store.operation(1) == full_batch.operations[1]


async def test_defaults_come_back_as_defaults(path: Path) -> None:
    node, operation = Node("n", Bmc("h")), Operation(1, "n", Ask.OFF, 1, Status.WAITING, 1.0)
    async with open_store(path) as store:
        await store.commit(Batch(nodes={"n": node}, operations={1: operation}))
        snapshot = await load(store)
    assert snapshot.nodes == [node]
    assert snapshot.operations == [operation]
    (loaded,) = snapshot.nodes
    assert loaded.drifted is False
    assert loaded.desired is None


async def test_a_later_version_replaces_an_earlier_one(path: Path, full_batch: Batch) -> None:
    async with open_store(path) as store:
        await store.commit(full_batch)
        (node,) = full_batch.nodes.values()
        later = replace(node, state="on", desired=Desired.OFF, observed=Power.ON, generation=8, trouble=None)
        ended = replace(full_batch.operations[1], status=Status.SUPERSEDED, reason="r", ended_at=2e9)
        await store.commit(Batch(nodes={later.name: later}, operations={1: ended}))
        snapshot = await load(store)
        assert snapshot.nodes == [later]
        assert snapshot.operations == [full_batch.operations[2]]
        assert await store.operation(1) == ended


async def test_nodes_may_exchange_addresses_in_one_batch(path: Path) -> None:
    a, b = Node("a", Bmc("x")), Node("b", Bmc("y"))
    async with open_store(path) as store:
        await store.commit(Batch(nodes={"a": a, "b": b}))
        exchanged = {"a": replace(a, bmc=b.bmc), "b": replace(b, bmc=a.bmc)}
        await store.commit(Batch(nodes=exchanged))
        assert (await load(store)).nodes == list(exchanged.values())


async def test_an_address_can_pass_from_a_removed_node_to_a_new_one(path: Path) -> None:
    async with open_store(path) as store:
        await store.commit(Batch(nodes={"a": Node("a", Bmc("x"))}))
        heir = Node("b", Bmc("x"))
        await store.commit(Batch(nodes={"b": heir}, removed={"a"}))
        assert (await load(store)).nodes == [heir]


async def test_new_and_known_nodes_may_share_a_batch(path: Path) -> None:
    known, new = Node("a", Bmc("x")), Node("b", Bmc("y"))
    async with open_store(path) as store:
        await store.commit(Batch(nodes={"a": known}))
        known = replace(known, generation=1)
        await store.commit(Batch(nodes={"a": known, "b": new}))
        assert (await load(store)).nodes == [known, new]


async def test_a_closed_session_is_forgotten(path: Path, full_batch: Batch) -> None:
    async with open_store(path) as store:
        await store.commit(full_batch)
        await store.commit(Batch(closed=set(full_batch.opened)))
        assert (await load(store)).sessions == []


async def test_a_session_both_opened_and_closed_is_kept(path: Path, full_batch: Batch) -> None:
    # A BMC may give the id of a closed session to the next one; which came first cannot be told from a set.
    async with open_store(path) as store:
        await store.commit(Batch(opened=full_batch.opened, closed=set(full_batch.opened)))
        assert (await load(store)).sessions == list(full_batch.opened.values())


async def test_operations_and_journal_outlive_their_node(path: Path, full_batch: Batch) -> None:
    async with open_store(path) as store:
        await store.commit(full_batch)
        await store.commit(Batch(removed={"r1n01"}))
        assert (await load(store)).nodes == []
        assert await store.operation(1) is not None
        assert await store.journal(node="r1n01") == full_batch.journal[1:]


async def test_nodes_share_equal_policies_and_stay_below_a_kibibyte(path: Path, full_batch: Batch) -> None:
    (like,) = full_batch.nodes.values()
    fleet = {
        f"r{i // 40:03}n{i % 40:02}": replace(
            like, name=f"r{i // 40:03}n{i % 40:02}", bmc=replace(like.bmc, host=f"10.0.{i // 250}.{i % 250}")
        )
        for i in range(2000)
    }
    async with open_store(path) as store:
        await store.commit(Batch(nodes=fleet))
        await store.load()  # what is made only once is not the nodes'
        tracemalloc.start()
        try:
            snapshot = await store.load()
            held, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    nodes = list(snapshot.nodes)
    assert len({id(node.policy) for node in nodes}) == 1
    assert held / len(nodes) <= 1024


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("UPDATE node SET desired = 'sideways'", "node 'r1n01'"),
        ("UPDATE node SET timings = 'nonsense'", "node 'r1n01'"),
        ("UPDATE operation SET ask = 'sideways' WHERE id = 2", "operation 2"),
        ("UPDATE session SET command = 'sideways'", "session 'r1n01'"),
    ],
)
async def test_a_word_unknown_to_this_version_is_told_and_not_guessed_at(
    path: Path, full_batch: Batch, change: str, named: str
) -> None:
    async with open_store(path) as store:
        await store.commit(full_batch)
    with sqlite3.connect(path) as raw:
        raw.execute(change)
    raw.close()
    async with open_store(path) as store:
        with pytest.raises(StoreCorrupt, match=named):
            await store.load()
