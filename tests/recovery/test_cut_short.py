"""A daemon that is told to end at once ends, whatever its actions are about to report."""

import contextlib

import trio

from laboratory import Lab
from powerfsm.actions.ledger import LedgerClosed
from powerfsm.power import Ask
from powerfsm.registry.fleet import Fleet
from powerfsm.registry.registry import Registry
from powerfsm.registry.requests import PowerRequest
from powerfsm.store.batch import Batch, Snapshot


class SlowDisk:
    """Takes a moment for each commit, so that the end comes in the midst of some."""

    async def commit(self, batch: Batch) -> None:
        await trio.sleep(0.002)
        assert batch.journal is not None


async def test_the_registry_ends_at_whatever_instant_it_is_cancelled(lab: Lab) -> None:
    names = [f"n{number}" for number in range(60)]
    await lab.add(*names)
    for instant, name in enumerate(names):
        registry = Registry(lab.spec, SlowDisk(), Fleet(Snapshot([], [], [], 0, 0)), lab.workshop)
        registry.accepting = True
        scope = trio.CancelScope()
        with trio.fail_after(100), scope:
            async with trio.open_nursery() as nursery:
                await nursery.start(registry.serve)
                await registry.add([lab.node(name)])
                nursery.start_soon(_ask, registry, name)
                await trio.sleep((3 if instant == 0 else 0) + instant * 0.0005)
                scope.cancel()
    # The judge knows the laboratory's disk alone, and these were asked on another.
    lab.judge.broken.clear()


async def _ask(registry: Registry, name: str) -> None:
    with contextlib.suppress(LedgerClosed):
        await registry.request([PowerRequest(name, Ask.ON)])
