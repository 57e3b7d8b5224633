"""Every file that a release ever wrote opens, and ends with the tables of today's schema."""

import sqlite3
from pathlib import Path

import trio
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from powerfsm.bmc import Bmc
from powerfsm.node import Drift, Node, Policy
from powerfsm.operation import Operation, Status
from powerfsm.power import Ask, Command, Desired, Power
from powerfsm.store import migrations, sqlite
from powerfsm.store.batch import SessionInUse
from powerfsm.store.schema import metadata
from powerfsm.store.store import open_store

Shape = dict[tuple[str, str], object]


def shape(path: Path) -> Shape:
    """All that makes up a schema: columns of tables, columns of indexes, triggers in their words."""
    raw = sqlite3.connect(path)
    found: Shape = {}
    for kind, name, sql in raw.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE '%alembic_version%'"
    ).fetchall():
        if kind == "table":
            found[kind, name] = raw.execute(f"PRAGMA table_xinfo({name})").fetchall()
        elif kind == "index":
            unique = raw.execute(
                'SELECT "unique", origin, partial FROM pragma_index_list(?) WHERE name = ?',
                (raw.execute("SELECT tbl_name FROM sqlite_master WHERE name = ?", (name,)).fetchone()[0], name),
            ).fetchone()
            found[kind, name] = (unique, raw.execute(f"PRAGMA index_xinfo({name})").fetchall())
        else:
            found[kind, name] = " ".join(sql.split())
    raw.close()
    return found


async def test_the_migrations_give_exactly_the_tables_of_the_schema(path: Path, tmp_path: Path) -> None:
    async with open_store(path) as store:
        with store._writer.begin() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, metadata) == []
    made = tmp_path / "made.db"
    engine = sqlite.writer(made)
    with engine.begin() as connection:
        metadata.create_all(connection)
    engine.dispose()
    assert shape(path) == shape(made)
    assert ("trigger", "journal_refuses_delete") in shape(path)


async def test_a_file_of_every_revision_is_taken_to_the_newest(tmp_path: Path) -> None:
    script = ScriptDirectory(str(Path(migrations.__file__).parent))
    for revision in script.walk_revisions():
        path = tmp_path / f"{revision.revision}.db"
        engine = sqlite.writer(path)
        with engine.begin() as connection:
            migrations.upgrade(connection, revision.revision)
            sqlite.sign(connection)
            assert migrations.current(connection) == revision.revision
        engine.dispose()
        async with open_store(path) as store:
            with store._writer.begin() as connection:
                assert migrations.current(connection) == migrations.newest()


async def test_what_the_first_release_wrote_is_read_by_this_one(path: Path) -> None:
    raw = sqlite3.connect(path)
    raw.executescript(Path(__file__).with_name("first-schema.sql").read_text())
    raw.close()
    async with open_store(path) as store:
        snapshot = await store.load()
        first = Node(
            "r1n01",
            Bmc("10.0.0.1", 6230, "rack-1", 17, "operator"),
            Policy("pyghmi", Drift.ENFORCE, "latest-wins", "feed-a", (("deadline", 60.0), ("settle", 2.5))),
            "powering-on",
            Desired.ON,
            7,
            Power.OFF,
            1_800_000_000.125,
            drifted=True,
            in_play=1,
            waiting=2,
            trouble="no answer",
        )
        assert list(snapshot.nodes) == [first, Node("r1n02", Bmc("10.0.0.2"))]
        assert snapshot.operations == [
            Operation(1, "r1n01", Ask.CYCLE, 6, Status.IN_PLAY, 1e9, "carol", 1, commanded=True),
            Operation(2, "r1n01", Ask.ON, 7, Status.WAITING, 1e9),
        ]
        assert snapshot.sessions == [SessionInUse("r1n01", 4294967295, Command.SOFT_OFF, 1e9)]
        assert (snapshot.last_operation, snapshot.last_seq) == (3, 2)
        ended = await store.operation(3)
        assert ended is not None
        assert (ended.status, ended.reason, ended.ended_at) == (Status.FAILED, "gave up", 1.5e9)
        assert [(entry.event, entry.detail) for entry in await store.journal()] == [
            ("started", {}),
            ("request", {"by": ["carol", 1, None]}),
        ]


async def test_a_store_that_is_up_to_date_is_not_migrated_again(path: Path) -> None:
    async with open_store(path):
        pass
    before = await trio.Path(path).read_bytes()
    async with open_store(path):
        pass
    assert await trio.Path(path).read_bytes() == before
