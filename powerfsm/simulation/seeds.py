"""Seeds: as people write many of them, what plans are drawn with, and the command that plays one again."""

import re
import shlex
from dataclasses import dataclass
from functools import cache

from powerfsm.simulation.plan import Plan
from powerfsm.simulation.scenario import Scenario, load
from powerfsm.simulation.swarm import draw

MOST = 1_000_000
"""Seeds in one campaign."""

_PART = re.compile(r"(\d{1,18})(?:\.\.(\d{1,18}))?", re.ASCII)


class SeedsError(ValueError):
    """That names no seeds; says what would."""


def read_seeds(text: str) -> tuple[int, ...]:
    """The seeds that a text names: `7`, `1..1000`, `1..100,250,300..310`; each once, in this order.

    Raises:
        SeedsError: It names none, or more than anybody can wait for.
    """
    seeds: dict[int, None] = {}
    for part in text.split(","):
        match = _PART.fullmatch(part.strip())
        if match is None:
            raise SeedsError(f"{text!r} does not name seeds; write 1..1000, or 1..100,250 for some more")
        first = int(match[1])
        last = first if match[2] is None else int(match[2])
        if last < first:
            raise SeedsError(f"{part.strip()} ends before it begins; write {last}..{first}")
        if last - first >= MOST or len(seeds) + last - first >= MOST:
            raise SeedsError(f"{text} are more than {MOST:,} seeds; play them in parts")
        seeds.update(dict.fromkeys(range(first, last + 1)))
    return tuple(seeds)


@dataclass(frozen=True, slots=True)
class Drawing:
    """What plans are drawn with, but for the seed.

    Attributes:
        scenario: Name of a scenario that is shipped, or the path of one.
        nodes: How many nodes, or None: as many as the scenario and the seed say.
        hours: How long things go wrong, or None: as long as those say.
    """

    scenario: str
    nodes: int | None = None
    hours: float | None = None

    def plan(self, seed: int) -> Plan:
        """Draw the plan of a seed: the same one each time."""
        return draw(_loaded(self.scenario), seed, nodes=self.nodes, hours=self.hours)

    def command(self, seed: int) -> str:
        """The command that plays this seed again."""
        words = ["powerfsm", "simulate", self.scenario, "--seed", str(seed)]
        if self.nodes is not None:
            words += ["--nodes", str(self.nodes)]
        if self.hours is not None:
            words += ["--hours", repr(self.hours).removesuffix(".0")]
        return shlex.join(words)


@cache
def _loaded(scenario: str) -> Scenario:
    return load(scenario)
