"""The journal from a file: a daemon's database, or what `powerfsm events --json` printed."""

import sqlite3
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager

from pydantic import TypeAdapter, ValidationError

from powerfsm.audit.database import DatabaseJournal, open_database
from powerfsm.audit.export import BadJournal, ExportedJournal, open_export
from powerfsm.audit.findings import Row
from powerfsm.journal import Entry
from powerfsm.store.errors import StoreError
from powerfsm.store.sqlite import explained, place

_DATABASE = b"SQLite format 3\0"
_LARGEST = 2**63 - 1

_END_OF_TIME = 253_402_300_800.0
"""Seconds since the epoch at which the year 10000 begins, which no calendar here knows."""

_ENTRY = TypeAdapter(Entry)


class JournalUnreadable(Exception):
    """There is no journal in the file, or not one that this version can read; the message says what to do."""


@contextmanager
def opened(where: str) -> Generator[DatabaseJournal | ExportedJournal]:
    """The journal of a database, which may be that of a daemon that runs, or of an export.

    Args:
        where: Path of a file, or a `sqlite:` URL; `-` for an export on standard input.

    Raises:
        JournalUnreadable: It cannot be read, or holds something else.
    """
    if where == "-":
        with _understood("standard input"):
            yield ExportedJournal(sys.stdin.buffer, "standard input")
        return
    with _understood(where):
        path = place(where)
        with path.open("rb") as file:
            database = file.read(len(_DATABASE)) == _DATABASE
        try:
            with open_database(path) if database else open_export(path) as journal:
                yield journal
        except sqlite3.Error as error:
            raise explained(error, path) from error


@contextmanager
def _understood(where: str) -> Generator[None]:
    try:
        yield
    except (BadJournal, StoreError) as error:
        raise JournalUnreadable(str(error)) from error
    except OSError as error:
        raise JournalUnreadable(
            f"{where} cannot be read: {error.strerror}; give a database or what `powerfsm events --json` prints"
        ) from error


def entries(where: str, node: str) -> list[Entry]:
    """The entries of one node, in the order of the journal.

    Raises:
        JournalUnreadable: As `opened`; or an entry of the node is none.
    """
    with opened(where) as journal:
        return [_entry(row) for row in _rows(journal, node)]


def _rows(journal: DatabaseJournal | ExportedJournal, node: str) -> Iterator[Row]:
    if isinstance(journal, DatabaseJournal):
        # By the index of nodes: a fleet's journal is a thousand times as long.
        yield from journal.before(_LARGEST, node, _LARGEST)
        return
    for page in journal.pages():
        yield from (row for row in page if row[3] == node)


def _entry(row: Row) -> Entry:
    *most, detail = row
    try:
        entry = _ENTRY.validate_python((*most, detail or {}))
    except ValidationError as error:
        mistake = error.errors(include_url=False, include_input=False)[0]
        raise JournalUnreadable(
            f"entry {row[0]} of the journal cannot be: {mistake['msg']}; `powerfsm audit` tells more"
        ) from error
    if not 0 <= entry.at < _END_OF_TIME:
        raise JournalUnreadable(f"entry {row[0]} of the journal has no time that a calendar knows")
    return entry
