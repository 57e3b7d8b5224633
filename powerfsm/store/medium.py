"""What a store stands on: how its file is connected to, and how the work that waits for the disk is run.

The daemon has `LOCAL`: Python's own SQLite, called in threads of trio's, beside which the rest of the daemon runs.
Another medium has the store as it is run on something else: on a disk in virtual time, for one.
"""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar, TypeVarTuple

import trio

Mode = Literal["ro", "rwc"]
"""Only read, or read and write and make the file where there is none."""

_Answer = TypeVar("_Answer")
_Arguments = TypeVarTuple("_Arguments")


class Raw(Protocol):
    """A connection below SQLAlchemy: all that its dialect `pysqlite` calls of an `sqlite3.Connection`."""

    isolation_level: Any

    def cursor(self) -> Any:
        """A cursor of PEP 249."""
        ...

    def create_function(self, name: str, narg: int, func: Any, /, *, deterministic: bool = False) -> None:
        """Have SQL call `func` by this name."""
        ...

    def commit(self) -> None:
        """Commit the transaction, if there is one."""
        ...

    def rollback(self) -> None:
        """Roll the transaction back, if there is one."""
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...


class Medium(Protocol):
    """What a store stands on."""

    def connect(self, path: Path, mode: Mode) -> Raw:
        """Open the file.

        Any thread may call the connection, one at a time.  It begins no transaction by itself.

        Raises:
            sqlite3.Error: It cannot be opened; `sqlite_errorcode` tells why, as in all that the connection raises.
        """
        ...

    async def run(
        self,
        work: Callable[[*_Arguments], _Answer],
        *arguments: *_Arguments,
        limiter: trio.CapacityLimiter | None = None,
    ) -> _Answer:
        """Call what waits for the disk, without making other tasks wait.

        Cancelled before `work` begins, it raises and `work` was not called; from then on `work` is waited for, and
        what it returns or raises is what comes out.

        Args:
            work: Blocks, and knows nothing of trio.
            arguments: Of `work`.
            limiter: Takes one token meanwhile; trio's default where None.
        """
        ...


class Local:
    """A file of this machine.

    Args:
        busy: Seconds to wait for the lock of another program, which may be making a backup.
    """

    def __init__(self, busy: float = 5.0) -> None:
        self._busy = busy

    def connect(self, path: Path, mode: Mode) -> Raw:
        """Open the file with Python's own SQLite."""
        # `isolation_level=None`: the module begins no transactions by itself; we do.
        uri = f"{path.as_uri()}?mode={mode}"
        return sqlite3.connect(uri, uri=True, timeout=self._busy, isolation_level=None, check_same_thread=False)

    async def run(
        self,
        work: Callable[[*_Arguments], _Answer],
        *arguments: *_Arguments,
        limiter: trio.CapacityLimiter | None = None,
    ) -> _Answer:
        """Call `work` in a thread."""
        return await trio.to_thread.run_sync(work, *arguments, limiter=limiter)


LOCAL = Local()
