"""Shrinking: of a plan that breaks something, a small part that still breaks it.

What is left out is chosen by delta debugging (A. Zeller, R. Hildebrandt, "Simplifying and Isolating
Failure-Inducing Input", 2002), by complements alone: large parts first, then smaller ones, down to single nodes,
deeds and faults, until none of them can be spared.  What remains is made plainer, piece by piece.

A plan that is changed is another simulation: what is not planned (the order of tasks, delays, which datagram is
lost) comes out otherwise.  So whether something can be spared is found by playing, and what is found is a small
plan, not the smallest.
"""

from collections.abc import Callable, Generator, Sequence
from functools import partial
from itertools import islice
from typing import TypeVar

from powerfsm.simulation.crew import Crew, Done, Lost, Task, Trouble
from powerfsm.simulation.plainer import edits, of_nodes
from powerfsm.simulation.plan import Plan
from powerfsm.simulation.played import Played

_Part = TypeVar("_Part")

Breaks = Callable[[Sequence[Plan]], int | None]
"""Plays plans, and gives the index of the first one that still breaks it; None where none does."""


class Shrinking:
    """A plan on its way to a smaller one.

    Attributes:
        plan: The smallest one so far that breaks it.
        tried: How many have been played.
    """

    def __init__(self, plan: Plan, breaks: Breaks, *, width: int = 1) -> None:
        """Begin with `plan`; `breaks` gets up to `width` plans at a time."""
        self.plan = plan
        self.tried = 0
        self._breaks = breaks
        self._width = width

    def steps(self) -> Generator[None]:
        """Shrink: every step tries some plans; there is none left where nothing more can be spared.

        It can be given up between any two steps.
        """
        while True:
            before = self.plan
            # Without any node nothing is broken.
            yield from self._spare(before.nodes, lambda nodes: of_nodes(self.plan, nodes), len(before.nodes) // 2)
            for part in ("deeds", "faults"):
                parts = getattr(self.plan, part)
                yield from self._spare(parts, partial(self._with, part), len(parts))
            yield from self._plainer()
            if self.plan == before:
                return

    def _spare(
        self, parts: Sequence[_Part], build: Callable[[tuple[_Part, ...]], Plan], size: int
    ) -> Generator[None]:
        """Leave out as many parts as can be, at first `size` at a time; `build` makes the plan of those kept."""
        kept = list(parts)
        while kept and size:
            start, spared = 0, False
            while start < len(kept):
                starts = range(start, len(kept), size)[: self._width]
                index = self._try([build((*kept[:at], *kept[at + size :])) for at in starts])
                yield
                if index is None:
                    start = starts[-1] + size
                else:
                    start = starts[index]
                    del kept[start : start + size]
                    spared = True
            if size > 1:
                size = min(size, len(kept) + 1) // 2
            elif not spared:
                return

    def _plainer(self) -> Generator[None]:
        """Try every edit once, on whatever the plan has become by then."""
        waiting = edits(self.plan)
        repeated: list[Callable[[Plan], Plan]] = []
        while edit_batch := [*repeated, *islice(waiting, self._width - len(repeated))]:
            changed = [(edit, plan) for edit in edit_batch if (plan := edit(self.plan)) != self.plan]
            repeated = []
            if changed:
                index = self._try([plan for _, plan in changed])
                yield
                if index is not None:
                    # Those behind it were tried on what the plan is no more.
                    repeated = [edit for edit, _ in changed[index + 1 :]]

    def _with(self, part: str, items: tuple[object, ...]) -> Plan:
        return self.plan.model_copy(update={part: items})

    def _try(self, plans: Sequence[Plan]) -> int | None:
        self.tried += len(plans)
        index = self._breaks(plans)
        if index is not None:
            self.plan = plans[index]
        return index


def likeness(outcome: Played | Lost) -> Callable[[Played | Lost], bool]:
    """What has to be said of another outcome to call it the same failure: the first promise that was broken."""
    if isinstance(outcome, Lost):
        return lambda other: (
            isinstance(other, Lost)
            and (other.trouble, other.what)
            == (
                outcome.trouble,
                outcome.what,
            )
        )
    promise = outcome.violations[0].promise
    return lambda other: isinstance(other, Played) and promise in other.broken


def can_shrink(outcome: Played | Lost) -> bool:
    """Whether there is a failure that plans can be compared by; one that is too slow would take too long."""
    return bool(outcome.broken) if isinstance(outcome, Played) else outcome.trouble is not Trouble.TOO_SLOW


class CrewBreaks:
    """Whether plans break the same as an outcome did, found by a crew.

    Attributes:
        outcome: What came of the last plan that did.
    """

    def __init__(self, crew: Crew, outcome: Played | Lost) -> None:
        """Compare with `outcome`."""
        self.outcome = outcome
        self._crew = crew
        self._alike = likeness(outcome)

    def __call__(self, plans: Sequence[Plan]) -> int | None:
        """Play them all; the index of the first that does."""
        outcomes: dict[int, Played | Lost] = {}
        for news in self._crew.play(Task(number, plan) for number, plan in enumerate(plans)):
            if isinstance(news, Done):
                outcomes[news.task.number] = news.outcome
        for number in range(len(plans)):
            if self._alike(outcomes[number]):
                self.outcome = outcomes[number]
                return number
        return None
