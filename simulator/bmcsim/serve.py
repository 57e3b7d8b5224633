"""Real UDP: one socket for each BMC, one task for all of them.

The sockets are watched by an epoll object of our own, and trio watches that one: a BMC costs neither a task
nor a timer, and ten thousand sleep as cheaply as one.
"""

import errno
import select
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager

import trio

from bmcsim.binding import CannotBindError, Unbound, allow_descriptors
from bmcsim.bmc import Bmc
from bmcsim.fleet import Fleet
from bmcsim.profile import Fidelity
from bmcsim.redfish.sockets import opened
from bmcsim.sessions import Address

_LARGEST_DATAGRAM = 2048
_AT_ONCE = 256
_OF_ONE = 16
_ROUNDS = 8


class _Port:
    """The socket of one BMC."""

    __slots__ = ("_fleet", "bmc", "socket")

    def __init__(self, fleet: Fleet, bmc: Bmc, sock: socket.socket) -> None:
        self._fleet = fleet
        self.bmc = bmc
        self.socket = sock

    def take(self) -> None:
        """Hand datagrams to the fleet, but not too many; the kernel tells again where there are more."""
        for _ in range(_OF_ONE):
            try:
                datagram, source = self.socket.recvfrom(_LARGEST_DATAGRAM)
            except OSError:
                return
            self._fleet.receive(self.bmc, datagram, source, self.send)

    def send(self, datagram: bytes, client: Address) -> None:
        """Send, or lose it as any network may."""
        try:
            self.socket.sendto(datagram, client)
        except OSError as error:
            kind = errno.errorcode.get(error.errno or 0, "unknown")
            self.bmc.report(self._fleet.clock(), "fault", kind="unsendable", way="out", error=kind)


@contextmanager
def bound(fleet: Fleet, addresses: Mapping[str, Address]) -> Iterator[Callable[[], Awaitable[None]]]:
    """Bind each BMC of `fleet` to its address; port 0 takes any free one.

    Gives what serves them, for ever, when awaited.  `fleet.addresses` tells which addresses they have got;
    datagrams that arrive from now on are kept until it runs.

    Raises:
        CannotBindError: Some addresses cannot be bound.
        ValueError: A BMC has no cryptography; that is for virtual time.
    """
    fast = next((bmc.name for bmc in fleet if bmc.profile.fidelity is Fidelity.FAST), None)
    if fast is not None:
        raise ValueError(f"{fast} has fidelity fast, which nobody on a network can talk to; serve it in memory")
    allow_descriptors(len(fleet))
    with ExitStack() as stack:
        ports = {port.socket.fileno(): port for port in _bind(fleet, addresses, stack)}
        epoll = stack.enter_context(select.epoll())
        for descriptor, port in ports.items():
            epoll.register(descriptor, select.EPOLLIN)
            fleet.serve_at(port.bmc.name, port.socket.getsockname())
            # In real time a BMC's clock is right; in virtual time it counts from the beginning.
            port.bmc.chronicle.sel.set_time(int(time.time()), fleet.clock())
        fleet.finish()

        async def receive() -> None:
            while True:
                await trio.lowlevel.wait_readable(epoll)
                # A turn of trio's loop costs as much as several answers: while datagrams keep coming, do without.
                for _ in range(_ROUNDS):
                    ready = epoll.poll(0, _AT_ONCE)
                    if not ready:
                        break
                    for descriptor, _ in ready:
                        ports[descriptor].take()
                    fleet.finish()

        async def serve() -> None:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(fleet.keep_time)
                nursery.start_soon(receive)

        yield serve


@asynccontextmanager
async def running(
    fleet: Fleet,
    addresses: Mapping[str, Address] | None = None,
    *,
    redfish: bool | Mapping[str, Address] = False,
    tls: bool = False,
) -> AsyncIterator[Fleet]:
    """Serve a fleet for as long as the block lasts, by default on free ports of 127.0.0.1.

    Args:
        fleet: Which.
        addresses: Where each BMC speaks IPMI.
        redfish: Whether it speaks Redfish too, on free ports beside those, or where.  `fleet.urls` tells the URLs.
        tls: Whether they begin with https.  Every port speaks both; this only says which one is told.

    Raises:
        CannotBindError: Some addresses cannot be bound.
    """
    at = addresses or {bmc.name: ("127.0.0.1", 0) for bmc in fleet}
    doors = {name: (host, 0) for name, (host, _) in at.items()} if redfish is True else redfish or {}
    with bound(fleet, at) as serve, opened(fleet, doors, tls=tls) as serve_redfish:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(serve)
            nursery.start_soon(serve_redfish)
            yield fleet
            nursery.cancel_scope.cancel()


def on_ports(names: Iterable[str], host: str, port: int) -> dict[str, Address]:
    """Return one address with a port for each BMC: from `port` upwards, or any free one where it is 0.

    Raises:
        ValueError: The ports do not suffice.
    """
    listed = list(names)
    last = port + len(listed) - 1
    if not 0 <= port <= last <= 65535:
        raise ValueError(f"{len(listed)} BMCs from port {port} on need ports up to {last}; the last is 65535")
    return {name: (host, port + n if port else 0) for n, name in enumerate(listed)}


def _bind(fleet: Fleet, addresses: Mapping[str, Address], stack: ExitStack) -> list[_Port]:
    ports: list[_Port] = []
    unbound: list[Unbound] = []
    for bmc in fleet:
        address = addresses[bmc.name]
        try:
            sock = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK))
            sock.bind(address)
        except OSError as error:
            unbound.append(Unbound(bmc.name, address, error))
        else:
            ports.append(_Port(fleet, bmc, sock))
    if unbound:
        raise CannotBindError(unbound)
    return ports
