"""No file descriptors left."""

import json
import resource
from collections.abc import Sequence
from contextlib import suppress

import trio

from chaos.scene import Broken, Scene
from chaos.trouble import Trouble
from chaos.visitor import Visitor, request
from chaos.vitals import vitals
from powerfsm.client import Client, ClientError
from powerfsm.demo.claims import now

CLIENTS = 150
_SPARE = 8
_SECONDS = 4.0
"""For which there are none."""
_ANSWER = 30.0


async def inflict(scene: Scene) -> str:
    """Lower the running daemon's limit to little more than it holds, and have a crowd take the rest."""
    pid = scene.daemon.pid
    usual = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    held = vitals(pid)
    assert held is not None
    limit = held.descriptors + _SPARE
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (limit, usual[1]))
    crowd = [Visitor(scene.daemon.port) for _ in range(CLIENTS)]
    try:
        await _arrive(crowd)
        await scene.until(lambda: _descriptors(pid) >= limit, "descriptors that the crowd takes")
        await scene.until(
            lambda: bool(refusals(scene)), "word in the daemon's log that it has no descriptors left"
        )
        began = now()
        # Whoever was connected before goes on being answered, and BMCs are driven: none of that opens a file.
        while now() < began + _SECONDS:
            await scene.goes_on(answers=1, commands=1)
    finally:
        for visitor in crowd:
            visitor.vanish()
    await answers_strangers(scene)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, usual)
    return (
        f"at most {limit} descriptors, and {CLIENTS} clients for them: it went on driving, said so"
        f" {len(refusals(scene))} times, and took new clients when the crowd had gone"
    )


async def _arrive(crowd: Sequence[Visitor]) -> None:
    async def arrive(visitor: Visitor) -> None:
        # Behind the first hundreds the kernel's own queue is full, and nobody is let in.
        with trio.move_on_after(2.0), suppress(OSError):
            await visitor.come()
            await visitor.say(request("GET", "/v1/events"))

    async with trio.open_nursery() as nursery:
        for visitor in crowd:
            nursery.start_soon(arrive, visitor)


async def answers_strangers(scene: Scene) -> None:
    """See that somebody who was not connected before is answered.

    Raises:
        Broken: He is not.
    """
    with trio.move_on_after(_ANSWER):
        while True:
            async with Client(scene.daemon.url, timeout=2.0) as stranger:
                with suppress(ClientError):
                    await stranger.version()
                    return
    raise Broken(f"the crowd has gone, and within {_ANSWER:g} s the daemon takes no new client")


def refusals(scene: Scene) -> list[object]:
    """The lines of the daemon's log that say that a connection could not be accepted."""
    lines = scene.daemon.output.read_text(encoding="utf-8", errors="replace").splitlines()
    return [json.loads(line) for line in lines if "accept" in line and "Too many open files" in line]


def _descriptors(pid: int) -> int:
    held = vitals(pid)
    return 0 if held is None else held.descriptors


TROUBLE = Trouble("descriptors", "no file descriptors left for new clients, while the storm goes on", inflict)
