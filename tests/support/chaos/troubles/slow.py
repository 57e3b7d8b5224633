"""Readers of the event stream who do not read."""

from chaos.scene import Broken, Scene
from chaos.trouble import Trouble
from chaos.visitor import Visitor, request
from chaos.vitals import MEBIBYTE, vitals
from powerfsm.demo.claims import now

READERS = 40
_WINDOW = 4096
_MOST = 96 * MEBIBYTE
"""Bytes that the daemon may hold for all of them: for each, a page of the journal and the feed's depth."""
_DELAY = 10.0
"""Seconds within which everybody else is answered on a machine however busy; at leisure it takes some ms."""
_ENTRIES = 3000
"""Journal entries that the storm makes while nobody reads: more than a feed holds for a listener."""


async def inflict(scene: Scene) -> str:
    """Have readers follow the journal from its beginning and not read; then end the daemon under them."""
    before = vitals(scene.daemon.pid)
    assert before is not None
    readers = [Visitor(scene.daemon.port, _WINDOW) for _ in range(READERS)]
    for reader in readers:
        await reader.come()
        await reader.say(request("GET", "/v1/events?after=0"))
    slowest = 0.0
    begun = await _journal(scene)
    while await _journal(scene) < begun + _ENTRIES:
        await scene.goes_on(answers=10, commands=1)
        asked = now()
        await scene.stage.client.version()
        slowest = max(slowest, now() - asked)
    after = vitals(scene.daemon.pid)
    assert after is not None
    if after.memory > before.memory + _MOST:
        raise Broken(
            f"it holds {after.mebibytes:.0f} MiB for readers who do not read, {before.mebibytes:.0f} before"
        )
    if slowest > _DELAY:
        raise Broken(f"others waited {slowest:.1f} s because some do not read")
    began = now()
    await scene.end()
    took = now() - began
    for reader in readers:
        reader.vanish()
    await scene.begin()
    return (
        f"{READERS} readers did not read: {(after.memory - before.memory) / MEBIBYTE:+.0f} MiB, others waited"
        f" {slowest:.2f} s at most; SIGTERM ended the daemon in {took:.1f} s all the same"
    )


async def _journal(scene: Scene) -> int:
    """How many entries the journal has."""
    async with scene.stage.client.events(last=1, follow=False) as stream:
        async for entry in stream:
            return entry.seq
    return 0


TROUBLE = Trouble(
    "slow", "readers of the event stream who never read, while a storm fills it, and SIGTERM under them", inflict
)
