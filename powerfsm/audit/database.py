"""A journal in the database of a daemon, with the tables beside it."""

import json
import sqlite3
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from powerfsm.audit.findings import Row
from powerfsm.store.snapshot import open_snapshot

PAGE = 5_000
"""Entries read at a time."""

_ENTRY = "seq, at, kind, node, event, operation, generation, before, after, detail FROM journal"


class DatabaseJournal:
    """The journal as of one commit.

    Attributes:
        connection: To the database, in the transaction that sees this commit.
        total: How many entries there are.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.total: int = connection.execute("SELECT count(*) FROM journal").fetchone()[0]

    def pages(self) -> Iterator[list[Row]]:
        """All entries in the order of their numbers; no more than a page of them is in memory."""
        cursor = self.connection.execute(f"SELECT {_ENTRY} ORDER BY seq")
        while page := cursor.fetchmany(PAGE):
            yield _parsed(page)

    def before(self, seq: int, node: str | None, count: int) -> list[Row]:
        """The last `count` entries of a node (or of all) up to a number, in order."""
        where, values = ("seq <= ?", [seq]) if node is None else ("node = ? AND seq <= ?", [node, seq])
        question = f"SELECT {_ENTRY} WHERE {where} ORDER BY seq DESC LIMIT ?"
        return _parsed(self.connection.execute(question, [*values, count]).fetchall())[::-1]


@contextmanager
def open_database(path: Path) -> Generator[DatabaseJournal]:
    """Open the journal of a database, live or not.

    Raises:
        StoreError: It cannot be read, as `open_snapshot` has it.
    """
    with open_snapshot(path) as connection:
        yield DatabaseJournal(connection)


def _parsed(page: Sequence[tuple[Any, ...]]) -> list[Row]:
    # Entries of one bulk have the same detail: its text is parsed once.
    text: str | None = None
    detail: Any = None
    made = []
    for row in page:
        last = row[9]
        if last is None:
            made.append(row)
            continue
        if last is not text and last != text:
            text = last
            try:
                detail = json.loads(last)
            except (ValueError, TypeError):
                detail = last
        made.append((*row[:9], detail))
    return made
