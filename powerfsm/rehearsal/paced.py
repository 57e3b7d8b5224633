"""The real workshop, actions, driver and ledger, each of which waits for its cue before it touches the world.

Nothing is decided here: what is done, and in which order, is the business of the code that is rehearsed.  A cue is
awaited where that code awaits anyway, so it can be cancelled there as it always can.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from powerfsm.actions import Action, Facts, Workshop
from powerfsm.actions.ledger import Ledger
from powerfsm.bmc import Bmc
from powerfsm.drivers.driver import Driver, Session
from powerfsm.journal import Kind
from powerfsm.node import Node
from powerfsm.operation import Operation
from powerfsm.power import Command, Power
from powerfsm.rehearsal.cues import Cues
from powerfsm.store.batch import SessionInUse

Opened = Callable[[str, int], None]
"""Is told the node and the BMC's id of a session that an action has opened."""


class PacedSession:
    """A real session."""

    def __init__(self, node: str, session: Session, cues: Cues) -> None:
        """Pace `session`, which is with the BMC of `node`."""
        self._node = node
        self._session = session
        self._cues = cues

    @property
    def id(self) -> int:
        """The BMC's id of it."""
        return self._session.id

    async def read_power(self) -> Power:
        """Read, on cue."""
        await self._cues.wait(self._node, "sample", session=self.id)
        return await self._session.read_power()

    async def command(self, command: Command, *, once: bool = False) -> None:
        """Command, on cue."""
        await self._cues.wait(self._node, "send", command, self.id)
        await self._session.command(command, once=once)

    async def close(self) -> None:
        """Close, on cue."""
        await self._cues.wait(self._node, "close", session=self.id)
        await self._session.close()


class PacedDriver:
    """A real driver, as the actions of one process use it."""

    def __init__(self, driver: Driver, nodes: Mapping[str, str], cues: Cues, opened: Opened) -> None:
        """Pace `driver`; `nodes` has the node behind each BMC's host."""
        self._driver = driver
        self._nodes = nodes
        self._cues = cues
        self._opened = opened

    async def open(self, bmc: Bmc) -> PacedSession:
        """Log in, on cue."""
        node = self._nodes[bmc.host]
        await self._cues.wait(node, "open")
        session = await self._driver.open(bmc)
        self._opened(node, session.id)
        return PacedSession(node, session, self._cues)

    async def fence(self, bmc: Bmc, session_id: int) -> None:
        """Close by id, on cue."""
        await self._cues.wait(self._nodes[bmc.host], "close", session=session_id)
        await self._driver.fence(bmc, session_id)


class PacedLedger:
    """A real registry, as one action sees it."""

    def __init__(self, ledger: Ledger, cues: Cues) -> None:
        """Pace `ledger`."""
        self._ledger = ledger
        self._cues = cues

    def sessions(self, name: str) -> Mapping[int, SessionInUse]:
        """The sessions on record, but for those that are closed."""
        closed = self._cues.unwritten.get(name, {})
        return {number: each for number, each in self._ledger.sessions(name).items() if number not in closed}

    async def report(self, name: str, event: str, facts: Facts) -> None:
        """Tell an event, on cue."""
        await self._cues.wait(name, "tell", event)
        await self._ledger.report(name, event, facts)

    async def end_action(self, name: str, event: str, facts: Facts) -> None:
        """Tell the end, on cue."""
        await self._cues.wait(name, "tell", event)
        await self._ledger.end_action(name, event, facts)

    async def record_session(self, session: SessionInUse, operation: int | None) -> None:
        """Put a session on record, on cue."""
        await self._cues.wait(session.node, "record", session=session.id)
        await self._ledger.record_session(session, operation)

    def session_closed(self, name: str, session_id: int, operation: int | None, how: str) -> None:
        """Take a session off the record, with the next commit of its node."""
        write = partial(self._ledger.session_closed, name, session_id, operation, how)
        if self._cues.free:
            write()
        else:
            self._cues.unwritten.setdefault(name, {})[session_id] = write

    async def mark_commanded(self, operation_id: int) -> None:
        """Mark an operation as commanded."""
        await self._ledger.mark_commanded(operation_id)

    def acquit(self, operation_id: int) -> None:
        """Take that back."""
        self._ledger.acquit(operation_id)

    def note(
        self,
        kind: Kind,
        name: str | None,
        event: str,
        operation: int | None = None,
        before: str | None = None,
        after: str | None = None,
        detail: Mapping[str, object] = {},
    ) -> None:
        """Append to the journal."""
        self._ledger.note(kind, name, event, operation, before, after, detail)


class PacedAction(Action):
    """A real action: starts, and is told to cancel, on cue.

    Attributes:
        cancelling: The registry wants it cancelled, and it was not told yet.
    """

    legs = ()

    def __init__(self, action: Action, workshop: Workshop, ledger: Ledger, cues: Cues) -> None:
        """Pace `action`."""
        super().__init__(workshop, action.node, action.operation, ledger)
        self._action = action
        self._cues = cues
        self.cancelling = False

    def cancel(self) -> None:
        """Take note that it is to be cancelled."""
        self.cancelling = True
        if self._cues.free:
            self.tell()

    def tell(self) -> None:
        """Tell it to cancel, if it is to be."""
        if self.cancelling:
            self.cancelling = False
            self._action.cancel()

    def leave(self) -> None:
        """Stop driving."""
        self._action.leave()

    async def run(self) -> None:
        """Carry the operation out, on cue."""
        await self._cues.wait(self.node.name, "start", self.operation.ask)
        await self._action.run()


class PacedWorkshop(Workshop):
    """A real workshop, which makes paced actions."""

    def __init__(self, cues: Cues, *args: Any, **kwargs: Any) -> None:
        """Take the arguments of `Workshop` after the cues."""
        super().__init__(*args, **kwargs)
        self._cues = cues

    def make(self, node: Node, operation: Operation, ledger: Ledger) -> Action:
        """The action of an operation, not yet running."""
        paced = PacedLedger(ledger, self._cues)
        return PacedAction(super().make(node, operation, paced), self, paced, self._cues)
