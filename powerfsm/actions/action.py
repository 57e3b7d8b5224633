"""A power action: one operation being carried out, in a cancel scope of its own.

An action ends exactly once, and tells how: `confirmed`, `gave-up`, or `cancelled`.  Being cancelled takes as long
as its fence: the end is told only after the session is closed, or is on record as not shown to be closed.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import structlog
import trio

from powerfsm.actions.deadline import Deadline
from powerfsm.actions.drive import Drive, GaveUp
from powerfsm.actions.ledger import Facts, Ledger, LedgerClosed
from powerfsm.node import Node
from powerfsm.operation import Operation
from powerfsm.power import Command, Power
from powerfsm.store.errors import StoreUnavailable

if TYPE_CHECKING:
    from powerfsm.actions.workshop import Workshop

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Leg:
    """One power to be reached.

    Attributes:
        goal: The power.
        command: What to send where it is not read.
        once: Send it even where the goal is read, and never twice for one operation.
    """

    goal: Power
    command: Command
    once: bool = False


class Action:
    """One operation being carried out; `run` it once, `cancel` it any time."""

    legs: ClassVar[tuple[Leg, ...]]

    def __init__(self, workshop: "Workshop", node: Node, operation: Operation, ledger: Ledger) -> None:
        self.node = node
        self.operation = operation
        self._workshop = workshop
        self._ledger = ledger
        self._scope = trio.CancelScope()
        self._leaving = False

    def cancel(self) -> None:
        """Stop driving, fence, and tell the registry `cancelled`; returns at once."""
        self._scope.cancel()

    def leave(self) -> None:
        """Stop driving and fence, but do not tell `cancelled`: the work stays durable for the next start."""
        self._leaving = True
        self._scope.cancel()

    async def run(self) -> None:
        """Carry the operation out."""
        event, facts = "cancelled", Facts()
        try:
            with self._scope:
                event, facts = await self._carry_out()
            if event == "cancelled" and self._leaving:
                return
            # The end must be told even where the action is cancelled while it tells it.
            with trio.CancelScope(shield=True):
                await self._ledger.end_action(self.node.name, event, facts)
        except (StoreUnavailable, LedgerClosed) as error:
            # Told only while the daemon ends: the work is on disk as it was, and recovery takes it up.
            log.warning("action.left", node=self.node.name, operation=self.operation.id, told=str(error))

    async def _carry_out(self) -> tuple[str, Facts]:
        try:
            return await self._walk_legs()
        except GaveUp as end:
            return "gave-up", Facts(reason=str(end))
        except (StoreUnavailable, LedgerClosed):
            raise
        except Exception as defect:
            # One node's defect, a driver's or our own, must not take the rest of the fleet down with it.
            log.exception("defect.action", node=self.node.name, operation=self.operation.id)
            told = f"{self.node.name}: {type(defect).__name__}: {defect}; this is a defect of the daemon or of its"
            return "gave-up", Facts(reason=f"{told} configuration, and its log says more")

    async def _walk_legs(self) -> tuple[str, Facts]:
        timings = self._workshop.timings(self.node)
        soft = any(leg.command is Command.SOFT_OFF for leg in self.legs)
        reached = Facts()
        async with self._workshop.limits.bmc(self.node.name):
            deadline = Deadline(timings.deadline + (timings.soft_patience if soft else 0))
            for number, leg in enumerate(self.legs):
                if number < self.operation.leg:
                    continue
                if number > self.operation.leg:
                    await self._ledger.report(self.node.name, "turned", reached)
                drive = Drive(self._workshop, self._ledger, self.node, self.operation, leg, deadline)
                reached = await drive.walk()
        return "confirmed", reached
