"""A laboratory: the real registry and actions over BMCs and a store that the test holds in its hand.

The BMC here is the hostile one of the formal model, at the level of the driver: it latches commands, loses
answers, keeps sessions open, and accepts late copies of commands for as long as their session is open.
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

import trio

from powerfsm.actions import Workshop
from powerfsm.actions.limits import Limits
from powerfsm.bmc import Bmc
from powerfsm.drivers import (
    DriverError,
    FenceUnanswered,
    LoginRefused,
    Refused,
    Unanswered,
    Unreachable,
    Unsupported,
)
from powerfsm.journal import Entry, Kind
from powerfsm.node import Node, Policy
from powerfsm.operation import Operation
from powerfsm.power import Ask, Command, Power
from powerfsm.recovery import recover
from powerfsm.registry.fleet import Fleet
from powerfsm.registry.registry import Registry
from powerfsm.registry.requests import PowerRequest
from powerfsm.spec import load
from powerfsm.store.batch import Batch, Snapshot
from powerfsm.store.errors import StoreUnavailable


@dataclass
class Deed:
    """Something that a BMC saw or did, with the time."""

    at: float
    what: str
    session: int = 0


@dataclass
class LabBmc:
    """One BMC.

    Attributes:
        power: What it reads.
        delay: Seconds from accepting a command to acting on it (a latch: closing the session recalls nothing).
        faults: What the next calls of a verb meet: `open`, `read`, `command`, `close`, `fence`.
        deeds: All that happened, in order.
    """

    power: Power = Power.OFF
    delay: float = 0.0
    faults: dict[str, list[DriverError | None]] = field(default_factory=dict)
    deeds: list[Deed] = field(default_factory=list)
    sessions: set[int] = field(default_factory=set)
    ignores: set[Command] = field(default_factory=set)
    next_session: int = 100

    def did(self, what: str, session: int = 0) -> None:
        self.deeds.append(Deed(trio.current_time(), what, session))

    def commands(self) -> list[str]:
        """The power commands that it accepted, in order."""
        return [deed.what.removeprefix("command ") for deed in self.deeds if deed.what.startswith("command ")]

    def meet(self, verb: str) -> None:
        waiting = self.faults.get(verb)
        if waiting:
            fault = waiting.pop(0)
            if fault is not None:
                raise fault

    def accept(self, command: Command, session: int, system: trio.Nursery) -> None:
        """Act on a command, after the latch's delay; a late copy of a command comes in here as well."""
        if session not in self.sessions:
            self.did(f"dropped {command}", session)
            return
        self.did(f"command {command}", session)
        if command not in self.ignores:
            system.start_soon(self._act, command)

    async def _act(self, command: Command) -> None:
        await trio.sleep(self.delay)
        power = Power.OFF if command in (Command.OFF, Command.SOFT_OFF) else Power.ON
        if power is not self.power:
            self.power = power
            self.did(f"power {power}")


class LabSession:
    def __init__(self, bmc: LabBmc, system: trio.Nursery) -> None:
        self._bmc = bmc
        self._system = system
        bmc.next_session += 1
        self.id = bmc.next_session
        bmc.sessions.add(self.id)
        bmc.did("opened", self.id)

    async def read_power(self) -> Power:
        await trio.sleep(0.001)
        self._bmc.meet("read")
        return self._bmc.power

    async def command(self, command: Command, *, once: bool = False) -> None:
        await trio.sleep(0.001)
        waiting = self._bmc.faults.get("command")
        fault = waiting.pop(0) if waiting else None
        if isinstance(fault, Refused):
            raise fault
        self._bmc.accept(command, self.id, self._system)
        if fault is not None:
            raise fault

    async def close(self) -> None:
        await trio.sleep(0.001)
        self._bmc.meet("close")
        self._bmc.sessions.discard(self.id)
        self._bmc.did("closed", self.id)


class LabDriver:
    """A driver whose BMCs are `LabBmc`s, one for each host."""

    def __init__(self, system: trio.Nursery) -> None:
        self.bmcs: dict[str, LabBmc] = {}
        self.system = system

    async def open(self, bmc: Bmc) -> LabSession:
        await trio.sleep(0.001)
        lab = self.bmcs[bmc.host]
        lab.meet("open")
        return LabSession(lab, self.system)

    async def fence(self, bmc: Bmc, session_id: int) -> None:
        await trio.sleep(0.001)
        lab = self.bmcs[bmc.host]
        lab.meet("fence")
        lab.sessions.discard(session_id)
        lab.did("closed", session_id)


class LabStore:
    """A disk that keeps what was committed, takes a moment for it, and can be full."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}
        self.fleet = Fleet(Snapshot([], [], [], 0, 0))
        self.journal: list[Entry] = []
        self.full = False
        self.commits = 0

    async def commit(self, batch: Batch) -> None:
        await trio.sleep(0.002)
        if self.full:
            raise StoreUnavailable(Path("lab.db"), "the disk is full", advice="make room")
        self.commits += 1
        self.fleet.take(batch)
        self.journal.extend(batch.journal)

    def snapshot(self) -> Snapshot:
        """What a start after a crash finds."""
        sessions = [session for of_node in self.fleet.sessions.values() for session in of_node.values()]
        last = max((entry.operation or 0 for entry in self.journal), default=0)
        return Snapshot(
            list(self.fleet.nodes.values()),
            list(self.fleet.operations.values()),
            sessions,
            last,
            len(self.journal),
        )


class Lab:
    """One daemon's core over one driver and one disk, in virtual time."""

    def __init__(self, system: trio.Nursery) -> None:
        self.system = system
        self.driver = LabDriver(system)
        self.store = LabStore()
        self.registry: Registry
        self.workshop: Workshop
        self.process: trio.CancelScope
        self.down: trio.Event

    async def start(self, **timings: float) -> None:
        """Start the daemon's core on what is on the disk, with recovery."""
        spec = load()
        self.workshop = Workshop(
            spec,
            {"ipmi": self.driver},
            Limits(),
            trio.current_time,
            {name.replace("_", "-"): value for name, value in timings.items()}.items(),
            Random(0),
        )
        self.registry = Registry(spec, self.store, Fleet(self.store.snapshot()), self.workshop, trio.current_time)
        self.process = trio.CancelScope()
        self.down = trio.Event()
        await self.system.start(self._run, self.registry, self.process, self.down)
        await recover(self.registry)
        self.registry.accepting = True

    async def _run(
        self,
        registry: Registry,
        process: trio.CancelScope,
        down: trio.Event,
        *,
        task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        with process:
            await registry.serve(task_status=task_status)
        down.set()

    async def crash(self) -> None:
        """Kill the process: nothing it would have sent on its way out reaches a BMC, nor the disk."""
        self.driver = LabDriver(self.system)
        for host, bmc in list(self.workshop.drivers["ipmi"].bmcs.items()):  # type: ignore[attr-defined]
            self.driver.bmcs[host] = replace(bmc)
            bmc.sessions = set()
        disk = LabStore()
        for node in self.store.fleet.nodes.values():
            disk.fleet.take(Batch(nodes={node.name: node}))
        disk.fleet.take(
            Batch(
                operations=dict(self.store.fleet.operations),
                opened={(s.node, s.id): s for of in self.store.fleet.sessions.values() for s in of.values()},
            )
        )
        disk.journal = list(self.store.journal)
        self.store = disk
        self.process.cancel()
        await self.down.wait()

    async def add(self, *names: str, policy: Policy | None = None, power: Power = Power.OFF) -> None:
        """Nodes, each with a BMC of its own whose host is the node's name."""
        for name in names:
            self.driver.bmcs[name] = LabBmc(power)
        await self.registry.add([Node(name, Bmc(name), policy or Policy()) for name in names])

    async def ask(self, name: str, ask: Ask) -> Operation:
        return (await self.registry.request([PowerRequest(name, ask)]))[0]

    async def ended(self, operation: Operation) -> Operation:
        return await self.registry.ended(operation.id)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait, in virtual time, until something is so."""
        with trio.fail_after(10_000):
            while not condition():  # noqa: ASYNC110 - what is waited for has no event of its own
                await trio.sleep(0.0005)

    def bmc(self, name: str) -> LabBmc:
        return self.driver.bmcs[name]

    def node(self, name: str) -> Node:
        return self.registry.nodes[name]

    def transitions(self, name: str) -> list[tuple[str | None, str, str | None]]:
        """The steps that a node has taken, as the journal tells them."""
        return [
            (entry.before, entry.event, entry.after)
            for entry in self.store.journal
            if entry.kind is Kind.TRANSITION and entry.node == name
        ]


class Faults:
    """The errors that a driver may meet, ready to be put into `LabBmc.faults`."""

    unreachable = Unreachable("no-answer", "nothing answered", transient=True)
    refused_login = LoginRefused("unauthorized-name", "no such user", transient=False, advice="check the name")
    busy = Refused("node-busy", "C0h", transient=True)
    unsupported = Unsupported("invalid-command", "C1h", transient=False)
    final = Refused("insufficient-privilege", "D4h", transient=False)
    lost = Unanswered("no-answer", "nothing came back", transient=True)
    unfenced = FenceUnanswered("no-answer", "Close Session was not answered", transient=True)


@asynccontextmanager
async def laboratory() -> AsyncGenerator[Lab]:
    async with trio.open_nursery() as system:
        lab = Lab(system)
        await lab.start()
        try:
            yield lab
        finally:
            system.cancel_scope.cancel()
