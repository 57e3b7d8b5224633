"""One process of the daemon, from its start to its death: the core of it, on a simulated disk and network.

A process that is killed is cut off from disk and network in one instant.  What its tasks still do while they
unwind takes time, and touches nothing; what it had sent before is under way.
"""

import traceback
from collections.abc import Awaitable, Callable, Generator, Sequence
from contextlib import contextmanager
from random import Random
from typing import TypeVar

import trio

from bmcsim import Fidelity
from bmcsim.virtual import noise
from powerfsm.actions.timings import Timings
from powerfsm.ipmi.transport import open_transport
from powerfsm.lifecycle import in_charge
from powerfsm.node import Node
from powerfsm.operation import Operation
from powerfsm.registry.fleet import Fleet
from powerfsm.registry.refusals import KeyReused
from powerfsm.registry.registry import Registry
from powerfsm.registry.requests import PowerRequest
from powerfsm.simulation.disk import Mount
from powerfsm.simulation.record import Began, Committed, Died, End, Happening, Serving
from powerfsm.simulation.site import Site
from powerfsm.store.batch import Batch
from powerfsm.store.store import Store, open_store

_Answer = TypeVar("_Answer")


class Gone(Exception):
    """The process died before it had answered."""


class Process:
    """One process.

    Attributes:
        number: Which, from 1.
        serving: Set once it accepts requests.
        dead: Set once it is dead; what is left of it touches nothing.
        gone: Set once nothing is left of it.
    """

    def __init__(self, site: Site, number: int) -> None:
        """Have a process that is about to start; `run` runs it."""
        self.number = number
        self.serving = trio.Event()
        self.dead = trio.Event()
        self.gone = trio.Event()
        self._site = site
        self._mount: Mount = site.disk.mount()
        self._link = site.wire.link(number)
        self._life = trio.CancelScope()
        self._leave = trio.Event()
        self._visitors: dict[int, trio.CancelScope] = {}
        self._visits = 0
        self._closed = False
        self._store: Store
        self._registry: Registry

    # Its life.

    async def run(self) -> None:
        """Live until killed, told to stop, or failed."""
        try:
            with self._life:
                await self._live()
                self._die(End.STOPPED)
        except Exception as error:  # noqa: BLE001  whatever ends a process is what the simulation is after
            self._die(End.FAILED, self._site.placeless(_told(error)))
        finally:
            self.gone.set()

    async def _live(self) -> None:
        site, plan, spec = self._site, self._site.plan, self._site.assembly.spec
        overrides = tuple(plan.timings.items())
        seed, pretend = plan.seed, plan.fidelity is Fidelity.FAST
        random = noise(seed, f"process {self.number}")
        async with (
            open_store(self._mount.path, clock=site.clock.now, medium=self._mount.medium) as self._store,
            trio.open_nursery() as nursery,
        ):
            with open_transport(nursery, self._link, random=random, pretend=pretend) as transport:
                driver = site.assembly.driver(transport, site.logins, Timings.of(spec.timings, overrides))
                jitter = Random(f"{seed}/{self.number}")
                workshop = site.assembly.workshop(driver, site.clock.now, overrides, jitter)
                snapshot = await self._store.load()
                nodes, operations = tuple(snapshot.nodes), tuple(snapshot.operations)
                found = Began(trio.current_time(), self.number, nodes, operations, tuple(snapshot.sessions))
                self._tell(found)
                fleet = Fleet(snapshot)
                store = site.assembly.durable(_Noted(self._store, self._tell, self.number))
                self._registry = site.assembly.registry(store, fleet, workshop, site.clock.now, self._alarm)
                identity = {"process": self.number, "spec": spec.digest}
                async with in_charge(self._registry, workshop, identity) as lifecycle:
                    lifecycle.start_sweeping()
                    self._tell(Serving(trio.current_time(), self.number))
                    self.serving.set()
                    await self._leave.wait()
                    await lifecycle.end()
                    # As the daemon does: its doors close before its store does.
                    self._shut()
            nursery.cancel_scope.cancel()

    def kill(self) -> None:
        """Die as by `kill -9`: what was written stays."""
        if not self.dead.is_set():
            self._mount.kill()
            self._die(End.KILLED)

    def lose_power(self) -> None:
        """Die with the machine: what was not synced may be lost."""
        if not self.dead.is_set():
            self._mount.lose_power()
            self._die(End.POWER)

    def die_at(self, operation: int, die: Callable[[], None]) -> None:
        """Have `die` called just before the disk operation of this number, counted over all processes."""
        self._mount.died = die
        self._mount.die_at(operation)

    def live_on(self) -> None:
        """Not die at any disk operation after all."""
        self._mount.die_at(0)

    def stop(self) -> None:
        """End in order, as at SIGTERM."""
        self._leave.set()

    def _die(self, how: End, why: str = "") -> None:
        if self.dead.is_set():
            return
        self._tell(Died(trio.current_time(), self.number, how, why))
        self.dead.set()
        self._link.cut = True
        if how is not End.POWER:
            self._mount.kill()
        self._life.cancel()
        self._shut()

    def _shut(self) -> None:
        """Answer nobody any more."""
        self._closed = True
        for visitor in self._visitors.values():
            visitor.cancel()

    def _tell(self, happening: Happening) -> None:
        if not self.dead.is_set():
            self._site.tell(happening)

    def _alarm(self, told: str) -> None:
        if not self.dead.is_set():
            self._site.alarm(told)

    # What those outside ask of it, as the API does.

    async def add(self, nodes: Sequence[Node]) -> None:
        """Take nodes into the fleet."""
        await self._registry.add(nodes)

    async def request(self, requests: Sequence[PowerRequest], by: str, key: str) -> list[Operation]:
        """Ask nodes for power states, with an idempotency key.

        Raises:
            Gone: It died before it had answered.
            Refusal, StoreUnavailable: It answered so.
        """

        async def ask() -> list[Operation]:
            fingerprint = repr([(each.node, each.ask.value) for each in requests])
            known = await self._store.idempotency(key)
            if known is None:
                return await self._registry.request(requests, asked_by=by, key=(key, fingerprint))
            if known.fingerprint != fingerprint:
                raise KeyReused(key)
            operations = [await self._operation(number) for number in known.operations]
            return [each for each in operations if each is not None]

        return await self._while_alive(ask)

    async def ended(self, operation: int) -> Operation | None:
        """Wait for the end of an operation; None where there is none of this id.

        Raises:
            Gone: It died meanwhile.
            StoreUnavailable: It answered so.
        """

        async def wait() -> Operation | None:
            if operation in self._registry.operations:
                return await self._registry.ended(operation)
            return await self._store.operation(operation)

        return await self._while_alive(wait)

    @property
    def busy(self) -> str:
        """What is under way, in words; empty where nothing is."""
        if not self.serving.is_set():
            return f"process {self.number} has not come up"
        operations = self._registry.operations
        if operations:
            first = next(iter(operations.values()))
            return f"{len(operations)} operations have not ended; {first.node} is {first.ask} ({first.status})"
        if self._registry.actions:
            return f"actions are in play on {', '.join(self._registry.actions)}"
        return ""

    @property
    def nodes(self) -> Sequence[Node]:
        """The nodes as it has them."""
        return tuple(self._registry.nodes.values())

    async def _operation(self, number: int) -> Operation | None:
        return self._registry.operations.get(number) or await self._store.operation(number)

    async def _while_alive(self, visit: Callable[[], Awaitable[_Answer]]) -> _Answer:
        with self._visiting() as scope:
            answer = await visit()
        if scope.cancelled_caught or self._closed:
            raise Gone
        return answer

    @contextmanager
    def _visiting(self) -> Generator[trio.CancelScope]:
        if self._closed or not self.serving.is_set():
            raise Gone
        with trio.CancelScope() as scope:
            self._visits += 1
            number = self._visits
            self._visitors[number] = scope
            try:
                yield scope
            except Exception:
                # The dead say nothing.
                if self._closed:
                    raise Gone from None
                raise
            finally:
                del self._visitors[number]


class _Noted:
    """The way to the store, past somebody who notes what has become durable."""

    def __init__(self, store: Store, tell: Callable[[Happening], None], process: int) -> None:
        self._store = store
        self._tell = tell
        self._process = process

    async def commit(self, batch: Batch) -> None:
        await self._store.commit(batch)
        self._tell(
            Committed(
                trio.current_time(),
                self._process,
                tuple(batch.nodes.values()),
                tuple(batch.operations.values()),
                tuple(batch.opened.values()),
                tuple(sorted(batch.closed)),
                tuple(batch.journal),
            )
        )


def _told(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))
