"""One connection of a client, with limits to its patience with us, and ours with it.

Hypercorn speaks HTTP here (`H11Protocol`, which neither reads nor writes by itself); what comes and goes, and
until when, is ours.  Its own connections wait for ever for a client that does not read its answer, and for one
that has sent more of a body than anybody reads; and they change to HTTP/2 for whoever asks, which has many
requests on one connection, and so limits of its own.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any, cast

import h11
import structlog
import trio
from hypercorn.config import Config
from hypercorn.events import Closed, Event, RawData, Updated
from hypercorn.protocol.events import Event as StreamEvent
from hypercorn.protocol.events import Response
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import AppWrapper, ASGIReceiveEvent, ASGISendEvent, ConnectionState, Scope
from hypercorn.typing import TaskGroup as HypercornTasks
from starlette.types import ASGIApp, Message

from powerfsm.api.inbox import Inbox
from powerfsm.api.problems import Problem

log = structlog.get_logger(__name__)

HEAD_SECONDS = 10.0
"""Until the head of a request has come whole, from the connection's beginning or the end of the last answer."""

LARGEST_HEAD = 2**14
"""Bytes of a request's first line and headers."""

ANSWER_SECONDS = 30.0
"""Within which a client has to take each piece of its answer."""

PIECE = 2**16
"""Bytes of an answer that have to be taken in that time."""

LINGER_SECONDS = 2.0
"""For which what a client still sends is read and dropped, so that it gets to read why nobody listens."""

_READ = 2**14


class Connection:
    """One connection; its requests are answered one after the other.

    Args:
        app: What answers.
        config: Hypercorn's settings.
        context: What all connections of one server share.
        stream: What is read from and written to; closed in the end.
    """

    def __init__(self, app: ASGIApp, config: Config, context: WorkerContext, stream: trio.SocketStream) -> None:
        self._app = app
        self._stream = stream
        self._sending = trio.Lock()
        self._idle = True
        self._over = False
        self._reading = trio.CancelScope(deadline=trio.current_time() + HEAD_SECONDS)
        self._everything = trio.CancelScope()
        self._tasks: trio.Nursery
        self._protocol = _Http(
            cast("AppWrapper", app),
            config,
            context,
            cast("HypercornTasks", self),
            ConnectionState({}),
            False,
            _end_of(stream.socket.getpeername()),
            _end_of(stream.socket.getsockname()),
            self._obey,
        )

    async def run(self) -> None:
        """Answer until the client has gone, or has to go."""
        try:
            with self._everything:
                async with trio.open_nursery() as self._tasks:
                    await self._read()
        finally:
            await self._close()

    def dismiss(self) -> None:
        """Let it go now if nothing is being answered, and otherwise behind the answer."""
        if self._idle:
            self._reading.cancel()

    async def spawn_app(
        self,
        _app: AppWrapper,
        _config: Config,
        scope: Scope,
        send: Callable[[ASGISendEvent | None], Awaitable[None]],
    ) -> Callable[[ASGIReceiveEvent], Awaitable[None]]:
        """Have a request answered; gives what brings the rest of it (called by Hypercorn)."""
        inbox = Inbox()
        self._tasks.start_soon(self._answer, scope, inbox, send)
        return cast("Callable[[ASGIReceiveEvent], Awaitable[None]]", inbox.put)

    async def _answer(
        self, scope: Scope, inbox: Inbox, send: Callable[[ASGISendEvent | None], Awaitable[None]]
    ) -> None:
        request = cast("dict[str, Any]", scope)

        async def told(message: Message) -> None:
            await send(cast("ASGISendEvent", message))

        try:
            await self._app(request, inbox.take, told)
        except Exception as error:
            if not request["state"].get("told"):
                log.error("api.defect", method=request.get("method"), path=request["path"], exc_info=error)
        await send(None)

    async def _read(self) -> None:
        while not self._over:
            with self._reading:
                try:
                    data = bytes(await self._stream.receive_some(_READ))
                except (trio.BrokenResourceError, trio.ClosedResourceError):
                    break
            if self._reading.cancelled_caught:
                # Dismissed, or out of time.
                if self._reading.deadline <= trio.current_time() and self._protocol.has_begun:
                    await self._protocol.refuse(too_slow("the first line and the headers", HEAD_SECONDS))
                break
            self._reading = trio.CancelScope(deadline=self._reading.deadline)
            await self._protocol.handle(RawData(data))
            if not data:
                break
        await self._protocol.handle(Closed())

    async def _obey(self, event: Event) -> None:
        """What Hypercorn wants done."""
        match event:
            case RawData():
                await self._send(event.data)
            case Closed():
                self._over = True
                self._reading.cancel()
                await self._protocol.handle(Closed())
            case Updated():
                self._idle = event.idle
                self._reading.deadline = trio.current_time() + HEAD_SECONDS if event.idle else float("inf")

    async def _send(self, data: bytes) -> None:
        async with self._sending:
            for begin in range(0, len(data), PIECE):
                taken = False
                patience = trio.move_on_after(ANSWER_SECONDS)
                with patience, suppress(trio.BrokenResourceError, trio.ClosedResourceError):
                    await self._stream.send_all(memoryview(data)[begin : begin + PIECE])
                    taken = True
                if not taken:
                    # Nothing that is left to be said would arrive.
                    self._over = True
                    self._everything.cancel()
                    await trio.lowlevel.checkpoint()

    async def _close(self) -> None:
        try:
            if self._protocol.unread and not self._everything.cancel_called:
                # What is closed with something unread is reset, and the answer is lost to whoever still sends.
                with (
                    trio.move_on_after(LINGER_SECONDS),
                    suppress(trio.BrokenResourceError, trio.ClosedResourceError),
                ):
                    await self._stream.send_eof()
                    while await self._stream.receive_some(_READ):
                        pass
        finally:
            await trio.aclose_forcefully(self._stream)


class _Http(H11Protocol):
    """HTTP/1.1, and nothing that a client would like to speak instead; mistakes are told as problems."""

    @property
    def has_begun(self) -> bool:
        """A part of a request's head has come."""
        return self.connection.their_state is h11.IDLE and bool(self.connection.trailing_data[0])

    @property
    def unread(self) -> bool:
        """The client may still be sending what nobody will read."""
        return self.has_begun or self.connection.their_state in {h11.SEND_BODY, h11.ERROR}

    async def stream_send(self, event: StreamEvent) -> None:
        """Send a part of an answer; whoever is answered before all was read is told not to ask again here."""
        if isinstance(event, Response) and self.connection.their_state is h11.SEND_BODY:
            event = replace(event, headers=[*event.headers, (b"connection", b"close")])
        await super().stream_send(event)

    async def refuse(self, problem: Problem) -> None:
        """Answer what is no request."""
        answer = problem.answer("")
        headers = [*answer.raw_headers, (b"connection", b"close"), *self.config.response_headers("h11")]
        await self._send_h11_event(h11.Response(status_code=answer.status_code, headers=headers))
        await self._send_h11_event(h11.Data(data=bytes(answer.body)))
        await self._send_h11_event(h11.EndOfMessage())

    # Hypercorn's names for steps that are other ones here.
    async def _check_protocol(self, event: h11.Request) -> None:
        """Change to no other protocol."""

    async def _send_error_response(self, status_code: int) -> None:
        if status_code == 431:
            await self.refuse(head_too_large())
        else:
            await self.refuse(Problem("malformed-request", "what was sent is not a request of HTTP/1.1"))


def too_slow(what: str, seconds: float) -> Problem:
    """The problem of a request that does not come in time."""
    return Problem("too-slow", f"{what} did not come within {seconds:g} seconds", seconds=seconds)


def head_too_large() -> Problem:
    """The problem of a request whose first line and headers are too large."""
    return Problem(
        "head-too-large",
        f"the first line and the headers have more than {LARGEST_HEAD} bytes; send long lists in a body",
        limit=LARGEST_HEAD,
    )


def _end_of(address: Any) -> tuple[str, int]:
    host, port = address[:2]
    return host, port
