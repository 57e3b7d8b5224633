"""A drive: the protocol, walked from its first phase to its last, for one leg of an action.

The order of things (fence, settle, open, record, check, command, read, close) is the machine `drive` in
`spec/power.yaml` and stands nowhere here.  Each phase is one method that does one thing and says how it
ended; the machine says what comes next.

Whatever ends a drive, a cancel and a defect included, its session is closed on the way out, in a shielded
scope, and with an answer; where there is none the session stays on record, and the next drive begins by
fencing it.
"""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import structlog
import trio

from powerfsm.actions.ledger import Facts, Ledger
from powerfsm.drivers.driver import Session
from powerfsm.drivers.errors import DriverError, FenceUnanswered, Refused, Unsupported
from powerfsm.journal import Kind
from powerfsm.node import Node
from powerfsm.operation import Operation
from powerfsm.power import Command, Power
from powerfsm.store.batch import SessionInUse

if TYPE_CHECKING:
    from powerfsm.actions.action import Leg
    from powerfsm.actions.workshop import Workshop

log = structlog.get_logger(__name__)

POLL_GROWTH = 1.5
POLL_MOST = 10
JITTER = 0.2


class GaveUp(Exception):
    """The goal was not reached; says what was tried."""


class Drive:
    """One walk towards one power; `walk` it once.

    Args:
        workshop: What actions work with.
        ledger: Where to report.
        node: The node as it was when the action started.
        operation: The operation being carried out.
        leg: What to reach.
        deadline: When to give up (trio's clock, seconds).
    """

    def __init__(
        self,
        workshop: "Workshop",
        ledger: Ledger,
        node: Node,
        operation: Operation,
        leg: "Leg",
        deadline: float,
    ) -> None:
        self._workshop = workshop
        self._machine = workshop.spec.drive
        self._ledger = ledger
        self._node = node
        self._operation = operation
        self._leg = leg
        self._deadline = deadline
        self._driver = workshop.driver(node)
        self._timings = workshop.timings(node)
        self._fences = workshop.fences
        self._command = leg.command
        self._spent = operation.commanded
        self._session: Session | None = None
        self._recorded = False
        self._held = AsyncExitStack()
        self._sent: Command | None = None
        self._answered_at = 0.0
        self._poll = 0.0
        self._rests = 0
        self._attempts = 0
        self._reading: Power | None = None
        self._read_at = 0.0
        self._error: DriverError | None = None
        self._phases: dict[str, Callable[[], Awaitable[str]]] = {
            "fencing": self._fencing,
            "quarantined": self._quarantined,
            "settling": self._settling,
            "opening": self._opening,
            "recording": self._recording,
            "checking": self._checking,
            "marking": self._marking,
            "commanding": self._commanding,
            "reading": self._reading_until,
            "closing": self._closing,
            "resting": self._resting,
        }
        self._guards: dict[str, Callable[[], bool]] = {
            "transient": lambda: self._error is not None and self._error.transient,
            "once": lambda: self._once,
            "spent": lambda: self._spent,
            "soft": lambda: self._command is Command.SOFT_OFF,
            "unsupported": lambda: isinstance(self._error, Unsupported),
            "patient": lambda: trio.current_time() - self._answered_at < self._patience,
        }
        self._effects: dict[str, Callable[[], Awaitable[None]]] = {
            "forget-sessions": self._forget_sessions,
            "tell-quarantined": lambda: self._ledger.report(node.name, "fence-unanswered", Facts()),
            "tell-released": lambda: self._ledger.report(node.name, "quarantine-over", Facts()),
            "escalate": self._escalate,
            "start-instead": self._start_instead,
            "acquit": self._acquit,
        }

    async def walk(self) -> Facts:
        """Walk the machine to its end.

        Returns:
            The reading that shows the goal, and a sentence about it.

        Raises:
            GaveUp: The goal was not reached.
        """
        phase = self._machine.initial
        try:
            while phase in self._phases:
                event = await self._perform(phase)
                holding = frozenset(g for g in self._machine.guards(phase, event) if self._guards[g]())
                step = self._machine.step(phase, event, holding)
                if step.kind == "rejected":
                    raise GaveUp(f"defect: {event!r} in phase {phase!r}: {step.reason}")
                self._note(Kind.PHASE, event, step.before, step.after)
                for effect in step.effects:
                    await self._effects[effect]()
                phase = step.after
        finally:
            await self._leave()
        if phase != "done":
            raise GaveUp(self._tried())
        return Facts(reading=self._reading, read_at=self._read_at, reason=self._told())

    async def _perform(self, phase: str) -> str:
        with trio.move_on_at(self._deadline) as scope:
            return await self._phases[phase]()
        if scope.cancelled_caught:
            return "expired"
        raise AssertionError(phase)

    # The phases: each does one thing and says how it ended.

    async def _fencing(self) -> str:
        self._attempts += 1
        if self._session is not None:
            await self._close_own()
        for session in tuple(self._ledger.sessions(self._node.name).values()):
            if self._fences.quarantined_until(self._node.name, session.id) is None:
                await self._fence(session)
        return "fence-unanswered" if self._quarantines() else "fenced"

    async def _quarantined(self) -> str:
        await trio.sleep_until(max(self._quarantines(), default=trio.current_time()))
        return "quarantine-over"

    async def _settling(self) -> str:
        timings = self._timings
        until = self._fences.settled_at(self._node.name, self._leg.goal, timings.settle, timings.soft_settle)
        if until > trio.current_time():
            await trio.sleep_until(until)
        return "settled"

    async def _opening(self) -> str:
        try:
            await self._held.enter_async_context(self._workshop.limits.session(self._node, self._leg.goal))
            self._session = await self._driver.open(self._node.bmc)
        except DriverError as error:
            return await self._failure(error)
        return "opened"

    async def _recording(self) -> str:
        session = SessionInUse(self._node.name, self._opened.id, self._command, self._workshop.now())
        # From here on it has to be taken off the record, even if the wait for the disk is cancelled.
        self._recorded = True
        await self._ledger.record_session(session, self._operation.id)
        return "recorded"

    async def _checking(self) -> str:
        return await self._read()

    async def _marking(self) -> str:
        await self._ledger.mark_commanded(self._operation.id)
        self._spent = True
        return "marked"

    async def _commanding(self) -> str:
        self._sent = self._command
        self._note_command("sent")
        try:
            await self._opened.command(self._command, once=self._once)
        except Refused as error:
            self._note_command("refused", error)
            self._error = error
            return "refused"
        except DriverError as error:
            # Whatever is not a refusal may have acted, or may act later.
            self._note_command("unanswered", error)
            self._error = error
            return "unanswered"
        self._note_command("answered")
        self._answered_at = trio.current_time()
        self._poll = 0.0
        return "answered"

    async def _reading_until(self) -> str:
        if self._poll:
            await trio.sleep(self._poll)
            self._poll = min(self._poll * POLL_GROWTH, self._timings.poll * POLL_MOST)
        else:
            self._poll = self._timings.poll
        return await self._read()

    async def _closing(self) -> str:
        await self._close_own(acted=True)
        return "closed" if self._session is None and not self._quarantines() else "failure"

    async def _resting(self) -> str:
        rest = min(self._timings.backoff * 2**self._rests, self._timings.backoff_most)
        self._rests += 1
        await trio.sleep(rest * self._workshop.random.uniform(1 - JITTER, 1 + JITTER))
        return "rested"

    # The effects that the machine asks for.

    async def _forget_sessions(self) -> None:
        for session in tuple(self._ledger.sessions(self._node.name).values()):
            self._fences.forget(self._node.name, session.id)
            self._ledger.session_closed(self._node.name, session.id, self._operation.id, "quarantine")
            if session.command is not None:
                self._fences.passed(self._node.name, session.command, trio.current_time())

    async def _escalate(self) -> None:
        self._command = Command.OFF

    async def _start_instead(self) -> None:
        self._command = Command.ON

    async def _acquit(self) -> None:
        if self._spent:
            self._ledger.acquit(self._operation.id)
            self._spent = False

    # What they are made of.

    @property
    def _opened(self) -> Session:
        if self._session is None:
            raise AssertionError("the spec walks into a phase that needs a session without opening one")
        return self._session

    @property
    def _once(self) -> bool:
        return self._leg.once and self._command is self._leg.command

    @property
    def _patience(self) -> float:
        return self._timings.soft_patience if self._command is Command.SOFT_OFF else self._timings.patience

    def _quarantines(self) -> list[float]:
        until = (
            self._fences.quarantined_until(self._node.name, session)
            for session in self._ledger.sessions(self._node.name)
        )
        return [when for when in until if when is not None]

    async def _read(self) -> str:
        try:
            self._reading = await self._opened.read_power()
        except DriverError as error:
            return await self._failure(error)
        self._read_at = self._workshop.now()
        self._note(Kind.OBSERVATION, f"read-{self._reading}")
        return "read-goal" if self._reading is self._leg.goal else "read-other"

    async def _failure(self, error: DriverError) -> str:
        self._error = error
        self._note(Kind.OBSERVATION, "failure", detail={"error": error.name, "told": str(error)})
        if self._session is None:
            await self._held.aclose()
        return "failure"

    async def _close_own(self, *, acted: bool = False) -> None:
        """Close the session of this drive; one that does not answer is quarantined and stays on record."""
        session = self._opened
        try:
            await session.close()
        except FenceUnanswered as error:
            self._unfenced(session.id, error, on_record=self._recorded)
        else:
            self._closed(session.id, self._sent, "own session", on_record=self._recorded, acted=acted)
        self._session, self._recorded, self._sent = None, False, None
        await self._held.aclose()

    async def _fence(self, session: SessionInUse) -> None:
        """Close a session that this drive did not open."""
        try:
            await self._driver.fence(self._node.bmc, session.id)
        except FenceUnanswered as error:
            self._unfenced(session.id, error)
        else:
            self._closed(session.id, session.command, "by id")

    def _closed(
        self,
        session_id: int,
        command: Command | None,
        how: str,
        *,
        on_record: bool = True,
        acted: bool = False,
    ) -> None:
        if command is not None:
            self._fences.passed(self._node.name, command, trio.current_time(), acted=acted)
        self._fences.forget(self._node.name, session_id)
        if on_record:
            self._ledger.session_closed(self._node.name, session_id, self._operation.id, how)

    def _unfenced(self, session_id: int, error: DriverError, *, on_record: bool = True) -> None:
        self._error = error
        if on_record:
            self._fences.quarantine(self._node.name, session_id, trio.current_time() + self._timings.quarantine)
        log.warning("fence.unanswered", node=self._node.name, session=session_id, error=str(error))
        self._note(Kind.SESSION, "fence-unanswered", detail={"session": session_id, "told": str(error)})

    async def _leave(self) -> None:
        with trio.CancelScope(shield=True):
            if self._session is not None:
                await self._close_own()
            await self._held.aclose()

    def _note(
        self,
        kind: Kind,
        event: str,
        before: str | None = None,
        after: str | None = None,
        detail: dict[str, object] | None = None,
    ) -> None:
        self._ledger.note(kind, self._node.name, event, self._operation.id, before, after, detail or {})

    def _note_command(self, outcome: str, error: DriverError | None = None) -> None:
        detail: dict[str, object] = {"session": self._opened.id, "outcome": outcome}
        if error is not None:
            detail["error"] = error.name
            detail["told"] = str(error)
        self._note(Kind.COMMAND, self._command, detail=detail)

    # What people are told.

    def _told(self) -> str:
        when = f"read {self._reading} after {self._attempts} attempt{'s' if self._attempts > 1 else ''}"
        if self._leg.once and not self._once:
            return f"{when}; it was off, so it was powered on instead of reset"
        return when

    def _tried(self) -> str:
        goal = f"{self._node.name} ({self._node.bmc.host}:{self._node.bmc.port}) was not brought {self._leg.goal}"
        tried = f"{self._attempts} attempt{'s' if self._attempts > 1 else ''}"
        if self._spent and not isinstance(self._error, Refused):
            return (
                f"{goal}: a {self._leg.command} was sent once and may have been carried out; it is never sent "
                "twice for one operation: look at the node, then ask again"
            )
        if trio.current_time() >= self._deadline:
            tried += ", and the deadline is over"
        seen = "" if self._reading is None else f"; last read {self._reading}"
        why = (
            "the BMC accepted the command and its power did not change"
            if self._error is None
            else str(self._error)
        )
        return f"{goal}: {why} ({tried}{seen})"
