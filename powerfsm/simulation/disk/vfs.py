"""The way from SQLite to the disk: a VFS whose every change is counted, may fail, and can be taken back.

Files are real ones in the mount's directory, opened by SQLite's own `unix` VFS, so that locks and the shared
memory of the write-ahead log are SQLite's.  What differs is that a sync syncs nothing real, and that nothing of a
dead process reaches a file.  Interfaces: sqlite.org/c3ref/io_methods.html, sqlite.org/c3ref/vfs.html.

SQLite's shared memory (`-shm`) is no data: it is made anew by whoever comes next, and does not pass here.
"""

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Literal, Protocol

import apsw
from typing_extensions import Buffer

from powerfsm.simulation.disk.unsynced import Unsynced, tear

BASE = "unix"
"""SQLite's own VFS that files are opened with."""

Operation = Literal["write", "sync", "read"]
"""What a disk operation is, for the purpose of failing."""

_WORDS = {
    apsw.SQLITE_IOERR: "disk I/O error",
    apsw.SQLITE_FULL: "database or disk is full",
    apsw.SQLITE_CANTOPEN: "unable to open database file",
}

_UNIX_EPOCH = 210_866_760_000_000
"""Milliseconds from the beginning of the Julian period to 1970 (sqlite.org/c3ref/vfs.html)."""


def refusal(code: int) -> Exception:
    """An error that SQLite takes for a result code, in SQLite's own words (sqlite.org/rescode.html)."""
    error = apsw.exception_for(code)
    error.args = (_WORDS[code & 0xFF],)
    return error


class Process(Protocol):
    """What the VFS asks of the process that it serves."""

    @property
    def dead(self) -> bool:
        """Nothing of it gets to the disk any more."""
        ...

    @property
    def full(self) -> bool:
        """No file can grow."""
        ...

    @property
    def chance(self) -> Random:
        """Draws what an operation that fails has done."""
        ...

    def admit(self, operation: Operation, code: int) -> None:
        """Count a disk operation, before it happens.

        Raises:
            apsw.Error: With result code `code`: it does not happen.
        """
        ...

    def unsynced(self, path: Path) -> Unsynced:
        """What is not synced of a file."""
        ...

    def removed(self, path: Path) -> None:
        """Forget a file."""
        ...


class File(apsw.VFSFile):
    """An open file: the database, its log, or its rollback journal."""

    def __init__(self, process: Process, name: apsw.URIFilename | str, flags: list[int]) -> None:
        super().__init__(BASE, name, flags)
        self._process = process
        self._unsynced = process.unsynced(_path(name))

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802 (SQLite's name)
        """Read what was written last, synced or not."""
        self._process.admit("read", apsw.SQLITE_IOERR_READ)
        return super().xRead(amount, offset)

    def xWrite(self, data: Buffer, offset: int) -> None:  # noqa: N802
        """Write, and keep what was there before until the next sync; what is refused may be written in part."""
        written = bytes(data)
        try:
            self._process.admit("write", apsw.SQLITE_IOERR_WRITE)
        except apsw.Error:
            if not self._process.dead:
                self._put(written[: tear(offset, len(written), self._process.chance)], offset)
            raise
        if self._process.full and offset + len(written) > self._unsynced.size:
            self._put(written[: max(0, self._unsynced.size - offset)], offset)
            raise refusal(apsw.SQLITE_FULL)
        self._put(written, offset)

    def _put(self, written: bytes, offset: int) -> None:
        if not written:
            return
        replaced = min(len(written), self._unsynced.size - offset)
        before = super().xRead(replaced, offset) if replaced > 0 else b""
        super().xWrite(written, offset)
        self._unsynced.wrote(offset, written, before)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        """Cut off the end, or do nothing where there is none."""
        self._process.admit("write", apsw.SQLITE_IOERR_TRUNCATE)
        known = self._unsynced.size
        if newsize >= known:
            return
        before = super().xRead(known - newsize, newsize)
        super().xTruncate(newsize)
        self._unsynced.truncated(newsize, before)

    def xSync(self, flags: int) -> None:  # noqa: N802, ARG002
        """Make all that was written durable, whoever wrote it."""
        try:
            self._process.admit("sync", apsw.SQLITE_IOERR_FSYNC)
        except apsw.Error:
            if not self._process.dead:
                everything = super().xRead(self._unsynced.size, 0)
                self._unsynced.not_synced(everything, self._process.chance)
            raise
        self._unsynced.synced()


class Vfs(apsw.VFS):
    """What the connections of one process are opened with.

    Args:
        name: Under which SQLite knows it; none other of the interpreter has it.
        process: Whose it is.
        clock: Seconds since the epoch; what SQL takes for the time.
    """

    def __init__(self, name: str, process: Process, clock: Callable[[], float]) -> None:
        super().__init__(name, BASE)
        self._process = process
        self._clock = clock

    def xOpen(self, name: apsw.URIFilename | str | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        """Open a file; making it is a disk operation, and durable at once."""
        if self._process.dead:
            raise refusal(apsw.SQLITE_CANTOPEN)
        if name is None:  # of no use to anybody after the process
            return apsw.VFSFile(BASE, name, flags)
        if flags[0] & apsw.SQLITE_OPEN_CREATE and not _path(name).exists():
            self._process.admit("write", apsw.SQLITE_CANTOPEN)
        return File(self._process, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        """Remove a file, durably at once."""
        self._process.admit("write", apsw.SQLITE_IOERR_DELETE)
        super().xDelete(filename, syncdir)
        self._process.removed(Path(filename))

    def xCurrentTimeInt64(self) -> int:  # noqa: N802
        """Milliseconds of the Julian period."""
        return _UNIX_EPOCH + int(self._clock() * 1000)

    def xSleep(self, microseconds: int) -> int:  # noqa: N802
        """Do not sleep: in virtual time nobody could let go of a lock meanwhile."""
        return microseconds


def _path(name: apsw.URIFilename | str) -> Path:
    return Path(name.filename() if isinstance(name, apsw.URIFilename) else name)
