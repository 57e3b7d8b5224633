"""A journal in JSON Lines, as `powerfsm events --after 0 --json` prints it."""

import json
from collections import deque
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from powerfsm.audit.findings import Row

_REMEMBERED = 20_000
"""Entries that are kept for showing what came before one of them."""

_CHUNK = 1 << 18
"""Bytes read at a time, or what there is."""

_MEMBERS = ("seq", "at", "kind", "node", "event", "operation", "generation", "before", "after", "detail")


class BadJournal(ValueError):
    """What was given is no journal."""


class ExportedJournal:
    """The journal in a file or in what another program writes.

    Attributes:
        read: How many bytes have been read.
        total: None: how many entries there are is not known.
    """

    def __init__(self, file: BinaryIO, name: str) -> None:
        self.read = 0
        self.total: int | None = None
        self._file = file
        self._name = name
        self._lines = 0
        self._recent: deque[Row] = deque(maxlen=_REMEMBERED)

    def pages(self) -> Iterator[list[Row]]:
        """All entries as they come; those that are there are not made to wait for others.

        Raises:
            BadJournal: A line is no entry.
        """
        rest = b""
        read = getattr(self._file, "read1", self._file.read)
        while chunk := read(_CHUNK):
            self.read += len(chunk)
            *lines, rest = (rest + chunk).split(b"\n")
            yield self._page(lines)
        if rest.strip():
            yield self._page([rest])

    def before(self, seq: int, node: str | None, count: int) -> list[Row]:
        """The last `count` entries of a node (or of all) up to a number, as far as they are remembered."""
        recent = (row for row in reversed(self._recent) if row[0] <= seq and (node is None or row[3] == node))
        return list(islice(recent, count))[::-1]

    def _page(self, lines: list[bytes]) -> list[Row]:
        page = []
        for line in lines:
            self._lines += 1
            if line and not line.isspace():
                page.append(self._row(line))
        self._recent.extend(page)
        return page

    def _row(self, line: bytes) -> Row:
        try:
            entry: Any = json.loads(line)
        except ValueError as error:
            raise self._bad(f"it is not JSON ({error})") from None
        if not isinstance(entry, dict) or not entry.keys() >= {"seq", "at", "kind", "event"}:
            raise self._bad("it is not an entry of a journal, which has at least seq, at, kind and event")
        if type(entry["seq"]) is not int:
            raise self._bad("its seq is not a number")
        try:
            at = _seconds(entry["at"])
        except (ValueError, TypeError):
            raise self._bad("its time is neither RFC 3339 nor seconds since the epoch") from None
        row = tuple(map(entry.get, _MEMBERS))
        return (row[0], at, *row[2:])  # type: ignore[return-value]  # what is in it the auditor looks at

    def _bad(self, told: str) -> BadJournal:
        return BadJournal(
            f"{self._name}, line {self._lines}: {told}; expected what `powerfsm events --after 0 --json` prints, "
            "or the database of a daemon"
        )


@lru_cache(maxsize=1024)  # what is committed together has the same time
def _seconds(at: str | float) -> float:
    if isinstance(at, str):
        return datetime.fromisoformat(at).timestamp()
    return float(at)


@contextmanager
def open_export(path: Path) -> Generator[ExportedJournal]:
    """Open an export in a file.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        yield ExportedJournal(file, str(path))
