"""Kinds of machines, and of BMCs in front of them, that a fleet is drawn from."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from bmcsim import SequenceCheck, SoftOff
from powerfsm.node import Drift
from powerfsm.power import Power
from powerfsm.simulation.assumptions import IDLE, SETTLE_SLACK, SOFT_SETTLE
from powerfsm.simulation.lots import Lots
from powerfsm.simulation.plan import NodePlan

Hold = Callable[[Lots, float], dict[str, Any]]
"""What is special about such a machine, given how many seconds it may take from accepting to having acted."""


def _prompt(_: Lots, __: float) -> dict[str, Any]:
    return {}


def _brisk(lots: Lots, __: float) -> dict[str, Any]:
    return {"latch": (0.0, 0.02), "boot": lots.span(0, 0.3), "cut": lots.span(0, 0.1)}


def _latching(lots: Lots, room: float) -> dict[str, Any]:
    return {"latch": lots.span(room * 0.3, room)}


def _slow(lots: Lots, room: float) -> dict[str, Any]:
    latch = lots.seconds(0, room * 0.5)
    return {
        "latch": (0.0, latch),
        "boot": lots.span(0, room - latch),
        "cut": lots.span(0, (room - latch) * 0.7),
    }


def _sluggish(lots: Lots, room: float) -> dict[str, Any]:
    delay = lots.seconds(room * 0.6, room)
    return {"boot": (delay, room), "cut": (delay * 0.5, delay)}


MACHINES: Final[Mapping[str, tuple[str, Hold]]] = MappingProxyType(
    {
        "prompt": ("acts at once", _prompt),
        "brisk": ("acts within fractions of a second", _brisk),
        "latching": ("holds every command back before it acts, for up to all of `settle`", _latching),
        "slow": ("holds commands back for a while, and its power follows slowly", _slow),
        "sluggish": ("acts at once, and its power follows at the end of `settle`", _sluggish),
    }
)
"""What each does about a command, by name."""


def machine(
    lots: Lots, name: str, kind: str, settle: float, ranking: str, drift: Drift, rack: str | None
) -> NodePlan:
    """Draw a node of a kind, with its BMC.

    Args:
        lots: What to draw with.
        name: Its name.
        kind: One of `MACHINES`.
        settle: The timing that it has to keep to, in seconds.
        ranking: Its ranking table.
        drift: Its drift policy.
        rack: Its rack, or None.
    """
    room = round(settle - SETTLE_SLACK, 6)
    return NodePlan(
        name=name,
        power=lots.one(list(Power)),
        ranking=ranking,
        drift=drift,
        rack=rack,
        soft_off=lots.weighed({SoftOff.HONOURED: 3, SoftOff.IGNORED: 1, SoftOff.UNSUPPORTED: 1}),
        soft_delay=_soft_delay(lots, settle),
        sequence_check=lots.weighed({SequenceCheck.NONE: 3, SequenceCheck.STRICT: 1}),
        slots=lots.weighed({4: 4, 2: 1, 1: 1, 15: 1}),
        idle=lots.one((IDLE, IDLE, 60.0, 60.0, 30.0)),
        **MACHINES[kind][1](lots, room),
    )


def _soft_delay(lots: Lots, settle: float) -> tuple[float, float]:
    longest = SOFT_SETTLE - settle - SETTLE_SLACK
    return lots.one(((0.0, 0.0), (0.0, 5.0), lots.span(5, 60), (longest * 0.9, longest)))
