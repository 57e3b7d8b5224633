"""The script: each line of a trace, made to happen to the real code, as long as that follows."""

import dataclasses
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, TypeGuard

import trio

from bmcsim.faults.point import Step as BmcStep
from powerfsm.model.trace import (
    Act,
    Answer,
    Answered,
    Broken,
    Button,
    Cancel,
    Close,
    Closed,
    Copy,
    Crash,
    Deliver,
    DriveStep,
    Happening,
    Idle,
    Ignore,
    Latch,
    Lose,
    NodeStep,
    Open,
    Other,
    Read,
    Reboot,
    Record,
    Refuse,
    Rejected,
    Request,
    Restore,
    Sample,
    Send,
    Start,
    SweepRead,
    SweepSample,
    Trace,
    Witness,
)
from powerfsm.power import Ask, Command, Power
from powerfsm.rehearsal.cues import Deed, Standing
from powerfsm.rehearsal.pace import PATIENCE
from powerfsm.rehearsal.stage import Stage
from powerfsm.rehearsal.steps import SWEPT, Step
from powerfsm.rehearsal.verdict import Departure
from powerfsm.rehearsal.wire import CLOSE, STATUS, Parcel

_COMMANDS = frozenset(str(command) for command in Command)

_TOLD_BY_ACTIONS = frozenset(
    {"confirmed", "gave-up", "cancelled", "turned", "fence-unanswered", "quarantine-over"}
)
"""Events of the machine `node` that an action tells, on its cue."""

_CAUSES: Mapping[str, tuple[type[Happening], ...]] = {
    "fenced": (Closed,),
    "opened": (Open,),
    "recorded": (Record,),
    "read-goal": (Read,),
    "read-other": (Read,),
    "answered": (Answered,),
    "refused": (Answered, Refuse),
    "closed": (Closed,),
    "left": (Closed,),
    "broken-off": (Cancel,),
}
"""Events of the machine `drive`, and the lines that bring them about; the others come with time."""

_TOO_LITTLE = 0.4
"""Seconds before the deadline: less than any wait of a drive."""

_SWEEPING = 30.0
"""Virtual seconds within which the sweep has read a node: it settles first, and does not wait for a soft-off."""

_MAY_FAIL = frozenset({Command.SOFT_OFF, Command.RESET})

_OUTCOMES = (Latch, Act, Ignore, Refuse)


class Departed(Exception):
    """The code does something else than the trace says."""

    def __init__(self, departure: Departure) -> None:
        super().__init__(str(departure))
        self.departure = departure


class Script:
    """One trace, played line by line.

    Attributes:
        done: How many lines have been played.
        misreadings: Lines at which a BMC had to say another power than it had.
    """

    def __init__(self, trace: Trace, stage: Stage) -> None:
        """Play `trace` on `stage`."""
        self.done = 0
        self.misreadings: list[int] = []
        self._lines: Sequence[Happening] = trace.happenings
        self._stage = stage
        self._site = stage.site
        self._wire = stage.site.wire
        self._pace = stage.pace
        self._answers = dict.fromkeys(stage.names.values(), 0)
        # How many copies are under way by the trace; the code may have sent more by repeating itself.
        self._copies: dict[tuple[str, str, int], int] = {}
        self._last: dict[tuple[str, str, int], Parcel] = {}
        # Nodes of which the action is cancelled before its drive has begun.
        self._never_started: set[str] = set()
        # When the deadline of each node's action is over.
        self._deadlines: dict[str, float] = {}
        self._handlers: dict[type[Happening], Callable[[Any], Awaitable[None]]] = {
            Request: self._request, Answer: self._answer, NodeStep: self._node_step, DriveStep: self._drive_step,
            Start: self._start, Cancel: self._cancel, Open: self._open, Record: self._record, Send: self._send,
            Close: self._close, Deliver: self._deliver, Copy: self._copy, Lose: self._lose, Latch: self._latch,
            Act: self._act, Ignore: self._nothing, Refuse: self._nothing, Answered: self._answered,
            Closed: self._closed, Sample: self._sample, Read: self._read, SweepSample: self._sweep_sample,
            SweepRead: self._sweep_read, Idle: self._idle, Button: self._button, Reboot: self._reboot,
            Restore: self._restore, Crash: self._crash, Broken: self._nothing,
            Witness: self._nothing, Rejected: self._rejected,
        }  # fmt: skip
        self._wire.holds = self._holds
        self._wire.holds_reply = self._holds_reply

    async def play(self) -> None:
        """Play to the end.

        Raises:
            Departed: The code does not follow.
        """
        for line in self._lines:
            self._pace.tick()
            await self._handlers[type(line)](line)
            await self._settle()
            self.done += 1
        self._nothing_due()

    def _nothing_due(self) -> None:
        due = self._stage.steps.due()
        if due is not None:
            raise self._departed(due, f"{self._stage.name(due)} goes {_told(due)}", self._now(due))

    def rest(self) -> Sequence[Happening]:
        """The lines that have not been played."""
        return self._lines[self.done :]

    def _holds(self, parcel: Parcel) -> bool:
        known = (parcel.node, parcel.session) in self._stage.numbers
        return parcel.what in _COMMANDS or (parcel.what == CLOSE and known)

    def _holds_reply(self, parcel: Parcel) -> bool:
        return parcel.what == STATUS or self._holds(parcel)

    # Requesters and the registry.

    async def _request(self, line: Request) -> None:
        node = self._stage.name(line)
        before = len(self._stage.asked)
        self._stage.process.commit(node)
        self._stage.ask(node, line.ask)
        await self._pace.settle()
        if len(self._stage.asked) == before:
            raise self._departed(line, f"a request for {line.ask} is decided and durable", "it was refused")

    async def _answer(self, line: Answer) -> None:
        node = self._stage.name(line)
        self._answers[node] += 1
        if self._stage.answered[node] < self._answers[node]:
            raise self._departed(line, "the requester gets his operation", self._now(line))

    async def _node_step(self, line: NodeStep) -> None:
        if line.event == "restarted" and line.before == line.after:
            # A start leaves a node alone where nothing is outstanding; the model steps all.
            return
        if line.event in SWEPT and self._stage.spec.node.kind(line.before) == "driving":
            # Whether such a reading is still told, or given up as an action starts, is a matter of moments.
            return
        node = self._stage.name(line)
        self._stage.process.commit(node)
        self._stage.steps.party(node, NodeStep).due.append(line)
        await self._settle()
        if self._is_due(line) and line.event in _TOLD_BY_ACTIONS:
            await self._take(line, "tell", line.event, f"{node} goes {_told(line)}")
            await self._settle()
            if self._is_due(line):
                raise self._departed(line, f"{node} goes {_told(line)}", self._now(line))

    async def _rejected(self, line: Rejected) -> None:
        await self._node_step(
            NodeStep(node=line.node, line=line.line, before=line.state, event=line.event, after=line.state)
        )

    async def _start(self, line: Start) -> None:
        node, timings = self._stage.name(line), self._stage.spec.timings
        if self._is_cancelled_at_once(line):
            self._never_started.add(node)
            return
        await self._take(line, "start", line.ask, f"the action of {line.ask} starts")
        soft = timings["soft-patience"] if line.ask is Ask.SOFT_OFF else 0
        self._deadlines[node] = trio.current_time() + timings["deadline"] + soft

    def _is_cancelled_at_once(self, line: Start) -> bool:
        """Whether the trace has the drive broken off before it does anything: then no drive begins at all."""
        for later in self._lines[self.done + 1 :]:
            if later.node == line.node and isinstance(later, DriveStep):
                return later.event == "broken-off"
            if later.node == line.node and isinstance(later, Open | Close):
                break
        return False

    async def _cancel(self, line: Cancel) -> None:
        """The action is told once the trace has it notice (`broken-off`): till then it goes on in the model."""
        node = self._stage.name(line)
        if node in self._stage.process.registry.actions and not self._stage.process.is_cancelling(node):
            raise self._departed(line, "the action in play is told to cancel", self._now(line))

    # The drive.

    async def _drive_step(self, line: DriveStep) -> None:
        node = self._stage.name(line)
        if node in self._never_started:
            if line.event == "broken-off":
                self._stage.process.cancel(node)
                await self._take(line, "start", "", "an action starts, and is cancelled")
            if self._stage.spec.drive.kind(line.after) == "final":
                self._never_started.discard(node)
            return
        self._stage.steps.party(node, DriveStep).due.append(line)
        await self._settle()
        if not self._is_due(line) or self._comes(line):
            return
        with ExitStack() as meanwhile:
            await self._bring_about(line, meanwhile)
            standing = None if line.event != "expired" else self._stage.standing(node)
            await self._pace.until(lambda: self._has_come(line) or self._stage.standing(node) is not standing)
        await self._settle()
        if self._is_due(line):
            raise self._departed(line, f"the drive of {node} goes {_told(line)}", self._now(line))

    async def _bring_about(self, line: DriveStep, meanwhile: ExitStack) -> None:
        """Do what it takes for a step that no other line of the trace brings about, beside letting time pass."""
        node, cues = self._stage.name(line), self._stage.process.cues
        standing = self._stage.standing(node)
        if line.event == "broken-off":
            self._stage.process.cancel(node)
        elif line.event == "refused":
            for reply in self._wire.coming_back(node, _COMMANDS, None)[-1:]:
                self._wire.let_back(reply)
        elif standing is None:
            return
        elif line.event != "failure":
            if (standing.deed, line.event) == ("record", "recorded"):
                cues.give(standing)
        elif line.after == "giving-up" and standing.deed == "open":
            self._stage.process.logins.missing = True
            meanwhile.callback(setattr, self._stage.process.logins, "missing", False)
            cues.give(standing)
        elif line.after == "giving-up" and standing.deed == "sample":
            with self._site.refusing(node, BmcStep.CHASSIS_STATUS, for_good=True):
                cues.give(standing)
                await self._pace.settle()
            for reply in self._readings(node, swept=False)[-1:]:
                self._wire.let_back(reply)
        else:
            # Nothing of the login, the reading or the close gets through.
            self._wire.deaf.add(node)
            meanwhile.callback(self._wire.deaf.discard, node)
            cues.give(standing)

    def _has_come(self, step: Step) -> bool:
        return self._stage.steps.match() is not None or not self._is_due(step)

    def _comes(self, step: DriveStep) -> bool:
        """Whether what brings a step about is still to come in the trace."""
        causes = _CAUSES.get(step.event, ())
        for line in self._lines[self.done + 1 :]:
            if isinstance(line, causes) and line.node == step.node:
                return True
            if isinstance(line, Crash) or (isinstance(line, DriveStep) and line.node == step.node):
                return False
        return False

    async def _open(self, line: Open) -> None:
        node = self._stage.name(line)
        await self._take(line, "open", "", "a session is opened")
        await self._settle()
        if not self._stage.opened[node]:
            raise self._departed(line, "a session is opened", self._now(line))
        self._stage.numbers[node, self._stage.opened[node].pop(0)] = line.session
        # The number may have been another session's, which nothing refers to any more.
        for known in (self._copies, self._last):
            for key in [key for key in known if (key[0], key[2]) == (node, line.session)]:
                del known[key]

    async def _record(self, line: Record) -> None:
        self._stage.process.commit(self._stage.name(line))
        await self._take(line, "record", "", f"session {line.session} is put on record", line.session)

    async def _send(self, line: Send) -> None:
        expected = f"{line.command} is sent in session {line.session}"
        await self._take(line, "send", line.command, expected, line.session)
        await self._leave(line, line.command, line.session, expected)

    async def _close(self, line: Close) -> None:
        node, expected = self._stage.name(line), f"a close of session {line.session} is sent"
        if self._stage.standing(node) is not None:
            self._forget_repeats(node, line.session)
            await self._take(line, "close", "", expected, line.session)
        elif node not in self._stage.process.registry.actions:
            # Nobody drives it: it is the sweep that closes what is on record.
            self._forget_repeats(node, line.session)
            self._stage.process.sweep(node)
        await self._leave(line, CLOSE, line.session, expected)

    def _forget_repeats(self, node: str, session: int) -> None:
        """Lose the closes of a session that the code has repeated and the trace does not have: it asks anew."""
        for parcel in self._held(node, CLOSE, session)[self._copies.get((node, CLOSE, session), 0) :]:
            self._wire.held.remove(parcel)

    async def _leave(self, line: Happening, what: str, session: int, expected: str) -> None:
        """See to it that one more datagram of a kind is under way than by the trace so far."""
        node, key = self._stage.name(line), (self._stage.name(line), what, session)
        due = self._copies.get(key, 0) + 1

        def more() -> bool:
            return len(self._held(node, what, session)) >= due or self._stage.standing(node) is not None

        await self._pace.until(more, PATIENCE)
        held = self._held(node, what, session)
        if len(held) < due:
            raise self._departed(line, expected, self._now(line))
        self._copies[key] = due
        self._last[key] = held[-1]

    # The network.

    async def _deliver(self, line: Deliver) -> None:
        node, what, session = self._stage.name(line), line.packet.what, line.packet.session
        parcel = self._from_network(line)
        outcome = self._outcome(line) if what in _COMMANDS else None
        before = len(self._site.log.entries), len(self._site.latched[node])
        with ExitStack() as refusing:
            if isinstance(outcome, Refuse):
                for_good = not self._leads_to(line, "refused", "resting")
                refusing.enter_context(self._site.refusing(node, BmcStep.CHASSIS_CONTROL, for_good=for_good))
            self._wire.deliver(parcel)
        dropped = any(event["event"] == "dropped" for event in self._site.log.entries[before[0] :])
        latched = len(self._site.latched[node]) > before[1]
        if isinstance(outcome, Latch | Act) and not latched:
            told = "dropped" if dropped else "refused"
            raise self._departed(line, f"the BMC accepts {what} in session {session}", f"it has {told} it")
        if isinstance(outcome, Ignore) and not dropped:
            told = f"the BMC drops {what}, for session {session} is closed"
            raise self._departed(line, told, "it has taken it")

    def _leads_to(self, line: Happening, event: str, after: str) -> bool:
        """Whether the next such step of the node's drive leads there."""
        for later in self._lines[self.done + 1 :]:
            if isinstance(later, DriveStep) and (later.node, later.event) == (line.node, event):
                return later.after == after
        return False

    def _outcome(self, line: Deliver) -> Happening | None:
        """What the trace says that the BMC makes of a command."""
        for later in self._lines[self.done + 1 :]:
            if later.node == line.node and isinstance(later, _OUTCOMES):
                return later
            if later.node == line.node and isinstance(later, Deliver):
                break
        return None

    async def _copy(self, line: Copy) -> None:
        node, what, session = self._stage.name(line), line.packet.what, line.packet.session
        key = node, str(what), session
        last = self._last.get(key)
        if last is None:
            raise self._departed(line, f"{line.packet} is copied", "nothing of the kind was ever sent")
        self._copies[key] = self._copies.get(key, 0) + 1
        if len(self._held(node, what, session)) < self._copies[key]:
            self._wire.held.append(dataclasses.replace(last))

    async def _lose(self, line: Lose) -> None:
        if line.packet.what is not Other.ANSWER:
            self._wire.held.remove(self._from_network(line))
            return
        node, session = self._stage.name(line), line.packet.session
        replies = self._wire.coming_back(node, _COMMANDS | {CLOSE}, self._stage.session(node, session))
        if not replies:
            raise self._departed(line, f"an answer in session {session} is under way", "none is")
        self._wire.replies.remove(replies[-1])

    def _from_network(self, line: Deliver | Lose) -> Parcel:
        node, what, session = self._stage.name(line), line.packet.what, line.packet.session
        held = self._held(node, what, session)
        if not held:
            raise self._departed(line, f"{line.packet} is under way", "nothing of the kind is")
        key = node, str(what), session
        self._copies[key] = max(0, self._copies.get(key, 0) - 1)
        # Of several the last one is that of which the answer is awaited.
        return held[-1]

    def _held(self, node: str, what: str, session: int) -> list[Parcel]:
        known = self._stage.session(node, session)
        return [] if known is None else self._wire.under_way(node, what, known)

    async def _answered(self, line: Answered) -> None:
        await self._come_back(line, _COMMANDS, "the action gets the answer to its command")

    async def _closed(self, line: Closed) -> None:
        node, session = self._stage.name(line), line.session
        known = self._stage.session(node, session)

        def closed() -> bool:
            # A closed session does not answer a repeated close; the code then asks by its id.
            for parcel in self._held(node, CLOSE, session):
                self._wire.deliver(parcel)
            return bool(self._wire.coming_back(node, frozenset({CLOSE}), known))

        answered = bool(self._wire.coming_back(node, frozenset({CLOSE}), known))
        if not answered and self._stage.standing(node) is None and not self._site.is_open(node, known):
            await self._pace.until(lambda: closed() or self._stage.standing(node) is not None)
        await self._come_back(line, frozenset({CLOSE}), "the action gets the answer to its close")

    async def _come_back(self, line: Answered | Closed, whats: frozenset[str], expected: str) -> None:
        node = self._stage.name(line)
        replies = self._wire.coming_back(node, whats, self._stage.session(node, line.session))
        if not replies:
            raise self._departed(line, expected, f"no such answer is under way; {self._now(line)}")
        self._wire.let_back(replies[-1])

    # The BMC, its readings, and who else acts on it.

    async def _latch(self, line: Latch) -> None:
        held = self._site.latched[self._stage.name(line)]
        if line.command not in {each.command for each in held}:
            raise self._departed(line, f"the BMC has accepted {line.command}", "it has not")

    async def _act(self, line: Act) -> None:
        node = self._stage.name(line)
        expected = f"the BMC acts, and the power is {line.power}"
        if not self._site.latched[node]:
            raise self._departed(line, expected, "there is nothing that it has accepted and not acted on")
        latched = self._site.latched[node][-1]
        # A soft-off may not be heeded, and a machine that is off may not be reset into being on.
        heeded = latched.command not in _MAY_FAIL or latched.command.direction is line.power
        self._site.act(node, latched, heeded=heeded)
        if self._site.power(node) is not line.power:
            raise self._departed(line, expected, f"what it has accepted is {latched.command}")

    async def _sample(self, line: Sample) -> None:
        node = self._stage.name(line)
        await self._lose_patience(line)
        before = len(self._readings(node, swept=False))
        with self._reading(line, node, line.power):
            await self._take(line, "sample", "", "the power is read")
            await self._settle()
        if len(self._readings(node, swept=False)) == before:
            raise self._departed(line, "the power is read", self._now(line))

    async def _lose_patience(self, line: Sample) -> None:
        """Let the time pass after which a reading is one too many, where the trace has it so."""
        before = [each.command for each in self._lines[: self.done] if _is_send(each, line.node)][-1:]
        after = [each.command for each in self._lines[self.done :] if _is_send(each, line.node)][:1]
        soft = before == [Command.SOFT_OFF]
        for later in self._lines[self.done + 1 :]:
            if not isinstance(later, DriveStep) or later.node != line.node:
                continue
            over = later.event == "read-other" and (
                (later.before == "reading" and later.after != "reading")
                or (later.before == "checking" and soft and after == [Command.OFF])
            )
            if over:
                await self._pace.until(lambda: self._stage.standing(self._stage.name(line)) is not None)
                await self._pace.pass_by(self._stage.spec.timings["soft-patience" if soft else "patience"])
            return

    async def _read(self, line: Read) -> None:
        self._let_read(line, swept=False, expected="the action gets a reading")

    async def _sweep_sample(self, line: SweepSample) -> None:
        node = self._stage.name(line)
        before = len(self._readings(node, swept=True))
        with self._reading(line, node, line.power):
            self._stage.process.sweep(node)
            await self._pace.until(lambda: len(self._readings(node, swept=True)) > before, _SWEEPING)
        if len(self._readings(node, swept=True)) == before:
            raise self._departed(line, "the sweep reads the power", self._now(line))

    async def _sweep_read(self, line: SweepRead) -> None:
        self._let_read(line, swept=True, expected="the sweep gets its reading")

    def _reading(self, line: Happening, node: str, power: Power) -> ExitStack:
        if power is not self._site.power(node):
            self.misreadings.append(line.line)
        return self._site.reading(node, power)

    def _readings(self, node: str, *, swept: bool) -> list[Any]:
        replies = self._wire.coming_back(node, frozenset({STATUS}), None)
        return [each for each in replies if ((node, each.parcel.session) not in self._stage.numbers) is swept]

    def _let_read(self, line: Read | SweepRead, *, swept: bool, expected: str) -> None:
        replies = self._readings(self._stage.name(line), swept=swept)
        if not replies:
            raise self._departed(line, expected, "none is under way")
        self._wire.let_back(replies[-1])

    async def _idle(self, line: Idle) -> None:
        node = self._stage.name(line)
        session = self._stage.session(node, line.session)
        if session is not None:
            self._site.drop_idle(node, session)

    async def _button(self, line: Button) -> None:
        self._site.press(self._stage.name(line), line.power)

    async def _reboot(self, line: Reboot) -> None:
        self._site.reboot(self._stage.name(line))

    async def _restore(self, line: Restore) -> None:
        self._site.restore(self._stage.name(line), line.power)

    async def _crash(self, _: Crash) -> None:
        self._nothing_due()
        await self._stage.crash()

    async def _nothing(self, _: Happening) -> None:
        """It was seen to where it was caused."""

    # Cues.

    async def _take(
        self, line: Happening, deed: Deed, word: str, expected: str, session: int | None = None
    ) -> None:
        """Give an action the cue for what it must be about to do."""
        node = self._stage.name(line)
        await self._pace.until(lambda: self._stage.standing(node) is not None)
        standing = self._stage.standing(node)
        number = None if session is None else self._stage.session(node, session)
        if standing is None or not _is(standing, deed, word, number):
            raise self._departed(line, expected, self._now(line))
        if self._expires(line):
            # What remains is not enough for what it waits for next.
            await self._pace.pass_by(max(0.0, self._deadlines[node] - _TOO_LITTLE - trio.current_time()))
        self._stage.process.cues.give(standing)

    def _expires(self, line: Happening) -> bool:
        """Whether the deadline is over by the trace before the action does anything else."""
        for later in self._lines[self.done + 1 :]:
            if later.node != line.node:
                continue
            if isinstance(later, DriveStep) and later.event == "expired":
                return self._stage.name(line) in self._deadlines
            if isinstance(later, Start | Open | Record | Send | Close | Sample):
                break
        return False

    async def _settle(self) -> None:
        """Let everything happen that needs no time, and see that no machine stepped otherwise than the trace."""
        await self._pace.settle()
        differs = self._stage.steps.match()
        if differs is not None:
            step, entry = differs
            whose = "the drive of " if isinstance(step, DriveStep) else ""
            did = f"{entry.before} by {entry.event} to {entry.after or entry.before}"
            happened = f"it went from {did}"
            if "rejected" in entry.detail:
                happened += f", which is a defect: {entry.detail['rejected']}"
            raise self._departed(step, f"{whose}{self._stage.name(step)} goes {_told(step)}", happened)

    def _is_due(self, step: Step) -> bool:
        return any(each is step for each in self._stage.steps.party(self._stage.name(step), type(step)).due)

    def _now(self, line: Happening) -> str:
        return self._stage.now(self._stage.name(line))

    def _departed(self, line: Happening, expected: str, happened: str) -> Departed:
        return Departed(Departure(str(line), line.line, expected, happened))


def _is_send(line: Happening, node: int) -> TypeGuard[Send]:
    return isinstance(line, Send) and line.node == node


def _is(standing: Standing, deed: Deed, word: str, session: int | None) -> bool:
    return (
        standing.deed == deed and word in ("", standing.word) and (session is None or standing.session == session)
    )


def _told(step: Step) -> str:
    return f"from {step.before} by {step.event} to {step.after}"
