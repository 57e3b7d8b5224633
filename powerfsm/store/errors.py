"""What can be wrong with the store: one class per thing that somebody has to do about it.

Whatever is raised, nothing was overwritten, and of a batch that was refused nothing is there.
"""

from pathlib import Path


class StoreError(Exception):
    """The store cannot do what it was asked.

    Attributes:
        path: The database file.
        advice: What the reader should do, one sentence.
    """

    def __init__(self, path: Path, message: str, *, advice: str) -> None:
        super().__init__(message)
        self.path = path
        self.advice = advice

    def __str__(self) -> str:
        """Message and advice in one line."""
        message: str = self.args[0]
        return f"{message}; {self.advice}"


class StoreUnavailable(StoreError):
    """For now nothing can be written or read: disk full, I/O error, locked; a later attempt may succeed."""


class StoreUnwritable(StoreUnavailable):
    """The file cannot be made, opened or written: directory, permissions, read-only or unfit file system.

    Unavailable like the others, for a file system may turn read-only under a daemon that runs, and back.
    """


class StoreUnsupported(StoreError):
    """What was given as the place of the store is no place that this version can keep one in."""


class StoreInUse(StoreError):
    """Another daemon owns this file.

    Attributes:
        pid: Its process id, or None where it is not known.
    """

    def __init__(self, path: Path, *, pid: int | None, host: str | None) -> None:
        holder = "another powerfsm" if pid is None else f"powerfsm with process id {pid}"
        where = "" if host is None else f" on host {host}"
        super().__init__(
            path,
            f"store {path} is in use by {holder}{where}",
            advice="stop that one first, or give this one a store of its own;"
            " two daemons must never drive the same nodes",
        )
        self.pid = pid


class StoreNewer(StoreError):
    """The file was written by a version that is newer than this one.

    Attributes:
        revision: Its schema revision, unknown to this version.
    """

    def __init__(self, path: Path, *, revision: str, known: str) -> None:
        super().__init__(
            path,
            f"store {path} has schema revision {revision}, and this version of powerfsm knows none after"
            f" {known}; nothing was changed",
            advice="upgrade powerfsm, or restore the store from before it was upgraded",
        )
        self.revision = revision


class StoreCorrupt(StoreError):
    """The file is damaged, or is no database at all."""

    def __init__(self, path: Path, damage: str) -> None:
        super().__init__(
            path,
            f"store {path} is damaged: {damage}; nothing was changed",
            advice=f"restore it from a backup, or move {path.name}, {path.name}-wal and {path.name}-shm away"
            " together and start with an empty store",
        )


class StoreForeign(StoreError):
    """The file is a sound database that powerfsm did not make."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            path,
            f"{path} is a database of some other program; nothing was changed",
            advice="give powerfsm a file of its own",
        )


class BatchRefused(StoreError):
    """A batch breaks a rule of the store (two nodes with one address, a gap in the journal): a defect of ours."""

    def __init__(self, path: Path, rule: str) -> None:
        super().__init__(
            path,
            f"store {path} refused a batch: {rule}; nothing of it was written",
            advice="this is a defect in powerfsm, please report it with this message",
        )
