"""Clients of the API as bad ones are: sockets that say any bytes, read or not, and vanish in any way."""

import socket
import struct
from collections.abc import Mapping
from json import dumps

import trio

HOST = "127.0.0.1"


class Visitor:
    """One connection to the daemon.

    Args:
        port: The daemon's.
        window: How many bytes the kernel takes in for it at most, or None: as many as usual.
    """

    def __init__(self, port: int, window: int | None = None) -> None:
        self._port = port
        self._socket = trio.socket.socket()
        if window is not None:
            # Before connecting: the window is told in the handshake (tcp(7), SO_RCVBUF).
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)

    async def come(self) -> None:
        """Connect.

        Raises:
            OSError: The daemon is not there.
        """
        await self._socket.connect((HOST, self._port))

    async def say(self, data: bytes) -> None:
        """Send all of these bytes.

        Raises:
            OSError: The connection has ended.
        """
        while data:
            data = data[await self._socket.send(data) :]

    async def hear(self) -> bytes:
        """The next bytes; none at the end of the connection.

        Raises:
            OSError: The connection broke.
        """
        return await self._socket.recv(65536)

    def vanish(self, *, rudely: bool = False) -> None:
        """End the connection: with FIN, or rudely with RST, as a machine does whose program is gone."""
        if rudely:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()


def request(method: str, path: str, body: Mapping[str, object] | None = None) -> bytes:
    """A whole request, as HTTP/1.1 has it."""
    content = b"" if body is None else dumps(body).encode()
    head = f"{method} {path} HTTP/1.1\r\nHost: {HOST}\r\n"
    if body is not None:
        head += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
    return head.encode() + b"\r\n" + content
