"""How much may be under way at once: per BMC, per group (inrush), and in all.

A BMC serves one session of ours at a time, whoever opens it.  A group (a rack, a feed) bounds how many of its
nodes are being powered on at once, because each start draws its inrush current.  What waits here has sent nothing.
"""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

import trio

from powerfsm.node import Node
from powerfsm.power import Power


class Limits:
    """The limits of one daemon.

    Args:
        total: Sessions open at once, over all BMCs.
        per_group: Nodes of one group being powered on at once.
    """

    def __init__(self, total: int = 1000, per_group: int = 16) -> None:
        self._total = trio.CapacityLimiter(total)
        self._per_group = per_group
        self._groups: dict[str, trio.CapacityLimiter] = {}
        self._bmcs: dict[str, trio.Lock] = {}

    @asynccontextmanager
    async def bmc(self, node: str) -> AsyncGenerator[None]:
        """Hold a node's BMC; idle BMCs cost nothing."""
        lock = self._bmcs.setdefault(node, trio.Lock())
        try:
            async with lock:
                yield
        finally:
            waiting = lock.statistics()
            if not waiting.locked and not waiting.tasks_waiting:
                self._bmcs.pop(node, None)

    @asynccontextmanager
    async def session(self, node: Node, goal: Power | None) -> AsyncGenerator[None]:
        """Hold the right to one open session; `goal` is what it is to command, None where it only reads."""
        async with AsyncExitStack() as held:
            if goal is Power.ON and node.policy.group is not None:
                group = self._groups.get(node.policy.group)
                if group is None:
                    group = self._groups[node.policy.group] = trio.CapacityLimiter(self._per_group)
                await group.acquire_on_behalf_of(held)
                held.callback(group.release_on_behalf_of, held)
            await self._total.acquire_on_behalf_of(held)
            held.callback(self._total.release_on_behalf_of, held)
            yield
