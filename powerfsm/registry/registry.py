"""The registry: every node, the operations on it, and the action in play.

The way of everything that changes a node is the same and goes one way: it is submitted to the writer, *decided*
in a draft, *committed* by the store, *published*; then whoever submitted it is answered, and actions start or are
cancelled.

Because there is one writer, "declare, atomically with: desired is still the same" needs no lock: a request that
was decided before the declaration is seen by it, one that comes later starts from what was declared.
"""

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import MappingProxyType

import structlog
import trio

from powerfsm.actions import Action, Facts, Workshop
from powerfsm.journal import Entry, Kind
from powerfsm.node import Node
from powerfsm.operation import Operation
from powerfsm.registry.assertions import Assertions
from powerfsm.registry.decisions import Decisions
from powerfsm.registry.draft import Draft
from powerfsm.registry.feed import Feed
from powerfsm.registry.fleet import NO_SESSIONS, Fleet
from powerfsm.registry.keys import RecentKeys
from powerfsm.registry.refusals import (
    DuplicateAddress,
    DuplicateNode,
    NodeBusy,
    NodeUnfenced,
    ShuttingDown,
    StaleGeneration,
    UnknownNode,
)
from powerfsm.registry.requests import PowerRequest
from powerfsm.registry.writer import Durable, Submission, Writer
from powerfsm.spec import Spec
from powerfsm.store.batch import IdempotencyKey, SessionInUse

log = structlog.get_logger(__name__)


class Registry:
    """All nodes, the operations on them, and the actions in play.

    Args:
        spec: The declared machine.
        store: Where batches are committed.
        fleet: What the last process left.
        workshop: What actions work with: drivers, limits, timings.
        now: The clock of record, seconds since the epoch.
        alarm: Called with a sentence when a node breaks a property of the spec, for tests and simulations to fail;
            it is counted and logged in any case.

    Attributes:
        nodes: Committed nodes by name; a live, read-only view.
        operations: Those that have not ended, by id; likewise.
        accepting: Whether power requests are accepted.
        ready: Whether recovery has taken up all outstanding work.
        defects: Rejected events seen since the start; each is a bug somewhere, and is logged as one.
        assertions: The properties that nodes are held to after each commit, and how often each was found broken.
    """

    def __init__(
        self,
        spec: Spec,
        store: Durable,
        fleet: Fleet,
        workshop: Workshop,
        now: Callable[[], float] = time.time,
        alarm: Callable[[str], None] | None = None,
    ) -> None:
        self.spec = spec
        self.store = store
        self.feed = Feed()
        self.nodes: Mapping[str, Node] = MappingProxyType(fleet.nodes)
        self.operations: Mapping[int, Operation] = MappingProxyType(fleet.operations)
        self.actions: dict[str, Action] = {}
        self.accepting = False
        self.ready = False
        self.defects = 0
        self.assertions = Assertions(spec, now, alarm)
        self._decisions = Decisions(spec)
        self._fleet = fleet
        self._workshop = workshop
        self._writer = Writer(fleet, store, now)
        self._watchers: dict[int, tuple[trio.Event, list[Operation]]] = {}
        self._onlookers: dict[str, trio.CancelScope] = {}
        self._told_closed: set[tuple[str, int]] = set()
        self._keys = RecentKeys()
        self._closing = False

    # What requesters ask.

    async def request(
        self, requests: Sequence[PowerRequest], *, asked_by: str = "local", key: tuple[str, str] | None = None
    ) -> list[Operation]:
        """Ask nodes for power states; all of the requests are accepted, durably, or none.

        Args:
            requests: What is asked, decided in this order.
            asked_by: Who asks, for the journal.
            key: An idempotency key that is new to the store, and the fingerprint of the request it is used for.

        Returns:
            The operation of each request, in the same order; equal ones share an operation.

        Raises:
            Refusal: One of the requests cannot be accepted; so none was.
            StoreUnavailable: They cannot be made durable; none was accepted.
        """
        if not self.accepting:
            raise ShuttingDown
        known = None if key is None else self._keys.get(*key)
        if known is not None:
            return await known.answered()

        def decide(draft: Draft) -> list[Operation]:
            for request in requests:
                node = draft.node(request.node)
                if node is None:
                    raise UnknownNode(request.node)
                if request.generation is not None and request.generation != node.generation:
                    raise StaleGeneration(request.node, request.generation, node.generation)
            facts = {ask: Facts(ask=ask, asked_by=asked_by) for ask in {request.ask for request in requests}}
            given = [self._decide_request(draft, request, facts[request.ask]) for request in requests]
            if key is not None:
                numbers = tuple(operation.id for operation in given)
                draft.batch.keys.append(IdempotencyKey(key[0], key[1], numbers, draft.now))
            return given

        submission = self._submit(Submission(decide, lasting=False, weight=len(requests)))
        if key is not None:
            self._keys.put(*key, submission)
        return await submission.answered()

    def _decide_request(self, draft: Draft, request: PowerRequest, facts: Facts) -> Operation:
        node = draft.node(request.node)
        if node is None:
            raise UnknownNode(request.node)
        step, operation = self._decisions.decide(draft, node, "request", facts)
        if operation is None:
            raise LookupError(f"the spec gives a request in state {step.before!r} no operation")
        return operation

    async def add(self, nodes: Sequence[Node]) -> None:
        """Take nodes into the fleet, all or none.

        Raises:
            DuplicateNode: There is one of this name.
            DuplicateAddress: Its BMC address belongs to another node.
            StoreUnavailable: They cannot be made durable.
        """

        def decide(draft: Draft) -> list[Operation]:
            names = set[str]()
            for node in nodes:
                if node.name in names or draft.node(node.name) is not None:
                    raise DuplicateNode(node.name)
                names.add(node.name)
            _check_addresses(draft, nodes)
            for node in nodes:
                draft.settle(node)
                draft.note(
                    Kind.CONFIGURATION, node, "added", detail={"host": node.bmc.host, "port": node.bmc.port}
                )
            return []

        await self._submit(Submission(decide, lasting=False, weight=len(nodes))).answered()

    async def change(self, nodes: Sequence[Node]) -> None:
        """Give nodes another BMC or policy, all or none; their power is left as it is.

        Raises:
            UnknownNode: There is none of this name.
            NodeBusy: An action is in play, or (`NodeUnfenced`) its BMC may still act on what was sent to it.
            DuplicateAddress: Its BMC address belongs to another node.
            StoreUnavailable: The change cannot be made durable.
        """

        def decide(draft: Draft) -> list[Operation]:
            present = [_at_rest(draft, node.name) for node in nodes]
            _check_addresses(draft, nodes)
            for before, node in zip(present, nodes, strict=True):
                if (before.bmc.host, before.bmc.port) != (node.bmc.host, node.bmc.port):
                    self._check_fenced(before)
            for before, node in zip(present, nodes, strict=True):
                now = replace(before, bmc=node.bmc, policy=node.policy)
                draft.settle(now)
                draft.note(Kind.CONFIGURATION, now, "changed", detail={"host": now.bmc.host, "port": now.bmc.port})
            return []

        await self._submit(Submission(decide, lasting=False, weight=len(nodes))).answered()

    async def remove(self, names: Sequence[str]) -> None:
        """Let go of nodes, all or none; their power is left as it is.

        Raises:
            UnknownNode: There is none of this name.
            NodeBusy: An action is in play, or (`NodeUnfenced`) its BMC may still act on what was sent to it.
            StoreUnavailable: It cannot be made durable.
        """

        def decide(draft: Draft) -> list[Operation]:
            leaving = [_at_rest(draft, name) for name in names]
            for node in leaving:
                self._check_fenced(node)
            for node in leaving:
                draft.remove(node)
                draft.note(Kind.CONFIGURATION, node, "removed")
            return []

        await self._submit(Submission(decide, lasting=False, weight=len(names))).answered()

    def _check_fenced(self, node: Node) -> None:
        seconds = self._workshop.harmless_in(node, self.sessions(node.name).values())
        if seconds > 0:
            raise NodeUnfenced(node.name, seconds)

    async def ended(self, operation_id: int) -> Operation:
        """Wait until an operation has ended.

        Raises:
            KeyError: No operation of this id is under way; if there was one, the store knows how it ended.
        """
        if operation_id not in self.operations:
            raise KeyError(operation_id)
        event, end = self._watchers.setdefault(operation_id, (trio.Event(), []))
        await event.wait()
        return end[0]

    def outstanding(self) -> list[Node]:
        """The recovery listing: nodes with work that has not ended, in error, or with a session on record."""
        sessions = self._fleet.sessions
        return [
            node
            for node in self.nodes.values()
            if node.in_play is not None
            or node.waiting is not None
            or node.state == "error"
            or node.name in sessions
        ]

    @property
    def journal_length(self) -> int:
        """The journal's last number."""
        return self._fleet.last_seq

    def sessions(self, name: str) -> Mapping[int, SessionInUse]:
        """The sessions of a node that are not shown to be closed, by their id."""
        left = self._fleet.sessions.get(name, NO_SESSIONS)
        if left and self._told_closed:
            return {number: each for number, each in left.items() if (name, number) not in self._told_closed}
        return left

    # What actions, the sweep and recovery tell (the `Ledger` of `powerfsm.actions`).

    async def report(self, name: str, event: str, facts: Facts) -> None:
        """Take an event of the machine `node` that has happened; returns once it is durable and published."""

        def decide(draft: Draft) -> list[Operation]:
            node = draft.node(name)
            if node is not None:
                self._decide(draft, node, event, facts)
            return []

        await self._submit(Submission(decide, lasting=True)).answered()

    async def end_action(self, name: str, event: str, facts: Facts) -> None:
        """Take the last event of an action: it is out of play before the next one of the node can start."""

        def decide(draft: Draft) -> list[Operation]:
            node = draft.node(name)
            if node is not None:
                draft.live.append(("retire", name))
                self._decide(draft, node, event, facts)
            return []

        await self._submit(Submission(decide, lasting=True)).answered()

    async def recover(self, names: Sequence[str]) -> None:
        """Take up the outstanding work of nodes as the last process left them, in one commit."""

        def decide(draft: Draft) -> list[Operation]:
            for name in names:
                for event in ("restarted", "recover"):
                    node = draft.node(name)
                    if node is not None:
                        self._decide(draft, node, event, Facts())
            return []

        await self._submit(Submission(decide, lasting=True, weight=len(names))).answered()

    async def record_session(self, session: SessionInUse, operation: int | None) -> None:
        """Put a session on record; returns once it is durable."""

        def decide(draft: Draft) -> list[Operation]:
            node = draft.node(session.node)
            if node is not None:
                draft.open(session)
                detail = {"session": session.id, "for": session.command}
                draft.note(Kind.SESSION, node, "opened", operation, detail=detail)
            return []

        # A BMC may give the id of a closed session to the next one.
        self._told_closed.discard((session.node, session.id))
        await self._submit(Submission(decide, lasting=True)).answered()

    def session_closed(self, name: str, session_id: int, operation: int | None, how: str) -> None:
        """Take a session off the record, without waiting for the disk: at worst it is closed once more."""

        def decide(draft: Draft) -> list[Operation]:
            node = draft.node(name)
            if node is not None:
                draft.close(name, session_id)
                detail = {"session": session_id, "how": how}
                draft.note(Kind.SESSION, node, "closed", operation, detail=detail)
            return []

        self._told_closed.add((name, session_id))
        self._submit(Submission(decide, lasting=True, awaited=False))

    async def mark_commanded(self, operation_id: int) -> None:
        """Make durable that a command which must not be repeated may be sent from now on."""
        await self._mark(operation_id, commanded=True).answered()

    def acquit(self, operation_id: int) -> None:
        """Take the mark back: the BMC has answered that it did not do it."""
        self._mark(operation_id, commanded=False)

    def _mark(self, operation_id: int, *, commanded: bool) -> Submission:
        def decide(draft: Draft) -> list[Operation]:
            draft.alter(replace(draft.operation(operation_id), commanded=commanded))
            return []

        return self._submit(Submission(decide, lasting=True))

    def note(
        self,
        kind: Kind,
        name: str | None,
        event: str,
        operation: int | None = None,
        before: str | None = None,
        after: str | None = None,
        detail: Mapping[str, object] = MappingProxyType({}),
    ) -> None:
        """Append to the journal with the next commit, without waiting for it."""

        def decide(draft: Draft) -> list[Operation]:
            node = None if name is None else draft.node(name)
            draft.note(kind, node, event, operation, before, after, detail)
            return []

        self._submit(Submission(decide, lasting=True, awaited=False))

    @contextmanager
    def onlooker(self, name: str) -> Generator[trio.CancelScope]:
        """A scope for reading a node outside any action; it is cancelled when an action starts."""
        with trio.CancelScope() as scope:
            self._onlookers[name] = scope
            try:
                yield scope
            finally:
                del self._onlookers[name]

    # Starting and ending.

    def _submit(self, submission: Submission) -> Submission:
        return self._writer.submit(submission)

    async def serve(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Write, and run actions, until `close` has ended everything."""
        async with trio.open_nursery() as nursery:
            task_status.started()
            await self._writer.run(
                lambda draft: self._publish(draft, nursery), lambda: self._closing and not self.actions
            )
        self.feed.close()

    def _publish(self, draft: Draft, nursery: trio.Nursery) -> None:
        self._told_closed -= draft.batch.closed
        for effect, name in draft.live:
            if effect == "start":
                self._start(name, nursery)
            elif effect == "cancel":
                if name in self.actions:
                    self.actions[name].cancel()
            else:
                self.actions.pop(name, None)
        for operation in draft.batch.operations.values():
            if operation.status.ended and operation.id in self._watchers:
                event, end = self._watchers.pop(operation.id)
                end.append(operation)
                event.set()
        for node in draft.batch.nodes.values():
            self.assertions.hold(node, self.operations)
        if draft.batch.journal:
            self.feed.tell(draft.batch.journal)
            self._tell_defects(draft.batch.journal)

    def _start(self, name: str, nursery: trio.Nursery) -> None:
        if self._closing:
            return
        node = self._fleet.nodes[name]
        if node.in_play is None:
            raise LookupError(f"node {name}: an action is to start, and no operation is in play")
        action = self._workshop.make(node, self._fleet.operations[node.in_play], self)
        self.actions[name] = action
        if name in self._onlookers:
            self._onlookers[name].cancel()
        nursery.start_soon(self._run, name, action)

    async def _run(self, name: str, action: Action) -> None:
        try:
            await action.run()
        finally:
            if self.actions.get(name) is action:
                del self.actions[name]
            self._writer.wake()

    def _decide(self, draft: Draft, node: Node, event: str, facts: Facts) -> None:
        self._decisions.decide(draft, node, event, facts)

    def _tell_defects(self, journal: Sequence[Entry]) -> None:
        for entry in journal:
            if entry.kind is Kind.TRANSITION and "rejected" in entry.detail:
                self.defects += 1
                log.error("defect.rejected-event", node=entry.node, state=entry.before, event_name=entry.event)

    def close(self) -> None:
        """End in order: accept nothing more, fence what is in play, leave the work durable for the next start.

        `serve` returns once that is done; each fence has its own deadline, and a session whose fence is not
        answered stays on record.
        """
        self.accepting = False
        self._closing = True
        for action in tuple(self.actions.values()):
            action.leave()
        self._writer.end()


def _check_addresses(draft: Draft, nodes: Sequence[Node]) -> None:
    """No two nodes may have one BMC address, neither within the request nor with what is there."""
    coming: dict[tuple[str, int], str] = {}
    moving = {node.name for node in nodes}
    for node in nodes:
        address = (node.bmc.host, node.bmc.port)
        owner = coming.get(address, draft.owner(address))
        if owner is not None and (address in coming or owner not in moving):
            raise DuplicateAddress(node.name, f"{address[0]}:{address[1]}", owner)
        coming[address] = node.name


def _at_rest(draft: Draft, name: str) -> Node:
    """The node, if it may be changed or removed now."""
    node = draft.node(name)
    if node is None:
        raise UnknownNode(name)
    if node.in_play is not None:
        raise NodeBusy(name, node.in_play)
    return node
