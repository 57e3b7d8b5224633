"""kill -9, again and again."""

import trio

from chaos.scene import Scene
from chaos.trouble import Trouble

TIMES = 10
_LONGEST_START = 2.0
"""Seconds within which a start, with its recovery, is over on a machine at leisure."""
_IN_ITS_START = 0.7


async def inflict(scene: Scene) -> str:
    """Kill it ten times in a row: most of the times while it starts and recovers, else while it works."""
    starting = 0
    await scene.kill()
    for _ in range(TIMES - 1):
        if scene.random.random() < _IN_ITS_START:
            starting += 1
            await scene.launch()
            await trio.sleep(scene.random.uniform(0.0, _LONGEST_START))
        else:
            await scene.begin()
            await scene.goes_on(answers=1, commands=1)
        await scene.kill()
    await scene.begin()
    hit = [kill for kill in scene.stage.kills[-TIMES:] if kill.in_flight]
    return f"killed {TIMES} times in a row, {starting} of them in its start; {len(hit)} hit work in flight"


TROUBLE = Trouble("kill", "kill -9 ten times in a row, in the middle of work and of recovery", inflict)
