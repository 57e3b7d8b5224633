"""One process of the daemon, as far as it drives power: registry, actions and IPMI driver, until it is killed."""

from random import Random

import trio

from bmcsim import User
from bmcsim.virtual import noise
from powerfsm.actions import Workshop
from powerfsm.actions.limits import Limits
from powerfsm.actions.timings import Timings
from powerfsm.credentials import Login, UnknownCredentials
from powerfsm.drift import Sweep
from powerfsm.drivers.ipmi import IpmiDriver, IpmiTimings
from powerfsm.ipmi.transport import open_transport
from powerfsm.recovery import recover
from powerfsm.registry.fleet import Fleet
from powerfsm.registry.registry import Registry
from powerfsm.rehearsal.cues import Cues
from powerfsm.rehearsal.disk import DiskAccess
from powerfsm.rehearsal.paced import Opened, PacedAction, PacedDriver, PacedWorkshop
from powerfsm.rehearsal.site import Site
from powerfsm.spec import Spec


class Logins:
    """The credentials of every simulated BMC.

    Attributes:
        missing: They cannot be found for now.
    """

    missing = False

    def lookup(self, name: str) -> Login:
        """Return user and password, the same for every name."""
        if self.missing:
            raise UnknownCredentials(name)
        user = User()
        return Login(user.name, user.password.encode())


class Process:
    """One process, from its start to its death.

    Attributes:
        registry: Its registry.
        cues: What its actions wait for.
        logins: What it logs in with.
        gone: It is dead, and nothing of it is left.
    """

    def __init__(self, site: Site, spec: Spec, number: int, seed: int, opened: Opened, *, free: bool) -> None:
        """Start with what is on the disk; `run` runs it.

        Args:
            site: Where.
            spec: What the daemon goes by.
            number: Which process of the rehearsal it is.
            seed: Of its random numbers.
            opened: Is told of sessions that actions open.
            free: Its actions wait for no cues.
        """
        self.cues = Cues(site.pace.stir, free=free)
        self.gone = trio.Event()
        self.logins = Logins()
        self.registry: Registry
        self._site = site
        self._spec = spec
        self._noise = noise(seed, f"process {number}")
        self._random = Random(seed + number)
        self._opened = opened
        self._link = site.wire.link()
        self._disk = DiskAccess(site.disk)
        self._sweep: Sweep
        self._sweeping: set[str] = set()
        self._tasks: trio.Nursery

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Live until killed."""
        spec = self._spec
        timings = Timings.of(spec.timings)
        async with trio.open_nursery() as nursery:
            with open_transport(nursery, self._link, random=self._noise) as transport:
                patience = IpmiTimings(timings.answer, timings.retransmit, timings.fence)
                driver = IpmiDriver(transport, self.logins, patience)
                limits = Limits()
                drivers = PacedDriver(driver, self._site.nodes(), self.cues, self._opened)
                workshop = PacedWorkshop(
                    self.cues, spec, {"ipmi": drivers}, limits, trio.current_time, random=self._random
                )
                # The sweep waits for nothing but the BMC's answer.
                sweeping = Workshop(spec, {"ipmi": driver}, limits, trio.current_time)
                sweeping.fences = workshop.fences
                fleet = Fleet(self._site.disk.snapshot())
                self.registry = Registry(spec, self._disk, fleet, workshop, trio.current_time)
                self._sweep = Sweep(self.registry, sweeping)
                async with trio.open_nursery() as self._tasks:
                    await self._tasks.start(self.registry.serve)
                    await recover(self.registry)
                    self.registry.accepting = True
                    task_status.started()
        self.gone.set()
        self._site.pace.stir()

    def kill(self) -> None:
        """Die: from this instant on, nothing of it reaches a BMC or the disk; what it had sent is under way.

        What its tasks still do while they unwind takes time, and touches nothing.
        """
        self._link.cut = self._disk.cut = True
        self.registry.close()
        self.cues.free_all()

    def commit(self, node: str) -> None:
        """Have what was noted and not waited for committed: sessions of a node that were closed."""
        for write in self.cues.unwritten.pop(node, {}).values():
            write()

    def sweep(self, node: str) -> None:
        """Have the sweep read a node now, if it is not about it already; it fences and settles before."""
        if node not in self._sweeping:
            self._sweeping.add(node)
            self.commit(node)
            self._tasks.start_soon(self._read, node)

    async def _read(self, node: str) -> None:
        try:
            await self._sweep.read(node)
        finally:
            self._sweeping.discard(node)

    def is_cancelling(self, node: str) -> bool:
        """Whether the registry wants the action in play to be cancelled, and it was not told yet."""
        action = self.registry.actions.get(node)
        return isinstance(action, PacedAction) and action.cancelling

    def cancel(self, node: str) -> None:
        """Tell the action in play to cancel, if the registry wants it."""
        action = self.registry.actions.get(node)
        if isinstance(action, PacedAction):
            action.tell()

    def free(self) -> None:
        """Let its actions go on without cues from now on."""
        self.cues.free_all()
        for node in tuple(self.cues.unwritten):
            self.commit(node)
        for node in tuple(self.registry.actions):
            self.cancel(node)
