"""What is committed together, and what a start finds.

The registry decides a batch in memory and hands it over whole; the store makes it durable in one
transaction or not at all.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from powerfsm.journal import Entry
from powerfsm.node import Node
from powerfsm.operation import Operation
from powerfsm.power import Command


@dataclass(frozen=True, slots=True)
class SessionInUse:
    """A session that was opened and not yet shown to be closed.

    Attributes:
        node: Name of the node.
        id: The BMC's id of the session (IPMI: managed system session ID).
        command: The power command for which it was opened; None where it only reads.
        opened_at: Seconds since the epoch.
    """

    node: str
    id: int
    command: Command | None
    opened_at: float


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A client's `Idempotency-Key`, what it was used for, and what was answered.

    Attributes:
        key: As the client sent it, prefixed with who sent it.
        fingerprint: Digest of the request; the same key with another request is an error.
        operations: Ids of the operations that were answered, in the order of the request.
        at: Seconds since the epoch; keys are forgotten after a day.
    """

    key: str
    fingerprint: str
    operations: tuple[int, ...]
    at: float


@dataclass(slots=True)
class Batch:
    """One transaction's worth.  Later versions of the same node or operation replace earlier ones.

    Attributes:
        nodes: The new version of each node that changed, by name.
        removed: Names of nodes that are no longer ours.
        operations: The new version of each operation that changed, by id.
        opened: Sessions that are now in use, by (node, session id).
        closed: (node, session id) of sessions that are known to be dead.
        keys: Idempotency keys to remember.
        journal: Entries to append, in order.
    """

    nodes: dict[str, Node] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    operations: dict[int, Operation] = field(default_factory=dict)
    opened: dict[tuple[str, int], SessionInUse] = field(default_factory=dict)
    closed: set[tuple[str, int]] = field(default_factory=set)
    keys: list[IdempotencyKey] = field(default_factory=list)
    journal: list[Entry] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the last process left behind.

    Attributes:
        nodes: All nodes; an iterable that is read once.
        operations: Those that have not ended.
        sessions: Sessions not shown to be closed.
        last_operation: The highest operation id ever given, 0 where there is none.
        last_seq: The journal's last number, 0 where it is empty.
    """

    nodes: Iterable[Node]
    operations: list[Operation]
    sessions: list[SessionInUse]
    last_operation: int
    last_seq: int
