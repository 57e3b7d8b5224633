"""The single writer: what is submitted is decided, committed, published, and then answered.

What arrives during a commit is decided together in the next one, so the number of commits follows the disk and
not the number of requests.

A submission that cannot be committed is refused and nothing of it remains, unless it is *lasting*: what an action
reports has happened in the world and cannot be refused.  It is submitted again until the store takes it, and
whoever reports it goes no further meanwhile.  So it is decided before all requests that wait: they may be a
million, and of reports each node has one or two.  Apart from that decisions are taken in the order of submission.
"""

from collections import deque
from collections.abc import Callable
from typing import Protocol

import structlog
import trio

from powerfsm.actions.ledger import LedgerClosed
from powerfsm.operation import Operation
from powerfsm.registry.draft import Draft
from powerfsm.registry.fleet import Fleet
from powerfsm.registry.refusals import Refusal, ShuttingDown, TooMany
from powerfsm.store.batch import Batch
from powerfsm.store.errors import StoreUnavailable

log = structlog.get_logger(__name__)

MOST_IN_ONE_COMMIT = 20_000
"""Requests decided together; more would make the first of them wait too long for the disk."""

MOST_WAITING = 1_000_000
"""Requests that may wait for a commit before further ones are refused."""

TRY_AGAIN = 1.0
"""Seconds between two attempts to commit what must last, where nothing else arrives."""


class Durable(Protocol):
    """What the writer needs of a store."""

    async def commit(self, batch: Batch) -> None:
        """Make a batch durable as one transaction, or raise `StoreUnavailable` and change nothing."""
        ...


class Submission:
    """Something that changes the fleet, on its way to the disk.

    Args:
        decide: Writes it into a draft; may be called again on another draft.  Gives the operations to answer with.
        lasting: It has happened and cannot be refused.
        weight: How many requests it carries.
        awaited: Somebody waits for the answer.
    """

    __slots__ = ("_done", "decide", "failure", "lasting", "operations", "weight")

    def __init__(
        self,
        decide: Callable[[Draft], list[Operation]],
        *,
        lasting: bool,
        weight: int = 1,
        awaited: bool = True,
    ) -> None:
        self.decide = decide
        self.lasting = lasting
        self.weight = weight
        self.operations: list[Operation] = []
        self.failure: Exception | None = None
        self._done = trio.Event() if awaited else None

    def answer(self) -> None:
        """Let go whoever waits."""
        if self._done is not None:
            self._done.set()

    def refuse(self, failure: Exception) -> None:
        """Let go whoever waits with an error, if he was not let go before."""
        if self._done is not None and not self._done.is_set():
            self.failure = failure
            self._done.set()

    async def answered(self) -> list[Operation]:
        """Wait until it is durable and published.

        Raises:
            Refusal: It was not accepted.
            StoreUnavailable: It could not be made durable.
            LedgerClosed: The writer has ended; what was not durable is as it was on disk.
        """
        if self._done is not None:
            await self._done.wait()
        if self.failure is not None:
            raise self.failure
        return self.operations


class Writer:
    """Decides and commits what is submitted, one draft after the other.

    Args:
        fleet: The present; changed by nobody else.
        store: Where drafts are committed.
        now: The clock of record, seconds since the epoch.
    """

    def __init__(self, fleet: Fleet, store: Durable, now: Callable[[], float]) -> None:
        self._fleet = fleet
        self._store = store
        self._now = now
        self._lasting: deque[Submission] = deque()
        self._requests: deque[Submission] = deque()
        self._weight = 0
        self._wake = trio.Event()
        self._taken: list[Submission] = []
        self._ending = False
        self._closed = False

    def submit(self, submission: Submission) -> Submission:
        """Queue a submission; await its `answered` to know that it is durable.

        Raises:
            ShuttingDown: The writer ends, and nobody would see to it (never for what must last).
            TooMany: Too much is waiting for the disk (never for what must last).
        """
        if self._ending and not submission.lasting:
            raise ShuttingDown
        if not submission.lasting and self._weight + submission.weight > MOST_WAITING:
            raise TooMany(MOST_WAITING)
        if self._closed:
            submission.refuse(LedgerClosed())
            return submission
        (self._lasting if submission.lasting else self._requests).append(submission)
        self._weight += submission.weight
        self._wake.set()
        return submission

    def end(self) -> None:
        """Refuse the requests that wait, and give up on what cannot be committed: nobody is left to see to it."""
        self._ending = True
        for submission in self._requests:
            submission.refuse(ShuttingDown())
        self._requests.clear()
        self._wake.set()

    def wake(self) -> None:
        """Let the loop look again whether it is finished."""
        self._wake.set()

    async def run(self, publish: Callable[[Draft], None], finished: Callable[[], bool]) -> None:
        """Write until `finished`; `publish` is called with each draft once it is durable.

        Whoever still waits when this ends, cancelled or finished, is told `LedgerClosed`.
        """
        try:
            while not (finished() and not self._waiting):
                await self._wake.wait()
                self._wake = trio.Event()
                while self._waiting:
                    draft, self._taken = self._decide()
                    if await self._commit(draft, self._taken):
                        draft.publish()
                        for submission in self._taken:
                            submission.answer()
                        publish(draft)
                    elif self._waiting:
                        with trio.move_on_after(TRY_AGAIN):
                            await self._wake.wait()
                        self._wake = trio.Event()
        finally:
            self._close()

    def _close(self) -> None:
        self._ending = self._closed = True
        for submission in self._taken:
            submission.refuse(LedgerClosed())
        self._refuse_all(LedgerClosed())

    @property
    def _waiting(self) -> bool:
        return bool(self._lasting or self._requests)

    def _refuse_all(self, failure: Exception) -> None:
        for submission in (*self._lasting, *self._requests):
            submission.refuse(failure)
        self._lasting.clear()
        self._requests.clear()

    def _decide(self) -> tuple[Draft, list[Submission]]:
        draft = Draft(self._fleet, self._now())
        taken: list[Submission] = []
        weight = 0
        while self._waiting and weight < MOST_IN_ONE_COMMIT:
            submission = (self._lasting or self._requests).popleft()
            self._weight -= submission.weight
            weight += submission.weight
            try:
                submission.operations = submission.decide(draft)
            except Refusal as refusal:
                submission.refuse(refusal)
            else:
                taken.append(submission)
        return draft, taken

    async def _commit(self, draft: Draft, taken: list[Submission]) -> bool:
        if not taken:
            return True
        try:
            await self._store.commit(draft.batch)
        except StoreUnavailable as error:
            log.error("store.unavailable", error=str(error), submissions=len(taken))
            for submission in reversed(taken):
                if submission.lasting and not self._ending:
                    self._lasting.appendleft(submission)
                    self._weight += submission.weight
                else:
                    submission.refuse(error)
            if self._ending:
                # Nothing is written behind what could not be: what a journal lacks is always its end.
                self._closed = True
                self._refuse_all(error)
            return False
        return True
