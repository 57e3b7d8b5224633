"""The life of a process: all of the daemon but its doors, from its start to its end in order.

Whoever runs it hands it a registry on a store, and the workshop with the drivers; the daemon does so with a disk
and a network, a simulation with others.

The order is a promise: the outstanding work is listed and taken up before any request is accepted.  The end is
its mirror: no new requests, every action in play fenced and left durable, sessions closed, everything written.
"""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

import trio

from powerfsm.actions import Workshop
from powerfsm.drift import Sweep
from powerfsm.journal import Kind
from powerfsm.recovery import recover
from powerfsm.registry.registry import Registry


class Lifecycle:
    """A process's charge of a fleet; see `in_charge`.

    Attributes:
        registry: Whom everything is asked.
        workshop: What its actions and its sweep work with.
    """

    def __init__(
        self, registry: Registry, workshop: Workshop, identity: Mapping[str, object], tasks: trio.Nursery
    ) -> None:
        self.registry = registry
        self.workshop = workshop
        self._identity = dict(identity)
        self._tasks = tasks
        self._sweeping = trio.CancelScope()
        self._swept = trio.Event()
        self._swept.set()
        self._written = trio.Event()
        self._ended = False

    async def begin(self) -> None:
        """Take up what the last process left, and accept requests."""
        self._tasks.start_soon(self._write)
        self.registry.note(Kind.DAEMON, None, "started", detail=self._identity)
        await recover(self.registry)
        self.registry.accepting = True

    def start_sweeping(self) -> None:
        """Read nodes that nobody drives now and then, until the end."""
        self._swept = trio.Event()
        self._tasks.start_soon(self._sweep)

    async def end(self) -> None:
        """End in order; returns once nothing is in play any more and everything is written."""
        if self._ended:
            return
        self._ended = True
        self._sweeping.cancel()
        await self._swept.wait()
        self.registry.note(Kind.DAEMON, None, "ended", detail=self._identity)
        self.registry.close()
        await self._written.wait()

    async def _write(self) -> None:
        await self.registry.serve()
        self._written.set()

    async def _sweep(self) -> None:
        with self._sweeping:
            await Sweep(self.registry, self.workshop).run()
        self._swept.set()


@asynccontextmanager
async def in_charge(
    registry: Registry, workshop: Workshop, identity: Mapping[str, object]
) -> AsyncGenerator[Lifecycle]:
    """Be in charge of a fleet for as long as the block lasts.

    Args:
        registry: Of the fleet, on the store that holds it.
        workshop: What its actions work with.
        identity: What the journal tells of this process at its start and its end.
    """
    async with trio.open_nursery() as tasks:
        lifecycle = Lifecycle(registry, workshop, identity, tasks)
        await lifecycle.begin()
        yield lifecycle
        await lifecycle.end()
