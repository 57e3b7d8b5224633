"""What the promises rest on, as numbers that a plan has to keep to: beyond them a violation is nobody's fault.

The timings are those of `spec/power.yaml`: `packet-lifetime`, `idle-limit`, `settle` and `soft-settle` say what
the daemon waits out, so no datagram, session or machine of a plan may take longer.
"""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from bmcsim.dice import Span
from powerfsm.simulation.plan import FaultPlan, NodePlan, Plan

LIFETIME: Final = 29.9
"""Seconds that a datagram may be under way to a BMC, the BMC's own taking its time included."""
IDLE: Final = 62.5
"""Seconds for which a BMC may keep a session that it hears nothing in."""
SETTLE: Final = 3.0
"""Seconds of the timing `settle` where a plan does not set it."""
SETTLE_SLACK: Final = 0.05
"""By how much a machine has to be quicker than that."""
SOFT_SETTLE: Final = 180.0
"""The same of `soft-settle`."""

DECLARED: Final[Mapping[str, float]] = MappingProxyType(
    {"settle": SETTLE, "soft-settle": SOFT_SETTLE, "packet-lifetime": 30.0, "idle-limit": 63.0}
)
"""What the spec says, where a plan does not say otherwise; a test holds it to the spec."""


def lateness(fault: FaultPlan) -> float:
    """By how many seconds a fault makes a datagram late, at most."""
    match fault.fault:
        case "delay":
            return _longest(fault, "by", 5.0)
        case "reorder":
            return _longest(fault, "within", 2.0)
        case "duplicate":
            copies = fault.parameters.get("copies", 2)
            return _longest(fault, "lag", 1.0) * (int(str(copies)) - 1)
        case "slow":
            return _longest(fault, "by", 4.0)
        case "blocked":
            # Each waits behind all before it.
            return _longest(fault, "by", 4.0) * (fault.times or 1_000_000)
        case _:
            return 0.0


def tardiness(fault: FaultPlan) -> float:
    """By how many seconds a fault makes a command act, or a reading tell of it, late at most."""
    match fault.fault:
        case "order-late":
            return _longest(fault, "by", 60.0)
        case "order-twice":
            return _longest(fault, "lag", 5.0)
        case "stale-reading":
            return _longest(fault, "seconds", 10.0)
        case _:
            return 0.0


def dwells(fault: FaultPlan) -> bool:
    """Whether what a fault makes late adds to what others have made late before."""
    return fault.fault in {"slow", "blocked"}


def acting(node: NodePlan) -> float:
    """How long a machine takes from accepting a command until its power reads so, at most."""
    return node.latch[1] + max(node.boot[1], node.cut[1])


def beyond(plan: Plan) -> tuple[str, ...]:
    """What in a plan is beyond the assumptions, in words; empty where all of it is within."""
    timings = {**DECLARED, **plan.timings}
    faults: dict[str, list[FaultPlan]] = {node.name: [] for node in plan.nodes}
    for fault in plan.faults:
        for name in fault.nodes:
            faults.setdefault(name, []).append(fault)
    return tuple(sentence for node in plan.nodes for sentence in _beyond(plan, node, faults[node.name], timings))


def _beyond(
    plan: Plan, node: NodePlan, faults: Sequence[FaultPlan], timings: Mapping[str, float]
) -> Iterator[str]:
    late = plan.network.delay[1] * (plan.network.delayed > 0) + plan.network.lag[1] * (plan.network.duplicate > 0)
    late += worst(faults)
    if late >= timings["packet-lifetime"]:
        yield f"a datagram to {node.name} can take {late:g} s, packet-lifetime is {timings['packet-lifetime']:g} s"
    act = acting(node) + sum(tardiness(fault) for fault in faults)
    if act >= timings["settle"]:
        yield f"a command to {node.name} can act after {act:g} s, settle is {timings['settle']:g} s"
    if act + node.soft_delay[1] >= timings["soft-settle"]:
        soft = act + node.soft_delay[1]
        yield f"a soft-off of {node.name} can act after {soft:g} s, soft-settle is {timings['soft-settle']:g} s"
    if node.idle >= timings["idle-limit"]:
        yield f"{node.name} keeps sessions {node.idle:g} s, idle-limit is {timings['idle-limit']:g} s"


def worst(faults: Sequence[FaultPlan]) -> float:
    """By how many seconds these can make one datagram late, at most.

    What the network does to a datagram it does at one instant, so that faults which never have the same time do
    not add up; a BMC's taking its time comes on top.
    """
    dwelling = sum(lateness(fault) for fault in faults if dwells(fault))
    late = [fault for fault in faults if lateness(fault) > 0 and not dwells(fault)]
    at_once = (
        sum(lateness(other) for other in late if other.since <= fault.since < other.until) for fault in late
    )
    return dwelling + max(at_once, default=0.0)


def _longest(fault: FaultPlan, parameter: str, default: float) -> float:
    value = fault.parameters.get(parameter, default)
    return Span.parse(str(value)).high
