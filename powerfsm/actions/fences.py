"""What is remembered of each node's last fence, and of sessions that could not be fenced.

Settling is counted from the moment at which the last session that carried a command was fenced, and only where the
direction changes.  Of a node that this process has not commanded nothing is known but that the process
before it has ended, so its settling is counted from our start.
"""

from dataclasses import dataclass
from math import inf

from powerfsm.power import Command, Power


@dataclass(frozen=True, slots=True)
class Fence:
    """The end of the last session that may have carried a command.

    Attributes:
        direction: Where that command led; None where it is not known.
        soft: It was a soft-off that may still be acted on.
        at: When the session was shown to be closed (trio's clock, seconds).
    """

    direction: Power | None
    soft: bool
    at: float


class Fences:
    """The last fence of every node that was commanded, and the quarantines that are running."""

    def __init__(self, started: float) -> None:
        self._unknown = Fence(None, soft=False, at=started)
        self._last: dict[str, Fence] = {}
        self._quarantined: dict[tuple[str, int], float] = {}

    def passed(self, node: str, command: Command, at: float, *, acted: bool = False) -> None:
        """A session that carried `command` is fenced; `acted` tells that its effect was read, so none is left."""
        self._last[node] = Fence(command.direction, command is Command.SOFT_OFF and not acted, at)

    def settled_at(self, node: str, goal: Power, settle: float, soft_settle: float) -> float:
        """When no earlier command can take effect against `goal` any more (trio's clock, seconds)."""
        fence = self._last.get(node, self._unknown)
        if fence.direction is goal:
            return -inf
        return fence.at + (soft_settle if fence.soft else settle)

    def quarantine(self, node: str, session: int, until: float) -> None:
        """A session did not answer its fence; it must be dead at `until` (trio's clock, seconds)."""
        self._quarantined[node, session] = until

    def quarantined_until(self, node: str, session: int) -> float | None:
        """When a session that did not answer its fence must be dead; None if it was not tried, or is forgotten."""
        return self._quarantined.get((node, session))

    def forget(self, node: str, session: int) -> None:
        """A session is off the record."""
        self._quarantined.pop((node, session), None)
