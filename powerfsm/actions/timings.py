"""The timings of one node: the spec's, with what the daemon and the node override."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Self


class UnknownTiming(ValueError):
    """A timing that the spec does not declare."""


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds, under the names of `timings` in `spec/power.yaml`, which says what each means."""

    settle: float
    soft_settle: float
    fence: float
    packet_lifetime: float
    idle_limit: float
    margin: float
    answer: float
    retransmit: float
    poll: float
    patience: float
    soft_patience: float
    backoff: float
    backoff_most: float
    deadline: float
    sweep: float

    @property
    def quarantine(self) -> float:
        """Seconds after which every earlier packet and session must be dead.

        A packet that arrives at the end of its life still renews its session, so the two add up.
        """
        return self.packet_lifetime + self.idle_limit + self.margin

    @classmethod
    def of(cls, declared: Mapping[str, float], *overrides: Iterable[tuple[str, float]]) -> Self:
        """Timings by their names in the spec; later overrides win.

        Raises:
            UnknownTiming: An override names a timing that is not declared.
        """
        seconds = dict(declared)
        for override in overrides:
            for name, value in override:
                if name not in seconds:
                    raise UnknownTiming(f"there is no timing {name!r}; there are {', '.join(sorted(seconds))}")
                seconds[name] = value
        return cls(**{field.name: seconds[field.name.replace("_", "-")] for field in fields(cls)})
