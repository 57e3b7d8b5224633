"""A network in memory: the same datagrams without sockets, for virtual time.

Under trio's `MockClock` a test with hours of timeouts runs in no time:

    fleet = Fleet.of("n[1-10]", clock=trio.current_time, log=MemoryLog())
    async with in_memory(fleet) as network:
        link = network.link()
        link.send(datagram, fleet.addresses["n1"])
        answer, source = await link.receive()
"""

import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import trio

from bmcsim.bmc import Bmc
from bmcsim.fleet import Fleet
from bmcsim.sessions import Address

_IPMI_PORT = 623
_FIRST_CLIENT_PORT = 40000
_CLIENT_HOST = "192.0.2.1"
_BMCS_PER_NET = 250
_NETS = 256


class MemoryLink:
    """A client's end.  Either `receive` what arrives, or `run` with something that takes it."""

    def __init__(self, network: "MemoryNetwork", address: Address) -> None:
        """Be at `address` of `network`."""
        self._network = network
        self.address = address
        self._in, self._out = trio.open_memory_channel[tuple[bytes, Address]](math.inf)

    async def resolve(self, host: str, port: int) -> Address:
        """Return the address of `host`, which must be one already."""
        await trio.lowlevel.checkpoint()
        return host, port

    def send(self, datagram: bytes, to: tuple[str, int] | tuple[str, int, int, int]) -> None:
        """Send a datagram; where no BMC is, it is lost."""
        self._network.carry(datagram, self, (to[0], to[1]))

    async def receive(self) -> tuple[bytes, Address]:
        """Wait for a datagram; return it with the address of the BMC that sent it."""
        return await self._out.receive()

    async def run(self, deliver: Callable[[bytes, Address], None]) -> None:
        """Call `deliver` with every datagram that arrives, and its source, until cancelled."""
        async for datagram, source in self._out:
            deliver(datagram, source)

    def arrive(self, datagram: bytes, source: Address) -> None:
        """Take a datagram from the network."""
        self._in.send_nowait((datagram, source))


class MemoryNetwork:
    """Addresses, and the BMCs behind them."""

    def __init__(self, fleet: Fleet) -> None:
        """Give each BMC of `fleet` an address 10.x.y.z:623."""
        self._fleet = fleet
        self._bmcs: dict[Address, Bmc] = {}
        self._links = 0
        for number, bmc in enumerate(fleet):
            net, host = divmod(number, _BMCS_PER_NET)
            address = (f"10.{net // _NETS}.{net % _NETS}.{host + 1}", _IPMI_PORT)
            self._bmcs[address] = bmc
            fleet.serve_at(bmc.name, address)
        fleet.finish()

    def link(self) -> MemoryLink:
        """Return a new client's end, with a port of its own."""
        self._links += 1
        return MemoryLink(self, (_CLIENT_HOST, _FIRST_CLIENT_PORT + self._links))

    def carry(self, datagram: bytes, client: MemoryLink, to: Address) -> None:
        """Bring a datagram to whatever is at `to`, and the answer back."""
        bmc = self._bmcs.get(to)
        if bmc is None:
            return
        self._fleet.receive(bmc, datagram, client.address, lambda answer, _: client.arrive(answer, to))
        self._fleet.finish()


@asynccontextmanager
async def in_memory(fleet: Fleet) -> AsyncIterator[MemoryNetwork]:
    """Serve a fleet in memory for as long as the block lasts."""
    network = MemoryNetwork(fleet)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(fleet.keep_time)
        yield network
        nursery.cancel_scope.cancel()
