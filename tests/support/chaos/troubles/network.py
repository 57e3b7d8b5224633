"""A network that loses, delays, copies, reorders and damages datagrams, by the simulator's own faults."""

import trio

from chaos.scene import Scene
from chaos.trouble import Trouble

_SECONDS = 5.0
_SILENCE = 2.0
_LATE = 0.2
"""Seconds by which each of these faults makes datagrams late at most: together with what the conditions have
already, less than the life of a datagram that the daemon reckons with."""

_FAULTS: list[dict[str, object]] = [
    {"fault": "drop", "probability": 0.15},
    {"fault": "duplicate", "lag": f"0-{_LATE}", "probability": 0.15},
    {"fault": "reorder", "within": _LATE, "probability": 0.3},
    {"fault": "corrupt", "bits": 3, "probability": 0.03},
    {"fault": "truncate", "keep": 0.5, "probability": 0.03},
]


async def inflict(scene: Scene) -> str:
    """Have the network before the BMCs be bad, and then a part of the fleet be away."""
    async with scene.simulator.suffering(_FAULTS):
        await trio.sleep(_SECONDS)
        await scene.goes_on()
    away = scene.random.sample(scene.names, len(scene.names) // 4 or 1)
    async with scene.simulator.suffering([{"fault": "partition", "nodes": ",".join(away)}]):
        await trio.sleep(_SILENCE)
        await scene.goes_on()
    return f"a bad network for {_SECONDS:g} s, then {len(away)} nodes out of reach for {_SILENCE:g} s"


TROUBLE = Trouble(
    "network", "by the simulator: datagrams lost, late, twice, out of order, damaged; nodes out of reach", inflict
)
