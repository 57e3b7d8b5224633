"""Nothing but the storm, for a while: whatever a daemon keeps of requests that are over, it keeps for ever."""

import trio

from chaos.scene import Broken, Scene
from chaos.trouble import Trouble
from chaos.vitals import MEBIBYTE, vitals

SECONDS = 10.0
_GROWTH = 24 * MEBIBYTE
"""Bytes by which the memory may grow from the first half to the second: no more than a page of answers costs."""


async def inflict(scene: Scene) -> str:
    """Let the storm rage, and watch what the daemon holds."""
    watched = len(scene.curve)
    answered = scene.storm.tally.answered
    await trio.sleep(SECONDS)
    await scene.goes_on()
    curve = scene.curve[watched:]
    first, second = curve[: len(curve) // 2], curve[len(curve) // 2 :]
    if not first or vitals(scene.daemon.pid) is None:
        raise Broken("the daemon could not be watched")
    grown = max(seen.memory for seen in second) - max(seen.memory for seen in first)
    if grown > _GROWTH:
        raise Broken(f"its memory grew by {grown / MEBIBYTE:.1f} MiB within {SECONDS / 2:g} s of storm")
    answered = scene.storm.tally.answered - answered
    return f"{answered} requests in {SECONDS:g} s; memory {grown / MEBIBYTE:+.1f} MiB from one half to the other"


TROUBLE = Trouble("load", "nothing but the storm: does what the daemon holds grow?", inflict)
