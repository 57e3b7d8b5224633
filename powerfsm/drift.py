"""The sweep: nodes that nobody drives are read now and then, and drift is seen.

One task walks over the whole fleet; an idle node costs neither a task nor a timer of its own.  A reading is made
in a session of its own, under the same rules as any other: one session per BMC, on record, closed with an answer.
It gives way at once to an action that starts on its node.  On its way it closes what a process that is gone left
open on nodes at rest.
"""

import structlog
import trio

from powerfsm.actions import Facts, Workshop
from powerfsm.actions.timings import Timings, UnknownTiming
from powerfsm.drivers.driver import Session
from powerfsm.drivers.errors import DriverError
from powerfsm.node import Node
from powerfsm.registry.registry import Registry
from powerfsm.store.batch import SessionInUse

log = structlog.get_logger(__name__)


class Sweep:
    """Reads every node at rest once in `timings.sweep` seconds.

    Args:
        registry: Whose nodes.
        workshop: What its actions work with.
        at_once: Readings under way at one time.

    Attributes:
        readings: Readings made since the start.
        failures: Readings that failed since the start.
    """

    def __init__(self, registry: Registry, workshop: Workshop, at_once: int = 64) -> None:
        self._registry = registry
        self._workshop = workshop
        self._at_once = at_once
        self.readings = 0
        self.failures = 0

    async def run(self) -> None:
        """Sweep until cancelled."""
        free = trio.CapacityLimiter(self._at_once)
        async with trio.open_nursery() as nursery:
            while True:
                names = list(self._registry.nodes)
                if not names:
                    await trio.sleep(1)
                for name in names:
                    node = self._registry.nodes.get(name)
                    if node is None:
                        continue
                    await trio.sleep(self._timings(node).sweep / len(names))
                    if node.in_play is None and name not in self._registry.actions:
                        reading = object()
                        await free.acquire_on_behalf_of(reading)
                        nursery.start_soon(self._read_and_release, name, free, reading)

    def _timings(self, node: Node) -> Timings:
        try:
            return self._workshop.timings(node)
        except UnknownTiming:
            # Its actions fail and say so; the sweep of the others goes on.
            return Timings.of(self._workshop.spec.timings)

    async def _read_and_release(self, name: str, free: trio.CapacityLimiter, reading: object) -> None:
        try:
            await self.read(name)
        finally:
            free.release_on_behalf_of(reading)

    async def read(self, name: str) -> None:
        """Read one node at rest, and tell the registry; a reading that fails is counted and logged."""
        async with self._workshop.limits.bmc(name):
            node = self._registry.nodes.get(name)
            if node is None or node.in_play is not None:
                return
            with self._registry.onlooker(name):
                try:
                    if await self._fence(node) and await self._settle(node):
                        await self._read(node)
                except DriverError as error:
                    self.failures += 1
                    log.warning("sweep.failed", node=name, error=error.name, told=str(error))
                except Exception:
                    # One node's defect must not end the sweep of the others.
                    self.failures += 1
                    log.exception("defect.sweep", node=name)

    async def _fence(self, node: Node) -> bool:
        """Close what is on record; whether nothing is left that must be waited out."""
        fences = self._workshop.fences
        for left in tuple(self._registry.sessions(node.name).values()):
            if fences.holds(node.name, left.id):
                continue
            until = fences.quarantined_until(node.name, left.id)
            if until is None:
                async with self._workshop.limits.session(node, None):
                    await self._workshop.driver(node).fence(node.bmc, left.id)
            elif until > trio.current_time():
                return False
            if fences.passed(left, trio.current_time()):
                how = "by id" if until is None else "quarantine"
                self._registry.session_closed(node.name, left.id, None, how)
        return True

    async def _settle(self, node: Node) -> bool:
        """Whether nothing that was sent earlier can undo what is read: that may be adopted, and is declared then.

        Settling is waited out; a soft-off, which takes minutes, is left to a later round.
        """
        timings = self._timings(node)
        until = self._workshop.fences.quiet_at(node.name, timings.settle, timings.soft_settle)
        if until > trio.current_time() + timings.settle:
            return False
        if until > trio.current_time():
            await trio.sleep_until(until)
        return True

    async def _read(self, node: Node) -> None:
        driver = self._workshop.driver(node)
        async with self._workshop.limits.session(node, None):
            session = await driver.open(node.bmc)
            # The id may be that of a session which is on record for its soft-off, and stays so.
            held = self._workshop.fences.holds(node.name, session.id)
            try:
                if not held:
                    await self._registry.record_session(
                        SessionInUse(node.name, session.id, None, self._workshop.now()), None
                    )
                power = await session.read_power()
                self.readings += 1
                now = self._registry.nodes.get(node.name)
                # It may have been given another BMC meanwhile, of which this reading says nothing.
                if now is not None and now.bmc == node.bmc:
                    facts = Facts(reading=power, read_at=self._workshop.now())
                    await self._registry.report(node.name, f"read-{power}", facts)
            finally:
                with trio.CancelScope(shield=True):
                    await self._close(node, session, held=held)

    async def _close(self, node: Node, session: Session, *, held: bool) -> None:
        try:
            await session.close()
        except DriverError as error:
            # No command was sent in it, so nothing has to be waited out: the BMC drops it when it is idle.
            log.warning("sweep.unclosed", node=node.name, told=str(error))
        if not held:
            self._registry.session_closed(node.name, session.id, None, "own session")
