"""What all promises have in common: the scene that they look at, and what they have found."""

from dataclasses import dataclass
from typing import ClassVar

from powerfsm.simulation.judge.bmcs import Bmcs
from powerfsm.simulation.judge.disk import Disk
from powerfsm.simulation.judge.listener import Listener
from powerfsm.simulation.judge.requests import Requests
from powerfsm.simulation.judge.times import Times
from powerfsm.simulation.judge.violation import Violation
from powerfsm.simulation.plan import Plan
from powerfsm.spec import Spec

MOST_TOLD = 50
"""Violations of one promise that are kept; one that is broken is often broken all over."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What is known at each point of a story; it has heard each happening before any promise does.

    Attributes:
        plan: What is played.
        spec: Its words, ranking tables and timings.
        times: The timings that count.
        disk: What is durable.
        bmcs: What BMCs and machines did, and what went over the wire.
        requests: What was asked.
    """

    plan: Plan
    spec: Spec
    times: Times
    disk: Disk
    bmcs: Bmcs
    requests: Requests


class Promise(Listener):
    """One promise, or one side of it.

    Attributes:
        number: Which.
        found: Where it was broken.
    """

    number: ClassVar[int]

    def __init__(self, scene: Scene) -> None:
        """Look at `scene`."""
        self.scene = scene
        self.disk = scene.disk
        self.bmcs = scene.bmcs
        self.times = scene.times
        self.found: list[Violation] = []

    def break_(self, at: float, node: str | None, what: str) -> None:
        """It was broken."""
        if len(self.found) < MOST_TOLD:
            self.found.append(Violation(self.number, at, node, what))
