"""Waiting, on behalf of a client, for operations to end: for as long as he wants, and while he is still there."""

from collections.abc import Awaitable, Callable, Sequence

import trio
from starlette.requests import Request

from powerfsm.registry.registry import Registry

GATHER = 0.25
"""Seconds for which further ends are gathered behind the first, so that a storm takes few answers."""


async def while_there(request: Request, seconds: float, wait: Callable[[], Awaitable[object]]) -> None:
    """Wait until `wait` is over, the time is up, or the client has gone."""

    async def watch(scope: trio.CancelScope) -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        scope.cancel()

    with trio.move_on_after(seconds):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(watch, nursery.cancel_scope)
            await wait()
            nursery.cancel_scope.cancel()


async def one(registry: Registry, operation_id: int) -> None:
    """Wait until an operation has ended; at once where none of this id is under way."""
    try:
        await registry.ended(operation_id)
    except KeyError:
        return


async def some(registry: Registry, ids: Sequence[int], *, every: bool) -> None:
    """Wait until one of the operations has ended and others had their time to; or until each has.

    However many are waited for, this is one listener, who counts at most four times a second.
    """
    while True:
        with registry.feed.listen() as entries:
            left = [number for number in ids if number in registry.operations]
            if not left or (len(left) < len(ids) and not every):
                return
            async for _ in entries:
                now = [number for number in left if number in registry.operations]
                if len(now) < len(left):
                    await trio.sleep(GATHER)
                    if not every:
                        return
                    left = [number for number in now if number in registry.operations]
                    if not left:
                        return
        if not entries.overrun:
            return
