"""A look at a store from outside: read-only, as of one commit, whoever owns it and whether he runs or not.

A reader of its own, and no engine: it takes no lock, makes no file, migrates nothing, and can read a copy on a
disk that cannot be written.  While it is open the daemon goes on writing; only its log is not taken into the file.
"""

import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

from powerfsm.store import migrations
from powerfsm.store.errors import StoreCorrupt, StoreError, StoreForeign, StoreNewer
from powerfsm.store.sqlite import APPLICATION, explained

_BUSY = 5.0
"""Seconds to wait for a lock, which a reader hardly ever has to."""


class StoreOlder(StoreError):
    """The file was written by an earlier version, and nobody has migrated it yet."""

    def __init__(self, path: Path, revision: str) -> None:
        super().__init__(
            path,
            f"store {path} has schema revision {revision}, and this version reads {migrations.newest()} only",
            advice="let `powerfsm serve` of this version open it once, or a copy of it",
        )


@contextmanager
def open_snapshot(path: Path) -> Generator[sqlite3.Connection]:
    """A connection that can only read, and sees the store as of one commit.

    Raises:
        StoreForeign: It is another program's database.
        StoreNewer, StoreOlder: Another version wrote it.
        StoreCorrupt: It is damaged, or no database.
        StoreUnavailable: It cannot be read, or not now.
    """
    try:
        with closing(_connect(path)) as connection:
            _check(connection, path)
            yield connection
    except sqlite3.Error as error:
        raise explained(error, path) from error


def _connect(path: Path) -> sqlite3.Connection:
    """Open the file; one beside which nothing can be made is read as a file that nobody changes."""
    connection = _open(path, "mode=ro")
    try:
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError as error:
        connection.close()
        log = path.with_name(f"{path.name}-wal")
        beside = error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
        if not beside or (log.exists() and log.stat().st_size):
            raise
        connection = _open(path, "mode=ro&immutable=1")
        connection.execute("BEGIN")
    except BaseException:
        connection.close()
        raise
    return connection


def _open(path: Path, options: str) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.as_uri()}?{options}", uri=True, timeout=_BUSY, isolation_level=None)


def _check(connection: sqlite3.Connection, path: Path) -> None:
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION:
        raise StoreForeign(path)
    found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    if found is None:
        raise StoreCorrupt(path, "it has no tables")
    if found[0] != migrations.newest():
        if migrations.unknown(found[0]):
            raise StoreNewer(path, revision=found[0], known=migrations.newest())
        raise StoreOlder(path, found[0])
