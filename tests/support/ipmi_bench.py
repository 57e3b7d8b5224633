"""The real IPMI driver over a network in memory, with BMCs that the test holds in its hand."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import trio

from memory_network import MemoryNetwork
from powerfsm.bmc import Bmc
from powerfsm.credentials import Login, UnknownCredentials
from powerfsm.drivers.ipmi import IpmiDriver, IpmiTimings
from powerfsm.ipmi.transport import Transport, open_transport
from powerfsm.ipmi.wire import WireError, datagram
from powerfsm.ipmi.wire.packet import Packet
from tiny_bmc import TinyBmc

HOST = "192.0.2.1"


@dataclass
class Logins:
    """Credentials in a dictionary."""

    by_name: dict[str, Login] = field(default_factory=lambda: {"default": Login("admin", b"secret")})

    def lookup(self, name: str) -> Login:
        try:
            return self.by_name[name]
        except KeyError:
            raise UnknownCredentials(name) from None


@dataclass
class IpmiBench:
    """Driver, transport, network, and one BMC at `HOST`.

    Attributes:
        network: The network.
        transport: The transport on it.
        driver: The driver on that.
        logins: Its credentials.
        bmc: Where the one BMC is.
        tiny: That BMC.
    """

    network: MemoryNetwork
    transport: Transport
    driver: IpmiDriver
    logins: Logins
    bmc: Bmc
    tiny: TinyBmc


@contextmanager
def ipmi_bench(nursery: trio.Nursery, timings: IpmiTimings | None = None) -> Iterator[IpmiBench]:
    """Set a bench up; its transport receives in `nursery`."""
    network, logins = MemoryNetwork(), Logins()
    tiny = network.add(HOST)
    with open_transport(nursery, network) as transport:
        driver = IpmiDriver(transport, logins, timings)
        yield IpmiBench(network, transport, driver, logins, Bmc(HOST), tiny)


def payload_type(data: bytes) -> int | None:
    """Return the RMCP+ payload type of a datagram; None where it is no RMCP+ packet."""
    try:
        packet = datagram.decode(data)
    except WireError:
        return None
    return packet.payload_type if isinstance(packet, Packet) else None


def lose(*numbers: int) -> Callable[[bytes], list[float]]:
    """Give a fate that loses the datagrams of these numbers, counted from 1, and no other."""
    count = 0

    def fate(_datagram: bytes) -> list[float]:
        nonlocal count
        count += 1
        return [] if count in numbers else [0.01]

    return fate


def lose_all(_datagram: bytes) -> list[float]:
    """Lose everything."""
    return []
