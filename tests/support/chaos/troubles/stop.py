"""SIGSTOP and, a long time later, SIGCONT."""

import os
import signal

import trio

from chaos.conditions import longest
from chaos.scene import Scene
from chaos.trouble import Trouble


async def inflict(scene: Scene) -> str:
    """Stop the daemon in the middle of work for longer than every time it goes by."""
    await scene.session_opened()
    seconds = longest() + 1.0
    os.kill(scene.daemon.pid, signal.SIGSTOP)
    await trio.sleep(seconds)
    os.kill(scene.daemon.pid, signal.SIGCONT)
    await scene.goes_on()
    failed = len(scene.storm.tally.failures)
    return (
        f"stopped for {seconds:.1f} s, longer than every timeout; {failed} operations ran out of time and said so"
    )


TROUBLE = Trouble("stop", "SIGSTOP for longer than every timeout, then SIGCONT", inflict)
