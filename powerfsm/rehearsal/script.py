"""The script: each line of a trace, made to happen to the real code, as long as that follows."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack
from typing import Any

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
from powerfsm.power import Ask
from powerfsm.rehearsal.bmc_lines import BmcLines
from powerfsm.rehearsal.network_lines import NetworkLines
from powerfsm.rehearsal.playing import COMMANDS, told
from powerfsm.rehearsal.stage import Stage
from powerfsm.rehearsal.steps import SWEPT, Step
from powerfsm.rehearsal.wire import Parcel
from powerfsm.simulation.eavesdropping import CLOSE, STATUS

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


class Script(NetworkLines, BmcLines):
    """One trace, played line by line: here are requesters, registry and drive."""

    def __init__(self, trace: Trace, stage: Stage) -> None:
        """Play `trace` on `stage`."""
        super().__init__(trace, stage)
        self._answers = dict.fromkeys(stage.names.values(), 0)
        # Nodes of which the action is cancelled before its drive has begun.
        self._never_started: set[str] = set()
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

    def _holds(self, parcel: Parcel) -> bool:
        known = (parcel.node, parcel.session) in self._stage.numbers
        return parcel.what in COMMANDS or (parcel.what == CLOSE and known)

    def _holds_reply(self, parcel: Parcel) -> bool:
        return parcel.what == STATUS or self._holds(parcel)

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
            await self._take(line, "tell", line.event, f"{node} goes {told(line)}")
            await self._settle()
            if self._is_due(line):
                raise self._departed(line, f"{node} goes {told(line)}", self._now(line))

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
            raise self._departed(line, f"the drive of {node} goes {told(line)}", self._now(line))

    async def _bring_about(self, line: DriveStep, meanwhile: ExitStack) -> None:
        """Do what it takes for a step that no other line of the trace brings about, beside letting time pass."""
        node, cues = self._stage.name(line), self._stage.process.cues
        standing = self._stage.standing(node)
        if line.event == "broken-off":
            self._stage.process.cancel(node)
        elif line.event == "refused":
            for reply in self._wire.coming_back(node, COMMANDS, None)[-1:]:
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

    async def _crash(self, _: Crash) -> None:
        self._nothing_due()
        await self._stage.crash()
