"""Why the registry refuses: the requester is told, and nothing has changed."""

from math import ceil


class Refusal(Exception):
    """A request that was not accepted; nothing of it, and of what came with it, is durable."""


class UnknownNode(Refusal):
    """There is no node of this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no node {name!r}; `powerfsm nodes` lists those there are")
        self.node = name


class StaleGeneration(Refusal):
    """Somebody else changed what is desired in the meantime."""

    def __init__(self, name: str, expected: int, actual: int) -> None:
        super().__init__(
            f"node {name!r} is at generation {actual}, not {expected}: its desired state was changed "
            "in the meantime; read it again and decide anew"
        )
        self.node = name
        self.expected = expected
        self.actual = actual


class DuplicateNode(Refusal):
    """A node of this name is there already."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is a node {name!r} already; change it, or remove it first")
        self.node = name


class DuplicateAddress(Refusal):
    """Two nodes would share one BMC address, and so power commands could overlap."""

    def __init__(self, name: str, address: str, owner: str) -> None:
        super().__init__(f"node {name!r}: the BMC address {address} belongs to node {owner!r} already")
        self.node = name
        self.owner = owner


class NodeBusy(Refusal):
    """The node cannot be changed or removed while an action is in play."""

    def __init__(self, name: str, operation: int | None) -> None:
        super().__init__(
            f"node {name!r} has operation {operation} in play; wait for its end before changing the node"
        )
        self.node = name
        self.operation: int | None = operation


class NodeUnfenced(NodeBusy):
    """The node's BMC may still act on what was sent to it, and nobody would know whose command that was."""

    def __init__(self, name: str, seconds: float) -> None:
        Refusal.__init__(
            self,
            f"node {name!r} has a session that its BMC has not said to be closed, and may still act on; "
            f"ask again in {ceil(seconds)} s",
        )
        self.node = name
        self.operation = None


class ShuttingDown(Refusal):
    """The daemon is ending and accepts nothing more."""

    def __init__(self) -> None:
        super().__init__("the daemon is shutting down; ask again when it is back")


class TooMany(Refusal):
    """More requests are waiting to be made durable than is allowed."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"more than {limit} requests are waiting to be made durable; slow down and ask again")


class KeyReused(Refusal):
    """An idempotency key came again with another request."""

    def __init__(self, key: str) -> None:
        super().__init__(
            f"the idempotency key {key!r} was used for another request; use a new key for each request"
        )
        self.key = key
