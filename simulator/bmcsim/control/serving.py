"""The control API on a TCP port of its own."""

import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import cast

import hypercorn.trio
import trio
from fastapi import FastAPI
from hypercorn.config import Config
from hypercorn.typing import Framework

_GOODBYE = 1.0
"""Seconds that readers get to take their last answer at the end."""


class CannotListenError(OSError):
    """The address of the control API cannot be had."""


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """Bind the address; port 0 is any that is free.

    Raises:
        CannotListenError: Which, and why.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((host, port))
            # From now on callers wait until somebody answers, instead of being sent away.
            sock.listen()
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else str(error)
            told = f"the control API cannot listen on {host}:{port}: {reason}; port 0 takes any that is free"
            raise CannotListenError(told) from error
        yield sock


def url_of(sock: socket.socket) -> str:
    """Return where the API is reached."""
    host, port = sock.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@asynccontextmanager
async def serving(app: FastAPI, sock: socket.socket) -> AsyncIterator[str]:
    """Answer on a bound socket for as long as the block lasts; gives the URL."""
    config = Config()
    # Hypercorn closes what it is given; ours is closed by whoever bound it.
    config.bind = [f"fd://{os.dup(sock.fileno())}"]
    config.errorlog = None
    config.include_server_header = False
    config.graceful_timeout = _GOODBYE
    stop = trio.Event()
    serve = partial(hypercorn.trio.serve, cast("Framework", app), config, shutdown_trigger=stop.wait, mode="asgi")
    async with trio.open_nursery() as nursery:
        await nursery.start(serve)
        yield url_of(sock)
        stop.set()
        nursery.cancel_scope.deadline = trio.current_time() + 2 * _GOODBYE
