"""A full disk."""

import trio

from chaos.disk import no_disk
from chaos.scene import LOOK, Broken, Scene
from chaos.trouble import Trouble
from powerfsm.client import ClientError, ProblemError

TIMES = 2
_SPARE = 256 * 1024
"""Bytes that are left at first, at most: the storm fills them at a place that nobody has chosen."""
_FULL = 3.0
"""Seconds for which it stays full."""


async def inflict(scene: Scene) -> str:
    """Have the disk run full under the storm, and make room again; the daemon is not started anew."""
    disk = scene.disk
    assert disk is not None
    pid = scene.daemon.pid
    for _ in range(TIMES):
        disk.shrink(int(scene.random.uniform(0, _SPARE)))
        await scene.until(lambda: disk.free == 0, "bytes of the storm that fill the disk")
        await until_refused(scene)
        commands = scene.chronicle.commands
        await trio.sleep(_FULL)
        scene.chronicle.look()
        sent = scene.chronicle.commands - commands
        disk.widen()
        await scene.goes_on()
        # Not none: SQLite writes on where it can take a place of its log again, and what is on disk is driven.
        scene.say(f"      no room on the disk for {_FULL:g} s, in which {sent} power commands came to BMCs")
    if scene.daemon.pid != pid:
        raise Broken("the daemon was started anew, and should have gone on by itself")
    return (
        f"the disk ran full {TIMES} times; what could not be stored was refused, and the daemon went on by itself"
    )


async def until_refused(scene: Scene) -> None:
    """Wait until the daemon says that it cannot store anything.

    Raises:
        Broken: It never does.
    """
    with trio.move_on_after(30.0):
        while True:
            try:
                readiness = await scene.stage.client.readiness()
            except ProblemError:
                return
            except ClientError:
                pass
            else:
                if not all(readiness.checks.values()):
                    return
            await trio.sleep(LOOK)
    raise Broken("the disk was full for half a minute, and the daemon said that it was ready")


TROUBLE = Trouble("full", "a disk that runs full under the storm, twice, and has room again", inflict, no_disk)
