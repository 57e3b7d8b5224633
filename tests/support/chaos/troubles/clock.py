"""Steps of the wall clock, by hours, forward and back."""

from datetime import UTC, datetime, timedelta

import trio

from chaos.scene import LOOK, PATIENCE, Broken, Scene
from chaos.trouble import Trouble
from chaos.wrong_clock import WrongClock, no_wrong_clock
from powerfsm.client import ClientError

_HOUR = 3600
_STEPS = (3 * _HOUR, -2 * _HOUR, 0)
_TOLERANCE = timedelta(minutes=10)


async def inflict(scene: Scene) -> str:
    """Set the clock of the running daemon three hours ahead, then two behind, then right."""
    clock = WrongClock(scene.stage.claims_file.with_name("clock"))
    await scene.end()
    await scene.begin(**clock.variables)
    await scene.goes_on()
    for ahead in _STEPS:
        clock.set(ahead)
        await until_believed(scene, timedelta(seconds=ahead))
        await scene.goes_on()
    await scene.end()
    await scene.begin()
    return "the clock was set three hours ahead, then five back, then two ahead, while the daemon drove"


async def until_believed(scene: Scene, ahead: timedelta) -> None:
    """Wait until requests bear times of the clock that the daemon was given: otherwise this would prove nothing.

    Raises:
        Broken: They do not.
    """
    with trio.move_on_after(PATIENCE):
        while True:
            try:
                newest = await scene.stage.client.operations(limit=1)
            except ClientError:
                newest = []
            if newest and abs(newest[0].asked_at - datetime.now(UTC) - ahead) < _TOLERANCE:
                return
            await trio.sleep(LOOK)
    raise Broken(f"its clock is {ahead} ahead, and no request of the storm bears such a time")


TROUBLE = Trouble(
    "clock", "the wall clock jumps by hours, forward and back, while the daemon runs", inflict, no_wrong_clock
)
