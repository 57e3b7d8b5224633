"""Child: begin to make a store, and die by SIGKILL at the point that is asked for."""

import os
import signal
import sqlite3
import sys
from pathlib import Path

import trio
from sqlalchemy import Engine, event

from powerfsm.store.store import open_store


def die(*_: object) -> None:
    """End like a crash."""
    os.kill(os.getpid(), signal.SIGKILL)


async def main(point: str, path: str) -> None:
    """Die at `point`."""
    match point:
        case "before the log":
            die_before_the_log(path)
        case "in the migration":
            event.listen(Engine, "commit", die)
        case "after the migration":
            event.listen(Engine, "close", die)
    async with open_store(path):
        raise AssertionError(f"there is no point {point!r}")


def die_before_the_log(path: str) -> None:
    """Leave what SQLite leaves where it dies before the file has a write-ahead log: a rollback journal."""
    raw = sqlite3.connect(path, isolation_level=None)
    raw.execute("PRAGMA cache_size = 1")
    raw.execute("BEGIN")
    raw.execute("CREATE TABLE half (made)")
    raw.executemany("INSERT INTO half VALUES (?)", [("x" * 4000,)] * 100)
    assert Path(f"{path}-journal").stat().st_size
    die()


trio.run(main, sys.argv[1], sys.argv[2])
