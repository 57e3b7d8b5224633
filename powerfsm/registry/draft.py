"""A draft: the next present of the fleet, until the store has committed it.

Decisions read through the draft (what this batch has already changed, else what is committed), so
requests of one batch see each other in the order in which they came.  A draft that cannot be committed is
thrown away; nothing has to be undone.
"""

from collections.abc import Mapping
from dataclasses import replace

from powerfsm.journal import Entry, Kind
from powerfsm.node import Node
from powerfsm.operation import Operation, Status
from powerfsm.power import Ask
from powerfsm.registry.fleet import Fleet
from powerfsm.store.batch import Batch, SessionInUse

_NOTHING: Mapping[str, object] = {}


class Draft:
    """What one batch changes.

    Attributes:
        fleet: The committed present, not changed by the draft until `publish`.
        batch: What is to be committed.
        live: What is to follow once it is: (effect of the spec, name of the node), in order.
        now: The time of every decision in this draft, seconds since the epoch.
        last_operation: The highest operation id given so far.
        last_seq: The journal's last number so far.
    """

    __slots__ = ("_owners", "batch", "fleet", "last_operation", "last_seq", "live", "now")

    def __init__(self, fleet: Fleet, now: float) -> None:
        self.fleet = fleet
        self.batch = Batch()
        self._owners: dict[tuple[str, int], str | None] = {}
        self.live: list[tuple[str, str]] = []
        self.now = now
        self.last_operation = fleet.last_operation
        self.last_seq = fleet.last_seq

    def node(self, name: str) -> Node | None:
        """The node as this draft leaves it, or None where there is none of this name."""
        node = self.batch.nodes.get(name)
        if node is not None:
            return node
        if name in self.batch.removed:
            return None
        return self.fleet.nodes.get(name)

    def owner(self, address: tuple[str, int]) -> str | None:
        """The name of the node that owns a BMC address in this draft, or None."""
        if address in self._owners:
            return self._owners[address]
        return self.fleet.owners.get(address)

    def operation(self, operation_id: int) -> Operation:
        """An operation that has not ended before this draft."""
        operation = self.batch.operations.get(operation_id)
        return operation if operation is not None else self.fleet.operations[operation_id]

    def put(self, node: Node) -> None:
        """Take a new version of a node."""
        self.batch.nodes[node.name] = node

    def settle(self, node: Node) -> None:
        """Take a new version of a node of which the BMC may be another one, or a new node."""
        before = self.node(node.name)
        if before is not None:
            self._disown(before)
        self._owners[node.bmc.host, node.bmc.port] = node.name
        self.batch.removed.discard(node.name)
        self.put(node)

    def remove(self, node: Node) -> None:
        """Let go of a node, and of the sessions that are on record for it."""
        self._disown(node)
        self.batch.nodes.pop(node.name, None)
        self.batch.removed.add(node.name)
        opened = [number for name, number in self.batch.opened if name == node.name]
        for session_id in (*self.fleet.sessions.get(node.name, ()), *opened):
            self.close(node.name, session_id)

    def _disown(self, node: Node) -> None:
        """Free a node's BMC address, if it is still his: nodes may exchange addresses within one draft."""
        address = (node.bmc.host, node.bmc.port)
        if self.owner(address) == node.name:
            self._owners[address] = None

    def begin(self, node: str, generation: int, ask: Ask, status: Status, asked_by: str) -> Operation:
        """A new operation of a node."""
        self.last_operation += 1
        operation = Operation(self.last_operation, node, ask, generation, status, self.now, asked_by)
        self.batch.operations[operation.id] = operation
        return operation

    def end(self, operation: Operation, status: Status, reason: str) -> None:
        """End an operation, once and for all."""
        self.batch.operations[operation.id] = replace(operation, status=status, reason=reason, ended_at=self.now)

    def alter(self, operation: Operation) -> None:
        """Take a new version of an operation that goes on."""
        self.batch.operations[operation.id] = operation

    def open(self, session: SessionInUse) -> None:
        """Put a session on record."""
        self.batch.opened[session.node, session.id] = session
        self.batch.closed.discard((session.node, session.id))

    def close(self, node: str, session_id: int) -> None:
        """Take a session off the record; it may have been put there by this same draft."""
        self.batch.opened.pop((node, session_id), None)
        self.batch.closed.add((node, session_id))

    def note(
        self,
        kind: Kind,
        node: Node | None,
        event: str,
        operation: int | None = None,
        before: str | None = None,
        after: str | None = None,
        detail: Mapping[str, object] = _NOTHING,
    ) -> None:
        """Append to the journal."""
        self.last_seq += 1
        self.batch.journal.append(
            Entry(
                self.last_seq,
                self.now,
                kind,
                None if node is None else node.name,
                event,
                operation,
                None if node is None else node.generation,
                before,
                after,
                detail,
            )
        )

    def publish(self) -> None:
        """Make the draft the present; call only once the store has committed its batch."""
        self.fleet.take(self.batch)
        self.fleet.last_operation = self.last_operation
        self.fleet.last_seq = self.last_seq
