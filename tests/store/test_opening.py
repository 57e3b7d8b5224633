"""What is no store of ours is told as what it is, and stays as it is to the byte."""

import os
import sqlite3
from pathlib import Path

import pytest
import trio

from powerfsm.bmc import Bmc
from powerfsm.node import Node
from powerfsm.store import sqlite
from powerfsm.store.batch import Batch
from powerfsm.store.errors import (
    StoreCorrupt,
    StoreError,
    StoreForeign,
    StoreInUse,
    StoreNewer,
    StoreUnsupported,
    StoreUnwritable,
)
from powerfsm.store.store import open_store


async def make(path: Path, nodes: int = 300) -> None:
    """A sound store, all of it in the one file."""
    async with open_store(path) as store:
        await store.commit(Batch(nodes={f"n{i}": Node(f"n{i}", Bmc(f"h{i}")) for i in range(nodes)}))


async def refusal(path: Path) -> StoreError:
    """Why the store is not opened; nothing of the file was changed."""
    before = await trio.Path(path).read_bytes()
    with pytest.raises(StoreError) as caught:
        async with open_store(path):
            pass
    assert await trio.Path(path).read_bytes() == before
    return caught.value


def overwrite_last_node(path: Path) -> None:
    """Damage the page that holds the last node."""
    whole = bytearray(path.read_bytes())
    at = whole.rindex(b"n299") // 4096 * 4096
    whole[at : at + 4096] = b"\xff" * 4096
    path.write_bytes(whole)


async def test_an_empty_file_is_a_new_store(path: Path) -> None:
    await trio.Path(path).touch()
    await make(path)
    async with open_store(path) as store:
        assert len(list((await store.load()).nodes)) == 300


async def test_garbage_is_damage(path: Path) -> None:
    await trio.Path(path).write_bytes(b"This is no database. " * 500)
    error = await refusal(path)
    assert isinstance(error, StoreCorrupt)
    assert "not a database" in str(error)
    assert "store.db-wal" in error.advice


@pytest.mark.parametrize("length", [1, 15, 16, 99, 100, 511, 512, 4095, 4096, 8192, -4096, -1])
async def test_a_truncated_file_is_damage(path: Path, length: int) -> None:
    await make(path)
    whole = await trio.Path(path).read_bytes()
    await trio.Path(path).write_bytes(whole[:length])
    assert isinstance(await refusal(path), StoreCorrupt)
    await trio.Path(path).write_bytes(whole)
    await make(path)


async def test_an_overwritten_page_is_damage(path: Path) -> None:
    await make(path)
    overwrite_last_node(path)
    assert isinstance(await refusal(path), StoreCorrupt)


async def test_of_a_large_file_the_nodes_are_checked(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "_CHECK_WHOLE", 0)
    await make(path)
    await make(path)
    overwrite_last_node(path)
    assert isinstance(await refusal(path), StoreCorrupt)


@pytest.mark.parametrize("gone", [True, False])
async def test_a_log_without_its_database_is_damage_and_kept(path: Path, gone: bool) -> None:
    log = path.with_name("store.db-wal")
    log.write_bytes(b"what was answered last")
    if not gone:
        await trio.Path(path).touch()
    with pytest.raises(StoreCorrupt, match=r"its log store.db-wal is not"):
        async with open_store(path):
            pass
    assert log.read_bytes() == b"what was answered last"


async def test_another_programs_database_is_refused(path: Path) -> None:
    raw = sqlite3.connect(path)
    with raw:
        raw.execute("CREATE TABLE theirs (a)")
    raw.close()
    assert isinstance(await refusal(path), StoreForeign)


async def test_a_newer_store_is_refused_and_told_by_its_revision(path: Path) -> None:
    await make(path)
    raw = sqlite3.connect(path)
    with raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    raw.close()
    error = await refusal(path)
    assert isinstance(error, StoreNewer)
    assert error.revision == "9999"
    assert "9999" in str(error)
    assert "upgrade powerfsm" in str(error)


async def test_the_same_process_cannot_open_a_store_twice(path: Path) -> None:
    async with open_store(path) as store:
        with pytest.raises(StoreInUse) as caught:
            async with open_store(path):
                pass
        assert caught.value.pid == os.getpid()
        await store.commit(Batch(nodes={"n": Node("n", Bmc("h"))}))
    await make(path)


async def test_a_symbolic_link_does_not_hide_that_a_store_is_in_use(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "elsewhere" / "link.db"
    link.parent.mkdir()
    link.symlink_to(path)
    async with open_store(path):
        with pytest.raises(StoreInUse, match=r"/store\.db "):
            async with open_store(link):
                pass


async def test_a_refused_store_can_be_owned_again_at_once(path: Path) -> None:
    await trio.Path(path).write_bytes(b"garbage")
    await refusal(path)
    await trio.Path(path).unlink()
    await make(path)


async def test_a_missing_directory_is_named(path: Path) -> None:
    with pytest.raises(StoreUnwritable, match=r"there is no directory .*/nowhere; make it"):
        async with open_store(path.parent / "nowhere" / "store.db"):
            pass


async def test_a_file_where_a_directory_should_be_is_told(path: Path) -> None:
    await trio.Path(path).touch()
    with pytest.raises(StoreUnwritable):
        async with open_store(path / "store.db"):
            pass


async def test_a_directory_where_the_file_should_be_is_told(path: Path) -> None:
    await trio.Path(path).mkdir()
    with pytest.raises(StoreUnwritable):
        async with open_store(path):
            pass


@pytest.mark.parametrize("what", ["directory", "file"])
async def test_what_may_not_be_written_is_told(path: Path, what: str) -> None:
    await make(path)
    target = path if what == "file" else path.parent
    before = target.stat().st_mode
    target.chmod(before & ~0o222)
    try:
        if os.access(target, os.W_OK):
            pytest.skip("this user may write everywhere")
        with pytest.raises(StoreUnwritable, match="let the user that powerfsm runs as write"):
            async with open_store(path):
                pass
    finally:
        target.chmod(before)
    await make(path)


async def test_a_file_system_that_is_read_only_is_told(small_disk: Path) -> None:
    path = small_disk / "store.db"
    await make(path)
    await trio.run_process(["mount", "-o", "remount,ro", str(small_disk)])
    with pytest.raises(StoreUnwritable, match=r"[Rr]ead-only"):
        async with open_store(path):
            pass


@pytest.mark.parametrize("where", ["sqlite:///{}", "{}"])
async def test_a_path_may_be_given_as_a_url(tmp_path: Path, where: str) -> None:
    path = tmp_path / "a place with spaces, 100% and a #" / "store.db"
    path.parent.mkdir()
    async with open_store(where.format(path)) as store:
        assert store.path == path
    assert path.exists()


@pytest.mark.parametrize(
    "where",
    [
        "postgresql://powerfsm:hunter2@db/fleet",
        "sqlite://",
        "sqlite:///:memory:",
        ":memory:",
        "sqlite:///store.db?mode=ro",
        "sqlite+aiosqlite:///store.db",
        "file:store.db",
        "",
    ],
)
async def test_a_place_that_cannot_hold_a_store_is_refused_without_secrets(where: str) -> None:
    with pytest.raises(StoreUnsupported) as caught:
        async with open_store(where):
            pass
    assert "hunter2" not in str(caught.value)


async def test_every_commit_is_synced_to_the_disk(path: Path) -> None:
    async with open_store(path) as store:
        with store._writer.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2  # FULL
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
