"""The HTTP server: accepts connections, no more than there is room for, and lets them go in the end."""

import resource
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import structlog
import trio
from hypercorn.config import Config
from hypercorn.trio.worker_context import WorkerContext
from starlette.types import ASGIApp

from powerfsm.api.connection import LARGEST_HEAD, Connection
from powerfsm.api.problems import Problem

log = structlog.get_logger(__name__)

GOODBYE = 3.0
"""Seconds that clients get to read their last answer when the daemon ends."""

RESERVE = 128
"""File descriptors that connections leave to the store, the BMCs and the log."""

_BACKLOG = 256
_TURNED_AWAY = 64
"""Connections beyond the limit that are told so at once; any more are closed without a word."""
_TURN_AWAY_SECONDS = 1.0
_TOLD_EVERY = 60.0


class Server:
    """Serves one application on one socket.

    Args:
        app: What answers.
        connections: For how many there is room; fewer, where the process may not open as many files.
    """

    def __init__(self, app: ASGIApp, connections: int) -> None:
        self._app = app
        files = _files()
        # A process with few of them has some connections all the same: nobody could tell it to do better.
        self.most = min(connections, max(files - RESERVE, files // 4, 1))
        if self.most < connections:
            log.warning("api.fewer-connections", limit=self.most, wanted=connections, files=files)
        self.connections: set[Connection] = set()
        self._turned_away = 0
        self._told_at = float("-inf")
        self._config = Config()
        self._config.include_server_header = False
        self._config.errorlog = None
        self._config.h11_max_incomplete_size = LARGEST_HEAD
        self._context = WorkerContext(None)

    async def run(
        self,
        listening: socket.socket,
        ending: trio.Event,
        *,
        task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        """Serve until the end is asked for, and a little longer to whoever is being answered.

        Args:
            listening: A bound socket; taken over, and closed in the end.
            ending: Set to end.
            task_status: Told once whoever connects will be answered.
        """
        listening.listen(_BACKLOG)
        listening.setblocking(False)
        task_status.started()
        listener = trio.SocketListener(trio.socket.from_stdlib_socket(listening))
        async with trio.open_nursery() as serving:
            async with trio.open_nursery() as accepting:
                accepting.start_soon(self._accept, listener, serving)
                await ending.wait()
                accepting.cancel_scope.cancel()
            await self._context.terminated.set()
            for connection in self.connections:
                connection.dismiss()
            serving.cancel_scope.deadline = trio.current_time() + GOODBYE

    async def _accept(self, listener: trio.SocketListener, serving: trio.Nursery) -> None:
        # Out of file descriptors, this pauses and goes on by itself.
        await trio.serve_listeners(self._serve, [listener], handler_nursery=serving)

    async def _serve(self, stream: trio.SocketStream) -> None:
        if len(self.connections) >= self.most:
            await self._turn_away(stream)
            return
        try:
            connection = Connection(self._app, self._config, self._context, stream)
        except OSError:
            return  # the client has gone before anything was said
        self.connections.add(connection)
        try:
            await connection.run()
        finally:
            self.connections.discard(connection)

    async def _turn_away(self, stream: trio.SocketStream) -> None:
        """Say that there is no room, to those who listen at once."""
        if trio.current_time() >= self._told_at + _TOLD_EVERY:
            self._told_at = trio.current_time()
            log.warning("api.full", connections=self.most)
        self._turned_away += 1
        try:
            patience = trio.move_on_after(_TURN_AWAY_SECONDS if self._turned_away <= _TURNED_AWAY else 0)
            with patience, suppress(trio.BrokenResourceError, trio.ClosedResourceError):
                await stream.receive_some(LARGEST_HEAD)
                await stream.send_all(_full(self.most))
                await stream.send_eof()
                while await stream.receive_some(LARGEST_HEAD):
                    pass
        finally:
            self._turned_away -= 1
            await trio.aclose_forcefully(stream)


def _full(most: int) -> bytes:
    problem = Problem(
        "too-many-connections",
        f"{most} connections are open already; close those that you do not use, or ask again later",
        limit=most,
    )
    answer = problem.answer("")
    headers = b"".join(b"%s: %s\r\n" % header for header in answer.raw_headers)
    return b"HTTP/1.1 503 Service Unavailable\r\n%sconnection: close\r\n\r\n%s" % (headers, bytes(answer.body))


def _files() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 2**20 if soft == resource.RLIM_INFINITY else soft


@asynccontextmanager
async def served(app: ASGIApp, listening: socket.socket, connections: int) -> AsyncGenerator[Server]:
    """Serve an application for as long as the block lasts, and a little longer to whoever is being answered.

    Args:
        app: What answers.
        listening: A bound socket; taken over, and closed in the end.
        connections: For how many there is room.
    """
    server = Server(app, connections)
    ending = trio.Event()
    async with trio.open_nursery() as nursery:
        await nursery.start(server.run, listening, ending)
        yield server
        ending.set()
