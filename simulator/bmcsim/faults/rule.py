"""When a fault strikes: which BMCs, at which steps, how often, from when until when."""

import math
from dataclasses import dataclass

from bmcsim.faults.fault import Fault, FaultError
from bmcsim.faults.point import Step


@dataclass(frozen=True, slots=True)
class Rule:
    """One fault, and when it strikes.

    Attributes:
        fault: Which.
        nodes: A hostlist of the nodes whose BMCs have it; None is all of them.
        steps: At which steps; empty is every step at which this fault can be.
        probability: How likely each time, from 0 to 1.
        since: From when on, in seconds since the fleet's start.
        until: And until when.
        times: How often at most, for each node; None is without end.
    """

    fault: Fault
    nodes: str | None = None
    steps: frozenset[str] = frozenset()
    probability: float = 1.0
    since: float = 0.0
    until: float = math.inf
    times: int | None = None

    def __post_init__(self) -> None:
        """Refuse what could never strike.

        Raises:
            FaultError: What is wrong.
        """
        possible = self.fault.possible_steps()
        for step in sorted(self.steps):
            if step not in possible:
                can = ", ".join(one for one in Step if one in possible)
                raise FaultError(f"{self.fault.name} cannot strike at {step!r}, only at {can}", "steps")
        if not 0 <= self.probability <= 1:
            raise FaultError(f"a probability of {self.probability}; it is from 0 to 1", "probability")
        if not 0 <= self.since < self.until:
            raise FaultError(f"from {self.since:g} s until {self.until:g} s is no time at all", "until")
        if self.times is not None and self.times < 1:
            raise FaultError(f"{self.times} times; leave it out for without end", "times")
