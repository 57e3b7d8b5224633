"""Everything about the store that is SQLite and not SQL: connections, pragmas, triggers, error codes, checks.

Durability: write-ahead log with `synchronous=FULL`, which syncs the log in every commit.  With `NORMAL` the
last commits would be lost with the power, and an answered request with them.  `BEGIN IMMEDIATE` makes a writer
wait for the lock at its beginning, never in its middle.  Readers have connections of their own, opened
read-only, and each sees one commit whole without making the writer wait.

A file is looked at through a read-only connection before it is opened for writing, so that one which is damaged,
foreign or newer stays as it is to the byte.
"""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event, exc
from sqlalchemy.dialects.sqlite import Insert, insert
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from powerfsm.store.errors import (
    BatchRefused,
    StoreCorrupt,
    StoreError,
    StoreForeign,
    StoreUnavailable,
    StoreUnsupported,
    StoreUnwritable,
)
from powerfsm.store.medium import LOCAL, Medium, Mode

READERS = 4
"""How many connections may read at a time."""

# "pfsm"; SQLite keeps four bytes in the file's header for telling whose it is.
APPLICATION = 0x7066736D

# Bytes; SQLite takes a file of one byte for an empty one.
_HEADER = 100

MOST_VALUES = 32_766
"""Values that one statement takes: SQLITE_MAX_VARIABLE_NUMBER, which builds may raise but hardly any lowers
(sqlite.org/limits.html)."""

# Files up to this size are checked whole at every start (150 MiB a second, measured); of larger
# ones, where only the history is large, the tables that a start rests on.
_CHECK_WHOLE = 256 * 2**20

_PRAGMAS = (
    # Without it, INSERT OR REPLACE deletes a row behind the back of the journal's triggers.
    "recursive_triggers = ON",
    # A full disk is then no reason for not being able to sort.
    "temp_store = MEMORY",
)
_PRAGMAS_OF_WRITER = (
    # In force only where the file is new: some builds of SQLite would keep pages for vacuuming in it.
    "auto_vacuum = NONE",
    "journal_mode = WAL",
    "synchronous = FULL",
    # Negative: KiB.  A storm touches every node; 100,000 take about 25 MiB.
    "cache_size = -65536",
    # Pages of log before a commit copies it back.  The default of 1,000 makes every large commit pay for that.
    "wal_autocheckpoint = 4000",
    "journal_size_limit = 67108864",
    # No secret is ever stored, so none need be overwritten with zeros.
    "secure_delete = OFF",
)


def place(where: str | Path) -> Path:
    """The database file that a path or a `sqlite:` URL names, symbolic links followed.

    Raises:
        StoreUnsupported: It names something else.
    """
    text = str(where)
    if isinstance(where, str) and ":" in text.partition("/")[0]:
        try:
            url = make_url(text)
        except exc.ArgumentError:
            url = None
        # Told without the URL: one of another database may hold a password.
        if url is None or url.drivername != "sqlite" or url.query or url.host:
            raise StoreUnsupported(
                Path("?"),
                f"a store of kind {text.partition(':')[0]!r} is not supported",
                advice="give a path, or sqlite:///relative or sqlite:////absolute, without options",
            )
        text = url.database or ""
    if text in {"", ".", ":memory:"}:
        raise StoreUnsupported(
            Path(text), "a store in memory would forget what was answered", advice="give the path of a file"
        )
    return Path(text).resolve()


def look(path: Path, further: Callable[[Connection], None], medium: Medium = LOCAL) -> None:
    """Check the file, without changing it, if there is anything in it yet.

    Args:
        path: The file; it need not exist.
        further: Called with a connection that can only read, once the file is known to be sound and ours.
        medium: What the file is on.

    Raises:
        StoreCorrupt: It is damaged or no database; or it is gone and its log is still there.
        StoreForeign: It is a database of another program.
        StoreUnavailable, StoreUnwritable: It could not be looked at.
    """
    log = path.with_name(f"{path.name}-wal")
    try:
        size, logged = (file.stat().st_size if file.exists() else 0 for file in (path, log))
    except OSError as error:
        raise StoreUnwritable(
            path, f"cannot look at store {path}: {error.strerror}", advice="see to its permissions"
        ) from error
    if path.is_dir():
        raise StoreUnwritable(path, f"store {path} is a directory", advice="give the path of a file")
    if size == 0:
        if logged:  # SQLite would take the file for new, and throw away a log that may hold answered requests
            raise StoreCorrupt(path, f"the file is missing or empty, and its log {log.name} is not")
        return
    if size < _HEADER:
        raise StoreCorrupt(path, f"the file has {size} bytes, fewer than the header of a database")
    # SQLite would make the files of its log, with the permissions of this one: they would still be in the way
    # when somebody has put this one right.
    if not os.access(path, os.W_OK):
        raise _unwritable(path, "it is write-protected")
    engine = readers(path, medium)
    try:
        with engine.connect() as connection:
            if connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one():
                _check(connection, path, size, logged)
                further(connection)
    except exc.DBAPIError as error:
        if getattr(error.orig, "sqlite_errorcode", None) != sqlite3.SQLITE_READONLY_ROLLBACK:
            raise explained(error, path) from error
    else:
        return
    finally:
        engine.dispose()
    # The process that was making this file died before it had a write-ahead log; SQLite undoes what it did.
    try:
        with closing(medium.connect(path, "rwc")) as raw, closing(raw.cursor()) as cursor:
            cursor.execute("SELECT count(*) FROM sqlite_master")
    except sqlite3.Error as error:
        raise explained(error, path) from error
    look(path, further, medium)


def _check(connection: Connection, path: Path, size: int, logged: int) -> None:
    def pragma(name: str) -> Any:
        return connection.exec_driver_sql(f"PRAGMA {name}").scalar()

    if pragma("application_id") != APPLICATION:
        raise StoreForeign(path)
    due = pragma("page_count") * pragma("page_size")
    if size < due and not logged:  # what is not in the file yet may be in the log
        raise StoreCorrupt(path, f"the file has {size} bytes of {due}")
    for check in ("quick_check(1)",) if size <= _CHECK_WHOLE else ("quick_check(node)", "quick_check(session)"):
        verdict = str(pragma(check))
        if verdict != "ok":
            raise StoreCorrupt(path, verdict.replace("\n", " "))


def writer(path: Path, medium: Medium = LOCAL) -> Engine:
    """An engine with one connection, whose transactions hold the write lock from their beginning.

    Makes the file where there is none.

    Raises:
        StoreUnwritable: The file cannot be written, or is where no write-ahead log can be kept.
        StoreUnavailable: The disk is full or fails, or another program holds the file.
    """
    engine = _engine(path, "rwc", 1, medium)
    try:
        with engine.connect() as connection:
            mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()
            # SQLite opens a file that may not be written without a word; this is rolled back.
            connection.exec_driver_sql("CREATE TABLE probe (written)")
    except exc.DBAPIError as error:
        engine.dispose()
        raise explained(error, path) from error
    if mode != "wal":
        engine.dispose()
        raise StoreUnwritable(
            path, f"the file system of {path} cannot hold a write-ahead log", advice="put it on a local disk"
        )
    return engine


def readers(path: Path, medium: Medium = LOCAL) -> Engine:
    """An engine with up to `READERS` connections that can only read."""
    return _engine(path, "ro", READERS, medium)


def settle(engine: Engine, path: Path) -> None:
    """Make durable what the log holds: a process may have died between writing and syncing it.

    Otherwise a start would find, and tell, what a loss of power can still take back.  The log is copied into the
    file, as the next commit of any size would do, because SQLite syncs it before.

    Raises:
        StoreUnavailable: The disk fails.
    """
    raw = engine.raw_connection()
    try:
        with closing(raw.cursor()) as cursor:
            cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")
    except sqlite3.Error as error:
        # By then the log is synced, and a disk that is too full for the copy is not too full to start on.
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_FULL:
            raise explained(error, path) from error
    finally:
        raw.close()


def sign(connection: Connection) -> None:
    """Mark the file as ours, within the transaction that makes its tables."""
    connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION}")


def make_append_only(table: Table, connection: Connection, **_: object) -> None:
    """Refuse every UPDATE and DELETE of `table`; a listener for its `after_create`."""
    if connection.dialect.name == "sqlite":
        for what in ("update", "delete"):
            connection.exec_driver_sql(
                f"CREATE TRIGGER {table.name}_refuses_{what} BEFORE {what.upper()} ON {table.name}"
                f" BEGIN SELECT RAISE(ABORT, 'the {table.name} is append-only'); END"
            )


def upsert(table: Table, *, constant: tuple[str, ...] = ()) -> Insert:
    """Insert rows of `table`; where the key is there already, replace all but the `constant` columns."""
    statement = insert(table)
    keys = tuple(column.name for column in table.primary_key)
    return statement.on_conflict_do_update(
        index_elements=keys,
        set_={c.name: statement.excluded[c.name] for c in table.columns if c.name not in keys + constant},
    )


def explained(error: exc.DBAPIError | sqlite3.Error, path: Path) -> StoreError:
    """What an error of SQLite means, and what to do about it (result codes: sqlite.org/rescode.html)."""
    told = error.orig if isinstance(error, exc.DBAPIError) else error
    # Errors of the module itself (a value that no column can hold) carry no code.
    code = getattr(told, "sqlite_errorcode", None)
    match None if code is None else code & 0xFF:
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_ERROR:
            return StoreCorrupt(path, str(told))
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH:
            return _unwritable(path, str(told))
        case None | sqlite3.SQLITE_CONSTRAINT | sqlite3.SQLITE_MISMATCH | sqlite3.SQLITE_TOOBIG:
            return BatchRefused(path, str(told))
        case sqlite3.SQLITE_FULL:
            advice = f"free space in {path.parent}; powerfsm need not be restarted"
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            advice = "see which other program has the file open, and let it finish"
        case _:
            advice = "look for disk errors in the system's log; powerfsm need not be restarted once they are gone"
    return StoreUnavailable(path, f"store {path} cannot be used now: {told}", advice=advice)


def _unwritable(path: Path, told: str) -> StoreUnwritable:
    return StoreUnwritable(
        path,
        f"store {path} cannot be opened or written: {told}",
        advice=f"let the user that powerfsm runs as write it, its -wal and -shm files, and {path.parent}",
    )


def _engine(path: Path, mode: Mode, connections: int, medium: Medium) -> Engine:
    engine = create_engine(
        "sqlite://",
        creator=lambda: medium.connect(path, mode),
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=0,
    )
    begin = "BEGIN" if mode == "ro" else "BEGIN IMMEDIATE"

    @event.listens_for(engine, "connect")
    def _set_up(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        for pragma in _PRAGMAS if mode == "ro" else _PRAGMAS + _PRAGMAS_OF_WRITER:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
