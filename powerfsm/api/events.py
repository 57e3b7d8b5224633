"""The route of the event stream: who wants which part of the journal."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Response

from powerfsm.api.bodies import names_in
from powerfsm.api.event_stream import DESCRIPTION, EventStream, Listening
from powerfsm.api.problems import ASKING, answers, invalid
from powerfsm.api.service import Daemon, Reader
from powerfsm.journal import Kind

router = APIRouter(prefix="/v1", tags=["events"])


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
    response_class=Response,
    responses=answers(*ASKING, "invalid-request", "bad-hostlist", "too-many-waiting") | {200: DESCRIPTION},
)
async def stream_events(
    daemon: Daemon, _: Reader, listening: Annotated[Listening, Depends(_listening)]
) -> Response:
    """Stream the journal: `id` is an entry's number, `event` its kind, `data` the entry."""
    return EventStream(daemon, listening)
