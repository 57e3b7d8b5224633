"""The store as the daemon sees it: open, load, commit, and ask.

One thread writes at a time and a few read, beside it.  SQLite is called in threads of trio's (`medium` has the
exceptions), which takes turns by limiters of the store's own, so that no other blocking work of the process can
come between a request and its disk.
"""

import time
from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import trio
from sqlalchemy import Connection, Engine, exc

from powerfsm.journal import Entry
from powerfsm.operation import Operation, Status
from powerfsm.store import migrations, reading, sqlite
from powerfsm.store.batch import Batch, IdempotencyKey, Snapshot
from powerfsm.store.errors import BatchRefused, StoreCorrupt, StoreNewer
from powerfsm.store.medium import LOCAL, Medium
from powerfsm.store.owner import Owner
from powerfsm.store.rows import UnknownValue
from powerfsm.store.writing import REMEMBERED, Writing

_Answer = TypeVar("_Answer")


@asynccontextmanager
async def open_store(
    where: str | Path, *, clock: Callable[[], float] = time.time, medium: Medium = LOCAL
) -> AsyncGenerator["Store", None]:
    """Open the store, make or migrate it where needed, and own it until the block ends.

    A file of an earlier version is migrated in one transaction.  One that is up to 256 MiB large is checked
    whole; of a larger one, the tables that a start rests on (nodes and sessions) are.

    Args:
        where: Path of the file, or `sqlite:///relative` or `sqlite:////absolute`.
        clock: Seconds since the epoch, by which idempotency keys grow old.
        medium: What the file is on.

    Raises:
        StoreInUse: Another daemon owns it.
        StoreNewer: A newer version wrote it.
        StoreCorrupt: It is damaged, or no database.
        StoreForeign: It is another program's database.
        StoreUnwritable: Its directory or the file itself cannot be written.
        StoreUnavailable: The disk is full or fails, or another program holds the file.
        StoreUnsupported: `where` names nothing that a store can be kept in.
    """
    path = sqlite.place(where)
    # Not cancelled half-way: whoever has made the lock and the connections must be here to close them.
    owner, writer = await medium.run(_own, path, medium)
    store = Store(path, owner, writer, clock, medium)
    try:
        yield store
    finally:
        await store.aclose()


def _own(path: Path, medium: Medium) -> tuple[Owner, Engine]:
    owner = Owner(path)
    try:
        return owner, _open(path, medium)
    except BaseException:
        owner.release()
        raise


def _open(path: Path, medium: Medium) -> Engine:
    def refuse_newer(connection: Connection) -> None:
        revision = migrations.current(connection)
        if revision is not None and migrations.unknown(revision):
            raise StoreNewer(path, revision=revision, known=migrations.newest())

    sqlite.look(path, refuse_newer, medium)
    writer = sqlite.writer(path, medium)
    try:
        with writer.begin() as connection:
            if migrations.current(connection) != migrations.newest():
                migrations.upgrade(connection)
                sqlite.sign(connection)
        sqlite.settle(writer, path)
    except exc.DBAPIError as error:
        writer.dispose()
        raise sqlite.explained(error, path) from error
    except BaseException:
        writer.dispose()
        raise
    return writer


class Store:
    """The durable store; made by `open_store`.

    Attributes:
        path: The database file.
    """

    def __init__(
        self, path: Path, owner: Owner, writer: Engine, clock: Callable[[], float], medium: Medium
    ) -> None:
        self.path = path
        self._clock = clock
        self._closed = False
        self._medium = medium
        self._owner = owner
        self._writer = writer
        self._readers = sqlite.readers(path, medium)
        self._statements = Writing(writer.dialect)
        self._writing = trio.CapacityLimiter(1)
        self._reading = trio.CapacityLimiter(sqlite.READERS)

    async def load(self) -> Snapshot:
        """Read what the last process left behind: all nodes, unended operations, sessions in use.

        Raises:
            StoreCorrupt: What is there cannot be read, or cannot be understood.
            StoreUnavailable: The disk fails.
        """
        return await self._ask(reading.snapshot)

    async def commit(self, batch: Batch) -> None:
        """Make a batch durable, as one transaction.

        This is the point of no return, and it is certain on which side of it the caller is:

        * It returns: the batch is on disk, also where the caller was cancelled meanwhile (that is
          delivered at the next checkpoint).
        * It raises, `trio.Cancelled` included: nothing of the batch is there.

        One case remains in which more can be on disk than was told, never less: the disk failed in the very sync
        of the commit, and the machine died before anything else was written.

        The batch must not be changed until this is over.  Commits run one at a time, in the order of their calls.

        Raises:
            StoreUnavailable: It could not be written for now (disk full, I/O error, locked, read-only).
            StoreCorrupt: The file was found to be damaged.
            BatchRefused: The batch breaks a rule of the store; a defect of the caller.
        """
        await self._medium.run(self._write, batch, self._clock(), limiter=self._writing)

    async def operation(self, operation_id: int) -> Operation | None:
        """The operation of this id, ended or not; None where there is none."""
        return await self._ask(lambda connection: reading.one_operation(connection, operation_id))

    async def operations(
        self,
        node: str | Collection[str] | None = None,
        status: Status | Collection[Status] | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> list[Operation]:
        """The newest operations first.

        Args:
            node: Only those of this node, or of these.
            status: Only those of this status, or of these.
            before: Only those with a lower id; for the next page, the last id of this one.
            limit: At most so many.
        """
        names = (node,) if isinstance(node, str) else node
        statuses = (status,) if isinstance(status, Status) else status
        return await self._ask(lambda c: reading.operations(c, names, statuses, before, limit))

    async def journal(self, after: int = 0, limit: int = 1000, node: str | None = None) -> list[Entry]:
        """The first `limit` entries after number `after`, in order; only those of `node` where it is given."""
        return await self._ask(lambda connection: reading.entries(connection, after, limit, node))

    async def idempotency(self, key: str) -> IdempotencyKey | None:
        """What an idempotency key was used for, or None where it is new or older than a day."""
        since = self._clock() - REMEMBERED
        return await self._ask(lambda connection: reading.key(connection, key, since))

    async def aclose(self) -> None:
        """Wait for what is under way, close the file and let another process have it."""
        if self._closed:
            return
        self._closed = True
        with trio.CancelScope(shield=True):
            readers = [object() for _ in range(sqlite.READERS)]
            for reader in readers:
                await self._reading.acquire_on_behalf_of(reader)
            await self._medium.run(self._close, limiter=self._writing)
            for reader in readers:  # those who asked too late are to be told, not to wait for ever
                self._reading.release_on_behalf_of(reader)

    def _close(self) -> None:
        # The writer goes last: the last one to go takes the log into the file and removes it.
        self._readers.dispose()
        self._writer.dispose()
        self._owner.release()

    def _write(self, batch: Batch, now: float) -> None:
        self._check_open()
        try:
            with self._writer.begin() as connection:
                self._statements.write(connection, batch, now)
        except exc.DBAPIError as error:
            raise sqlite.explained(error, self.path) from error
        except (ValueError, TypeError, OverflowError) as error:
            raise BatchRefused(self.path, str(error)) from error

    async def _ask(self, question: Callable[[Connection], _Answer]) -> _Answer:
        return await self._medium.run(self._answer, question, limiter=self._reading)

    def _answer(self, question: Callable[[Connection], _Answer]) -> _Answer:
        self._check_open()
        try:
            with self._readers.begin() as connection:
                return question(connection)
        except exc.DBAPIError as error:
            raise sqlite.explained(error, self.path) from error
        except UnknownValue as error:
            raise StoreCorrupt(self.path, f"it holds what this version does not know, {error}") from error

    def _check_open(self) -> None:
        # SQLAlchemy would quietly open the file again, of which somebody else may be the owner by now.
        if self._closed:
            raise trio.ClosedResourceError(f"store {self.path} is closed")
