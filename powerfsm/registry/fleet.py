"""The fleet as it stands after the last commit: what is in memory is what is on disk.

Only `Draft.publish` changes it, and only with a batch that the store has committed.
"""

from collections.abc import Mapping
from types import MappingProxyType

from powerfsm.node import Node
from powerfsm.operation import Operation
from powerfsm.store.batch import Batch, SessionInUse, Snapshot

NO_SESSIONS: Mapping[int, SessionInUse] = MappingProxyType({})


class Fleet:
    """Nodes, operations that have not ended, and sessions in use.

    Attributes:
        nodes: Every node by name.
        operations: Those that have not ended, by id.
        sessions: By node, then by session id; a node without one has no entry.
        owners: Name of the node that owns a BMC address, by (host, port).
        last_operation: The highest operation id given.
        last_seq: The journal's last number.
    """

    __slots__ = ("last_operation", "last_seq", "nodes", "operations", "owners", "sessions")

    def __init__(self, snapshot: Snapshot) -> None:
        self.nodes: dict[str, Node] = {}
        self.operations: dict[int, Operation] = {}
        self.sessions: dict[str, dict[int, SessionInUse]] = {}
        self.owners: dict[tuple[str, int], str] = {}
        self.last_operation = snapshot.last_operation
        self.last_seq = snapshot.last_seq
        for node in snapshot.nodes:
            self.nodes[node.name] = node
            self.owners[node.bmc.host, node.bmc.port] = node.name
        for operation in snapshot.operations:
            self.operations[operation.id] = operation
        for session in snapshot.sessions:
            self.sessions.setdefault(session.node, {})[session.id] = session

    def take(self, batch: Batch) -> None:
        """Make a committed batch the present."""
        for name in batch.removed:
            self._disown(self.nodes.pop(name))
            self.sessions.pop(name, None)
        for name, node in batch.nodes.items():
            before = self.nodes.get(name)
            if before is None or before.bmc is not node.bmc:
                if before is not None:
                    self._disown(before)
                self.owners[node.bmc.host, node.bmc.port] = name
            self.nodes[name] = node
        for operation in batch.operations.values():
            if operation.status.ended:
                self.operations.pop(operation.id, None)
            else:
                self.operations[operation.id] = operation
        for session in batch.opened.values():
            self.sessions.setdefault(session.node, {})[session.id] = session
        for name, session_id in batch.closed:
            left = self.sessions.get(name)
            if left is not None:
                left.pop(session_id, None)
                if not left:
                    del self.sessions[name]

    def _disown(self, node: Node) -> None:
        # Within one batch another node may have taken the address over already.
        address = (node.bmc.host, node.bmc.port)
        if self.owners.get(address) == node.name:
            del self.owners[address]
