"""The database of a daemon: its journal, and its tables against the journal."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from powerfsm.audit import Check, Finding
from powerfsm.audit.database import open_database
from powerfsm.audit.run import Audit, Outcome
from powerfsm.spec import load
from powerfsm.store.errors import StoreCorrupt, StoreForeign, StoreNewer
from recorded import played, story, write_database


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that nobody has touched."""
    return write_database(tmp_path_factory.mktemp("store") / "fleet.db", story())


@pytest.fixture
def database(whole: Path, tmp_path: Path) -> Path:
    """One that may be touched."""
    return Path(shutil.copy(whole, tmp_path / "fleet.db"))


def _audit(path: Path, *, go_on: bool = False, nodes: set[str] | None = None) -> Outcome:
    with open_database(path) as journal:
        work = Audit(journal, load(), go_on=go_on, nodes=nodes)
        for _ in work.run():
            pass
    return work.outcome


def _findings(path: Path) -> list[Finding]:
    return [found.finding for found in _audit(path, go_on=True).found]


def _change(path: Path, *statements: str) -> None:
    """Do what whoever has the file can do: triggers keep honest programs off, and nobody else."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for trigger in ("journal_refuses_update", "journal_refuses_delete"):
            connection.execute(f"DROP TRIGGER IF EXISTS {trigger}")
        for statement in statements:
            changed = connection.execute(statement)
            assert changed.rowcount != 0, statement


def test_journal_and_tables_of_a_daemon_agree(whole: Path) -> None:
    outcome = _audit(whole)
    assert [found.finding for found in outcome.found] == []
    assert outcome.ended
    assert (outcome.auditor.entries, len(outcome.auditor.met)) == (len(story().journal), 2)
    assert outcome.auditor.operations == len(story().operations)


@pytest.mark.parametrize("seed", [0, 3, 12, 37])
def test_journal_and_tables_of_a_fleet_agree(seed: int, tmp_path: Path) -> None:
    assert _findings(write_database(tmp_path / "fleet.db", played(seed))) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE node SET state = 'on' WHERE name = 'n1'",
        "UPDATE node SET desired = 'ready' WHERE name = 'n1'",
        "UPDATE node SET generation = generation + 1 WHERE name = 'n1'",
        "UPDATE node SET observed = 'on' WHERE name = 'n1'",
        "UPDATE node SET observed_at = observed_at - 1 WHERE name = 'n1'",
        "UPDATE node SET drifted = 1 WHERE name = 'n1'",
        "UPDATE node SET in_play = 3 WHERE name = 'n1'",
        "UPDATE node SET waiting = 3 WHERE name = 'n1'",
        "UPDATE node SET trouble = 'none' WHERE name = 'n1'",
        "UPDATE node SET host = 'elsewhere' WHERE name = 'n1'",
        "UPDATE node SET drift = 'adopt' WHERE name = 'n2'",
        "UPDATE node SET name = 'n3' WHERE name = 'n1'",
        "DELETE FROM node WHERE name = 'n1'",
        "UPDATE operation SET node = 'n2' WHERE id = 1",
        "UPDATE operation SET ask = 'on' WHERE id = 1",
        "UPDATE operation SET generation = 7 WHERE id = 1",
        "UPDATE operation SET status = 'failed' WHERE id = 1",
        "UPDATE operation SET asked_at = asked_at + 1 WHERE id = 1",
        "UPDATE operation SET asked_by = 'mallory' WHERE id = 1",
        "UPDATE operation SET leg = 1 WHERE id = 1",
        "UPDATE operation SET commanded = 0 WHERE id = 1",
        "UPDATE operation SET reason = 'because' WHERE id = 1",
        "UPDATE operation SET ended_at = NULL WHERE id = 1",
        "UPDATE operation SET id = 99 WHERE id = 1",
        "DELETE FROM operation WHERE id = 1",
        "INSERT INTO operation VALUES (99, 'n1', 'on', 1, 'failed', 1.0, 'mallory', 0, 0, 'because', 1.0)",
        "INSERT INTO session VALUES ('n1', 7, 'on', 1.0)",
        "INSERT INTO session VALUES ('nobody', 7, NULL, 1.0)",
    ],
)
def test_a_table_that_was_edited_against_the_journal_is_found(database: Path, statement: str) -> None:
    _change(database, statement)
    findings = _findings(database)
    assert {finding.check for finding in findings} == {Check.TABLE}
    assert all(finding.allowed for finding in findings)


@pytest.mark.parametrize(
    ("statement", "check"),
    [
        ("DELETE FROM journal WHERE seq = 40", Check.SEQUENCE),
        ("DELETE FROM journal WHERE seq < 40", Check.SEQUENCE),
        ("DELETE FROM journal WHERE seq > 100", Check.TABLE),
        ("DELETE FROM journal", Check.TABLE),
        ("UPDATE journal SET kind = 'rumour' WHERE seq = 40", Check.WORDS),
        ("UPDATE journal SET after = 'error' WHERE event = 'confirmed'", Check.STEP),
        ("UPDATE journal SET operation = 2 WHERE event = 'confirmed'", Check.OPERATION),
        ("UPDATE journal SET generation = 'many' WHERE seq = 40", Check.GENERATION),
        ("UPDATE journal SET at = 'yesterday' WHERE seq = 40", Check.WORDS),
        ("UPDATE journal SET node = NULL WHERE seq = 40", Check.WORDS),
        ("UPDATE journal SET detail = '{broken' WHERE kind = 'session'", Check.WORDS),
        ("UPDATE journal SET detail = '[1]' WHERE kind = 'session'", Check.WORDS),
    ],
)
def test_a_journal_that_was_edited_is_found(database: Path, statement: str, check: Check) -> None:
    _change(database, statement)
    outcome = _audit(database)
    assert outcome.found[0].finding.check is check


def test_a_finding_comes_with_the_last_entries_of_its_node(database: Path) -> None:
    (seq,) = [entry.seq for entry in story().journal if entry.event == "cancelled"]
    _change(database, f"UPDATE journal SET after = 'off' WHERE seq = {seq}")
    (found,) = _audit(database).found
    assert found.finding.seq == seq
    assert [row[0] for row in found.context] == [
        entry.seq for entry in story().journal if entry.node == "n1" and entry.seq <= seq
    ][-10:]


def test_an_audit_of_one_node_leaves_the_others_alone(database: Path) -> None:
    _change(database, "UPDATE node SET state = 'on' WHERE name = 'n1'")
    assert _audit(database, nodes={"n2"}).found == []
    assert _audit(database, nodes={"n1"}).found != []


@pytest.mark.skipif(os.geteuid() == 0, reason="root can write anywhere")
def test_a_database_beside_which_nothing_can_be_written_is_audited(database: Path) -> None:
    database.chmod(0o400)
    database.parent.chmod(0o500)
    try:
        assert _audit(database).found == []
        assert list(database.parent.iterdir()) == [database]
    finally:
        database.parent.chmod(0o700)


def test_what_is_no_database_of_ours_is_told(tmp_path: Path, database: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "foreign.db")) as connection:
        connection.execute("CREATE TABLE journal (seq)")
    with pytest.raises(StoreForeign):
        _audit(tmp_path / "foreign.db")
    _change(database, "UPDATE alembic_version SET version_num = 'ffff'")
    with pytest.raises(StoreNewer):
        _audit(database)
    (tmp_path / "torn.db").write_bytes(database.read_bytes()[:5000])
    with pytest.raises(StoreCorrupt):
        _audit(tmp_path / "torn.db")
