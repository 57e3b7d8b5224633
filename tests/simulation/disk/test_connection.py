"""The connection to a simulated disk is as Python's own to whoever calls it: rows, counts, errors and codes."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from powerfsm.simulation.disk import Disk
from powerfsm.store.medium import LOCAL, Mode, Raw

Connect = Callable[[Mode], Raw]


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Raw, Raw]]:
    """The same connection to Python's own SQLite and to the one on a simulated disk."""
    (directory := tmp_path / "disk").mkdir()
    mount = Disk(directory, 1).mount()
    ours, theirs = mount.medium.connect(mount.path, "rwc"), LOCAL.connect(tmp_path / "own.db", "rwc")
    with closing(ours), closing(theirs):
        for connection in (ours, theirs):
            cursor = connection.cursor()
            cursor.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT NOT NULL, c REAL)")
            cursor.execute("INSERT INTO t VALUES (1, 'one', 1.5), (2, 'two', NULL)")
            cursor.close()
        yield theirs, ours


def told(connection: Raw, statement: str, parameters: Any) -> tuple[Any, ...]:
    """All that a cursor tells of a statement."""
    with closing(connection.cursor()) as cursor:
        cursor.execute(statement, parameters)
        rows = cursor.fetchone(), cursor.fetchmany(1), cursor.fetchall(), cursor.fetchone()
        return cursor.description, cursor.rowcount, rows


@pytest.mark.parametrize(
    ("statement", "parameters"),
    [
        ("SELECT * FROM t ORDER BY a", ()),
        ("SELECT a, b AS name FROM t WHERE a = ?", (2,)),
        ("SELECT a FROM t WHERE 0", ()),
        ("SELECT ?, ?, ?, ?, ?", (None, 2**62, -0.5, "\u2603", b"\0\xff")),
        ("SELECT typeof(?), ?", (True, False)),
        ("INSERT INTO t VALUES (3, 'three', 3), (4, 'four', 4)", ()),
        ("UPDATE t SET c = 0 WHERE a > ?", (0,)),
        ("UPDATE t SET c = 0 WHERE 0", ()),
        ("DELETE FROM t WHERE a = 1", ()),
        ("INSERT INTO t VALUES (1, 'x', 1) ON CONFLICT DO UPDATE SET b = excluded.b", ()),
        ("CREATE TABLE further (a)", ()),
        ("PRAGMA application_id", ()),
        ("PRAGMA journal_mode = WAL", ()),
        ("BEGIN IMMEDIATE", ()),
    ],
)
def test_a_statement_is_told_alike(pair: tuple[Raw, Raw], statement: str, parameters: tuple[Any, ...]) -> None:
    theirs, ours = pair
    assert told(ours, statement, parameters) == told(theirs, statement, parameters)


@pytest.mark.parametrize(
    ("statement", "parameters"),
    [
        ("SELEC", ()),
        ("SELECT * FROM nowhere", ()),
        ("INSERT INTO t VALUES (1, 'again', 0)", ()),
        ("INSERT INTO t VALUES (5, NULL, 0)", ()),
        ("INSERT INTO t VALUES ('word', 'b', 0)", ()),
        ("SELECT ?", ()),
        ("COMMIT", ()),
    ],
)
def test_an_error_is_raised_alike(pair: tuple[Raw, Raw], statement: str, parameters: tuple[Any, ...]) -> None:
    raised = []
    for connection in pair:
        with pytest.raises(sqlite3.Error) as caught:
            told(connection, statement, parameters)
        raised.append(caught.value)
    theirs, ours = raised
    assert type(ours) is type(theirs)
    for attribute in ("sqlite_errorcode", "sqlite_errorname"):
        assert getattr(ours, attribute, None) == getattr(theirs, attribute, None)
    if hasattr(theirs, "sqlite_errorcode"):
        assert str(ours) == str(theirs)


@pytest.mark.parametrize("value", ["\ud800", 2**63])
def test_what_no_column_can_hold_is_refused_alike(pair: tuple[Raw, Raw], value: object) -> None:
    raised = []
    for connection in pair:
        with pytest.raises((ValueError, OverflowError)) as caught:
            told(connection, "INSERT INTO t VALUES (9, ?, 0)", (value,))
        raised.append(type(caught.value))
    assert raised[0] is raised[1]


def test_what_was_rolled_back_is_gone_and_what_was_committed_is_not(pair: tuple[Raw, Raw]) -> None:
    for connection in pair:
        with closing(connection.cursor()) as cursor:
            connection.rollback()
            connection.commit()
            cursor.execute("BEGIN")
            cursor.execute("INSERT INTO t VALUES (3, 'three', 3)")
            assert cursor.lastrowid == 3
            connection.rollback()
            cursor.execute("BEGIN")
            cursor.executemany("INSERT INTO t VALUES (?, ?, ?)", [(4, "four", 4), (5, "five", 5)])
            assert cursor.rowcount == 2
            connection.commit()
            connection.rollback()
            assert [row[0] for row in cursor.execute("SELECT a FROM t").fetchall()] == [1, 2, 4, 5]


def test_a_file_that_is_not_there_cannot_be_read(tmp_path: Path) -> None:
    (directory := tmp_path / "disk").mkdir()
    mount = Disk(directory, 1).mount()
    raised = []
    for medium, path in ((LOCAL, tmp_path / "own.db"), (mount.medium, mount.path)):
        with pytest.raises(sqlite3.OperationalError) as caught:
            medium.connect(path, "ro")
        raised.append((str(caught.value), caught.value.sqlite_errorcode & 0xFF))
    assert raised[0] == raised[1]


def test_of_a_dead_process_every_statement_is_refused_and_closing_is_not(tmp_path: Path) -> None:
    mount = Disk(tmp_path, 1).mount()
    with closing(mount.medium.connect(mount.path, "rwc")) as connection, closing(connection.cursor()) as cursor:
        cursor.execute("CREATE TABLE t (a)")
        cursor.execute("BEGIN")
        cursor.execute("INSERT INTO t VALUES (1)")
        mount.kill()
        for again in (lambda: cursor.execute("SELECT 1"), connection.commit, cursor.fetchall):
            with pytest.raises(sqlite3.OperationalError, match="disk I/O error"):
                again()
        connection.rollback()
    with pytest.raises(sqlite3.OperationalError, match="unable to open"):
        mount.medium.connect(mount.path, "ro")
