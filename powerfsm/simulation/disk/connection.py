"""A connection of apsw's in the shape of Python's `sqlite3`, as far as SQLAlchemy and the store ask for it.

What SQLite refuses is raised as the exception that `sqlite3` raises for it, result code included.  apsw
raises, besides, whatever Python code below SQLite raised, also where SQLite took no harm from it: a
commit whose log is synced is done, even if the disk fails while that log is copied back.  By the write-ahead log's
hook, which SQLite calls after each commit, one is told from the other.
"""

import re
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

import apsw

from powerfsm.simulation.disk.vfs import refusal
from powerfsm.store.medium import Mode

# Pages of log after which a commit copies it back, unless a pragma says otherwise (sqlite.org/pragma.html).
_AUTOCHECKPOINT = 1000

_SETS_AUTOCHECKPOINT = re.compile(
    r"\s*PRAGMA\s+(?:\w+\s*\.\s*)?wal_autocheckpoint\s*[=(]\s*(-?\d+)", re.IGNORECASE
)
_CHANGES_ROWS = re.compile(r"\s*(?:INSERT|UPDATE|DELETE|REPLACE)\b", re.IGNORECASE)

_FLAGS: dict[Mode, int] = {
    "ro": apsw.SQLITE_OPEN_READONLY,
    "rwc": apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE,
}

_CLASSES: dict[int, type[sqlite3.Error]] = {
    **dict.fromkeys((apsw.SQLITE_INTERNAL, apsw.SQLITE_NOTFOUND), sqlite3.InternalError),
    **dict.fromkeys((apsw.SQLITE_CORRUPT, apsw.SQLITE_NOTADB), sqlite3.DatabaseError),
    **dict.fromkeys((apsw.SQLITE_CONSTRAINT, apsw.SQLITE_MISMATCH), sqlite3.IntegrityError),
    apsw.SQLITE_TOOBIG: sqlite3.DataError,
    apsw.SQLITE_MISUSE: sqlite3.ProgrammingError,
}
"""Which class `sqlite3` raises for a primary result code; `OperationalError` for the others."""


def _names() -> dict[int, str]:
    codes = {**apsw.mapping_result_codes, **apsw.mapping_extended_result_codes}
    return {code: name for code, name in codes.items() if isinstance(code, int) and isinstance(name, str)}


_NAMES = _names()

# What else PEP 249 would have of a column; `sqlite3` tells its name only.
_NO_MORE = (None,) * 6


def in_terms_of_sqlite3(error: apsw.Error) -> sqlite3.Error:
    """What `sqlite3` would have raised."""
    code = getattr(error, "extendedresult", None)
    if code is None:  # apsw's own, such as a wrong number of values
        return sqlite3.ProgrammingError(str(error))
    told = _CLASSES.get(code & 0xFF, sqlite3.OperationalError)(str(error))
    told.sqlite_errorcode = code
    told.sqlite_errorname = _NAMES.get(code, "SQLITE_UNKNOWN")
    return told


class Connection:
    """A connection to a database on a simulated disk.

    Args:
        path: The database.
        mode: To read only, or to write.
        vfs: The name of the way to the disk.
        dead: Whether the process is dead whose connection it is: then SQL is refused, and only closing goes on.

    Attributes:
        isolation_level: None: it begins no transaction by itself.

    Raises:
        sqlite3.Error: It cannot be opened.
    """

    def __init__(self, path: Path, mode: Mode, vfs: str, dead: Callable[[], bool]) -> None:
        self.isolation_level: Any = None
        self._dead = dead
        self._committed = False
        self._checkpoint = _AUTOCHECKPOINT
        try:
            self._connection = apsw.Connection(str(path), flags=_FLAGS[mode], vfs=vfs)
        except apsw.Error as error:
            raise in_terms_of_sqlite3(error) from error
        self._connection.set_wal_hook(self._logged)

    def _logged(self, connection: apsw.Connection, database: str, pages: int) -> int:
        self._committed = True
        # What SQLite's own hook does, which this one replaces: a log that cannot be copied back now can be later.
        if 0 < self._checkpoint <= pages:
            with suppress(apsw.Error):
                connection.wal_checkpoint(database, apsw.SQLITE_CHECKPOINT_PASSIVE)
        return apsw.SQLITE_OK

    def execute(self, cursor: apsw.Cursor, statement: str, parameters: Sequence[Any]) -> None:
        """Run a statement to its first row."""
        self._committed = False
        try:
            if self._dead():
                raise refusal(apsw.SQLITE_IOERR)
            cursor.execute(statement, parameters)
        except apsw.Error as error:
            if not self._committed:
                raise in_terms_of_sqlite3(error) from error
        if given := _SETS_AUTOCHECKPOINT.match(statement):
            self._checkpoint = int(given[1])
            self._connection.set_wal_hook(self._logged)

    def rows(self, cursor: apsw.Cursor, count: int | None) -> list[Any]:
        """The next rows, at most `count`."""
        try:
            if self._dead():
                raise refusal(apsw.SQLITE_IOERR)
            return list(islice(cursor, count))
        except apsw.Error as error:
            raise in_terms_of_sqlite3(error) from error

    def changes(self) -> int:
        """How many rows the last statement changed."""
        return self._connection.changes()

    def last_insert_rowid(self) -> int:
        """The number of the row that was inserted last."""
        return self._connection.last_insert_rowid()

    def cursor(self) -> "Cursor":
        """A cursor of PEP 249."""
        return Cursor(self, self._connection.cursor())

    def create_function(
        self, name: str, narg: int, func: Callable[..., Any], /, *, deterministic: bool = False
    ) -> None:
        """Have SQL call `func` by this name."""
        self._connection.create_scalar_function(name, func, narg, deterministic=deterministic)

    def commit(self) -> None:
        """Commit the transaction, if there is one."""
        if self._connection.in_transaction:
            self.execute(self._connection.cursor(), "COMMIT", ())

    def rollback(self) -> None:
        """Roll the transaction back, if there is one; that of a dead process nobody needs to."""
        if self._connection.in_transaction and not self._dead():
            try:
                self._connection.execute("ROLLBACK")
            except apsw.Error as error:
                if self._connection.in_transaction:
                    raise in_terms_of_sqlite3(error) from error

    def close(self) -> None:
        """Let go of the file; whatever SQLite still wanted to write meanwhile can be made up for by the next."""
        with suppress(apsw.Error):
            self._connection.close(force=True)


class Cursor:
    """A cursor of PEP 249.

    Attributes:
        arraysize: Rows that `fetchmany` gives unless told otherwise.
        description: Seven values for each column, of which the first is its name; None where there are no rows.
        rowcount: How many rows an INSERT, UPDATE, DELETE or REPLACE changed, else -1.
        lastrowid: The number of the row that was inserted last.
    """

    def __init__(self, connection: Connection, cursor: apsw.Cursor) -> None:
        self.arraysize = 1
        self.description: tuple[Any, ...] | None = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self._connection = connection
        self._cursor = cursor
        # Only before its first row does a statement tell its columns, if it turns out to have no rows.
        cursor.exec_trace = self._describe

    def _describe(self, cursor: apsw.Cursor, _statement: str, _parameters: object) -> bool:
        columns = cursor.get_description()
        self.description = tuple((name, *_NO_MORE) for name, _ in columns) or None
        return True

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> "Cursor":
        """Run a statement."""
        self.description = None
        self.rowcount = -1
        self._connection.execute(self._cursor, statement, parameters)
        if _CHANGES_ROWS.match(statement):
            self.rowcount = self._connection.changes()
            self.lastrowid = self._connection.last_insert_rowid()
        return self

    def executemany(self, statement: str, many: Iterable[Sequence[Any]]) -> "Cursor":
        """Run a statement for each row of parameters."""
        changed = 0
        for parameters in many:
            changed += self.execute(statement, parameters).rowcount
        self.rowcount = changed
        return self

    def fetchone(self) -> Any:
        """The next row, or None."""
        return next(iter(self._connection.rows(self._cursor, 1)), None)

    def fetchmany(self, size: int | None = None) -> list[Any]:
        """The next rows."""
        return self._connection.rows(self._cursor, self.arraysize if size is None else size)

    def fetchall(self) -> list[Any]:
        """All rows that are left."""
        return self._connection.rows(self._cursor, None)

    def close(self) -> None:
        """Give up what rows are left."""
        with suppress(apsw.Error):
            self._cursor.close(force=True)
