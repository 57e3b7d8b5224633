"""The times by which a simulation is judged: those of the spec, and what its plan sets otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from powerfsm.simulation.plan import Plan

INSTANT = 1e-3
"""Seconds within which two times are one: the simulator's log rounds to a millionth, and sums of floats err."""


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds; the names are those of `timings` in `spec/power.yaml`.

    Attributes:
        settle: Within which a machine has acted on a command.
        soft_settle: The same of a soft-off.
        quarantine: After which nothing of a session can live any more.
        lifetime: For how long a datagram may be under way.
        answer: For how long one request of the daemon, with its retransmissions, may go unanswered.
        sweep: Between two readings of a node at rest.
        backoff: The first rest between two attempts.
        backoff_most: The longest one.
    """

    settle: float
    soft_settle: float
    quarantine: float
    lifetime: float
    answer: float
    sweep: float
    backoff: float
    backoff_most: float

    @classmethod
    def of(cls, plan: Plan, declared: Mapping[str, float]) -> Self:
        """The times of a plan."""
        seconds = {**declared, **plan.timings}
        return cls(
            settle=seconds["settle"],
            soft_settle=seconds["soft-settle"],
            quarantine=seconds["packet-lifetime"] + seconds["idle-limit"] + seconds["margin"],
            lifetime=seconds["packet-lifetime"],
            answer=seconds["answer"],
            sweep=seconds["sweep"],
            backoff=seconds["backoff"],
            backoff_most=seconds["backoff-most"],
        )
