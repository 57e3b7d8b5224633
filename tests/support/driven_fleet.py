"""Simulated BMCs in virtual time with powerfsm's own driver in front of them, to suffer what they get wrong."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import trio

from bmcsim import Fleet, MemoryLog, MemoryNetwork, Profile, in_memory
from bmcsim.events import Event
from ipmi_bench import Logins
from powerfsm.bmc import Bmc
from powerfsm.credentials import Login
from powerfsm.drivers.errors import DriverError
from powerfsm.drivers.ipmi import IpmiDriver, IpmiSession
from powerfsm.ipmi.transport import Transport, open_transport
from powerfsm.power import Power


@dataclass
class Driven:
    """A fleet, and a driver that can reach it.

    Attributes:
        fleet: The fleet.
        log: What it says of itself.
        network: The network in memory.
        transport: The driver's transport.
        driver: The driver.
        suite: The cipher suite that it asks for; it chooses where this is None.
    """

    fleet: Fleet
    log: MemoryLog
    network: MemoryNetwork
    transport: Transport
    driver: IpmiDriver
    suite: int | None = None

    def truth(self, node: str = "n1") -> Power:
        """Return what the power really is."""
        return Power(self.fleet[node].machine.power.value)

    def answers(self, node: str = "n1") -> bool:
        """Return whether the BMC says anything at all."""
        return self.fleet[node].answering

    async def open(self, node: str = "n1") -> IpmiSession:
        """Log in."""
        return await self.driver.open(Bmc(*self.fleet.addresses[node], cipher_suite=self.suite))

    @asynccontextmanager
    async def session(self, node: str = "n1") -> AsyncIterator[IpmiSession]:
        """Have a session for as long as the block lasts."""
        session = await self.open(node)
        try:
            yield session
        finally:
            await session.close()

    async def read(self, node: str = "n1") -> Power:
        """Log in, read the power, log out."""
        async with self.session(node) as session:
            return await session.read_power()

    async def refusal(self, node: str = "n1") -> DriverError:
        """Log in where that cannot work, and return why."""
        try:
            session = await self.open(node)
        except DriverError as error:
            return error
        await session.close()
        raise AssertionError("the login worked")

    def struck(self, kind: str) -> list[Event]:
        """Return the strikes of a kind of fault so far."""
        return [event for event in self.log.named("fault") if event["kind"] == kind]


@asynccontextmanager
async def driven(
    profile: Profile | None = None, *, nodes: str = "n1", seed: int = 0, suite: int | None = None
) -> AsyncIterator[Driven]:
    """Serve a fleet in memory, in trio's time, with a driver on the network."""
    log = MemoryLog()
    fleet = Fleet.of(nodes, profile, seed=seed, log=log, clock=trio.current_time)
    async with in_memory(fleet) as network, trio.open_nursery() as nursery:
        with open_transport(nursery, network.link()) as transport:
            driver = IpmiDriver(transport, Logins({"default": Login("admin", b"password")}))
            yield Driven(fleet, log, network, transport, driver, suite)
        nursery.cancel_scope.cancel()
