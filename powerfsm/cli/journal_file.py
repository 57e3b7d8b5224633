"""The journal from a file: a daemon's database, or what `powerfsm events --json` printed."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import exc, inspect

from powerfsm.client import answers
from powerfsm.journal import Entry, Kind
from powerfsm.store import reading, sqlite
from powerfsm.store.rows import UnknownValue

_MAGIC = b"SQLite format 3\0"
_AT_A_TIME = 10_000

_LINE = TypeAdapter(answers.Entry)


class JournalUnreadable(Exception):
    """There is no journal in the file, or not one that this version can read; the message says what to do."""


def entries(file: str, node: str) -> Iterator[Entry]:
    """The entries of one node, in the order of the journal.

    A database is opened read-only, so that of a daemon that runs may be given.

    Args:
        file: Path of a database or of JSON lines; `-` for JSON lines on standard input.
        node: Name of the node.

    Raises:
        JournalUnreadable: The file cannot be read, or holds something else.
    """
    if file == "-":
        yield from _of_lines(sys.stdin, "standard input", node)
        return
    path = Path(file).resolve()
    try:
        with path.open("rb") as beginning:
            is_database = beginning.read(len(_MAGIC)) == _MAGIC
        if is_database:
            yield from _of_database(path, node)
        else:
            with path.open(encoding="utf-8") as lines:
                yield from _of_lines(lines, file, node)
    except OSError as error:
        raise JournalUnreadable(
            f"{file} cannot be read: {error.strerror}; give a database or JSON lines"
        ) from error


def _of_database(path: Path, node: str) -> Iterator[Entry]:
    engine = sqlite.readers(path)
    try:
        with engine.begin() as connection:
            if not inspect(connection).has_table("journal"):
                raise JournalUnreadable(f"{path} is a database without a journal; give that of a powerfsm daemon")
            after = 0
            while some := reading.entries(connection, after, _AT_A_TIME, node):
                yield from some
                after = some[-1].seq
    except exc.DBAPIError as error:
        raise JournalUnreadable(str(sqlite.explained(error, path))) from error
    except UnknownValue as error:
        raise JournalUnreadable(f"{path} holds what this version does not know, {error}") from error
    finally:
        engine.dispose()


def _of_lines(lines: TextIO, name: str, node: str) -> Iterator[Entry]:
    try:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                try:
                    told = _LINE.validate_json(line)
                    kind = Kind(told.kind)
                except ValueError as error:
                    raise JournalUnreadable(
                        f"line {number} of {name} is no entry of a journal ({_mistake(error)}); "
                        "give what `powerfsm events --json` prints, or a database"
                    ) from error
                if told.node == node:
                    yield _entry(told, kind)
    except UnicodeDecodeError as error:
        raise JournalUnreadable(
            f"{name} is neither a database nor text; give what `powerfsm events --json` prints, or a database"
        ) from error


def _entry(told: answers.Entry, kind: Kind) -> Entry:
    return Entry(
        told.seq,
        told.at.timestamp(),
        kind,
        told.node,
        told.event,
        told.operation,
        told.generation,
        told.before,
        told.after,
        told.detail,
    )


def _mistake(error: ValueError) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        return f"{where}: {first['msg']}" if where else str(first["msg"])
    return str(error)
