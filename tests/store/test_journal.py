"""The journal only grows, without a gap."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from powerfsm.journal import Entry, Kind
from powerfsm.store.batch import Batch
from powerfsm.store.errors import BatchRefused
from powerfsm.store.store import open_store


def entries(first: int, last: int) -> list[Entry]:
    """Entries `first` to `last`, of nodes a and b in turns."""
    return [Entry(seq, 1e9 + seq, Kind.OBSERVATION, "ab"[seq % 2], "on") for seq in range(first, last + 1)]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal SET event = 'off' WHERE seq = 1",
        "UPDATE journal SET detail = NULL",
        "DELETE FROM journal WHERE seq = 2",
        "DELETE FROM journal",
    ],
)
async def test_no_program_can_change_or_delete_an_entry(path: Path, statement: str) -> None:
    async with open_store(path) as store:
        await store.commit(Batch(journal=entries(1, 2)))
        raw = sqlite3.connect(path)
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            raw.execute(statement)
        raw.close()
        assert await store.journal() == entries(1, 2)


async def test_the_daemon_itself_cannot_replace_an_entry(path: Path) -> None:
    async with open_store(path) as store:
        await store.commit(Batch(journal=entries(1, 2)))
        replacing = "INSERT OR REPLACE INTO journal SELECT * FROM journal WHERE seq = 1"
        with store._writer.begin() as connection, pytest.raises(IntegrityError, match="append-only"):
            connection.exec_driver_sql(replacing)
        assert await store.journal() == entries(1, 2)


@pytest.mark.parametrize("first", [1, 2, 4, 0, -1])
async def test_a_gap_or_a_repetition_is_refused(path: Path, first: int) -> None:
    async with open_store(path) as store:
        await store.commit(Batch(journal=entries(1, 2)))
        with pytest.raises(BatchRefused, match="3 is due"):
            await store.commit(Batch(journal=entries(first, 5)))
        assert await store.journal() == entries(1, 2)
        await store.commit(Batch(journal=entries(3, 5)))
        assert await store.journal() == entries(1, 5)


async def test_a_gap_within_a_batch_is_refused(path: Path) -> None:
    async with open_store(path) as store:
        with pytest.raises(BatchRefused, match="entry 3 where 2 is due"):
            await store.commit(Batch(journal=[*entries(1, 1), *entries(3, 3)]))
        assert await store.journal() == []


async def test_it_is_read_from_a_number_on_and_by_node(path: Path) -> None:
    async with open_store(path) as store:
        await store.commit(Batch(journal=entries(1, 9)))
        assert await store.journal(after=3, limit=2) == entries(4, 5)
        assert await store.journal(after=9) == []
        assert await store.journal(after=2**70) == []
        assert await store.journal(limit=0) == []
        assert [entry.seq for entry in await store.journal(after=4, node="b")] == [5, 7, 9]
        assert [entry.seq for entry in await store.journal(node="b", limit=2)] == [1, 3]
        assert await store.journal(node="nobody") == []


async def test_detail_comes_back_as_json_has_it(path: Path) -> None:
    (plain,) = entries(1, 1)
    entry = plain._replace(detail={"ünïcode": [1, 2.5, None, True, {"deep": ()}]})
    async with open_store(path) as store:
        await store.commit(Batch(journal=[entry]))
        (read,) = await store.journal()
    assert read.detail == {"ünïcode": [1, 2.5, None, True, {"deep": []}]}
