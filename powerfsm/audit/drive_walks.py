"""The walks that the machine `drive` allows, as an automaton that is made as it is needed.

Some guards of the drive cannot be computed from a journal (`transient`, `unsupported`, `patient`): then either
branch is allowed, and an action may be in several configurations at once.  So a `Walk` is a set of them, and its
edges lead from set to set; each is computed once and then looked up, whatever the size of the journal.
"""

from collections.abc import Iterator
from itertools import chain, combinations
from typing import NamedTuple

from powerfsm.power import Ask, Command, Power
from powerfsm.spec import Machine, Step


class Leg(NamedTuple):
    """One power to be reached: how it is commanded, and whether the command may be sent once only."""

    goal: Power
    command: Command
    once: bool = False


LEGS: dict[Ask, tuple[Leg, ...]] = {
    Ask.ON: (Leg(Power.ON, Command.ON),),
    Ask.OFF: (Leg(Power.OFF, Command.OFF),),
    Ask.READY: (Leg(Power.OFF, Command.OFF),),
    Ask.SOFT_OFF: (Leg(Power.OFF, Command.SOFT_OFF),),
    Ask.CYCLE: (Leg(Power.OFF, Command.OFF), Leg(Power.ON, Command.ON)),
    Ask.RESET: (Leg(Power.ON, Command.RESET, once=True),),
}

_FREE = frozenset({"transient", "unsupported", "patient"})


class Config(NamedTuple):
    """What a drive keeps: its command, whether one that is sent once only may have been, and what came of it."""

    command: Command
    spent: bool
    accepted: bool = False
    awaiting: bool = False


class Walk:
    """A drive somewhere on its way.

    Attributes:
        leg: What it is to reach.
        phase: The state of the machine `drive`.
        heard: What was told within this phase that its end has to agree with, or None.
        configs: What it may keep.
        edges: Where each entry that came leads to.
    """

    __slots__ = ("configs", "edges", "heard", "leg", "phase")

    def __init__(self, leg: Leg, phase: str, heard: str | None, configs: frozenset[Config]) -> None:
        self.leg = leg
        self.phase = phase
        self.heard = heard
        self.configs = configs
        self.edges: dict[tuple[str, ...], Edge | None] = {}


class Edge(NamedTuple):
    """Where an entry leads, and the effects that it has."""

    walk: Walk
    effects: frozenset[str]


class DriveWalks:
    """The automaton of the machine `drive`."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.final = frozenset(state for state in machine.states if machine.kind(state) == "final")
        self._walks: dict[tuple[Leg, str, str | None, frozenset[Config]], Walk] = {}

    def begin(self, leg: Leg, spent: frozenset[bool]) -> Walk:
        """A walk at its beginning; `spent` is what may be on record of a command that is sent once only."""
        return self._walk(leg, self.machine.initial, None, frozenset(Config(leg.command, each) for each in spent))

    def phase(self, walk: Walk, event: str, before: str | None, after: str | None) -> Edge | None:
        """Where the end of a phase leads, or None: it cannot be."""
        return self._edge(walk, ("phase", event, before or "", after or ""))

    def command(self, walk: Walk, command: str, outcome: str) -> Edge | None:
        """Where a command, or what came of it, leads."""
        return self._edge(walk, ("command", command, outcome))

    def observation(self, walk: Walk, event: str) -> Edge | None:
        """Where a reading, or its failure, leads."""
        return self._edge(walk, ("observation", event))

    def recorded(self, walk: Walk, command: str) -> Edge | None:
        """Where a session that was put on record for `command` leads."""
        return self._edge(walk, ("recorded", command))

    def ends(self, walk: Walk) -> list[str]:
        """How the present phase can end, as `event -> phase`."""
        return [
            f"{event} -> {after}"
            for event in (self.machine.events if walk.phase not in self.final else ())
            for after in self.machine.states
            if self.phase(walk, event, walk.phase, after) is not None
        ]

    def _edge(self, walk: Walk, entry: tuple[str, ...]) -> Edge | None:
        try:
            return walk.edges[entry]
        except KeyError:
            made = walk.edges[entry] = self._make(walk, *entry)
            return made

    def _make(self, walk: Walk, kind: str, *words: str) -> Edge | None:
        match kind:
            case "phase":
                return self._end_phase(walk, *words)
            case "command":
                return self._send(walk, *words)
            case "observation":
                return self._observe(walk, *words)
            case _:
                configs = frozenset(each for each in walk.configs if each.command == words[0])
                right = walk.phase == "recording" and walk.heard is None
                return self._onward(walk, walk.phase, "recorded", configs if right else frozenset())

    def _end_phase(self, walk: Walk, event: str, before: str, after: str) -> Edge | None:
        if before != walk.phase or event not in self.machine.events or walk.phase in self.final:
            return None
        if not self._agrees(walk, event):
            return None
        reached: set[Config] = set()
        effects: set[str] = set()
        for config in walk.configs:
            for step in self._steps(walk, config, event):
                if step.kind != "rejected" and step.after == after:
                    reached.add(_affected(config, event, step))
                    effects.update(step.effects)
        return self._onward(walk, after, None, frozenset(reached), frozenset(effects))

    def _agrees(self, walk: Walk, event: str) -> bool:
        """Whether a phase can end so after what was told within it."""
        match event:
            case "read-goal":
                return walk.heard == walk.leg.goal
            case "read-other":
                return walk.heard in tuple(Power) and walk.heard != walk.leg.goal
            case "answered" | "refused" | "unanswered" | "recorded":
                return walk.heard == event
            case "failure":
                return walk.heard == (None if walk.phase == "closing" else "failure")
            case "expired" | "broken-off":
                return True
            case _:
                return walk.heard is None

    def _steps(self, walk: Walk, config: Config, event: str) -> Iterator[Step]:
        asked = self.machine.guards(walk.phase, event)
        free = [guard for guard in asked if guard in _FREE and (guard != "patient" or config.awaiting)]
        held = {guard for guard in asked if guard not in free and _holds(guard, walk.leg, config)}
        for some in chain.from_iterable(combinations(free, size) for size in range(len(free) + 1)):
            yield self.machine.step(walk.phase, event, frozenset({*held, *some}))

    def _send(self, walk: Walk, command: str, outcome: str) -> Edge | None:
        sending = outcome == "sent"
        if walk.phase != "commanding" or walk.heard != (None if sending else "sent"):
            return None
        soft = command == Command.SOFT_OFF
        awaited = soft if sending else outcome == "answered" and not soft
        configs = (
            each._replace(awaiting=each.awaiting or awaited) for each in walk.configs if each.command == command
        )
        return self._onward(walk, walk.phase, outcome, frozenset(configs))

    def _observe(self, walk: Walk, event: str) -> Edge | None:
        phases = ("checking", "reading", "opening") if event == "failure" else ("checking", "reading")
        if walk.phase not in phases or walk.heard is not None:
            return None
        return self._onward(walk, walk.phase, event.removeprefix("read-"), walk.configs)

    def _onward(
        self,
        walk: Walk,
        phase: str,
        heard: str | None,
        configs: frozenset[Config],
        effects: frozenset[str] = frozenset(),
    ) -> Edge | None:
        return Edge(self._walk(walk.leg, phase, heard, configs), effects) if configs else None

    def _walk(self, leg: Leg, phase: str, heard: str | None, configs: frozenset[Config]) -> Walk:
        key = leg, phase, heard, configs
        walk = self._walks.get(key)
        if walk is None:
            walk = self._walks[key] = Walk(*key)
        return walk


def _holds(guard: str, leg: Leg, config: Config) -> bool:
    """Whether a guard that can be computed holds; `patient` where nothing is awaited yet."""
    match guard:
        case "once":
            return leg.once and config.command is leg.command
        case "spent":
            return config.spent
        case "accepted":
            return config.accepted
        case "soft":
            return config.command is Command.SOFT_OFF
        case "patient":
            return True
        case _:
            raise LookupError(f"the audit does not know what the guard {guard!r} of the machine `drive` means")


def _affected(config: Config, event: str, step: Step) -> Config:
    if event == "marked":
        config = config._replace(spent=True)
    for effect in step.effects:
        match effect:
            case "escalate":
                config = config._replace(command=Command.OFF, awaiting=False)
            case "start-instead":
                config = config._replace(command=Command.ON)
            case "accept":
                config = config._replace(accepted=True)
            case "acquit":
                config = config._replace(spent=False)
            case _:
                pass
    return config
