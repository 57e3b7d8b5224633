"""How much of the spec has happened: every branch, every ignored and every rejected pair, counted.

What is to be covered comes from the file alone: a pair of state and event has as many cells as it has branches, or
one, where the event is ignored or rejected there.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from powerfsm.spec import Machine, Spec, Step
from powerfsm.spec.schema import Ignore, Reject, branches


class Cell(NamedTuple):
    """One thing that the spec says; `outcome` is `ignored`, `rejected`, or a branch, counted from 1."""

    state: str
    event: str
    outcome: str

    def __str__(self) -> str:
        return f"({self.state}, {self.event}, {self.outcome})"


def cells(machine: Machine) -> tuple[Cell, ...]:
    """All that the spec says of a machine, in the order of the file."""
    return tuple(
        Cell(state, event, outcome)
        for state, event in machine.pairs()
        for outcome in _outcomes(machine, state, event)
    )


def _outcomes(machine: Machine, state: str, event: str) -> Iterable[str]:
    outcome = machine.outcome(state, event)
    match outcome:
        case Ignore():
            return ("ignored",)
        case Reject():
            return ("rejected",)
        case _:
            return [str(number) for number in range(1, len(branches(outcome)) + 1)]


class Counted(Machine):
    """A machine that counts what it is asked.

    Attributes:
        taken: How often each cell was.
        last: The cell taken last.
    """

    def __init__(self, machine: Machine) -> None:
        super().__init__(machine.name, machine.declared)
        self.taken: Counter[Cell] = Counter()
        self.last: Cell

    def step(self, state: str, event: str, holding: frozenset[str] = frozenset()) -> Step:
        """The step, counted; a pair that is not declared is not counted, and raises."""
        step = super().step(state, event, holding)
        outcome = step.kind if step.kind != "transition" else self._branch(state, event, holding)
        self.last = Cell(state, event, outcome)
        self.taken[self.last] += 1
        return step

    def _branch(self, state: str, event: str, holding: frozenset[str]) -> str:
        for number, branch in enumerate(branches(self.outcome(state, event)), 1):
            if holding.issuperset(branch.when):
                return str(number)
        raise AssertionError(f"no branch of ({state}, {event}) is taken under {sorted(holding)}")


def counted(spec: Spec) -> tuple[Spec, Counted, Counted]:
    """The same spec with machines that count, and these: node and drive."""
    node, drive = Counted(spec.node), Counted(spec.drive)
    return replace(spec, node=node, drive=drive), node, drive


def missing(machine: Machine, taken: Mapping[Cell, int]) -> list[Cell]:
    """What the spec says and never happened."""
    return [cell for cell in cells(machine) if not taken.get(cell)]


def share(machine: Machine, taken: Mapping[Cell, int]) -> str:
    """How much of a machine has happened: `5 of 7 (71 %)`; 100 % only where it is all."""
    every = cells(machine)
    found = len(every) - len(missing(machine, taken))
    return f"{found} of {len(every)} ({100 * found // len(every)} %)"


def table(machine: Machine, taken: Mapping[Cell, int]) -> str:
    """Machine against what happened, as Markdown: state by event, how often each branch was taken.

    A `/` stands between the branches of a pair, `i` before what was ignored and `r` before what was rejected; what
    never happened is bold.
    """
    lines = ["| | " + " | ".join(machine.events) + " |", "|---" * (len(machine.events) + 1) + "|"]
    for state in machine.declared.transitions:
        row = [_counts(machine, taken, state, event) for event in machine.events]
        lines.append(f"| **{state}** | " + " | ".join(row) + " |")
    return "\n".join(lines)


def _counts(machine: Machine, taken: Mapping[Cell, int], state: str, event: str) -> str:
    told = []
    for outcome in _outcomes(machine, state, event):
        number = taken.get(Cell(state, event, outcome), 0)
        mark = {"ignored": "i ", "rejected": "r "}.get(outcome, "")
        told.append(f"{mark}{number}" if number else f"**{mark}0**")
    return " / ".join(told)
