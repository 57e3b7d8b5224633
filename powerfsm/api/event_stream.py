"""The event stream: the journal as it grows, from any point on, without gap or duplicate.

A listener is subscribed to the feed first and then caught up from the store, so nothing can fall between the two;
what comes by both ways is told apart by its number.  Whoever falls behind while he is caught up goes on reading
from the store.  Whoever falls behind later is cut off, with an event that says so: the daemon waits for nobody
and skips nothing.

This is a response that sends, not a generator that yields: a generator whose client goes away in mid-stream is
left to the garbage collector, and its subscription with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import trio
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from powerfsm.api import rendering
from powerfsm.api.service import Service
from powerfsm.journal import Entry, Kind
from powerfsm.registry.feed import Subscription
from powerfsm.store.errors import StoreError

PAGE = 1000
"""Entries read from the store at a time."""

SILENCE = 15.0
"""Seconds after which an idle stream is given a comment, so that nobody on the way takes it for dead."""

_DETAILS = {
    "caught-up": "this is all there was when you asked; connect with `after` for what has happened since",
    "overrun": "you read too slowly and were cut off; connect again with `after` to go on from here",
    "shutting-down": "the daemon is ending; connect again with `after` when it is back",
    "store-unavailable": "the journal cannot be read now; connect again with `after` to go on from here",
}

DESCRIPTION = {
    "description": "Server-sent events: `id` is an entry's number, `event` its kind, `data` an Entry. The last"
    " event of a stream that the daemon ends is `end`, with `reason`, `detail` and `after`.",
    "content": {
        "text/event-stream": {
            "itemSchema": {
                "type": "object",
                "properties": {
                    "id": {"type": "string", "description": "The entry's number."},
                    "event": {"type": "string", "description": "The entry's kind, or `end`."},
                    "data": {
                        "type": "string",
                        "contentMediaType": "application/json",
                        "description": "An Entry; of `end`: `reason`, `detail` and `after`.",
                    },
                },
                "required": ["event", "data"],
            },
            "examples": {
                "entry": {
                    "value": 'event: transition\ndata: {"seq":1042,"at":"2026-03-01T12:00:00.250Z",'
                    '"kind":"transition","node":"r1n01","event":"confirmed","operation":17,"generation":3,'
                    '"before":"powering-on","after":"on","detail":{}}\nid: 1042\n\n'
                }
            },
        }
    },
}
"""Of the answer, for the OpenAPI document."""


@dataclass(slots=True)
class Listening:
    """What one listener wants.

    Attributes:
        position: The number of the last entry that he has, or wants not.
        until: The number of the last entry that he wants, or None: as it comes.
        names: Only of these nodes, or None: of all, and of the daemon itself.
        kinds: Only of these kinds, or None: of all.
    """

    position: int
    until: int | None
    names: frozenset[str] | None
    kinds: frozenset[Kind] | None

    def take(self, entries: Sequence[Entry]) -> list[Entry]:
        """Those of the entries that he does not have yet and wants; he has them all now."""
        wanted = [
            entry
            for entry in entries
            if entry.seq > self.position
            and (self.until is None or entry.seq <= self.until)
            and (self.names is None or entry.node in self.names)
            and (self.kinds is None or entry.kind in self.kinds)
        ]
        if entries:
            last = entries[-1].seq if self.until is None else min(entries[-1].seq, self.until)
            self.position = max(self.position, last)
        return wanted

    @property
    def over(self) -> bool:
        """He has all that he wants."""
        return self.until is not None and self.position >= self.until


class EventStream(Response):
    """What one listener is sent."""

    media_type = "text/event-stream"

    def __init__(self, daemon: Service, listening: Listening) -> None:
        super().__init__(headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._daemon = daemon
        self._listening = listening

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Send until the stream is over or the client has gone.

        Raises:
            Problem: There are too many listeners.
        """
        with self._daemon.listeners.one_more():
            await self._stream(receive, send)

    async def _stream(self, receive: Receive, send: Send) -> None:

        async def watch(everything: trio.CancelScope) -> None:
            while (await receive())["type"] != "http.disconnect":
                pass
            everything.cancel()

        reason = None
        self._daemon.metrics.stream_opened()
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            async with trio.open_nursery() as nursery:
                nursery.start_soon(watch, nursery.cancel_scope)
                reason = await self._send_all(send)
                end = {"reason": reason, "detail": _DETAILS[reason], "after": self._listening.position}
                last = format_sse_event(data_str=rendering.text(end), event="end")
                await send({"type": "http.response.body", "body": last, "more_body": False})
                nursery.cancel_scope.cancel()
        finally:
            self._daemon.metrics.stream_closed(cut_off=reason == "overrun")

    async def _send_all(self, send: Send) -> str:
        """Send what the listener wants, in order; gives the reason why it ends."""
        listening, registry = self._listening, self._daemon.registry
        while True:
            with registry.feed.listen() as feed:
                while not listening.over and listening.position < registry.journal_length:
                    try:
                        page = await self._daemon.store.journal(after=listening.position, limit=PAGE)
                    except StoreError:
                        return "store-unavailable"
                    await _send_entries(send, listening.take(page))
                if listening.over:
                    return "caught-up"
                if not feed.overrun:
                    return await self._follow(send, feed)

    async def _follow(self, send: Send, feed: Subscription) -> str:
        """Send what the feed tells, until it ends; gives the reason."""
        while True:
            entries = None
            with trio.move_on_after(SILENCE):
                try:
                    entries = await anext(feed)
                except StopAsyncIteration:
                    return "overrun" if feed.overrun else "shutting-down"
            if entries is None:
                await send({"type": "http.response.body", "body": KEEPALIVE_COMMENT, "more_body": True})
            else:
                await _send_entries(send, self._listening.take(entries))


async def _send_entries(send: Send, entries: Sequence[Entry]) -> None:
    if entries:
        events = [
            format_sse_event(data_str=rendering.text(rendering.entry(entry)), event=entry.kind, id=str(entry.seq))
            for entry in entries
        ]
        await send({"type": "http.response.body", "body": b"".join(events), "more_body": True})
