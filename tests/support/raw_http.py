"""A client that speaks HTTP by hand: as slowly, as much and as wrongly as a test wants."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import h11
import trio


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    def problem(self) -> dict[str, Any]:
        """The problem document that it has to be."""
        assert self.headers["content-type"] == "application/problem+json"
        document: dict[str, Any] = json.loads(self.body)
        assert document["status"] == self.status
        assert document["detail"]
        return document


class RawClient:
    """One connection."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self._stream = stream
        self._http = h11.Connection(h11.CLIENT)

    async def say(self, data: bytes) -> bool:
        """Send this; whether there was still somebody to send it to."""
        try:
            await self._stream.send_all(data)
        except trio.BrokenResourceError:
            return False
        return True

    async def answer(self) -> Answer:
        """Read one answer."""
        # H11 reads answers only of requests that it has seen.
        if self._http.our_state is h11.IDLE:
            self._http.send(h11.Request(method="GET", target="/", headers=[("Host", "localhost")]))
            self._http.send(h11.EndOfMessage())
        body = b""
        response: h11.Response | None = None
        with trio.fail_after(60):
            while True:
                event = self._http.next_event()
                match event:
                    case h11.NEED_DATA:
                        self._http.receive_data(await self._stream.receive_some())
                    case h11.Response():
                        response = event
                    case h11.Data():
                        body += event.data
                    case h11.EndOfMessage():
                        break
                    case other:
                        raise AssertionError(f"the connection ended before the answer did: {other}")
        assert response is not None
        if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._http.start_next_cycle()
        headers = {name.decode(): value.decode() for name, value in response.headers}
        return Answer(response.status_code, headers, body)

    async def until_closed(self) -> bytes:
        """Read until the other side closes; what came before."""
        rest = b""
        with trio.fail_after(60):
            try:
                while data := await self._stream.receive_some():
                    rest += data
            except trio.BrokenResourceError:
                pass
        return rest


@asynccontextmanager
async def raw(url: str) -> AsyncGenerator[RawClient]:
    """Connect by hand."""
    port = urlsplit(url).port
    assert port is not None
    stream = await trio.open_tcp_stream("127.0.0.1", port)
    try:
        yield RawClient(stream)
    finally:
        await trio.aclose_forcefully(stream)
