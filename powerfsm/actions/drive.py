"""A drive: the protocol, walked from its first phase to its last, for one leg of an action.

The order of things (fence, settle, open, record, check, command, read, close) is the machine `drive` in
`spec/power.yaml` and stands nowhere here.  Each phase is one method that does one thing and says how it
ended; the machine says what comes next.

Whatever ends a drive, a cancel and a defect included, its session is closed on the way out (`giving-up`,
`withdrawing`), in a shielded scope, and with an answer; where there is none the session stays on record, and the
next drive begins by fencing it.
"""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

import structlog
import trio

from powerfsm.actions.deadline import Deadline
from powerfsm.actions.ledger import Facts, Ledger
from powerfsm.drivers.driver import Session
from powerfsm.drivers.errors import DriverError, Refused, Unsupported
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
        deadline: When to give up.
    """

    def __init__(
        self,
        workshop: "Workshop",
        ledger: Ledger,
        node: Node,
        operation: Operation,
        leg: "Leg",
        deadline: Deadline,
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
        self._accepted = False
        self._session: Session | None = None
        self._record: SessionInUse | None = None
        self._sent = False
        self._held = AsyncExitStack()
        self._entitled = False
        self._awaiting_since: float | None = None
        self._poll = 0.0
        self._rests = 0
        self._hurried = False
        self._attempts = 0
        self._reading: Power | None = None
        self._read_at = 0.0
        self._error: DriverError | None = None
        self._phase = self._machine.initial
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
            "giving-up": self._leaving,
            "withdrawing": self._leaving,
        }
        self._guards: dict[str, Callable[[], bool]] = {
            "transient": lambda: self._error is not None and self._error.transient,
            "once": lambda: self._once,
            "spent": lambda: self._spent,
            "accepted": lambda: self._accepted,
            "soft": lambda: self._command is Command.SOFT_OFF,
            "unsupported": lambda: isinstance(self._error, Unsupported),
            "patient": self._patient,
        }
        self._effects: dict[str, Callable[[], Awaitable[None]]] = {
            "forget-sessions": self._forget_sessions,
            "tell-quarantined": lambda: self._ledger.report(node.name, "fence-unanswered", Facts()),
            "tell-released": lambda: self._ledger.report(node.name, "quarantine-over", Facts()),
            "escalate": self._escalate,
            "start-instead": self._start_instead,
            "accept": self._accept,
            "acquit": self._acquit,
        }

    async def walk(self) -> Facts:
        """Walk the machine to its end.

        Returns:
            The reading that shows the goal, and a sentence about it.

        Raises:
            GaveUp: The goal was not reached.
        """
        try:
            # One scope for the whole walk: what expires is the phase that it is in.
            with self._deadline.limit() as scope:
                await self._go_on()
            if scope.cancelled_caught:
                await self._turn("expired")
                await self._go_on()
        except BaseException:
            await self._break_off()
            raise
        if self._phase != "done":
            raise GaveUp(self._tried())
        return Facts(reading=self._reading, read_at=self._read_at, reason=self._told())

    async def _break_off(self) -> None:
        """Walk out from wherever it is; a defect met on the way out does not end the walk before its end."""
        try:
            await self._turn("broken-off")
            await self._go_on()
        except BaseException:
            await self._turn("broken-off")
            await self._go_on()
            raise

    async def _go_on(self) -> None:
        """Walk from the present phase to a final one."""
        while self._phase in self._phases:
            await self._turn(await self._phases[self._phase]())

    async def _turn(self, event: str) -> None:
        """Have the machine say what comes after the present phase, which has ended by `event`."""
        if self._phase not in self._phases:
            return
        self._phase, effects = self._step(self._phase, event)
        for effect in effects:
            await self._effects[effect]()

    def _step(self, phase: str, event: str) -> tuple[str, tuple[str, ...]]:
        holding = frozenset([guard for guard in self._machine.guards(phase, event) if self._guards[guard]()])
        step = self._machine.step(phase, event, holding)
        if step.kind == "rejected":
            raise GaveUp(f"defect: {event!r} in phase {phase!r}: {step.reason}")
        self._note(Kind.PHASE, event, step.before, step.after)
        return step.after, step.effects

    # The phases: each does one thing and says how it ended.

    async def _fencing(self) -> str:
        self._attempts += 1
        await self._close_own()
        if self._hurried:
            self._hurried = False
            await self._rest()
        left = [each for each in self._on_record() if self._fences.quarantined_until(each.node, each.id) is None]
        if left:
            # Closing them takes a session of ours, too: thousands at once, after a start, would be too slow.
            # The right is kept for the session that follows, or nobody would go on before all others have fenced.
            await self._take_right()
        for session in left:
            await self._fence(session)
        if self._quarantines():
            await self._give_right_back()
            return "fence-unanswered"
        return "fenced"

    async def _quarantined(self) -> str:
        await trio.sleep_until(max(self._quarantines(), default=trio.current_time()))
        return "quarantine-over"

    async def _settling(self) -> str:
        timings = self._timings
        until = self._fences.settled_at(self._node.name, self._leg.goal, timings.settle, timings.soft_settle)
        if until > trio.current_time():
            await self._give_right_back()
            await trio.sleep_until(until)
        if self._leg.goal is not Command.SOFT_OFF.direction:
            self._release_held("waited out")
        return "settled"

    async def _opening(self) -> str:
        await self._take_right()
        try:
            self._session = await self._driver.open(self._node.bmc)
        except DriverError as error:
            return await self._failure(error)
        return "opened"

    async def _recording(self) -> str:
        command = self._command
        if self._fences.reopened(self._node.name, self._opened.id):
            # The record has one line for both: it must go on telling of the soft-off, which may act yet.
            command, self._sent = Command.SOFT_OFF, True
        # From here on it has to be taken off the record, even if the wait for the disk is cancelled.
        self._record = SessionInUse(self._node.name, self._opened.id, command, self._workshop.now())
        await self._ledger.record_session(self._record, self._operation.id)
        return "recorded"

    async def _checking(self) -> str:
        return await self._read()

    async def _marking(self) -> str:
        await self._ledger.mark_commanded(self._operation.id)
        self._spent = True
        return "marked"

    async def _commanding(self) -> str:
        self._sent = True
        soft = self._command is Command.SOFT_OFF
        if soft and self._awaiting_since is None:
            # The operating system is given its time once, however often it has to be asked.
            self._awaiting_since = trio.current_time()
        self._note_command("sent")
        sent_at = trio.current_time()
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
            # A BMC can also say at once that it does not know; then nobody has waited yet.
            self._hurried = trio.current_time() - sent_at < self._timings.answer / 2
            return "unanswered"
        self._note_command("answered")
        if not soft:
            self._awaiting_since = trio.current_time()
        self._error = None
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
        closed = await self._close_own()
        if self._leg.goal is Command.SOFT_OFF.direction:
            self._release_held("acted")
        return "closed" if closed else "failure"

    async def _resting(self) -> str:
        await self._close_own()
        await self._rest()
        return "rested"

    async def _leaving(self) -> str:
        await self._close_own()
        with trio.CancelScope(shield=True):
            await self._give_right_back()
        return "left"

    # The effects that the machine asks for.

    async def _forget_sessions(self) -> None:
        for session in self._on_record():
            self._fenced(session, "quarantine")

    async def _escalate(self) -> None:
        self._command = Command.OFF
        self._awaiting_since = None

    async def _start_instead(self) -> None:
        self._command = Command.ON

    async def _accept(self) -> None:
        self._accepted = True

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

    def _patient(self) -> bool:
        soft = self._command is Command.SOFT_OFF
        patience = self._timings.soft_patience if soft else self._timings.patience
        return self._awaiting_since is None or trio.current_time() - self._awaiting_since < patience

    async def _rest(self) -> None:
        """Wait before the next attempt: longer and longer, with jitter."""
        rest = min(self._timings.backoff * 2**self._rests, self._timings.backoff_most)
        self._rests += 1
        await trio.sleep(rest * self._workshop.random.uniform(1 - JITTER, 1 + JITTER))

    def _on_record(self) -> list[SessionInUse]:
        """The sessions on record that are not shown to be closed."""
        sessions = self._ledger.sessions(self._node.name).values()
        return [session for session in sessions if not self._fences.holds(session.node, session.id)]

    def _quarantines(self) -> list[float]:
        until = (self._fences.quarantined_until(session.node, session.id) for session in self._on_record())
        return [when for when in until if when is not None]

    async def _take_right(self) -> None:
        """Take the right to one open session, unless it is taken already."""
        if not self._entitled:
            with self._deadline.paused():
                await self._held.enter_async_context(self._workshop.limits.session(self._node, self._leg.goal))
            self._entitled = True

    async def _give_right_back(self) -> None:
        self._entitled = False
        await self._held.aclose()

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
            await self._give_right_back()
        return "failure"

    async def _close_own(self) -> bool:
        """Close the session of this drive, if there is one; whether it is closed.

        A close that has begun is finished, whatever is cancelled: a second one would find the session gone, and
        nobody to answer.
        """
        session, record, sent = self._session, self._record, self._sent
        self._session, self._record, self._sent = None, None, False
        if session is None:
            return True
        failure: DriverError | None = None
        with trio.CancelScope(shield=True):
            try:
                await session.close()
            except DriverError as error:
                failure = error
            finally:
                await self._give_right_back()
        if failure is not None:
            self._note_unfenced(session.id, failure)
        if record is not None and not sent:
            # Nothing in it can act; what is left of it the BMC drops when it is idle.
            record = replace(record, command=None)
        if record is not None:
            if failure is None or record.command is None:
                self._fenced(record, "own session")
            else:
                self._fences.unanswered(record.node, record.id, self._dead_at())
        return failure is None

    async def _fence(self, session: SessionInUse) -> None:
        """Close a session by its id; one that cannot be shown to be closed is quarantined."""
        try:
            await self._driver.fence(self._node.bmc, session.id)
        except DriverError as error:
            self._error = error
            self._note_unfenced(session.id, error)
            self._fences.quarantine(session.node, session.id, self._dead_at())
        else:
            self._fenced(session, "by id")

    def _fenced(self, session: SessionInUse, how: str) -> None:
        """A session is shown to be closed, or must be dead."""
        if self._fences.passed(session, trio.current_time()):
            self._ledger.session_closed(session.node, session.id, self._operation.id, how)
        else:
            self._note(Kind.SESSION, "fenced", detail={"session": session.id, "how": how})

    def _release_held(self, how: str) -> None:
        """Take off the record what was held there for its soft-off."""
        for session_id in self._fences.spent(self._node.name):
            self._ledger.session_closed(self._node.name, session_id, self._operation.id, f"soft-off {how}")

    def _dead_at(self) -> float:
        return trio.current_time() + self._timings.quarantine

    def _note_unfenced(self, session_id: int, error: DriverError) -> None:
        log.warning("fence.unanswered", node=self._node.name, session=session_id, error=str(error))
        self._note(Kind.SESSION, "fence-unanswered", detail={"session": session_id, "told": str(error)})

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
        if self._deadline.over:
            tried += ", and the deadline is over"
        seen = "" if self._reading is None else f"; last read {self._reading}"
        if self._error is not None:
            why = str(self._error)
        elif self._reading is None:
            # A daemon that was stopped for a while, or a time limit shorter than fence and settle.
            why = "the time was over before its power could be read"
        else:
            why = "the BMC accepted the command and its power did not change"
        return f"{goal}: {why} ({tried}{seen})"
