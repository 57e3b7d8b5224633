"""Simulated BMCs in virtual time, with somebody between them and the driver who may lie about what they say."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import trio

from bmcsim import Fleet, MemoryLog, Profile, User, in_memory
from bmcsim.memory import MemoryLink
from ipmi_bench import Logins
from powerfsm.bmc import Bmc
from powerfsm.credentials import Login
from powerfsm.drivers.ipmi import IpmiDriver
from powerfsm.ipmi.link import Address
from powerfsm.ipmi.transport import Transport, open_transport
from powerfsm.power import Power

PASSWORD = "kept-to-itself"
"""Of every BMC here, unless a profile says otherwise."""

SITE = Profile(users=(User("admin", PASSWORD),))
"""What kind of BMC there is, unless a test has its own."""

Lie = Callable[[bytes, Address], Iterable[tuple[bytes, Address]]]
"""What arrives instead of an answer, and from where."""


def truthful(answer: bytes, source: Address) -> Iterable[tuple[bytes, Address]]:
    """Let an answer arrive as it is."""
    return [(answer, source)]


@dataclass
class Between:
    """A link of the driver's, in which every answer passes by somebody.

    Attributes:
        link: The link behind.
        lie: What becomes of answers.
        deaf: What the driver sends reaches nobody.
        redirect: Who really answers at an address, where it is not who should.
        asked: What the driver has sent.
        said: What BMCs have answered, whether it arrived or not.
    """

    link: MemoryLink
    lie: Lie = truthful
    deaf: bool = False
    redirect: dict[Address, Address] = field(default_factory=dict)
    asked: list[bytes] = field(default_factory=list)
    said: list[bytes] = field(default_factory=list)

    async def resolve(self, host: str, port: int) -> Address:
        return await self.link.resolve(host, port)

    def send(self, datagram: bytes, to: Address) -> None:
        self.asked.append(datagram)
        if not self.deaf:
            self.link.send(datagram, self.redirect.get(to, to))

    def forge(self, datagram: bytes, source: tuple[str, int]) -> None:
        """Have a datagram arrive at the driver, as if `source` had sent it."""
        self.link.arrive(datagram, source)

    async def run(self, deliver: Callable[[bytes, Address], None]) -> None:
        def pass_by(answer: bytes, source: Address) -> None:
            self.said.append(answer)
            source = next((asked for asked, truly in self.redirect.items() if truly == source), source)
            for datagram, seeming in self.lie(answer, source):
                deliver(datagram, seeming)

        await self.link.run(pass_by)


@dataclass
class LyingSite:
    """A fleet, the driver, and who is between them.

    Attributes:
        fleet: The fleet.
        log: What it says of itself.
        between: Who passes answers on.
        transport: The driver's.
        driver: The driver.
        logins: Its credentials.
    """

    fleet: Fleet
    log: MemoryLog
    between: Between
    transport: Transport
    driver: IpmiDriver
    logins: Logins

    def bmc(self, node: str = "n1", suite: int | None = 17) -> Bmc:
        """Return where a node's BMC is."""
        return Bmc(*self.fleet.addresses[node], cipher_suite=suite)

    def truth(self, node: str = "n1") -> Power:
        """Return what the power really is."""
        return Power(self.fleet[node].machine.power.value)

    def open_at_bmc(self, node: str = "n1") -> set[int]:
        """Return the ids of the sessions that a BMC holds, those that are not proven included."""
        return {session.id for session in self.fleet[node].sessions.all()}

    def commands(self, node: str = "n1") -> list[object]:
        """Return the power commands that a BMC has accepted."""
        return [event["command"] for event in self.log.named("command") if event["node"] == node]


@asynccontextmanager
async def lying_site(profiles: Mapping[str, Profile] | None = None) -> AsyncIterator[LyingSite]:
    """Serve a fleet in memory, one node by default, in trio's time, with a driver behind a link that may lie."""
    log = MemoryLog()
    fleet = Fleet(profiles or {"n1": SITE}, log=log, clock=trio.current_time)
    async with in_memory(fleet) as network, trio.open_nursery() as nursery:
        between = Between(network.link())
        with open_transport(nursery, between) as transport:
            logins = Logins({"default": Login("admin", PASSWORD.encode())})
            driver = IpmiDriver(transport, logins)
            yield LyingSite(fleet, log, between, transport, driver, logins)
        nursery.cancel_scope.cancel()
