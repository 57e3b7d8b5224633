"""API clients that vanish: before they have said anything, in the middle of a request, or while they wait."""

from collections import Counter

import trio

from chaos.aftermath import RETURN
from chaos.scene import Scene
from chaos.trouble import Trouble
from chaos.visitor import Visitor, request
from chaos.vitals import vitals
from powerfsm.demo.claims import now
from powerfsm.power import Ask, Power

CLIENTS = 2000
_AT_ONCE = 100
_STAY = 0.3
"""Seconds that a client stays at most after it has said what it had to say."""
_OURS = 20
"""Connections that the storm may hold meanwhile."""


async def inflict(scene: Scene) -> str:
    """Have two thousand clients come and vanish, many of them at once."""
    done: Counter[str] = Counter()
    capacity = trio.CapacityLimiter(_AT_ONCE)
    node = await scene.stage.client.node(scene.reserved)
    # All of them ask the same of the one node that is theirs: in which order they are heard is not known.
    ask = Ask.OFF if node.observed is Power.ON else Ask.ON

    async def visit() -> None:
        async with capacity:
            kind = scene.random.choice(_KINDS)
            came = await _visit(scene, kind, ask)
            done[kind] += came

    async with trio.open_nursery() as nursery:
        for _ in range(CLIENTS):
            nursery.start_soon(visit)
    # Only when none of them can be heard any more may another direction be asked for, some other time.
    await scene.until(lambda: _descriptors(scene) <= _at_rest(scene) + RETURN + _OURS, "return of descriptors")
    await scene.storm.ask([(scene.reserved, ask)], keep=True)
    told = ", ".join(f"{done[kind]} {kind}" for kind in _KINDS)
    return f"{sum(done.values())} clients vanished: {told}"


_KINDS = (
    "without a word",
    "in a line",
    "in the headers",
    "in the body",
    "before the answer",
    "having asked for power",
    "waiting",
    "listening",
)


async def _visit(scene: Scene, kind: str, ask: Ask) -> int:
    random = scene.random
    visitor = Visitor(scene.daemon.port)
    wait = {"ids": list(scene.storm.operations)[-50:], "timeout": 30, "until": "all"}
    power = request("POST", f"/v1/nodes/{scene.reserved}/power", {"ask": ask.value})
    match kind:
        case "without a word":
            said = b""
        case "in a line":
            said = request("GET", "/v1/nodes")[: random.randint(1, 12)]
        case "in the headers":
            said = power[: random.randint(40, power.index(b"\r\n\r\n"))]
        case "in the body":
            said = power[: random.randint(power.index(b"\r\n\r\n") + 4, len(power) - 1)]
        case "before the answer":
            said = request("GET", "/v1/operations?limit=1000")
        case "having asked for power":
            said = power
            scene.stage.claims.ask(now(), scene.reserved, ask)
        case "waiting":
            said = request("POST", "/v1/operations/wait", wait)
        case _:
            said = request("GET", "/v1/events?last=100")
    try:
        await visitor.come()
        await visitor.say(said)
        await trio.sleep(random.uniform(0.0, _STAY))
    except OSError:
        # A daemon under this load may cut a connection off first: nothing was lost that was answered.
        return 0
    finally:
        visitor.vanish(rudely=random.random() < 0.5)
    return 1


def _descriptors(scene: Scene) -> int:
    held = vitals(scene.daemon.pid)
    return 0 if held is None else held.descriptors


def _at_rest(scene: Scene) -> int:
    return 0 if scene.rested is None else scene.rested.descriptors


TROUBLE = Trouble(
    "vanish", "two thousand API clients that vanish at any point of a request, by FIN and by RST", inflict
)
