"""Routes of operations: look at them, and wait for their ends."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from powerfsm.api import rendering, waiting
from powerfsm.api.answers import OperationAnswer, OperationsPageAnswer, WaitedAnswer
from powerfsm.api.bodies import WaitFor, names_in
from powerfsm.api.problems import ASKING, BODY, answers, invalid
from powerfsm.api.service import Daemon, Reader
from powerfsm.hostlist import HostlistError, expand_numbers
from powerfsm.operation import Status

router = APIRouter(prefix="/v1/operations", tags=["operations"])

MOST_FILTERED = 100_000
"""Names by which operations may be filtered: those that ended are looked up on disk."""

LONGEST_WAIT = 300
"""Seconds that one request may wait."""


@router.get(
    "",
    response_model=OperationsPageAnswer,
    responses=answers(*ASKING, "invalid-request", "bad-hostlist", "unknown-operation", "store-unavailable"),
)
async def list_operations(
    daemon: Daemon,
    _: Reader,
    ids: Annotated[str | None, Query(description="Only these: ranges.", examples=["17-40,57"])] = None,
    nodes: Annotated[str | None, Query(description="Only of these: a hostlist.", examples=["r1n[01-40]"])] = None,
    status: Annotated[list[Status] | None, Query(description="Only of one of these statuses.")] = None,
    before: Annotated[int | None, Query(ge=0, description="Only those with a lower id: `next` of a page.")] = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 100,
) -> Response:
    """List operations, newest first."""
    if ids is None:
        names = None if nodes is None else names_in(nodes, "query.nodes", most=MOST_FILTERED)
        found = await daemon.store.operations(node=names, status=status, before=before, limit=limit + 1)
    else:
        if nodes is not None or status is not None:
            raise invalid("query.ids", "does not go with `nodes` or `status`, expected it alone")
        try:
            wanted = sorted(set(expand_numbers(ids, most=MOST_FILTERED)), reverse=True)
        except HostlistError as error:
            raise invalid("query.ids", str(error)) from None
        wanted = [number for number in wanted if before is None or number < before]
        found = await daemon.operations(wanted[: limit + 1])
    page = found[:limit]
    return rendering.answer(
        {
            "operations": [rendering.operation(each) for each in page],
            "next": page[-1].id if len(found) > limit else None,
        }
    )


@router.get(
    "/{id}",
    response_model=OperationAnswer,
    responses=answers(*ASKING, "invalid-request", "unknown-operation", "too-many-waiting", "store-unavailable"),
)
async def get_operation(
    daemon: Daemon,
    _: Reader,
    request: Request,
    operation_id: Annotated[int, Path(alias="id", ge=1, lt=2**63, examples=[17])],
    wait: Annotated[
        float, Query(ge=0, le=LONGEST_WAIT, description="Answer when it has ended, or after so many seconds.")
    ] = 0,
) -> Response:
    """One operation; with `wait`, once it has ended."""
    (operation,) = await daemon.operations([operation_id])
    if wait and not operation.status.ended:
        with daemon.waiting.one_more():
            await waiting.while_there(request, wait, partial(waiting.one, daemon.registry, operation_id))
        (operation,) = await daemon.operations([operation_id])
    return rendering.answer(rendering.operation(operation))


@router.post(
    "/wait",
    response_model=WaitedAnswer,
    responses=answers(*ASKING, *BODY, "unknown-operation", "too-many-waiting", "store-unavailable"),
)
async def wait_for_operations(daemon: Daemon, _: Reader, body: WaitFor, request: Request) -> Response:
    """Wait for many operations at once; answers once at least one has ended (or all), or at the time-out."""
    ids = list(dict.fromkeys(body.ids))
    operations = await daemon.operations(ids)
    ended = sum(operation.status.ended for operation in operations)
    enough = len(ids) if body.until == "all" else min(1, len(ids))
    if ended < enough and body.timeout:
        under_way = [operation.id for operation in operations if not operation.status.ended]
        wait = partial(waiting.some, daemon.registry, under_way, every=body.until == "all")
        with daemon.waiting.one_more():
            await waiting.while_there(request, body.timeout, wait)
        operations = await daemon.operations(ids)
    return rendering.answer(
        {
            "ended": [rendering.operation(each) for each in operations if each.status.ended],
            "pending": [each.id for each in operations if not each.status.ended],
        }
    )
