"""A node: one machine whose power we own, as it stands after the last commit.

Nodes are immutable: the registry makes the next version, has the store commit it, and only then puts it in
the place of the old one.  A commit that fails leaves nothing to undo.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from powerfsm.bmc import Bmc
from powerfsm.power import Desired, Power


class Drift(StrEnum):
    """What to do where a BMC reads otherwise than desired, and nobody asked us."""

    ENFORCE = "enforce"
    ADOPT = "adopt"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Policy:
    """How a node is to be treated; nodes that are treated alike share one instance.

    Attributes:
        driver: Name of the driver: `ipmi` or `pyghmi`.
        drift: What to do about drift.
        ranking: Name of the ranking table in the spec.
        group: Rack or feed whose inrush limit the node shares, or None.
        timings: Seconds by name, where they differ from the spec's (`settle`, `deadline`, ...), sorted.
    """

    driver: str = "ipmi"
    drift: Drift = Drift.FLAG
    ranking: str = "off-outranks-on"
    group: str | None = None
    timings: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Node:
    """One machine.

    Attributes:
        name: Unique in the fleet.
        bmc: Where its BMC is.
        policy: How it is to be treated.
        state: A state of the machine `node` in `spec/power.yaml`.
        desired: What was asked for last, or None before the first request.
        generation: Grows by one with each accepted change of desired.
        observed: What the BMC was last read to say, or None before the first reading.
        observed_at: When that was, in seconds since the epoch.
        drifted: The last reading contradicted what we had declared, and the policy only flags it.
        in_play: The id of the operation in play, or None.
        waiting: The id of the one operation that waits, or None.
        trouble: Why the state is `error`, with what was tried; or None.
    """

    name: str
    bmc: Bmc
    policy: Policy = field(default_factory=Policy)
    state: str = "unknown"
    desired: Desired | None = None
    generation: int = 0
    observed: Power | None = None
    observed_at: float | None = None
    drifted: bool = False
    in_play: int | None = None
    waiting: int | None = None
    trouble: str | None = None
