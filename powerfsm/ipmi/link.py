"""Where datagrams go out and come in: the only part of IPMI that knows of sockets.

`Link` is what the transport needs of a network, so that the same transport runs over UDP and over a network
in memory with a virtual clock.  `UdpLink` is the real one: one unconnected socket per address family
serves every BMC.  An unconnected socket is not told of ICMP errors, so one BMC's closed port cannot disturb
another's session.
"""

import contextlib
import errno
import socket
from collections.abc import Callable, Iterator
from typing import Protocol, TypeAlias

import structlog
import trio

log = structlog.get_logger(__name__)

Address: TypeAlias = tuple[str, int] | tuple[str, int, int, int]
"""A numeric socket address, as the socket itself names the source of a datagram."""

# The longest IPMI datagram is far below an Ethernet frame; a longer one is nothing for us.
_LONGEST_DATAGRAM = 2048

# A thousand BMCs may answer at once while this process is busy with something else.
_BUFFER = 4 << 20

# After so many datagrams other tasks get their turn.
_BATCH = 256


class Link(Protocol):
    """A way to send and receive datagrams."""

    async def resolve(self, host: str, port: int) -> Address:
        """Return the address of `host`, an IPv4 or IPv6 address or a name.

        Raises:
            OSError: There is none, or none that this link can reach.
        """
        ...

    def send(self, datagram: bytes, to: Address) -> None:
        """Send a datagram, at once or not at all.

        Raises:
            OSError: It was not sent.
        """
        ...

    async def run(self, deliver: Callable[[bytes, Address], None]) -> None:
        """Call `deliver` with every datagram that arrives, and its source, until cancelled."""
        ...


class UdpLink:
    """UDP over IPv4 and, where the machine has it, IPv6."""

    def __init__(self, sockets: dict[int, socket.socket]) -> None:
        """Use `sockets`, bound and non-blocking, by address family."""
        self._sockets = sockets

    @classmethod
    @contextlib.contextmanager
    def open(cls) -> Iterator["UdpLink"]:
        """Open sockets on ports that the kernel chooses; they are closed at the end."""
        sockets: dict[int, socket.socket] = {}
        with contextlib.ExitStack() as stack:
            for family, anywhere in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
                try:
                    sock = _open_socket(family, anywhere)
                except OSError as error:
                    if family == socket.AF_INET:
                        raise
                    log.info("no-ipv6", reason=str(error))
                    continue
                stack.callback(_close_socket, sock)
                sockets[family] = sock
            yield cls(sockets)

    async def resolve(self, host: str, port: int) -> Address:
        """Return the address of `host`; only a name costs a look-up."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST)
        except socket.gaierror:
            found = await trio.socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
        except UnicodeError:
            raise OSError(errno.EINVAL, "this cannot be a host name") from None
        for family, _, _, _, address in found:
            if family in self._sockets:
                return _address(address)
        raise OSError(errno.EAFNOSUPPORT, "the machine has no IPv6 to reach it by")

    def send(self, datagram: bytes, to: Address) -> None:
        """Send a datagram without waiting; a full buffer loses it, as any router may."""
        family = socket.AF_INET if len(to) == 2 else socket.AF_INET6
        self._sockets[family].sendto(datagram, to)

    async def run(self, deliver: Callable[[bytes, Address], None]) -> None:
        """Receive from all sockets until cancelled, or until they are closed."""
        async with trio.open_nursery() as nursery:
            for sock in self._sockets.values():
                nursery.start_soon(_pump, sock, deliver)


def _open_socket(family: socket.AddressFamily, anywhere: str) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            sock.setsockopt(socket.SOL_SOCKET, option, _BUFFER)
        # The kernel grants what it may and does not complain; it counts its own overhead, so it says double.
        granted = sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2
        if granted < _BUFFER:
            log.info("small-receive-buffer", granted=granted, wanted=_BUFFER, advice="raise net.core.rmem_max")
        sock.bind((anywhere, 0))
    except OSError:
        sock.close()
        raise
    return sock


def _close_socket(sock: socket.socket) -> None:
    trio.lowlevel.notify_closing(sock)
    sock.close()


def _address(address: tuple[object, ...]) -> Address:
    match address:
        case (str(host), int(port)):
            return host, port
        case (str(host), int(port), int(flow), int(scope)):
            return host, port, flow, scope
    raise OSError(errno.EAFNOSUPPORT, "neither an IPv4 nor an IPv6 address")


async def _pump(sock: socket.socket, deliver: Callable[[bytes, Address], None]) -> None:
    """Drain `sock` in batches: one wait for readiness serves all that has arrived by then."""
    # A transport may be left before this task has run for the first time.
    while sock.fileno() >= 0:
        try:
            await trio.lowlevel.wait_readable(sock)
        except trio.ClosedResourceError:
            return
        for _ in range(_BATCH):
            try:
                datagram, source = sock.recvfrom(_LONGEST_DATAGRAM)
            except BlockingIOError:
                break
            except OSError as error:
                # An error that the kernel kept for this socket (ICMP, memory) speaks of one datagram.
                log.debug("receive-failed", reason=str(error))
                continue
            deliver(datagram, source)
