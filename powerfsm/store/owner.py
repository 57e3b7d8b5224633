"""One daemon per store: a lock that the kernel drops when its holder dies, however it dies.

The lock is on a file of its own, `<database>-owner`, and not on the database: SQLite's own locks on the database
are POSIX record locks, which a process loses as soon as it closes *any* descriptor of that file.  It is not
called `.lock` because people delete those; the file stays behind on purpose, and says nothing by being there.
"""

import contextlib
import errno
import fcntl
import os
import socket
from pathlib import Path

from powerfsm.store.errors import StoreInUse, StoreUnavailable, StoreUnwritable

_TRANSIENT = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EINTR}


class Owner:
    """The right to use one store, held until `release` or the end of the process.

    Raises:
        StoreInUse: Another process, or this one, has it already.
        StoreUnwritable: The lock file cannot be made, or its file system cannot lock.
        StoreUnavailable: The system is out of something.
    """

    def __init__(self, store: Path) -> None:
        path = store.with_name(f"{store.name}-owner")
        try:
            self._descriptor = _lock(store, path)
        except OSError as error:
            raise _explained(store, path, error) from error
        with contextlib.suppress(OSError):  # a courtesy to whoever is told `StoreInUse`; a full disk may refuse it
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, f"{os.getpid()} {socket.gethostname()}\n".encode(), 0)

    def release(self) -> None:
        """Let another process have the store."""
        with contextlib.suppress(OSError):
            os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)


def _lock(store: Path, path: Path) -> int:
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_still(path, descriptor):
                return descriptor
        except BlockingIOError:
            pid, host = _holder(descriptor)
            os.close(descriptor)
            raise StoreInUse(store, pid=pid, host=host) from None
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # somebody removed or replaced it between our open and our lock


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _holder(descriptor: int) -> tuple[int | None, str | None]:
    pid, _, host = os.pread(descriptor, 512, 0).decode(errors="replace").strip().partition(" ")
    return (int(pid), host or None) if pid.isdecimal() else (None, None)


def _explained(store: Path, path: Path, error: OSError) -> StoreUnavailable | StoreUnwritable:
    what = f"cannot lock store {store} by {path.name}: {error.strerror}"
    if error.errno in _TRANSIENT:
        return StoreUnavailable(store, what, advice="give the system what it lacks and start again")
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return StoreUnwritable(
            store,
            f"store {store} cannot be made: there is no directory {store.parent}",
            advice="make it, owned by the user that powerfsm runs as",
        )
    return StoreUnwritable(
        store,
        what,
        advice=f"let the user that powerfsm runs as write in {store.parent}, on a local file system",
    )
