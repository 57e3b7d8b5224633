"""Routes of power: ask one node, or many at once."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Header, Path, Request, Response

from powerfsm.api import rendering
from powerfsm.api.access import Caller
from powerfsm.api.answers import OperationAnswer, OperationsAnswer
from powerfsm.api.bodies import MOST_ASKED, AskEach, AskMany, AskOne, BulkAsk, names_in
from powerfsm.api.failures import refused
from powerfsm.api.problems import BODY, CHANGING, answers, invalid
from powerfsm.api.service import Daemon, Operator, Service
from powerfsm.operation import Operation
from powerfsm.registry.refusals import KeyReused, Refusal
from powerfsm.registry.requests import PowerRequest
from powerfsm.store.errors import StoreError

router = APIRouter(prefix="/v1", tags=["power"])

_ETAG = re.compile(r'\s*(?:"(\d{1,18})"|(\d{1,18}))\s*', re.ASCII)

IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", description="Only where the node is still at this generation.", examples=['"3"']),
]
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[ -~]+$",
        description="New for each request. The same one with the same key is answered alike, and starts nothing.",
    ),
]


@router.post(
    "/nodes/{name}/power",
    status_code=202,
    response_model=OperationAnswer,
    responses=answers(*CHANGING, *BODY, "unknown-node", "stale-generation", "key-reused", "shutting-down")
    | {202: {"headers": {"Location": {"schema": {"type": "string"}, "description": "Of the operation."}}}},
)
async def ask_one(
    daemon: Daemon,
    caller: Operator,
    name: Annotated[str, Path(description="The node's name.", examples=["r1n01"])],
    body: AskOne,
    request: Request,
    if_match: IfMatch = None,
    key: Key = None,
) -> Response:
    """Ask one node; what is answered is durable."""
    asked = [PowerRequest(name, body.ask, _generation(if_match))]
    (operation,) = await _ask(daemon, caller, request.url.path, asked, key)
    location = {"Location": f"/v1/operations/{operation.id}"}
    return rendering.answer(rendering.operation(operation), 202, location)


@router.post(
    "/power",
    status_code=202,
    response_model=OperationsAnswer,
    responses=answers(
        *CHANGING, *BODY, "bad-hostlist", "unknown-node", "stale-generation", "key-reused", "shutting-down"
    ),
)
async def ask_many(daemon: Daemon, caller: Operator, body: BulkAsk, request: Request, key: Key = None) -> Response:
    """Ask many nodes, all or none; one operation for each node, in the order of the request."""
    asked = _spread(body)
    operations = await _ask(daemon, caller, request.url.path, asked, key)
    return rendering.answer({"operations": [rendering.operation(each) for each in operations]}, 202)


def _spread(body: AskMany | AskEach) -> list[PowerRequest]:
    if isinstance(body, AskMany):
        parts = [("body.nodes", body)]
    else:
        parts = [(f"body.requests[{index}].nodes", part) for index, part in enumerate(body.requests)]
    asked: list[PowerRequest] = []
    for field, part in parts:
        names = names_in(part.nodes, field, most=MOST_ASKED - len(asked))
        asked += [PowerRequest(name, part.ask, part.generation) for name in names]
    return asked


async def _ask(
    daemon: Service, caller: Caller, path: str, asked: Sequence[PowerRequest], key: str | None
) -> list[Operation]:
    try:
        if key is None:
            operations, result = await daemon.registry.request(asked, asked_by=caller.name), "accepted"
        else:
            operations, result = await _ask_once(daemon, caller, path, asked, f"{caller.name} {key}")
    except (Refusal, StoreError) as error:
        name = refused(error).kind.name if isinstance(error, Refusal) else "store-unavailable"
        _count(daemon, asked, name)
        raise
    _count(daemon, asked, result)
    return operations


async def _ask_once(
    daemon: Service, caller: Caller, path: str, asked: Sequence[PowerRequest], key: str
) -> tuple[list[Operation], str]:
    """Ask, unless the key was used for the same before."""
    fingerprint = _fingerprint(path, asked)
    known = await daemon.store.idempotency(key)
    if known is None:
        operations = await daemon.registry.request(asked, asked_by=caller.name, key=(key, fingerprint))
        return operations, "accepted"
    if known.fingerprint != fingerprint:
        raise KeyReused(key)
    return await daemon.operations(known.operations), "replayed"


def _fingerprint(path: str, asked: Sequence[PowerRequest]) -> str:
    """Digest of what is asked, however its JSON was written."""
    canonical = json.dumps([path, *([each.node, each.ask, each.generation] for each in asked)])
    return hashlib.sha256(canonical.encode()).hexdigest()


def _count(daemon: Service, asked: Sequence[PowerRequest], result: str) -> None:
    for ask, number in Counter(each.ask for each in asked).items():
        daemon.metrics.asked(ask, result, number)


def _generation(if_match: str | None) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    match = _ETAG.fullmatch(if_match)
    if not match:
        raise invalid("header.If-Match", 'expected one generation in quotes, as the ETag of the node has it: "3"')
    return int(match[1] or match[2])
