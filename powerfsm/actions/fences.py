"""What is remembered of each node's last fence, and of sessions that could not be fenced.

Settling is counted from the moment at which the last session that carried a command was fenced, and only where the
direction changes.  Of a node that this process has not commanded nothing is known but that the process
before it has ended, so its settling is counted from our start.

A soft-off is another matter: the operating system may act on it minutes after its session was closed, and a start
must know of it.  So a session that carried one stays on record, closed as it is, until the soft-off has acted or
has been waited out; a later process finds it there, closes it once more, and waits anew.
"""

from dataclasses import dataclass, replace
from math import inf

from powerfsm.power import Command, Power
from powerfsm.store.batch import SessionInUse


@dataclass(frozen=True, slots=True)
class Fence:
    """The end of the last session that may have carried a command.

    Attributes:
        direction: Where that command led; None where it is not known.
        soft: It, or one before it, was a soft-off that may still be acted on.
        at: When the session was shown to be closed (trio's clock, seconds).
    """

    direction: Power | None
    soft: bool
    at: float


class Fences:
    """The last fence of every node that was commanded, and the sessions that are quarantined or held on record.

    Args:
        started: When the process started (trio's clock, seconds).
    """

    def __init__(self, started: float) -> None:
        self._unknown = Fence(None, soft=False, at=started)
        self._last: dict[str, Fence] = {}
        self._dead_at: dict[tuple[str, int], float] = {}
        self._quarantined: set[tuple[str, int]] = set()
        self._held: dict[str, set[int]] = {}

    def passed(self, session: SessionInUse, at: float) -> bool:
        """A session is shown to be closed, or must be dead; whether it can be taken off the record now."""
        self._dead_at.pop((session.node, session.id), None)
        self._quarantined.discard((session.node, session.id))
        if session.command is None:
            return True
        direction = session.command.direction
        before = self._last.get(session.node, self._unknown)
        soft = session.command is Command.SOFT_OFF
        self._last[session.node] = Fence(direction, soft or (before.soft and before.direction is direction), at)
        if soft:
            self._held.setdefault(session.node, set()).add(session.id)
        return not soft

    def settled_at(self, node: str, goal: Power, settle: float, soft_settle: float) -> float:
        """When no earlier command can take effect against `goal` any more (trio's clock, seconds)."""
        fence = self._last.get(node, self._unknown)
        if fence.direction is goal:
            return -inf
        return fence.at + (soft_settle if fence.soft else settle)

    def quiet_at(self, node: str, settle: float, soft_settle: float) -> float:
        """When no earlier command can take effect any more, wherever it leads (trio's clock, seconds)."""
        fence = self._last.get(node, self._unknown)
        return fence.at + (soft_settle if fence.soft else settle)

    def spent(self, node: str) -> set[int]:
        """No soft-off can act on a node any more; gives the sessions that can be taken off the record for it."""
        last = self._last.get(node)
        if last is not None and last.soft:
            self._last[node] = replace(last, soft=False)
        return self._held.pop(node, set())

    def reopened(self, node: str, session: int) -> bool:
        """A BMC gave a new session this id; whether one is held that had it, which is then not told from it."""
        if not self.holds(node, session):
            return False
        self._held[node].discard(session)
        return True

    def holds(self, node: str, session: int) -> bool:
        """Whether a session is closed, and on record only for the soft-off that it carried."""
        return session in self._held.get(node, ())

    def unanswered(self, node: str, session: int, dead_at: float) -> None:
        """A close was not answered; nothing is sent in the session any more, and it must be dead at `dead_at`."""
        self._dead_at.setdefault((node, session), dead_at)

    def quarantine(self, node: str, session: int, dead_at: float) -> None:
        """Nor can it be closed by its id: all that is left is to wait."""
        self.unanswered(node, session, dead_at)
        self._quarantined.add((node, session))

    def quarantined_until(self, node: str, session: int) -> float | None:
        """When a session that cannot be closed must be dead; None if it was not tried, or is closed."""
        return self._dead_at[node, session] if (node, session) in self._quarantined else None

    def harmless_at(self, session: SessionInUse, quarantine: float, soft_settle: float) -> float:
        """When nothing that was sent in a session on record can act any more (trio's clock, seconds)."""
        if session.command is None:
            return -inf
        if self.holds(session.node, session.id):
            return self._last[session.node].at + soft_settle
        dead_at = self._dead_at.get((session.node, session.id), self._unknown.at + quarantine)
        return dead_at + (soft_settle if session.command is Command.SOFT_OFF else 0)
