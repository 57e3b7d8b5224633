"""An operation: the handle that a requester gets; it ends exactly once, and says why."""

from dataclasses import dataclass
from enum import StrEnum

from powerfsm.power import Ask


class Status(StrEnum):
    """Where an operation is; the last three are ends."""

    WAITING = "waiting"
    IN_PLAY = "in-play"
    SUCCEEDED = "succeeded"
    SUPERSEDED = "superseded"
    FAILED = "failed"

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to an operation of this status."""
        return self in _ENDS


_ENDS = frozenset({Status.SUCCEEDED, Status.SUPERSEDED, Status.FAILED})


@dataclass(frozen=True, slots=True)
class Operation:
    """One accepted request, shared by all the requests that coalesced into it.

    Attributes:
        id: Unique in the store, growing.
        node: Name of the node.
        ask: What was asked.
        generation: The node's generation that this request made.
        status: Where it is.
        asked_at: When it was accepted, seconds since the epoch.
        asked_by: Who asked: the name of the token, or `local`.
        leg: How many legs (of a cycle: off, then on) are durably behind it.
        commanded: A command that must not be sent twice (reset) may have been sent.
        reason: Why it ended as it did, for people.
        ended_at: When it ended, or None.
    """

    id: int
    node: str
    ask: Ask
    generation: int
    status: Status
    asked_at: float
    asked_by: str = "local"
    leg: int = 0
    commanded: bool = False
    reason: str | None = None
    ended_at: float | None = None
