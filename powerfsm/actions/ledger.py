"""What an action tells: the events, sessions and readings that the registry makes durable.

Actions see the registry through this alone, so they can be run against anything that keeps a record.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from powerfsm.journal import Kind
from powerfsm.power import Ask, Power
from powerfsm.store.batch import SessionInUse


@dataclass(frozen=True, slots=True)
class Facts:
    """What an event comes with.

    Attributes:
        ask: What is requested (event `request`).
        asked_by: Who requests it.
        reading: What the BMC was read to say (events that rest on a reading).
        read_at: When, in seconds since the epoch.
        reason: Why an action ended, for people.
    """

    ask: Ask | None = None
    asked_by: str = "local"
    reading: Power | None = None
    read_at: float | None = None
    reason: str = ""


NO_FACTS = Facts()


class LedgerClosed(Exception):
    """The daemon ends and nothing more is recorded: the work stays on disk as it was."""

    def __init__(self) -> None:
        super().__init__("the daemon has ended; what was not durable by then is taken up by the next start")


class Ledger(Protocol):
    """Where actions report; what is awaited here is durable when the await returns."""

    def sessions(self, name: str) -> Mapping[int, SessionInUse]:
        """The sessions of a node that are not shown to be closed, by their id."""
        ...

    async def report(self, name: str, event: str, facts: Facts) -> None:
        """Take an event of the machine `node`."""
        ...

    async def end_action(self, name: str, event: str, facts: Facts) -> None:
        """Take the last event of an action."""
        ...

    async def record_session(self, session: SessionInUse, operation: int | None) -> None:
        """Put a session on record."""
        ...

    def session_closed(self, name: str, session_id: int, operation: int | None, how: str) -> None:
        """Take a session off the record; `how` says by whom it was closed."""
        ...

    async def mark_commanded(self, operation_id: int) -> None:
        """Record that a command which must not be repeated may be sent from now on."""
        ...

    def acquit(self, operation_id: int) -> None:
        """Take that back: the BMC has answered that it did not do it."""
        ...

    def note(
        self,
        kind: Kind,
        name: str | None,
        event: str,
        operation: int | None = None,
        before: str | None = None,
        after: str | None = None,
        detail: Mapping[str, object] = ...,
    ) -> None:
        """Append to the journal without waiting."""
        ...
