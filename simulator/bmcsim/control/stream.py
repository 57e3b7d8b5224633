"""The events, as they are and as they come: JSON lines, each with its number `n`.

    {"n":7,"t":5120.25,"node":"n7","event":"power","to":"on","cause":"command","session":2684354561}

Only the last few thousand are kept.  Where somebody asks for older ones, or reads too slowly, a line says how
many are missing: `{"missed":120}`.
"""

import json
from collections.abc import Callable

import trio
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from bmcsim.events import Event
from bmcsim.tally import Tally

_PAGE = 500
_encode = json.JSONEncoder(separators=(",", ":")).encode


class EventStream(Response):
    """What one reader is sent."""

    media_type = "application/x-ndjson"

    def __init__(self, tally: Tally, after: int, wanted: Callable[[Event], bool], *, follow: bool) -> None:
        """Send the events after number `after` that are `wanted`; with `follow` those to come, too."""
        super().__init__(headers={"Cache-Control": "no-cache"})
        del self.headers["content-length"]
        self._tally = tally
        self._number = after
        self._wanted = wanted
        self._follow = follow

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  ASGI's shape
        """Send until all is sent or the reader has gone."""
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        async with trio.open_nursery() as nursery:

            async def watch() -> None:
                while (await receive())["type"] != "http.disconnect":
                    pass
                nursery.cancel_scope.cancel()

            nursery.start_soon(watch)
            # A reader who follows learns at once that he does, though nothing may have happened yet.
            await send({"type": "http.response.body", "body": b"", "more_body": True})
            await self._send_all(send)
            nursery.cancel_scope.cancel()
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send_all(self, send: Send) -> None:
        while True:
            while self._number < self._tally.number:
                body = self._page()
                if body:
                    await send({"type": "http.response.body", "body": body, "more_body": True})
                else:
                    await trio.lowlevel.checkpoint()
            if not self._follow:
                return
            await self._tally.more(self._number)

    def _page(self) -> bytes:
        lines: list[str] = []
        for number, event in self._tally.since(self._number):
            if number > self._number + 1:
                lines.append(_encode({"missed": number - self._number - 1}))
            self._number = number
            if self._wanted(event):
                lines.append(_encode({"n": number, **event}))
            if len(lines) >= _PAGE:
                break
        return "".join(line + "\n" for line in lines).encode()
