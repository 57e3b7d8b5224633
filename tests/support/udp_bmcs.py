"""Tiny BMCs on real UDP sockets of the loopback."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import trio

from powerfsm.bmc import Bmc
from tiny_bmc import TinyBmc


@contextmanager
def udp_bmc(
    nursery: trio.Nursery, tiny: TinyBmc | None = None, host: str = "127.0.0.1"
) -> Iterator[tuple[Bmc, TinyBmc]]:
    """Serve a BMC at `host`, on a port that the kernel chooses; give where it is, and the BMC itself."""
    tiny = tiny or TinyBmc()
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        sock.bind((host, 0))
        nursery.start_soon(_serve, sock, tiny)
        try:
            yield Bmc(host, sock.getsockname()[1]), tiny
        finally:
            trio.lowlevel.notify_closing(sock)


async def _serve(sock: socket.socket, tiny: TinyBmc) -> None:
    while True:
        try:
            await trio.lowlevel.wait_readable(sock)
            data, source = sock.recvfrom(2048)
        except (trio.ClosedResourceError, OSError):
            return
        for answer in tiny.receive(data):
            sock.sendto(answer, source)
