"""A network in memory: the same datagrams without sockets, for virtual time.

Under trio's `MockClock` a test with hours of timeouts runs in no time:

    fleet = Fleet.of("n[1-10]", clock=trio.current_time, log=MemoryLog())
    async with in_memory(fleet) as network:
        client = network.socket()
        await client.sendto(datagram, fleet.addresses["n1"])
        answer, source = await client.recvfrom(2048)
"""

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio

from bmcsim.bmc import Bmc
from bmcsim.fleet import Fleet
from bmcsim.sessions import Address

_IPMI_PORT = 623
_FIRST_CLIENT_PORT = 40000
_CLIENT_HOST = "192.0.2.1"
_BMCS_PER_NET = 250


class MemorySocket:
    """A client's end, with the methods of a trio UDP socket that a client needs."""

    def __init__(self, network: "MemoryNetwork", address: Address) -> None:
        """Be reached at `address` of `network`."""
        self._network = network
        self._address = address
        self._send, self._receive = trio.open_memory_channel[tuple[bytes, Address]](math.inf)

    def getsockname(self) -> Address:
        """Return the client's own address."""
        return self._address

    async def sendto(self, datagram: bytes, address: Address) -> int:
        """Send a datagram; where no BMC is, it is lost."""
        await trio.lowlevel.checkpoint()
        self._network.carry(datagram, self, address)
        return len(datagram)

    async def recvfrom(self, _: int) -> tuple[bytes, Address]:
        """Wait for a datagram; return it with the address of the BMC that sent it."""
        return await self._receive.receive()

    def close(self) -> None:
        """Hear nothing more; whoever waits in `recvfrom` gets `trio.ClosedResourceError`."""
        self._receive.close()

    def deliver(self, datagram: bytes, source: Address) -> None:
        """Take a datagram from the network."""
        try:
            self._send.send_nowait((datagram, source))
        except trio.BrokenResourceError:
            return


class MemoryNetwork:
    """Addresses and the BMCs behind them."""

    def __init__(self, fleet: Fleet) -> None:
        """Give each BMC of `fleet` an address 10.x.y.z:623."""
        self._fleet = fleet
        self._bmcs: dict[Address, Bmc] = {}
        self._sockets = 0
        for number, bmc in enumerate(fleet):
            net, host = divmod(number, _BMCS_PER_NET)
            address = (f"10.{net // 256}.{net % 256}.{host + 1}", _IPMI_PORT)
            self._bmcs[address] = bmc
            fleet.serve_at(bmc.name, address)

    def socket(self) -> MemorySocket:
        """Return a new client's end, with a port of its own."""
        self._sockets += 1
        return MemorySocket(self, (_CLIENT_HOST, _FIRST_CLIENT_PORT + self._sockets))

    def carry(self, datagram: bytes, client: MemorySocket, address: Address) -> None:
        """Bring a datagram to whatever is at `address`, and the answer back."""
        bmc = self._bmcs.get(address)
        if bmc is None:
            return

        def back(answer: bytes, _: Address) -> None:
            client.deliver(answer, address)

        self._fleet.receive(bmc, datagram, client.getsockname(), back)
        self._fleet.finish()


@asynccontextmanager
async def in_memory(fleet: Fleet) -> AsyncIterator[MemoryNetwork]:
    """Serve a fleet in memory for as long as the block lasts."""
    network = MemoryNetwork(fleet)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(fleet.keep_time)
        yield network
        nursery.cancel_scope.cancel()
