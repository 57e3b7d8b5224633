"""The real drive, walked before a BMC that chooses, at everything that is asked of it, what becomes of it.

What it chooses stands in a script, so that a walk can be taken again, drawn at random, or led to where no walk
has been.  After every step the reference (`drive_reference`) has to have come to the same phase by the same
effects, and the judge of the laboratory holds what goes over the wire to the promises.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import TypeVar

import structlog
import trio

from drive_reference import DriveReference, Told
from hostile_bmc import LATENCY, Fault, Faults, LabBmc
from laboratory import Lab, laboratory, run_in_virtual_time
from powerfsm.actions import Workshop
from powerfsm.drivers import Refused, Unreachable, Unsupported
from powerfsm.power import Ask, Command, Power
from powerfsm.spec import Machine, Spec, Step
from spec_coverage import Counted

_Option = TypeVar("_Option")

ASKS = (Ask.ON, Ask.OFF, Ask.SOFT_OFF, Ask.RESET)
"""Those of one leg."""

LONG = 150.0
"""Seconds that an operation may take."""

OFTEN = 15.0
"""Seconds after which it is looked whether a walk is over."""

FOREVER = 100_000.0


class Defect(Exception):
    """A driver does what no driver may do."""


class Choices:
    """Answers the question which of several things is to happen: as the script says, then the first.

    Attributes:
        asked: In which situation it was asked, and among how many.
        made: What it answered.
    """

    def __init__(self, script: Sequence[int]) -> None:
        self.asked: list[tuple[str, int]] = []
        self.made: list[int] = []
        self._script = script

    def pick(self, situation: str, options: Sequence[_Option]) -> _Option:
        place = len(self.asked)
        choice = self._script[place] % len(options) if place < len(self._script) else 0
        self.asked.append((situation, len(options)))
        self.made.append(choice)
        return options[choice]


class Drawn(Choices):
    """What a seed says: mostly the good course, or no walk would get far."""

    def __init__(self, seed: int) -> None:
        super().__init__(())
        self._random = Random(seed)

    def pick(self, situation: str, options: Sequence[_Option]) -> _Option:
        often = 0.0 if situation.startswith(("ask", "power")) else 0.96 if situation.startswith("in ") else 0.6
        if self._random.random() < often:
            return super().pick(situation, options)
        return self._random.choice(options)


class Always(Choices):
    """The same at every call of a verb, and the good course else."""

    def __init__(self, **wanted: Fault | str) -> None:
        super().__init__(())
        self._wanted: Mapping[str, object] = wanted

    def pick(self, situation: str, options: Sequence[_Option]) -> _Option:
        verb = situation.split(maxsplit=1)[0]
        for option in options:
            if verb in self._wanted and option is self._wanted[verb]:
                return option
        return super().pick(situation, options)


QUICKLY_UNREACHABLE = Fault(Unreachable("no-answer", "nothing answered", transient=True), LATENCY)
NEVER = Fault(Faults.lost.error, FOREVER)

MEETS: dict[str, Sequence[Fault | str | None]] = {
    "open": (None, QUICKLY_UNREACHABLE, Faults.refused_login, NEVER, "defect"),
    "read": (None, "press", Faults.unread, Faults.final, NEVER, "defect"),
    "command": (None, "ignore", Faults.busy, Faults.unsupported, Faults.final, Faults.lost_there, NEVER, "defect"),
    "close": (None, Faults.unfenced, "defect"),
    "fence": (None, Faults.unfenced, NEVER, "defect"),
}
"""What can become of each call, the good course first; a close has a deadline of its own, and always ends."""


@dataclass(eq=False)
class ChoosingBmc(LabBmc):
    """A BMC that asks `choose` what becomes of each call.

    Attributes:
        met: The fault that the last call met.
    """

    choose: Callable[[str, Sequence[Fault | str | None]], Fault | str | None] = lambda _, options: options[0]
    met: Fault | None = None

    def meet(self, verb: str) -> Fault | None:
        chosen = self.choose(verb, MEETS[verb])
        self.met, self.ignores = None, set()
        match chosen:
            case "defect":
                raise Defect(verb)
            case "press":
                self.press(Power.OFF if self.power is Power.ON else Power.ON)
            case "ignore":
                self.ignores = set(Command)
            case Fault():
                self.met = chosen
        return self.met


class _Watched(Machine):
    """The machine `drive`, with somebody who sees each step as it is taken."""

    def __init__(self, machine: Counted, see: Callable[[Step], None]) -> None:
        super().__init__(machine.name, machine.declared)
        self._counted = machine
        self._see = see

    def step(self, state: str, event: str, holding: frozenset[str] = frozenset()) -> Step:
        step = self._counted.step(state, event, holding)
        self._see(step)
        return step


@dataclass
class DriveWalk:
    """One walk; `run` it once.

    Attributes:
        spec: By which the drive walks.
        drive: Its machine, which counts.
        choices: What happens.
        deadline: Seconds that the operation may take.
        differences: Where drive and reference disagree.
    """

    spec: Spec
    drive: Counted
    choices: Choices
    deadline: float = LONG
    differences: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Walk to the end.

        Raises:
            AssertionError: Drive and reference disagree, a promise was broken, or the walk does not end.
        """
        try:
            with structlog.testing.capture_logs():
                run_in_virtual_time(self._walk, seed=0)
            assert self.differences == []
        except Exception as error:
            raise AssertionError(f"{error!r} after {self.choices.asked}, answered {self.choices.made}") from error

    async def _walk(self) -> None:
        async with laboratory(deadline=self.deadline, patience=8, soft_patience=20, poll=3) as lab:
            ask = self.choices.pick("ask", ASKS)
            power = self.choices.pick(f"power before {ask}", [Power.OFF, Power.ON])
            await lab.add("n1", power=power)
            self._lab, self._timings = lab, lab.workshop.timings(lab.node("n1"))
            self._bmc = ChoosingBmc("n1", lab.judge, lab.bmc("n1").network, power, choose=self._choose)
            lab.bmcs["n1"] = self._bmc
            self._reference = DriveReference(str(ask), self._timings.patience, self._timings.soft_patience)
            _walk_by(lab.workshop, replace(self.spec, drive=_Watched(self.drive, self._see)))
            await lab.ask("n1", ask)
            with trio.fail_after(FOREVER):
                while lab.registry.actions:  # noqa: ASYNC110 (virtual time; that nobody acts is no event)
                    await trio.sleep(OFTEN)
            if not self._reference.is_over:
                self.differences.append(f"the drive has ended in {self._reference.phase}")

    def _choose(self, verb: str, options: Sequence[Fault | str | None]) -> Fault | str | None:
        return self.choices.pick(f"{verb} {self._reference.situation}", options)

    def _see(self, step: Step) -> None:
        """Hold a step against the reference, and choose what happens in the phase that begins."""
        before = self._reference.phase
        due = self._reference.after(step.event, self._told())
        if (step.before, step.after, sorted(step.effects)) != (before, *due):
            self.differences.append(f"{step} where {due} comes after {step.event} in {before}")
        if step.kind != "transition" or self._reference.is_over:
            return
        phase = self._reference.phase
        options = ["go on", "leave", *(["full"] if phase in ("recording", "marking") else [])]
        match self.choices.pick(f"in {self._reference.situation}", options):
            case "leave":
                self._lab.registry.actions["n1"].leave()
            case "full":
                self._lab.disk.full = True
                trio.lowlevel.spawn_system_task(_make_room, self._lab, self.deadline + 1)

    def _told(self) -> Told:
        error = None if self._bmc.met is None else self._bmc.met.error
        return Told(
            trio.current_time(),
            transient=error is None or error.transient,
            unsupported=isinstance(error, Unsupported) and isinstance(error, Refused),
        )


def _walk_by(workshop: Workshop, spec: Spec) -> None:
    """Have the drives of a workshop walk by another spec."""
    workshop.spec = spec


async def _make_room(lab: Lab, seconds: float) -> None:
    await trio.sleep(seconds)
    lab.disk.full = False


def explore_drive(spec: Spec, drive: Counted) -> Iterator[int]:
    """Have everything happen that can, once in each situation in which a walk comes to choose; counts the walks.

    Raises:
        AssertionError: As `DriveWalk.run`, with the script that leads there.
    """
    due: deque[list[int]] = deque([[]])
    seen = set[str]()
    walks = 0
    while due:
        walk = DriveWalk(spec, drive, Choices(due.popleft()))
        walk.run()
        walks += 1
        yield walks
        for place, (situation, options) in enumerate(walk.choices.asked):
            if situation not in seen:
                seen.add(situation)
                due.extend([*walk.choices.made[:place], option] for option in range(1, options))
