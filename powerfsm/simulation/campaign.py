"""A campaign: many seeds of one scenario, played beside each other, and what they showed together."""

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial

from powerfsm.simulation.crew import Beat, Crew, Done, Lost, Task
from powerfsm.simulation.played import Played
from powerfsm.simulation.seeds import Drawing
from powerfsm.simulation.tally import Tally

SLOWEST = 5
"""Seeds of which it is told how long they took."""


@dataclass(slots=True)
class Summary:
    """What a campaign has shown so far.

    Attributes:
        tally: What happened in all of them, counted.
        played: Seeds that came to their end.
        broken: By promise, in how many seeds it was broken.
        failed: The seeds that broke a promise, or did not come to their end, with what came of them.
        slowest: Wall-clock seconds and seed of those that took longest.
        wall: Wall-clock seconds of all seeds together, on all processes.
    """

    tally: Tally = field(default_factory=Tally)
    played: int = 0
    broken: Counter[int] = field(default_factory=Counter)
    failed: dict[int, Played | Lost] = field(default_factory=dict)
    slowest: list[tuple[float, int]] = field(default_factory=list)
    wall: float = 0.0

    @property
    def done(self) -> int:
        """Seeds of which it is known what came of them."""
        return self.played + len(self.lost)

    @property
    def lost(self) -> dict[int, Lost]:
        """The seeds that did not come to their end."""
        return {seed: outcome for seed, outcome in self.failed.items() if isinstance(outcome, Lost)}

    def add(self, seed: int, outcome: Played | Lost) -> None:
        """Take in what came of a seed."""
        self.wall += outcome.wall
        self.slowest = heapq.nlargest(SLOWEST, [*self.slowest, (outcome.wall, seed)])
        if isinstance(outcome, Lost):
            self.failed[seed] = outcome
            return
        self.played += 1
        self.tally.add(outcome.tally)
        self.broken.update(outcome.broken.keys())
        if outcome.broken:
            self.failed[seed] = outcome


def campaign(crew: Crew, drawing: Drawing, seeds: Iterable[int], summary: Summary) -> Iterator[Beat | Done]:
    """Play seeds, and fill in the summary, which stands at every moment for what is known by then."""
    tasks = (Task(seed, partial(drawing.plan, seed)) for seed in seeds)
    for news in crew.play(tasks):
        if isinstance(news, Done):
            summary.add(news.task.number, news.outcome)
        yield news
