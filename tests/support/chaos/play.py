"""One round: a storm rages, a trouble is inflicted in it, the storm ends, and what is left is looked at."""

import trio

from bmcsim.records import UnreadableError
from chaos.aftermath import Aftermath
from chaos.scene import Broken, Scene
from chaos.trouble import Round, Trouble
from chaos.vitals import vitals
from powerfsm.client import Client, ClientError
from powerfsm.demo.claims import now
from powerfsm.demo.processes import ProcessTrouble
from powerfsm.demo.stage import Unfinished
from powerfsm.demo.storm import LostOperation, Storm

PACE = 0.05
"""How much longer requesters rest than people would: wishes come faster than any machine follows."""

REQUESTERS = 12


async def play(scene: Scene, trouble: Trouble, aftermath: Aftermath) -> Round:
    """Play one round; what goes wrong in it is told, not raised."""
    began, watched = now(), len(scene.curve)
    said, broken = "", []
    try:
        said = await _storm(scene, trouble)
        broken += [told async for told in aftermath.look()]
    except* (Broken, Unfinished, ProcessTrouble, LostOperation, ClientError, UnreadableError) as group:
        broken += [f"{type(error).__name__}: {error}" for error in _flat(group)]
    curve = scene.curve[watched:]
    return Round(
        trouble=trouble.name,
        said=said,
        seconds=now() - began,
        answered=scene.storm.tally.answered,
        broken=tuple(broken),
        after=vitals(scene.daemon.pid) if scene.daemon.running else None,
        peak=(
            max((seen.memory for seen in curve), default=0),
            max((seen.descriptors for seen in curve), default=0),
        ),
    )


async def _storm(scene: Scene, trouble: Trouble) -> str:
    stage = scene.stage
    # A client of its own, so that its connections end with the round.
    async with Client(scene.daemon.url) as client, trio.open_nursery() as watching:
        stage.storm = Storm(
            client,
            scene.names,
            stage.claims,
            stage.gate,
            scene.random.getrandbits(32),
            pace=PACE,
            requesters=REQUESTERS,
        )
        watching.start_soon(scene.guard)
        watching.start_soon(stage.storm.listen)
        async with trio.open_nursery() as raging:
            raging.start_soon(stage.storm.rage)
            await scene.goes_on()
            said = await trouble.inflict(scene)
            await scene.goes_on()
            stage.storm.abate()
        await scene.calm()
        watching.cancel_scope.cancel()
    return said


def _flat(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    found: list[BaseException] = []
    for error in group.exceptions:
        found += _flat(error) if isinstance(error, BaseExceptionGroup) else [error]
    return found
