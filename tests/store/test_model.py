"""Whatever batches come, in whatever order, the store holds what a few dictionaries would hold."""

import copy
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import trio
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from powerfsm.bmc import Bmc
from powerfsm.journal import Entry, Kind
from powerfsm.node import Drift, Node, Policy
from powerfsm.operation import Operation, Status
from powerfsm.power import Ask, Command, Desired, Power
from powerfsm.store.batch import Batch, IdempotencyKey, SessionInUse
from powerfsm.store.errors import BatchRefused
from powerfsm.store.store import Store, open_store

NOW = 1.8e9
# Few names and addresses, so that they meet again and clash; any text that UTF-8 can say in all the rest.
NAMES = st.sampled_from(["a", "b", "c", "d", "ñ%'\x00"])
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NUMBERS = st.integers(0, 2**63 - 1)
TIMES = st.floats(0, 1e10)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=4,
)

BMCS = st.builds(Bmc, st.sampled_from("xyz"), st.sampled_from([623, 624]), TEXTS, st.none() | st.just(17), TEXTS)
POLICIES = st.builds(
    Policy,
    TEXTS,
    st.sampled_from(Drift),
    TEXTS,
    st.none() | TEXTS,
    st.dictionaries(TEXTS, st.floats(0, 1e6), max_size=2).map(lambda timings: tuple(sorted(timings.items()))),
)
NODES = st.builds(
    Node,
    NAMES,
    BMCS,
    POLICIES,
    TEXTS,
    st.none() | st.sampled_from(Desired),
    NUMBERS,
    st.none() | st.sampled_from(Power),
    st.none() | TIMES,
    st.booleans(),
    st.none() | NUMBERS,
    st.none() | NUMBERS,
    st.none() | TEXTS,
)
OPERATIONS = st.builds(
    Operation,
    st.integers(1, 9),
    st.just(""),  # an operation never changes its node: the test puts it in
    st.sampled_from(Ask),
    NUMBERS,
    st.sampled_from(Status),
    TIMES,
    TEXTS,
    st.integers(0, 9),
    st.booleans(),
    st.none() | TEXTS,
    st.none() | TIMES,
).map(lambda operation: replace(operation, node="abcd"[operation.id % 4]))
SESSIONS = st.builds(
    SessionInUse, NAMES, st.sampled_from([0, 1, 2**32 - 1]), st.none() | st.sampled_from(Command), TIMES
)
KEYS = st.builds(IdempotencyKey, NAMES, TEXTS, st.lists(NUMBERS, max_size=3).map(tuple), st.just(NOW))
ENTRIES = st.builds(
    Entry,
    st.just(0),  # the test numbers them
    TIMES,
    st.sampled_from(Kind),
    st.none() | NAMES,
    TEXTS,
    st.none() | NUMBERS,
    st.none() | NUMBERS,
    st.none() | TEXTS,
    st.none() | TEXTS,
    st.dictionaries(TEXTS, JSON, max_size=2),
)
BATCHES = st.builds(
    Batch,
    st.lists(NODES, max_size=4).map(lambda nodes: {node.name: node for node in nodes}),
    st.sets(NAMES, max_size=2),
    st.lists(OPERATIONS, max_size=4).map(lambda operations: {one.id: one for one in operations}),
    st.lists(SESSIONS, max_size=3).map(lambda sessions: {(one.node, one.id): one for one in sessions}),
    st.sets(st.tuples(NAMES, st.sampled_from([0, 1, 2**32 - 1])), max_size=3),
    st.lists(KEYS, max_size=2),
    st.lists(ENTRIES, max_size=3),
)


@dataclass
class Model:
    """What the store is to hold."""

    nodes: dict[str, Node] = field(default_factory=dict)
    operations: dict[int, Operation] = field(default_factory=dict)
    sessions: dict[tuple[str, int], SessionInUse] = field(default_factory=dict)
    keys: dict[str, IdempotencyKey] = field(default_factory=dict)
    journal: list[Entry] = field(default_factory=list)

    def after(self, batch: Batch) -> "Model | None":
        """The model once `batch` is committed; None where two nodes would have one address."""
        model = copy.copy(self)
        model.nodes = {name: node for name, node in self.nodes.items() if name not in batch.removed} | batch.nodes
        model.operations = self.operations | batch.operations
        kept = {key: session for key, session in self.sessions.items() if key not in batch.closed}
        model.sessions = kept | batch.opened
        model.keys = self.keys | {key.key: key for key in batch.keys}
        model.journal = self.journal + batch.journal
        addresses = {(node.bmc.host, node.bmc.port) for node in model.nodes.values()}
        return model if len(addresses) == len(model.nodes) else None

    async def compare(self, store: Store) -> None:
        """Assert that the store holds this, by every question that it answers."""
        snapshot = await store.load()
        assert {node.name: node for node in snapshot.nodes} == self.nodes
        unended = [self.operations[i] for i in sorted(self.operations) if not self.operations[i].status.ended]
        assert snapshot.operations == unended
        assert {(one.node, one.id): one for one in snapshot.sessions} == self.sessions
        assert snapshot.last_operation == max(self.operations, default=0)
        assert snapshot.last_seq == len(self.journal)
        assert await store.journal(limit=len(self.journal) + 1) == self.journal
        newest = [self.operations[i] for i in sorted(self.operations, reverse=True)]
        assert await store.operations() == newest
        for name in "abcd":
            assert await store.operations(node=name) == [one for one in newest if one.node == name]
            assert await store.journal(node=name) == [entry for entry in self.journal if entry.node == name]
        for status in Status:
            assert await store.operations(status=status) == [one for one in newest if one.status is status]
        for key in self.keys.values():
            assert await store.idempotency(key.key) == key


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file of an empty store; to make one anew for each example would take most of the time."""
    path = tmp_path_factory.mktemp("empty") / "store.db"

    async def make() -> None:
        async with open_store(path):
            pass

    trio.run(make)
    return path.read_bytes()


def number(entries: list[Entry], last: int) -> list[Entry]:
    """The entries with the numbers that are due after `last`."""
    return [entry._replace(seq=seq) for seq, entry in enumerate(entries, last + 1)]


@given(st.lists(st.tuples(BATCHES, st.booleans()), max_size=6))
@example([(Batch(nodes={"a": Node("a", Bmc("x")), "b": Node("b", Bmc("x"))}), True), (Batch(), True)])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
async def test_the_store_holds_what_dictionaries_would(empty: bytes, steps: list[tuple[Batch, bool]]) -> None:
    model = Model()
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "store.db")
        await trio.Path(path).write_bytes(empty)
        todo = list(steps)
        while todo:
            async with open_store(path, clock=lambda: NOW) as store:
                reopen = False
                while todo and not reopen:
                    batch, reopen = todo.pop(0)
                    batch = replace(batch, journal=number(batch.journal, len(model.journal)))
                    after = model.after(batch)
                    if after is None:
                        with pytest.raises(BatchRefused):
                            await store.commit(batch)
                    else:
                        await store.commit(batch)
                        model = after
                await model.compare(store)
        async with open_store(path, clock=lambda: NOW) as store:
            await model.compare(store)
