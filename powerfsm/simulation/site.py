"""The site of a simulation: everything but the daemon's processes."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import trio

from bmcsim import Fleet, Hardware, Network, Profile, Span, Way, in_memory
from bmcsim import Power as Rails
from bmcsim.events import Event, EventLog
from bmcsim.hardware import WhileOff
from powerfsm.power import Power
from powerfsm.simulation.assembly import Assembly
from powerfsm.simulation.clock import Clock
from powerfsm.simulation.disk import Disk
from powerfsm.simulation.logins import Logins, Rotation
from powerfsm.simulation.plan import NodePlan, Plan, Range
from powerfsm.simulation.record import Alarm, Happening, Record, Seen
from powerfsm.simulation.wire import Wire


class Site:
    """BMCs, the network, the disk, the clock, and the record of what happens.

    Attributes:
        plan: What is played.
        assembly: How the daemon is put together.
        record: What has happened so far.
        fleet: The BMCs.
        disk: What is durable.
        clock: The clock of record.
        logins: The credentials that the daemon has.
        rotation: Changes them.
        wire: The network; there while the site serves.
        process: Number of the process that runs, 0 before the first.
    """

    def __init__(self, plan: Plan, assembly: Assembly, scratch: Path) -> None:
        """Build it; `scratch` is a directory for the disk."""
        self.plan = plan
        self.assembly = assembly
        self.record = Record(plan)
        self._scratch = str(scratch)
        self.disk = Disk(scratch, plan.seed)
        self.disk.slowness = plan.slowness
        self.clock = Clock()
        self.disk.clock = self.clock.now
        self.logins = Logins()
        self.process = 0
        self.rotation: Rotation
        self.wire: Wire
        self.fleet = Fleet(
            {node.name: _profile(node, plan) for node in plan.nodes},
            seed=plan.seed,
            log=_Log(self.tell),
            clock=trio.current_time,
        )

    @asynccontextmanager
    async def serve(self) -> AsyncGenerator[None]:
        """Serve the BMCs for as long as the block lasts."""
        async with in_memory(self.fleet) as network:
            self.wire = Wire(self.fleet, network, self.tell)
            self.rotation = Rotation(self.fleet, self.logins)
            yield

    def tell(self, happening: Happening) -> None:
        """Put something on record."""
        self.record.story.append(happening)

    def alarm(self, told: str) -> None:
        """The daemon has noticed that it is wrong."""
        self.tell(Alarm(trio.current_time(), self.process, self.placeless(told)))

    def placeless(self, told: str) -> str:
        """What was told, without the directory in which the disk happens to be: another one in each run."""
        return told.replace(self._scratch, "")

    def disturb(self) -> None:
        """Have the network be as bad as the plan has it."""
        network = self.plan.network
        way = Way(network.loss, network.duplicate, _span(network.lag), network.delayed, _span(network.delay))
        self.fleet.network = Network.alike(way)

    def calm(self) -> None:
        """Have the network lose, copy and delay nothing more; what is under way arrives."""
        self.fleet.network = Network()

    def power(self, node: str) -> Power:
        """The power as it is."""
        return Power(self.fleet[node].machine.power)

    def open_sessions(self, node: str) -> tuple[int, ...]:
        """The sessions that a BMC has open."""
        return tuple(session.id for session in self.fleet[node].sessions)


class _Log(EventLog):
    """Puts what the simulator tells on record."""

    def __init__(self, tell: Callable[[Happening], None]) -> None:
        self._tell = tell

    def write(self, entry: Event) -> None:
        self._tell(Seen(entry["t"], entry))

    def flush(self) -> None:
        """Nothing to do: it is on record at once."""

    def close(self) -> None:
        """Nothing to do."""


def _profile(node: NodePlan, plan: Plan) -> Profile:
    return Profile(
        hardware=Hardware(
            boot_delay=_span(node.boot),
            off_delay=_span(node.cut),
            latch=_span(node.latch),
            soft_off=node.soft_off,
            soft_off_delay=_span(node.soft_delay),
            while_off=WhileOff.REFUSED,
            power=Rails(node.power),
        ),
        slots=node.slots,
        idle_timeout=node.idle,
        sequence_check=node.sequence_check,
        fidelity=plan.fidelity,
    )


def _span(seconds: Range) -> Span:
    return Span(*seconds)
