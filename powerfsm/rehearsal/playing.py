"""Playing: what every line of a trace needs, whatever it tells of."""

from collections.abc import Sequence

import trio

from powerfsm.model.trace import (
    Close,
    DriveStep,
    Happening,
    Open,
    Record,
    Sample,
    Send,
    Start,
    Trace,
)
from powerfsm.power import Command
from powerfsm.rehearsal.cues import Deed, Standing
from powerfsm.rehearsal.stage import Stage
from powerfsm.rehearsal.steps import Step
from powerfsm.rehearsal.verdict import Departure

COMMANDS = frozenset(str(command) for command in Command)

_TOO_LITTLE = 0.4
"""Seconds before the deadline: less than any wait of a drive."""


class Departed(Exception):
    """The code does something else than the trace says."""

    def __init__(self, departure: Departure) -> None:
        super().__init__(str(departure))
        self.departure = departure


class Playing:
    """A trace, being played.

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
        # When the deadline of each node's action is over.
        self._deadlines: dict[str, float] = {}

    def rest(self) -> Sequence[Happening]:
        """The lines that have not been played."""
        return self._lines[self.done :]

    async def _nothing(self, _: Happening) -> None:
        """It was seen to where it was caused."""

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
            raise self._departed(step, f"{whose}{self._stage.name(step)} goes {told(step)}", happened)

    def _nothing_due(self) -> None:
        due = self._stage.steps.due()
        if due is not None:
            raise self._departed(due, f"{self._stage.name(due)} goes {told(due)}", self._now(due))

    def _is_due(self, step: Step) -> bool:
        return any(each is step for each in self._stage.steps.party(self._stage.name(step), type(step)).due)

    def _now(self, line: Happening) -> str:
        return self._stage.now(self._stage.name(line))

    def _departed(self, line: Happening, expected: str, happened: str) -> Departed:
        return Departed(Departure(str(line), line.line, expected, happened))


def _is(standing: Standing, deed: Deed, word: str, session: int | None) -> bool:
    return (
        standing.deed == deed and word in ("", standing.word) and (session is None or standing.session == session)
    )


def told(step: Step) -> str:
    """A step in words."""
    return f"from {step.before} by {step.event} to {step.after}"
