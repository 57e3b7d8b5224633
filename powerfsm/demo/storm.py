"""The storm: requesters that change their minds faster than machines can follow, and remember what they were told.

Each node has its own sequence of wishes, made from the seed alone: bursts of contradicting requests, and rests in
which it can arrive.  The nodes are dealt out to a few requesters; a request carries whatever is due at the
moment.  Requests that the daemon's death left unanswered are sent again with the same idempotency key until they
are answered, except that now and then a requester gives up, as people do, and never learns what became of it.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from random import Random

import trio

from powerfsm.client import Client, DaemonUnreachable, Operation, PowerRequest, ProblemError
from powerfsm.demo.claims import Claims, now
from powerfsm.operation import Status
from powerfsm.power import Ask

REQUESTERS = 6
_MOST_AT_ONCE = 200
_LISTEN = 2.0
"""Seconds after which the listener asks anew, so that operations that came meanwhile are among those asked for."""
AGAIN = 0.05
FORGETFUL = 0.2
"""How often a request that was not answered is never sent again."""

_ON = (Ask.ON, Ask.ON, Ask.ON, Ask.CYCLE, Ask.RESET)
_OFF = (Ask.OFF, Ask.OFF, Ask.OFF, Ask.SOFT_OFF, Ask.READY)
_CONTRARY = 0.75
_PASSING = frozenset({"not-ready", "shutting-down", "store-unavailable", "too-many"})


class LostOperation(Exception):
    """A daemon does not know an operation that it has answered with."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Something to ask of a node.

    Attributes:
        rest: Seconds after the wish before.
        ask: What to ask for.
    """

    rest: float
    ask: Ask


def wishes(seed: int, node: str, pace: float = 1.0) -> Iterator[Wish]:
    """The wishes for a node, without end.

    Args:
        seed: The same seed and node give the same wishes.
        node: The node's name.
        pace: How much longer all rests are.
    """
    random = Random(f"{seed}/{node}")
    upwards = random.random() < 0.5
    # Not all nodes rest at the beginning.
    shortest, longest = 0.0, 3.0
    while True:
        for place in range(random.randint(1, 6)):
            rest = random.uniform(shortest, longest) if place == 0 else random.uniform(0.0, 0.6)
            upwards ^= random.random() < _CONTRARY
            yield Wish(rest * pace, random.choice(_ON if upwards else _OFF))
        shortest, longest = 2.0, 9.0


@dataclass(slots=True)
class Tally:
    """What the requesters have counted.

    Attributes:
        sent: HTTP requests that were answered or may have arrived.
        answered: Requests for one node that were answered.
        repeated: HTTP requests that had to be sent again.
        unknown: Requests for one node that were never answered, and given up.
        ended: Operations, by how they ended.
        lost: Operations that were answered with and are not known any more.
        failures: Why operations failed, by operation.
    """

    sent: int = 0
    answered: int = 0
    repeated: int = 0
    unknown: int = 0
    ended: Counter[Status] = field(default_factory=Counter)
    lost: set[int] = field(default_factory=set)
    failures: dict[int, str] = field(default_factory=dict)


class Gate:
    """Where requesters wait while the daemon is not there."""

    def __init__(self) -> None:
        self._open = trio.Event()

    @property
    def is_open(self) -> bool:
        """Whether nobody waits."""
        return self._open.is_set()

    def open(self) -> None:
        """Let everybody through."""
        self._open.set()

    def shut(self) -> None:
        """Have everybody wait."""
        if self._open.is_set():
            self._open = trio.Event()

    async def passed(self) -> None:
        """Wait until it is open."""
        await self._open.wait()


class Storm:
    """Requesters for a fleet, and a listener who waits for their operations.

    Args:
        client: The daemon.
        names: The nodes.
        claims: Where claims go.
        gate: Shut by whoever kills the daemon.
        seed: What makes the wishes.
        pace: How much longer all rests are.
        requesters: How many requesters share the nodes: the fewer, the more is asked in one request.

    Attributes:
        operations: Ids of all operations that were answered with.
        tally: What was counted so far.
    """

    def __init__(
        self,
        client: Client,
        names: Sequence[str],
        claims: Claims,
        gate: Gate,
        seed: int,
        *,
        pace: float = 1.0,
        requesters: int = REQUESTERS,
    ) -> None:
        self._client = client
        self._names = names
        self.claims = claims
        self._gate = gate
        self._seed = seed
        self._pace = pace
        self._requesters = min(requesters, len(names))
        self._random = Random(f"{seed}/requesters")
        self._over = trio.Event()
        self._keys = 0
        # The operations not known to have ended, and the last claim that each of them answers.
        self._open: dict[int, str] = {}
        self._ended: set[int] = set()
        self._opened = trio.Event()
        self._all_ended = trio.Event()
        self._all_ended.set()
        # Which nodes' last request was never answered, and which nodes' last one has failed.
        self._uncertain: dict[str, Ask] = {}
        self._failed: dict[str, Ask] = {}
        self.operations: set[int] = set()
        self.tally = Tally()

    @property
    def open(self) -> int:
        """How many operations are not known to have ended."""
        return len(self._open)

    async def rage(self) -> None:
        """Ask until `abate` is called; returns when every request has been answered or given up."""
        async with trio.open_nursery() as nursery:
            for first in range(self._requesters):
                nursery.start_soon(self._request, self._names[first :: self._requesters])

    def abate(self) -> None:
        """Ask for nothing more."""
        self._over.set()

    async def make_certain(self) -> None:
        """Ask again for what was last asked and never answered, so that each node's last request was answered."""
        await self.ask(list(self._uncertain.items()), keep=True)

    async def try_again(self) -> int:
        """Ask again for what was last asked and has failed, as people do; gives of how many nodes."""
        failed, self._failed = self._failed, {}
        await self.ask(list(failed.items()), keep=True)
        return len(failed)

    async def listen(self) -> None:
        """Learn how operations end, for ever, and claim the successes."""
        while True:
            await self._gate.passed()
            if not self._open:
                self._opened = trio.Event()
                await self._opened.wait()
            try:
                with trio.move_on_after(_LISTEN):
                    async for operation in self._client.as_they_end(list(self._open), patience=0):
                        self._end(operation)
            except DaemonUnreachable:
                await trio.sleep(AGAIN)
            except ProblemError as problem:
                if problem.name == "unknown-operation":
                    self._lose(problem)
                elif problem.name not in _PASSING:
                    raise
                await trio.sleep(AGAIN)

    async def quiet(self) -> None:
        """Wait until all operations are known to have ended; `listen` has to run."""
        await self._all_ended.wait()

    async def _request(self, names: Sequence[str]) -> None:
        """Be one requester."""
        scripts = {name: wishes(self._seed, name, self._pace) for name in names}
        started = trio.current_time()
        agenda: list[tuple[float, str, Ask]] = []
        for name, script in scripts.items():
            wish = next(script)
            agenda.append((started + wish.rest, name, wish.ask))
        heapify(agenda)
        while True:
            with trio.move_on_at(agenda[0][0]):
                await self._over.wait()
            # Where the daemon is slower than the wishes, one is always due.
            if self._over.is_set():
                return
            due: list[tuple[str, Ask]] = []
            while agenda and agenda[0][0] <= trio.current_time() and len(due) < _MOST_AT_ONCE:
                _, name, ask = heappop(agenda)
                due.append((name, ask))
            await self.ask(due)
            for name, _ in due:
                wish = next(scripts[name])
                heappush(agenda, (trio.current_time() + wish.rest, name, wish.ask))

    async def ask(self, wanted: Sequence[tuple[str, Ask]], *, keep: bool = False) -> None:
        """Ask until there is an answer, or the requester gives up.

        Args:
            wanted: Nodes and what to ask of them, in one request.
            keep: Never give up.

        Raises:
            ProblemError: The daemon refuses.
        """
        if not wanted:
            return
        self._keys += 1
        key = f"storm-{self._seed}-{self._keys}"
        requests = [PowerRequest([name], ask) for name, ask in wanted]
        began: float | None = None
        while True:
            await self._gate.passed()
            attempt = now()
            try:
                operations = await self._client.power_each(requests, key=key)
            except DaemonUnreachable as error:
                if error.sent and began is None:
                    began = attempt
                if began is not None and not keep and self._random.random() < FORGETFUL:
                    self._give_up(wanted, began)
                    return
            except ProblemError as problem:
                # A problem is an answer: nothing has changed.
                if problem.name not in _PASSING:
                    raise
            else:
                self._take(wanted, operations, attempt if began is None else began)
                return
            self.tally.repeated += 1
            await trio.sleep(AGAIN)

    def _take(self, wanted: Sequence[tuple[str, Ask]], operations: Sequence[Operation], began: float) -> None:
        self.tally.sent += 1
        self.tally.answered += len(wanted)
        for (name, ask), operation in zip(wanted, operations, strict=True):
            self._uncertain.pop(name, None)
            self._failed.pop(name, None)
            self._open[operation.id] = self.claims.ask(began, name, ask)
            self.operations.add(operation.id)
        self._opened.set()
        if self._all_ended.is_set():
            self._all_ended = trio.Event()

    def _give_up(self, wanted: Sequence[tuple[str, Ask]], began: float) -> None:
        self.tally.sent += 1
        self.tally.unknown += len(wanted)
        for name, ask in wanted:
            self.claims.ask(began, name, ask)
            self._failed.pop(name, None)
            self._uncertain[name] = ask

    def _end(self, operation: Operation) -> None:
        claim = self._close(operation.id)
        if claim is None:
            return
        if operation.id not in self._ended:
            # It can come again: a request that has joined it just before its end is answered after it.
            self._ended.add(operation.id)
            self.tally.ended[operation.status] += 1
        if operation.status is Status.SUCCEEDED:
            self.claims.declare(operation.node, operation.ask.desired.power, claim)
        elif operation.status is Status.FAILED:
            self.tally.failures[operation.id] = operation.reason or ""
            if claim == self.claims.newest(operation.node):
                self._failed[operation.node] = operation.ask

    def _lose(self, problem: ProblemError) -> None:
        number = problem.members.get("operation")
        if not isinstance(number, int) or number not in self._open:
            raise LostOperation(problem.detail) from problem
        self._close(number)
        self.tally.lost.add(number)

    def _close(self, number: int) -> str | None:
        claim = self._open.pop(number, None)
        if not self._open:
            self._all_ended.set()
        return claim
