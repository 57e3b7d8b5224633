"""A laboratory: the real registry and actions over BMCs and a disk that the test holds in its hand.

It runs in virtual time.  A process that crashes is cut off from BMCs and disk in one instant; what its tasks
still do while they unwind reaches nothing, and what it had sent before arrives.  When the laboratory is left, its
judge must have seen no promise broken, and an audit must find its journal possible.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from itertools import pairwise
from random import Random
from typing import TypeVar

import trio
import trio.testing

from bmcsim.virtual import deterministic
from hostile_bmc import LabBmc, LabDriver
from judge import Judge
from lab_disk import Disk, LabStore
from powerfsm.actions import Workshop
from powerfsm.actions.limits import Limits
from powerfsm.audit import Auditor, Finding
from powerfsm.bmc import Bmc
from powerfsm.drift import Sweep
from powerfsm.journal import Kind
from powerfsm.node import Node, Policy
from powerfsm.operation import Operation
from powerfsm.power import Ask, Power
from powerfsm.recovery import recover
from powerfsm.registry.fleet import Fleet
from powerfsm.registry.registry import Registry
from powerfsm.registry.requests import PowerRequest
from powerfsm.spec import load

_Result = TypeVar("_Result")


class Lab:
    """One fleet of hostile BMCs, one disk, and one daemon's core at a time.

    Attributes:
        bmcs: By host.
        disk: What is durable.
        judge: What he saw broken.
        registry: Of the process that runs.
        workshop: Likewise.
        limits: What the next process may have under way at once.
        sweeps: Whether the next process sweeps for drift.
        began: When it was made, in trio's time.
        starts: How long the journal was when each process started.
        audited: Whether the journal is audited when the laboratory is left.
    """

    def __init__(self, world: trio.Nursery) -> None:
        self.spec = load()
        self.bmcs: dict[str, LabBmc] = {}
        self.judge = Judge(self.spec, self.bmcs)
        self.disk = Disk(self.judge)
        self.limits: Callable[[], Limits] = Limits
        self.sweeps = False
        self.registry: Registry
        self.workshop: Workshop
        self.driver: LabDriver
        self.store: LabStore
        self.began = trio.current_time()
        self.starts: list[int] = []
        self.audited = True
        self._world = world
        self._timings: dict[str, float] = {}
        self._down = trio.Event()
        self._swept = trio.Event()
        self._sweeping = trio.CancelScope()

    # Processes.

    async def start(self, **timings: float) -> None:
        """Start the daemon's core on what is on the disk, with recovery."""
        self.starts.append(len(self.disk.journal))
        self._timings.update((name.replace("_", "-"), value) for name, value in timings.items())
        self.driver, self.store = LabDriver(self.bmcs), LabStore(self.disk)
        self.workshop = Workshop(
            self.spec, {"ipmi": self.driver}, self.limits(), trio.current_time, self._timings.items(), Random(0)
        )
        fleet = Fleet(self.disk.snapshot())
        self.registry = Registry(
            self.spec, self.store, fleet, self.workshop, trio.current_time, alarm=self.judge.break_
        )
        self._down = trio.Event()
        await self._world.start(self._run, self.registry, self._down)
        await recover(self.registry)
        self.registry.accepting = True

    async def _run(
        self,
        registry: Registry,
        down: trio.Event,
        *,
        task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        self._sweeping, self._swept = trio.CancelScope(), trio.Event()
        async with trio.open_nursery() as beside:
            beside.start_soon(self._sweep, self._sweeping, self._swept)
            await registry.serve(task_status=task_status)
            self._sweeping.cancel()
        down.set()

    async def _sweep(self, scope: trio.CancelScope, swept: trio.Event) -> None:
        with scope:
            if self.sweeps:
                await self.sweep().run()
        swept.set()

    def cut_off(self) -> None:
        """Kill the process: from this instant on, nothing of it reaches a BMC or the disk."""
        self.driver.cut_off = self.store.cut_off = True
        self._sweeping.cancel()
        self.registry.close()

    async def crash(self) -> None:
        """Kill the process, and wait until its tasks have unwound."""
        self.cut_off()
        await self._down.wait()

    async def stop(self) -> None:
        """End the process in order."""
        await self.stop_sweeping()
        self.registry.close()
        await self._down.wait()

    async def stop_sweeping(self) -> None:
        """Let the process go on without its sweep."""
        self._sweeping.cancel()
        await self._swept.wait()

    # Requests.

    async def add(self, *names: str, policy: Policy | None = None, power: Power = Power.OFF) -> None:
        """Nodes, each with a BMC of its own whose host is the node's name."""
        for name in names:
            self.bmcs[name] = LabBmc(name, self.judge, self._world, power)
        await self.registry.add([Node(name, Bmc(name), policy or Policy()) for name in names])

    async def ask(self, name: str, ask: Ask, generation: int | None = None) -> Operation:
        return (await self.ask_all([PowerRequest(name, ask, generation)]))[0]

    async def ask_all(self, requests: Sequence[PowerRequest]) -> list[Operation]:
        """Ask; what is answered must be on the disk then."""
        operations = await self.registry.request(requests)
        for operation in operations:
            if self.disk.operation(operation.id) is None:
                self.judge.break_(f"operation {operation.id} was answered before it was durable")
        return operations

    async def ended(self, operation: Operation) -> Operation:
        """Wait until an operation has ended on disk, in whichever process."""
        await self.until(lambda: operation.id in self.disk.ended)
        await trio.sleep(2 * self.disk.sync)
        return self.disk.ended[operation.id]

    async def done(self, name: str, ask: Ask) -> Operation:
        """Ask, and wait for the end."""
        return await self.ended(await self.ask(name, ask))

    async def quiet(self) -> None:
        """Wait until nothing is outstanding on any node."""
        await self.until(lambda: not self.disk.fleet.operations)
        await trio.sleep(2 * self.disk.sync)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait, in virtual time, until something is so."""
        await self.judge.until(condition)

    def sweep(self) -> Sweep:
        return Sweep(self.registry, self.workshop)

    async def at(self, moment: float) -> None:
        """Wait until so many seconds after the laboratory was made."""
        await trio.sleep_until(self.began + moment)

    # What can be seen.

    def audit(self) -> list[Finding]:
        """What cannot be in the journal; between two processes the newest entries may be missing."""
        auditor, found = Auditor(self.spec), list[Finding]()
        for begin, end in pairwise([*self.starts, len(self.disk.journal)]):
            auditor.start_process()
            found += auditor.feed(self.disk.journal[begin:end])
        return found

    def moments(self) -> list[float]:
        """When something happened outside of the daemon, in seconds since the laboratory was made."""
        return sorted({at - self.began for at, _ in self.judge.log})

    def bmc(self, name: str) -> LabBmc:
        return self.bmcs[name]

    def node(self, name: str) -> Node:
        return self.registry.nodes[name]

    def transitions(self, name: str) -> list[tuple[str | None, str, str | None]]:
        """The steps that a node has taken, as the journal tells them."""
        return [
            (entry.before, entry.event, entry.after)
            for entry in self.disk.journal
            if entry.kind is Kind.TRANSITION and entry.node == name
        ]


def around(moments: Sequence[float], lead: float = 0.0) -> list[float]:
    """`lead` seconds before each moment, between each two, and after the last: to interrupt every await."""
    between = [(earlier + later) / 2 for earlier, later in pairwise([*moments, moments[-1] + 0.01])]
    return sorted(moment - lead for moment in (*moments, *between) if moment >= lead)


@asynccontextmanager
async def laboratory(**timings: float) -> AsyncGenerator[Lab]:
    """A laboratory with a process running; on leaving it, no promise may have been broken."""
    async with trio.open_nursery() as world:
        lab = Lab(world)
        await lab.start(**timings)
        yield lab
        if not lab.driver.cut_off:
            lab.cut_off()
        await lab._down.wait()
        world.cancel_scope.cancel()
    assert lab.judge.broken == []
    # What a test broke on purpose, and took off the judge, is in the journal all the same.
    assert not lab.audited or lab.judge.found or lab.audit() == []


NewLab = Callable[..., AbstractAsyncContextManager[Lab]]
"""The type of `laboratory`, for tests that make several."""


def run_in_virtual_time(
    run: Callable[[], Awaitable[_Result]],
    *,
    clock: trio.abc.Clock | None = None,
    instruments: Sequence[trio.abc.Instrument] = (),
    seed: int | None = None,
) -> _Result:
    """`trio.run` with a clock that starts at 0 and jumps whenever every task waits; one run for one seed."""
    if clock is None:
        clock = trio.testing.MockClock(autojump_threshold=0)
    with nullcontext() if seed is None else deterministic(seed):
        return trio.run(run, clock=clock, instruments=instruments)
