"""What came of a plan, without the record, which is too large to be handed around."""

import time
from dataclasses import dataclass
from pathlib import Path

from powerfsm.simulation.assembly import Assembly
from powerfsm.simulation.extract import extract
from powerfsm.simulation.judge import Violation, judge
from powerfsm.simulation.plan import Plan
from powerfsm.simulation.play import Progress, play
from powerfsm.simulation.record import Record
from powerfsm.simulation.tally import Tally, tally

MOST = 3
"""Violations of each promise that are told; of the others there is a count."""

_BETWEEN_PULSES = 0.2
"""Wall-clock seconds."""


@dataclass(frozen=True, slots=True)
class Played:
    """A simulation that came to its end.

    Attributes:
        tally: What happened in it, counted.
        broken: How often each promise was broken, by number; empty where all of them were kept.
        violations: The first ones of each promise, in the order of time.
        story: What happened before the first of them to its node.
        digest: Of the record.
        wall: Seconds that it took.
    """

    tally: Tally
    broken: dict[int, int]
    violations: tuple[Violation, ...]
    story: tuple[str, ...]
    digest: str
    wall: float


def examine(
    plan: Plan, *, assembly: Assembly | None = None, log: Path | None = None, progress: Progress | None = None
) -> Played:
    """Play a plan and judge what happened.

    Args:
        plan: What to play.
        assembly: How the daemon is put together, or None: as it is.
        log: Where to leave the record, one JSON object a line; or None.
        progress: Told some times a second how far it is, in virtual seconds; or None.

    Raises:
        OSError: The record cannot be written.
    """
    began = time.perf_counter()
    assembly = assembly or Assembly()
    record = play(plan, assembly, None if progress is None else _Pulse(progress))
    violations = sorted(judge(record), key=lambda each: (each.at, each.promise))
    wall = time.perf_counter() - began
    if log is not None:
        _write(record, log)
    broken: dict[int, int] = {}
    told: list[Violation] = []
    for violation in violations:
        broken[violation.promise] = broken.get(violation.promise, 0) + 1
        if broken[violation.promise] <= MOST:
            told.append(violation)
    return Played(
        tally=tally(record, assembly.spec.drive),
        broken=dict(sorted(broken.items())),
        violations=tuple(told),
        story=extract(record, told[0].node, told[0].at) if told else (),
        digest=record.digest(),
        wall=wall,
    )


def _write(record: Record, path: Path) -> None:
    with path.open("w", encoding="utf-8") as file:
        for line in record.lines():
            file.write(f"{line}\n")


class _Pulse:
    """Tells the time to somebody, and not too often."""

    def __init__(self, tell: Progress) -> None:
        self._tell = tell
        self._next = 0.0

    def __call__(self, at: float) -> None:
        now = time.perf_counter()
        if now >= self._next:
            self._next = now + _BETWEEN_PULSES
            self._tell(at)
