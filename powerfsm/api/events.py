"""The event stream: the journal as it grows, from any point on, without gap or duplicate.

A listener is subscribed to the feed first and then caught up from the store, so nothing can fall between the two;
what comes by both ways is told apart by its number.  Whoever falls behind while he is caught up goes on reading
from the store.  Whoever falls behind later is cut off, with an event that says so: the daemon waits for nobody
and skips nothing.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent

from powerfsm.api import rendering
from powerfsm.api.bodies import names_in
from powerfsm.api.problems import ASKING, answers, invalid
from powerfsm.api.service import Daemon, Reader, Service
from powerfsm.journal import Entry, Kind
from powerfsm.registry.feed import Subscription
from powerfsm.store.errors import StoreError

router = APIRouter(prefix="/v1", tags=["events"])

PAGE = 1000
"""Entries read from the store at a time."""

_DETAILS = {
    "caught-up": "this is all there was when you asked; connect with `after` for what has happened since",
    "overrun": "you read too slowly and were cut off; connect again with `after` to go on from here",
    "shutting-down": "the daemon is ending; connect again with `after` when it is back",
    "store-unavailable": "the journal cannot be read now; connect again with `after` to go on from here",
}


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


async def _listening(
    daemon: Daemon,
    after: Annotated[int | None, Query(ge=0, lt=2**63, description="Begin behind this number.")] = None,
    last: Annotated[int | None, Query(ge=0, lt=2**63, description="Begin so many entries ago.")] = None,
    nodes: Annotated[str | None, Query(description="Only of these: a hostlist.", examples=["r1n[01-40]"])] = None,
    kind: Annotated[list[Kind] | None, Query(description="Only of one of these kinds.")] = None,
    follow: Annotated[bool, Query(description="Go on with what happens next.")] = True,
    last_event_id: Annotated[
        str | None, Header(alias="Last-Event-ID", description="As `after`, and goes before it.")
    ] = None,
) -> Listening:
    # Looked at here and not in the stream: a stream that has begun can no longer be refused.
    present = daemon.registry.journal_length
    if last_event_id:
        if not (last_event_id.isascii() and last_event_id.isdecimal() and len(last_event_id) < 19):
            raise invalid("header.Last-Event-ID", "expected the `id` of an event, a number")
        after, last = int(last_event_id), None
    if after is not None and last is not None:
        raise invalid("query.last", "does not go with `after`, expected one of them")
    if after is not None and after > present:
        raise invalid("query.after", f"the journal ends at {present}; is this another daemon's number?")
    position = present if after is None else after
    if last is not None:
        position = max(0, present - last)
    names = None if nodes is None else frozenset(names_in(nodes, "query.nodes"))
    kinds = None if kind is None else frozenset(kind)
    return Listening(position, None if follow else present, names, kinds)


@router.get(
    "/events",
    response_class=EventSourceResponse,
    responses=answers(*ASKING, "invalid-request", "bad-hostlist"),
)
async def stream_events(
    daemon: Daemon, _: Reader, listening: Annotated[Listening, Depends(_listening)]
) -> AsyncIterator[ServerSentEvent]:
    """Stream the journal: `id` is an entry's number, `event` its kind, `data` the entry."""
    reason = "overrun"
    daemon.metrics.stream_opened()
    try:
        async for entries_or_end in _entries(daemon, listening):
            if isinstance(entries_or_end, str):
                reason = entries_or_end
                break
            for entry in entries_or_end:
                data = rendering.text(rendering.entry(entry))
                yield ServerSentEvent(raw_data=data, event=entry.kind, id=str(entry.seq))
        end = {"reason": reason, "detail": _DETAILS[reason], "after": listening.position}
        yield ServerSentEvent(raw_data=rendering.text(end), event="end")
    finally:
        daemon.metrics.stream_closed(cut_off=reason == "overrun")


async def _entries(daemon: Service, listening: Listening) -> AsyncIterator[list[Entry] | str]:
    """What a listener wants, in order; last of all, why it ends."""
    while True:
        with daemon.registry.feed.listen() as feed:
            while not listening.over and listening.position < daemon.registry.journal_length:
                try:
                    page = await daemon.store.journal(after=listening.position, limit=PAGE)
                except StoreError:
                    yield "store-unavailable"
                    return
                yield listening.take(page)
            if listening.over:
                yield "caught-up"
                return
            if feed.overrun:
                continue
            async for entries in feed:
                yield listening.take(entries)
            yield _reason(feed)
            return


def _reason(ended: Subscription) -> str:
    return "overrun" if ended.overrun else "shutting-down"
