"""HTTP/1.1 on one connection: one request after the other, until somebody closes it (RFC 9112)."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

import h11
import trio

from bmcsim.redfish.call import LARGEST_BODY
from bmcsim.redfish.exchange import Request, Response
from bmcsim.redfish.messages import Message, told
from bmcsim.sessions import Address

PATIENCE: Final = 60.0
"""Seconds that a connection may be without a whole request."""

_LARGEST_HEAD = 16384
_LARGEST_DISCARDED = 1 << 20
_CHUNK = 65536
_MOMENT = 2.0

Answer = Callable[[Request], Response]


class _TooMuch(Exception):
    """A body goes on and on."""


class Conversation:
    """One connection."""

    def __init__(self, stream: trio.abc.Stream, source: Address, answer: Answer) -> None:
        """Let `answer` have the requests that come over `stream` from `source`."""
        self._stream = stream
        self._source = source
        self._answer = answer
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=_LARGEST_HEAD)

    async def run(self) -> None:
        """Answer requests until the connection is to be closed; that is left to the caller.

        Raises:
            trio.BrokenResourceError: The client has gone.
        """
        while True:
            request = None
            try:
                with trio.move_on_after(PATIENCE):
                    request = await self._next_request()
            except h11.RemoteProtocolError as error:
                await self._complain(error)
                await self._drain()
                return
            except _TooMuch:
                return
            if request is None or not await self._respond(self._answer(request)):
                return
            if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
                return
            self._http.start_next_cycle()

    async def _event(self) -> h11.Event | type[h11.PAUSED]:
        while True:
            event = self._http.next_event()
            if event is not h11.NEED_DATA:
                assert not isinstance(event, type) or event is h11.PAUSED
                return event
            if self._http.they_are_waiting_for_100_continue:
                await self._send(h11.InformationalResponse(status_code=100, headers=[]))
            self._http.receive_data(bytes(await self._stream.receive_some(_CHUNK)))

    async def _next_request(self) -> Request | None:
        """Return the next request with its body, or None where there is no more."""
        head = await self._event()
        if not isinstance(head, h11.Request):
            return None
        headers: dict[str, str] = {}
        for raw_name, raw_value in head.headers:
            name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        body, size = bytearray(), 0
        while isinstance(event := await self._event(), h11.Data):
            # A little more than a BMC takes is kept, so that it sees the body is too large.
            body += event.data[: LARGEST_BODY + 1 - len(body)]
            size += len(event.data)
            if size > _LARGEST_DISCARDED:
                raise _TooMuch
        target = head.target.decode("latin-1")
        return Request(head.method.decode("latin-1"), target, headers, bytes(body), self._source)

    async def _respond(self, response: Response) -> bool:
        """Send a response the way it has to travel; return whether the connection goes on."""
        delivery = response.delivery
        await trio.sleep(delivery.after)
        if delivery.silent:
            while await self._stream.receive_some(_CHUNK):
                pass
            return False
        if delivery.closed:
            return False
        await self._send(_head(response))
        if delivery.share is not None:
            await self._send(h11.Data(data=response.body[: int(len(response.body) * delivery.share)]))
            return False
        if response.body:
            await self._send(h11.Data(data=response.body))
        await self._send(h11.EndOfMessage())
        return True

    async def _complain(self, error: h11.RemoteProtocolError) -> None:
        """Answer to what is no HTTP, where an answer can still be sent."""
        if self._http.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            response = told(error.error_status_hint, Message("GeneralError"), connection="close")
            response.headers["Content-Length"] = str(len(response.body))
            await self._send(_head(response))
            await self._send(h11.Data(data=response.body))
            await self._send(h11.EndOfMessage())

    async def _drain(self) -> None:
        """Hear a client out for a moment: closing on what it still says would take our answer away from it."""
        heard = 0
        with trio.move_on_after(_MOMENT):
            if isinstance(self._stream, trio.abc.HalfCloseableStream):
                await self._stream.send_eof()
            while heard < _LARGEST_DISCARDED and (data := await self._stream.receive_some(_CHUNK)):
                heard += len(data)

    async def _send(self, event: h11.Event) -> None:
        data = self._http.send(event)
        if data:
            await self._stream.send_all(data)


def _head(response: Response) -> h11.Response:
    try:
        reason = HTTPStatus(response.status).phrase
    except ValueError:
        reason = "Unknown"
    headers = [("Server", "bmcsim"), *response.headers.items()]
    return h11.Response(status_code=response.status, headers=headers, reason=reason)
