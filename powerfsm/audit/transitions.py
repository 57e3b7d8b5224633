"""The steps of nodes: what an entry of kind `transition` tells, held against the machine `node`."""

from collections.abc import Mapping
from typing import NamedTuple

from powerfsm.audit.drive_walks import LEGS, DriveWalks, Walk
from powerfsm.audit.effects import Replay
from powerfsm.audit.findings import Check, Impossible
from powerfsm.audit.node_steps import NodeSteps, Wish
from powerfsm.audit.track import UNKNOWN, Track
from powerfsm.power import Ask
from powerfsm.spec import Step

_ASKS = {ask.value: ask for ask in Ask}
_NOTHING: Mapping[str, object] = {}

_ENDS = frozenset({"confirmed", "gave-up", "cancelled"})
"""The events by which an action ends."""

BEFORE = -1
"""The session of a sweep that was opened before the journal begins."""

CLOCK = 0.002
"""Seconds by which a time in an export may be less than it was: it is cut to milliseconds there."""


class Due(NamedTuple):
    """The entry that has to come next: written in the same instant as the one before it."""

    node: str
    event: str


class Told(NamedTuple):
    """An entry that tells of a step."""

    at: float
    event: str
    operation: int | None
    generation: int | None
    before: str | None
    after: str | None
    detail: Mapping[str, object]


class StepAudit:
    """Holds the steps of nodes against the machine `node`.

    Attributes:
        due: What has to come next, or None.
        clock_stepped: The latest time from which a clock was set back.
    """

    def __init__(self, steps: NodeSteps, walks: DriveWalks, replay: Replay) -> None:
        self.due: Due | None = None
        self.clock_stepped = -1.0
        self._steps = steps
        self._walks = walks
        self._replay = replay
        self._from = {name: event.source for name, event in steps.machine.declared.events.items()}

    def step(
        self,
        t: Track,
        at: float,
        event: str,
        operation: int | None,
        generation: int | None,
        before: str | None,
        after: str | None,
        detail: Mapping[str, object] | None,
    ) -> None:
        """A node has taken a step, or was told something that it ignores or rejects."""
        told = Told(at, event, operation, generation, before, after, detail or _NOTHING)
        machine = self._steps.machine
        if event not in self._from or before not in machine.declared.states:
            raise Impossible(
                Check.WORDS, f"{event} in state {before}", "an event and a state of the machine `node`"
            )
        if not t.known and not self._learn(t, told):
            return
        if before != t.state:
            raise Impossible(Check.CHAIN, f"{event} in state {before}", f"the node is {t.state}")
        in_play, waiting = t.in_play, t.waiting
        ask = _ASKS.get(str(told.detail.get("ask"))) if event == "request" else None
        if event == "request" and ask is None and after is not None:
            raise Impossible(
                Check.WORDS, f"a request for {told.detail.get('ask')}", "one of the things that can be asked"
            )
        desired = t.desired
        options = self._steps.possible(
            before,
            event,
            ask,
            None if in_play is None else in_play.ask,
            0 if in_play is None else in_play.leg,
            None if waiting is None else waiting.ask,
            Wish.NONE if desired is None else Wish.UNKNOWN if desired is UNKNOWN else Wish.SOME,
        )
        mask, step = self._choose(t, options, told)
        if step.kind != "transition":
            self._nothing_happens(t, step, told)
            return
        t.policies &= mask
        self._check_grounds(t, told)
        self._take(t, step, told, ask)

    def _take(self, t: Track, step: Step, told: Told, ask: Ask | None) -> None:
        before = t.generation
        if t.desired is UNKNOWN and "enforce-desired" in step.effects:
            # Which of two asks is enforced cannot be told: what comes of it is not followed.
            t.known, t.state = False, step.after
            return
        expected = self._replay.run(step.effects, t, told.at, ask, told.detail, told.operation, told.generation)
        if told.generation != t.generation:
            grown = "" if before == t.generation else f", for it was {before} and what is desired has changed"
            raise Impossible(
                Check.GENERATION,
                f"{told.event} at generation {told.generation}",
                f"generation {t.generation}{grown}",
            )
        if told.operation != expected:
            raise Impossible(
                Check.OPERATION, f"{told.event} names operation {told.operation}", f"operation {expected}"
            )
        t.state = step.after
        if told.event in _ENDS:
            t.walk = None
        if "start" in step.effects:
            self._begin_walk(t, 0 if t.in_play is None else t.in_play.leg)
        elif told.event == "turned":
            self._begin_walk(t, t.leg + 1)
        if "take-next" in step.effects and t.waiting is not None:
            self.due = Due(t.name, "next")
        elif told.event == "restarted":
            self.due = Due(t.name, "recover")

    def _begin_walk(self, t: Track, leg: int) -> None:
        operation = t.in_play
        if operation is None or leg >= len(LEGS[operation.ask]):
            raise Impossible(
                Check.OPERATION, "an action begins", "none: no operation is in play that has a leg left"
            )
        t.leg = leg
        t.reading = t.own = t.fate = t.due = None
        t.cut = False
        t.walk = self._walks.begin(LEGS[operation.ask][leg], operation.spent)

    # Which step it is.

    def _choose(self, t: Track, options: tuple[tuple[int, Step], ...], told: Told) -> tuple[int, Step]:
        for mask, step in options:
            if mask & t.policies and _is(step, told):
                return mask, step
        told_after = told.after
        if told_after is None:
            told_after = "nothing, ignored" if "ignored" in told.detail else "nothing, rejected"
        found = f"{told.event} leads from {told.before} to {told_after}"
        if any(_is(step, told) for _, step in options):
            found += ", which is another policy than the node has shown before"
        allowed = sorted({_shown(step) for mask, step in options if mask & t.policies})
        raise Impossible(Check.STEP, found, " or ".join(allowed) + self._because(t))

    def _because(self, t: Track) -> str:
        parts = []
        if t.in_play is not None:
            parts.append(f"operation {t.in_play.id} ({t.in_play.ask}, leg {t.in_play.leg + 1}) in play")
        if t.waiting is not None:
            parts.append(f"operation {t.waiting.id} ({t.waiting.ask}) waiting")
        return f", with {' and '.join(parts) or 'nothing in play'}"

    def _nothing_happens(self, t: Track, step: Step, told: Told) -> None:
        in_play = None if t.in_play is None else t.in_play.id
        if told.operation != in_play:
            raise Impossible(
                Check.OPERATION, f"{told.event} names operation {told.operation}", f"operation {in_play}"
            )
        if t.generation is not None and told.generation != t.generation:
            raise Impossible(
                Check.GENERATION, f"{told.event} at generation {told.generation}", f"generation {t.generation}"
            )
        if step.kind == "rejected":
            raise Impossible(
                Check.DEFECT,
                f"{told.event} in state {told.before} was rejected: {step.reason}",
                "any event but this one",
            )
        self._check_grounds(t, told)
        if told.event == "turned" and t.walk is not None:
            self._begin_walk(t, t.leg + 1)

    # What it rests on.

    def _check_grounds(self, t: Track, told: Told) -> None:
        """What is told must have been come by."""
        match self._from[told.event]:
            case "action":
                self._check_action(t, told)
            case "sweep":
                self._check_sweep(t, told)
            case _:
                if t.due is not None:
                    raise Impossible(Check.REPORT, told.event, f"the action has to tell the node {t.due} first")

    def _check_action(self, t: Track, told: Told) -> None:
        event, walk = told.event, t.walk
        if walk is None:
            raise Impossible(Check.REPORT, f"{event} is told", "nothing: no action runs")
        if t.due is not None or event in ("fence-unanswered", "quarantine-over"):
            if event != t.due:
                raise Impossible(
                    Check.REPORT,
                    f"{event} is told",
                    f"{t.due} has to be" if t.due else f"nothing of it: the drive is in phase {walk.phase}",
                )
            t.due = None
            return
        if event in ("confirmed", "turned"):
            self._check_claim(t, told)
        elif not (walk.phase in self._walks.final or _untouched(walk, self._walks)):
            raise Impossible(Check.REPORT, f"{event} is told", f"the drive goes on: it is in phase {walk.phase}")
        elif event == "gave-up" and walk.phase == "done":
            raise Impossible(Check.REPORT, "gave-up is told", "the drive has reached its goal")

    def _check_claim(self, t: Track, told: Told) -> None:
        walk, operation = t.walk, t.in_play
        assert walk is not None
        assert operation is not None
        if walk.phase != "done":
            raise Impossible(
                Check.REPORT, f"{told.event} is told", f"the drive is in phase {walk.phase}, not done"
            )
        last = t.leg == len(LEGS[operation.ask]) - 1
        if last is not (told.event == "confirmed"):
            raise Impossible(
                Check.REPORT, f"{told.event} is told", "confirmed" if last else "turned: a leg of it is left to do"
            )
        if told.after is None:
            return
        reading, read_at = told.detail.get("reading"), told.detail.get("read_at")
        if reading != t.reading or reading != walk.leg.goal:
            raise Impossible(
                Check.READING,
                f"{told.event} rests on a reading of {reading}",
                f"the last reading of the action, {t.reading}",
            )
        self._check_moment(t, told, read_at, t.read_by)

    def _check_sweep(self, t: Track, told: Told) -> None:
        if t.sweep is None or t.swept:
            raise Impossible(
                Check.READING, f"{told.event} is told", "a reading in a session of the sweep, and one in each"
            )
        t.swept = True
        if told.after is not None:
            if f"read-{told.detail.get('reading')}" != told.event:
                raise Impossible(
                    Check.READING,
                    f"{told.event} with a reading of {told.detail.get('reading')}",
                    "one and the same",
                )
            self._check_moment(t, told, told.detail.get("read_at"), told.at)

    def _check_moment(self, t: Track, told: Told, read_at: object, latest: float) -> None:
        """A reading was made in its session, and before it was told; unless somebody set the clock meanwhile."""
        if not isinstance(read_at, int | float):
            raise Impossible(Check.READING, f"{told.event} does not say when it was read", "a time")
        if self.clock_stepped >= t.session_at:
            return
        if not t.session_at - CLOCK <= read_at <= latest + CLOCK:
            raise Impossible(
                Check.READING,
                f"{told.event} rests on a reading made at {read_at}",
                f"one made between {t.session_at} and {latest}, in the session that was used",
            )

    # Where the journal begins in the middle.

    def _learn(self, t: Track, told: Told) -> bool:
        """Whether the node is known from here on; it is where it begins to do something."""
        machine = self._steps.machine
        if t.state is not None and told.before != t.state:
            raise Impossible(Check.CHAIN, f"{told.event} in state {told.before}", f"the node is {t.state}")
        assert told.before is not None
        if machine.kind(told.before) == "resting" and told.event not in ("next", "recover"):
            t.known, t.state, t.in_play, t.waiting = True, told.before, None, None
            if told.event != "request" and t.generation is None:
                t.generation = told.generation
            if t.sweep is None:
                # Its session may have been opened before anything is known.
                t.sweep = BEFORE
            return True
        guards = machine.guards(told.before, told.event)
        if not any(_is(step, told) for step in _any_step(self._steps, told, guards)):
            raise Impossible(Check.STEP, f"{told.event} leads from {told.before} to {told.after}", "no such step")
        if told.after is not None:
            t.state = told.after
        return False


def _any_step(steps: NodeSteps, told: Told, guards: tuple[str, ...]) -> list[Step]:
    assert told.before is not None
    found = []
    for some in range(1 << len(guards)):
        holding = frozenset(guard for bit, guard in enumerate(guards) if some >> bit & 1)
        found.append(steps.machine.step(told.before, told.event, holding))
    return found


def _is(step: Step, told: Told) -> bool:
    if step.kind == "transition":
        return told.after == step.after
    return told.after is None and step.kind in told.detail


def _shown(step: Step) -> str:
    return f"{step.event} -> {step.after}" if step.kind == "transition" else f"{step.event} {step.kind}"


def _untouched(walk: Walk, walks: DriveWalks) -> bool:
    return walk.phase == walks.machine.initial and walk.heard is None
