"""Real UDP: one socket for each BMC, one task for all of them.

The sockets are watched by an epoll object of our own, and trio watches that one: a BMC costs neither a task
nor a timer, and ten thousand sleep as cheaply as one.
"""

import errno
import os
import resource
import select
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass

import trio

from bmcsim.bmc import Bmc
from bmcsim.fleet import Fleet
from bmcsim.sessions import Address

_LARGEST_DATAGRAM = 2048
_AT_ONCE = 256
_SPARE_DESCRIPTORS = 64
_LISTED = 10

_ADVICE = {
    errno.EACCES: "ports below 1024 need root or CAP_NET_BIND_SERVICE",
    errno.EADDRINUSE: "something else listens there; port 0 takes any free one",
    errno.EADDRNOTAVAIL: "no interface here has this address; all of 127.0.0.0/8 is always there",
    errno.EMFILE: "too many open files: raise the limit with ulimit -n",
}


@dataclass(frozen=True, slots=True)
class Unbound:
    """An address that could not be bound, and why."""

    name: str
    address: Address
    error: OSError

    def __str__(self) -> str:
        """Say it in one line."""
        host, port = self.address
        reason = os.strerror(self.error.errno) if self.error.errno else str(self.error)
        advice = _ADVICE.get(self.error.errno or 0)
        return f"{self.name} at {host}:{port}: {reason}" + (f" ({advice})" if advice else "")


class CannotBindError(OSError):
    """Some BMCs cannot be served where they should be; none is.

    Attributes:
        unbound: Which, and why.
    """

    def __init__(self, unbound: list[Unbound]) -> None:
        """Tell of `unbound`."""
        listed = [str(one) for one in unbound[:_LISTED]]
        if len(unbound) > _LISTED:
            listed.append(f"and {len(unbound) - _LISTED} more")
        super().__init__("; ".join(listed))
        self.unbound = unbound


class _Port:
    """The socket of one BMC."""

    __slots__ = ("_fleet", "bmc", "socket")

    def __init__(self, fleet: Fleet, bmc: Bmc, sock: socket.socket) -> None:
        self._fleet = fleet
        self.bmc = bmc
        self.socket = sock

    def take(self) -> None:
        """Hand one datagram to the fleet; the kernel tells again where there are more."""
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
    """
    _allow_descriptors(len(fleet))
    with ExitStack() as stack:
        ports = {port.socket.fileno(): port for port in _bind(fleet, addresses, stack)}
        epoll = stack.enter_context(select.epoll())
        for descriptor, port in ports.items():
            epoll.register(descriptor, select.EPOLLIN)
            fleet.serve_at(port.bmc.name, port.socket.getsockname())
        fleet.finish()

        async def receive() -> None:
            while True:
                await trio.lowlevel.wait_readable(epoll)
                for descriptor, _ in epoll.poll(0, _AT_ONCE):
                    ports[descriptor].take()
                fleet.finish()

        async def serve() -> None:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(fleet.keep_time)
                nursery.start_soon(receive)

        yield serve


@asynccontextmanager
async def running(fleet: Fleet, addresses: Mapping[str, Address] | None = None) -> AsyncIterator[Fleet]:
    """Serve a fleet for as long as the block lasts, by default on free ports of 127.0.0.1.

    Raises:
        CannotBindError: Some addresses cannot be bound.
    """
    at = addresses or {bmc.name: ("127.0.0.1", 0) for bmc in fleet}
    with bound(fleet, at) as serve:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(serve)
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


def _allow_descriptors(sockets: int) -> None:
    """Raise our own limit of open files as far as we may; binding tells where it does not suffice."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = sockets + _SPARE_DESCRIPTORS
    if soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(needed, hard), hard))
