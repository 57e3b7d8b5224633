"""How long it takes from a supersede to its fence, and to the next command at the BMC.

A stopwatch stands where the core meets its surroundings, and changes nothing.  It listens to the feed, which tells
of a supersede in the very turn in which it is published, and it hands on drivers whose sessions note when they are
asked to close and when that has been answered.  What really reached a BMC is read from the simulator's event log;
both go by the machine's monotonic clock.
"""

import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import inf

import trio

from bmcsim.events import Event
from powerfsm.bmc import Bmc
from powerfsm.drivers.driver import Driver, Session
from powerfsm.journal import Entry, Kind
from powerfsm.power import Command, Power
from powerfsm.registry.feed import Feed, Subscription
from powerfsm.spec import Spec

_STARTING = frozenset({"request", "next", "recover", "cancelled", "confirmed", "gave-up", "read-on", "read-off"})
"""The events by which an action starts, where the node was at rest or was being cancelled and is driven then."""

_DRIVEN = frozenset({"powering-on", "powering-off"})


@dataclass(slots=True)
class Supersede:
    """One action in play that was superseded; times in seconds of the monotonic clock, None where there is none.

    Attributes:
        node: Of which node.
        asked: When the requester asked.
        durable: When the request was on disk and published, and the action was told to stop.
        session: The session that was open then, and was not being closed yet.
        asked_to_close: When its Close Session was sent first.
        told_closed: When the BMC's answer had come.
        closed: When the BMC closed it, by its own log.
        next_session: The session in which the operation that waited sent its command.
        settled: Until when nothing could be sent for the settle time.
        commanded: When that command reached the BMC, by its own log.
    """

    node: str
    asked: float
    durable: float
    session: int | None
    asked_to_close: float | None = None
    told_closed: float | None = None
    closed: float | None = None
    next_session: int | None = None
    settled: float = -inf
    commanded: float | None = None


class _Ear(Subscription):
    """Hears what is published in the same turn."""

    def __init__(self, feed: Feed, hear: Callable[[Sequence[Entry]], None]) -> None:
        super().__init__(feed, 1)
        self._hear = hear

    def offer(self, entries: Sequence[Entry]) -> None:
        self._hear(entries)


class Stopwatch:
    """Times supersedes and counts what is commanded; hand drivers on as `timed`, and `listen` to the feed.

    Args:
        spec: The declared machine.
        nodes: Node by the host and port of its BMC.

    Attributes:
        supersedes: All of them, in order.
        starts: Actions started, by node.
        turns: Second legs begun (the on of a cycle), by node.
        vain: Power commands that were not answered, or refused, and so may be sent once more, by node.
        asked: When each requester, by the name he gives, asked what he waits for now; to be kept by requesters.
        settled_at: When the settle time before a command in a direction is over, by the monotonic clock.
    """

    def __init__(self, spec: Spec, nodes: Mapping[tuple[str, int], str]) -> None:
        self.supersedes: list[Supersede] = []
        self.starts: Counter[str] = Counter()
        self.turns: Counter[str] = Counter()
        self.vain: Counter[str] = Counter()
        self.asked: dict[str, float] = {}
        self.settled_at: Callable[[str, Power], float] = lambda _node, _goal: -inf
        self._nodes = nodes
        self._kind = spec.node.kind
        self._open: dict[str, int] = {}
        self._pending: dict[str, Supersede] = {}
        self._awaited: dict[str, trio.Event] = {}

    def timed(self, driver: Driver) -> Driver:
        """The driver, with sessions that tell when they are used."""
        return _TimedDriver(driver, self)

    def forget(self) -> None:
        """Begin anew: what was counted and timed so far is told no more."""
        self.supersedes = []
        for counter in (self.starts, self.turns, self.vain):
            counter.clear()

    @contextmanager
    def listen(self, feed: Feed) -> Generator[None]:
        """Hear what a registry publishes, for as long as the block lasts."""
        with _Ear(feed, self._hear):
            yield

    def node_at(self, bmc: Bmc) -> str:
        """The node that has a BMC."""
        return self._nodes[bmc.host, bmc.port]

    def _hear(self, entries: Sequence[Entry]) -> None:
        now = time.monotonic()
        for entry in entries:
            if entry.kind is Kind.COMMAND:
                self._count(entry)
            elif entry.kind is Kind.TRANSITION and entry.before != entry.after and entry.node is not None:
                self._step(entry, entry.node, now)

    def _count(self, entry: Entry) -> None:
        if entry.node is not None and entry.detail["outcome"] in ("refused", "unanswered"):
            self.vain[entry.node] += 1

    def _step(self, entry: Entry, node: str, now: float) -> None:
        if entry.after == "cancelling":
            asked = self.asked.get(str(entry.detail["by"]), now)
            found = Supersede(node, asked, now, self._open.get(node))
            self.supersedes.append(found)
            self._pending[node] = found
        elif entry.event == "turned":
            self.turns[node] += 1
        elif entry.after in _DRIVEN and entry.event in _STARTING and entry.before is not None:
            self.starts[node] += entry.before == "cancelling" or self._kind(entry.before) == "resting"

    async def commanded(self, node: str) -> None:
        """Wait until the BMC of a node has answered the next power command."""
        await self._awaited.setdefault(node, trio.Event()).wait()

    # What the driver tells.

    def opened(self, node: str, session: int) -> None:
        """A session is open."""
        self._open[node] = session

    def commanding(self, node: str, session: int, command: Command) -> None:
        """A power command is about to be sent."""
        pending = self._pending.get(node)
        if pending is not None and pending.session != session:
            pending.next_session = session
            pending.settled = self.settled_at(node, command.direction)
            del self._pending[node]

    def answered(self, node: str) -> None:
        """The BMC has answered it."""
        awaited = self._awaited.pop(node, None)
        if awaited is not None:
            awaited.set()

    def closing(self, node: str, session: int) -> None:
        """A session is about to be asked to close."""
        self._open.pop(node, None)
        pending = self._pending.get(node)
        if pending is None:
            return
        if pending.session == session:
            pending.asked_to_close = time.monotonic()
        else:
            # The next action ends and had nothing to command.
            del self._pending[node]

    def closed(self, node: str, session: int) -> None:
        """The BMC has answered that it is closed."""
        pending = self._pending.get(node)
        if pending is not None and pending.session == session:
            pending.told_closed = time.monotonic()


def complete(supersedes: Iterable[Supersede], log: Iterable[Event]) -> None:
    """Enter into supersedes what the simulator's log tells of them."""
    closes: dict[tuple[str, int], Supersede] = {}
    nexts: dict[tuple[str, int], Supersede] = {}
    for each in supersedes:
        if each.session is not None:
            closes[each.node, each.session] = each
        if each.next_session is not None:
            nexts[each.node, each.next_session] = each
    for event in log:
        key = (event["node"], event.get("session", 0))
        if event["event"] == "session-closed" and key in closes:
            closes.pop(key).closed = event["t"]
        elif event["event"] == "command" and key in nexts:
            nexts.pop(key).commanded = event["t"]


class _TimedSession:
    """A session that tells when it is used."""

    def __init__(self, inner: Session, node: str, stopwatch: Stopwatch) -> None:
        self._inner = inner
        self._node = node
        self._stopwatch = stopwatch

    @property
    def id(self) -> int:
        return self._inner.id

    async def read_power(self) -> Power:
        return await self._inner.read_power()

    async def command(self, command: Command, *, once: bool = False) -> None:
        self._stopwatch.commanding(self._node, self.id, command)
        await self._inner.command(command, once=once)
        self._stopwatch.answered(self._node)

    async def close(self) -> None:
        self._stopwatch.closing(self._node, self.id)
        await self._inner.close()
        self._stopwatch.closed(self._node, self.id)


class _TimedDriver:
    """A driver with such sessions."""

    def __init__(self, inner: Driver, stopwatch: Stopwatch) -> None:
        self._inner = inner
        self._stopwatch = stopwatch

    async def open(self, bmc: Bmc) -> Session:
        session = await self._inner.open(bmc)
        node = self._stopwatch.node_at(bmc)
        self._stopwatch.opened(node, session.id)
        return _TimedSession(session, node, self._stopwatch)

    async def fence(self, bmc: Bmc, session_id: int) -> None:
        await self._inner.fence(bmc, session_id)
