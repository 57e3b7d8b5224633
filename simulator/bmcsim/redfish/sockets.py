"""Real TCP: one listening socket for each BMC and one task for all of them; a connection has a task of its own.

The sockets are watched by an epoll object, as those of IPMI are, so that ten thousand BMCs whom nobody asks
cost their sockets and nothing else.  Every port speaks HTTP and HTTPS: what a client says first shows which.
"""

import errno
import select
import socket
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

import trio

from bmcsim.binding import CannotBindError, Unbound, allow_descriptors
from bmcsim.fleet import Fleet
from bmcsim.redfish.conversation import PATIENCE, Conversation
from bmcsim.redfish.door import Door
from bmcsim.redfish.identity import Identity, identity_of
from bmcsim.sessions import Address

MOST_CONNECTIONS: Final = 32
"""Connections that one BMC has at once; it closes what comes beyond."""

_AT_ONCE = 256
_BACKLOG = 16
_BREATH = 0.1
_TLS_HANDSHAKE = b"\x16"
_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


@dataclass(frozen=True, slots=True)
class _Listener:
    name: str
    socket: socket.socket


@contextmanager
def opened(
    fleet: Fleet, addresses: Mapping[str, Address], *, tls: bool = False
) -> Iterator[Callable[[], Awaitable[None]]]:
    """Bind the Redfish door of each BMC that is in `addresses`; port 0 takes any free one.

    Gives what serves them, for ever, when awaited, beside whoever keeps the fleet's time (`bmcsim.bound`).
    `fleet.urls` tells the URLs, with https where `tls` says so, and `fleet.certificate` what is shown there.

    Raises:
        CannotBindError: Some addresses cannot be bound.
    """
    allow_descriptors(2 * len(fleet) + MOST_CONNECTIONS * len(addresses))
    with ExitStack() as stack:
        listeners = {one.socket.fileno(): one for one in _bind(addresses, stack)}
        epoll = stack.enter_context(select.epoll())
        identity = identity_of(fleet)
        identity.answer_at(fleet, (host for host, _ in addresses.values()))
        if tls:
            identity.show(fleet)
        for descriptor, one in listeners.items():
            epoll.register(descriptor, select.EPOLLIN)
            host, port = one.socket.getsockname()
            fleet.urls[one.name] = f"{'https' if tls else 'http'}://{host}:{port}"
        yield partial(_serve, epoll, listeners, Door(fleet), identity)


async def _serve(epoll: select.epoll, listeners: Mapping[int, _Listener], door: Door, identity: Identity) -> None:
    connections: Counter[str] = Counter()
    async with trio.open_nursery() as nursery:
        while True:
            await trio.lowlevel.wait_readable(epoll)
            exhausted = False
            for descriptor, _ in epoll.poll(0, _AT_ONCE):
                listener = listeners[descriptor]
                try:
                    accepted, source = listener.socket.accept()
                except OSError as error:
                    exhausted = exhausted or error.errno in _EXHAUSTED
                    continue
                if connections[listener.name] >= MOST_CONNECTIONS:
                    accepted.close()
                    continue
                connections[listener.name] += 1
                nursery.start_soon(_connection, accepted, source[:2], listener.name, door, identity, connections)
            if exhausted:
                # Nobody can be let in until somebody leaves; asking the kernel again at once would not help.
                await trio.sleep(_BREATH)


async def _connection(
    accepted: socket.socket,
    source: Address,
    name: str,
    door: Door,
    identity: Identity,
    connections: Counter[str],
) -> None:
    """Serve one connection to its end."""
    connection = trio.socket.from_stdlib_socket(accepted)
    stream: trio.abc.Stream = trio.SocketStream(connection)
    try:
        first = b""
        with trio.move_on_after(PATIENCE):
            first = await connection.recv(1, socket.MSG_PEEK)
        if first == _TLS_HANDSHAKE:
            stream = trio.SSLStream(stream, identity.show(door.fleet), server_side=True, https_compatible=True)
        if first:
            await _converse(Conversation(stream, source, partial(door.ask, name)), stream)
    except ConnectionError:
        return
    finally:
        connections[name] -= 1
        await trio.aclose_forcefully(stream)


async def _converse(conversation: Conversation, stream: trio.abc.Stream) -> None:
    try:
        if isinstance(stream, trio.SSLStream):
            handshaken = False
            with trio.move_on_after(PATIENCE):
                await stream.do_handshake()
                handshaken = True
            if not handshaken:
                return
        await conversation.run()
    except trio.BrokenResourceError:
        return


def _bind(addresses: Mapping[str, Address], stack: ExitStack) -> list[_Listener]:
    listeners: list[_Listener] = []
    unbound: list[Unbound] = []
    for name, address in addresses.items():
        try:
            sock = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK))
            if address[1]:
                # With it the kernel looks for a free port among half of them only: seconds, for thousands.
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(address)
            sock.listen(_BACKLOG)
        except OSError as error:
            unbound.append(Unbound(name, address, error))
        else:
            listeners.append(_Listener(name, sock))
    if unbound:
        raise CannotBindError(unbound)
    return listeners
