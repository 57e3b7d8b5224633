"""Kinds of networks between the daemon and BMCs: a seed has one of them."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from powerfsm.simulation.lots import Lots
from powerfsm.simulation.plan import NetworkPlan


def _prompt(_: Lots) -> NetworkPlan:
    return NetworkPlan()


def _near(lots: Lots) -> NetworkPlan:
    return NetworkPlan(delayed=1.0, delay=(0.0002, lots.magnitude(0.001, 0.02)))


def _far(lots: Lots) -> NetworkPlan:
    return NetworkPlan(delayed=1.0, delay=lots.span(0.05, 0.6))


def _lossy(lots: Lots) -> NetworkPlan:
    return NetworkPlan(loss=lots.magnitude(0.01, 0.3), delayed=1.0, delay=(0.0002, 0.005))


def _jittery(lots: Lots) -> NetworkPlan:
    return NetworkPlan(
        loss=lots.seconds(0, 0.05), delayed=lots.magnitude(0.05, 0.5), delay=(0.0, lots.magnitude(0.5, 8))
    )


def _doubling(lots: Lots) -> NetworkPlan:
    longest = lots.magnitude(0.01, 29)
    return NetworkPlan(duplicate=lots.magnitude(0.05, 0.6), lag=(0.0, longest), delayed=1.0, delay=(0.0002, 0.005))


def _hostile(lots: Lots) -> NetworkPlan:
    late = lots.seconds(5, 24)
    return NetworkPlan(
        loss=lots.seconds(0, 0.1),
        duplicate=lots.magnitude(0.05, 0.4),
        lag=(0.0, round(29 - late, 6)),
        delayed=lots.magnitude(0.03, 0.25),
        delay=(0.0, late),
    )


NETWORKS: Final[Mapping[str, tuple[str, Callable[[Lots], NetworkPlan]]]] = MappingProxyType(
    {
        "prompt": ("brings everything at once", _prompt),
        "near": ("takes milliseconds", _near),
        "far": ("takes half a second, each time another", _far),
        "lossy": ("loses up to 30 % of all datagrams", _lossy),
        "jittery": ("delays many by up to 8 s, and loses some", _jittery),
        "doubling": ("brings many twice, the second copy up to 29 s later", _doubling),
        "hostile": ("does all of that, up to the end of a packet's life", _hostile),
    }
)
"""What each does to every datagram, by name."""
