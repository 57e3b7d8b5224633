"""What was raised while a request was answered, as a problem document.

The registry, the store and the hostlists raise errors in their own words; here, and only here, each gets the kind
of problem that it is over HTTP.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import structlog
import trio
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import compile_path

from powerfsm.api.bodies import TAGS
from powerfsm.api.connection import too_slow
from powerfsm.api.gate import BODY_SECONDS, LARGEST_BODY, too_large
from powerfsm.api.problems import MOST_ERRORS, Problem
from powerfsm.registry import refusals
from powerfsm.store.errors import StoreError

log = structlog.get_logger(__name__)


def install(app: FastAPI) -> None:
    """Have every error of the application answered as a problem."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(refusals.Refusal, _refusal)
    app.add_exception_handler(StoreError, _store)
    app.add_exception_handler(trio.ClosedResourceError, _closed)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _defect)


def refused(refusal: refusals.Refusal) -> Problem:
    """A refusal of the registry as a problem."""
    detail = str(refusal)
    match refusal:
        case refusals.UnknownNode():
            return Problem("unknown-node", detail, node=refusal.node)
        case refusals.StaleGeneration():
            return Problem(
                "stale-generation", detail, node=refusal.node, expected=refusal.expected, actual=refusal.actual
            )
        case refusals.DuplicateNode():
            return Problem("duplicate-node", detail, node=refusal.node)
        case refusals.DuplicateAddress():
            return Problem("duplicate-address", detail, node=refusal.node, owner=refusal.owner)
        case refusals.NodeBusy():
            return Problem("node-busy", detail, node=refusal.node, operation=refusal.operation)
        case refusals.KeyReused():
            # The registry knows keys by who sent them, too.
            key = refusal.key.partition(" ")[2]
            return Problem("key-reused", str(refusals.KeyReused(key)), key=key)
        case refusals.TooMany():
            return Problem("too-many", detail)
        case refusals.ShuttingDown():
            return Problem("shutting-down", detail)
        case _:
            raise refusal


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return error.answer(request.url.path)


async def _refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, refusals.Refusal)
    return refused(error).answer(request.url.path)


async def _store(request: Request, error: Exception) -> Response:
    return Problem("store-unavailable", str(error)).answer(request.url.path)


async def _closed(request: Request, _: Exception) -> Response:
    return Problem("shutting-down", str(refusals.ShuttingDown())).answer(request.url.path)


async def _validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found: Sequence[Mapping[str, Any]] = error.errors()
    if any(each["type"] == "json_invalid" for each in found):
        where = f"at character {found[0]['loc'][-1]}: {found[0].get('ctx', {}).get('error', '')}"
        return Problem("malformed-body", f"the body is not JSON {where}").answer(request.url.path)
    errors = [
        {"field": _field(each["loc"]), "message": str(each["msg"]).removeprefix("Value error, ")}
        for each in found[:MOST_ERRORS]
    ]
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    detail = f"{errors[0]['field']}: {errors[0]['message']}{more}"
    return Problem("invalid-request", detail, errors=errors).answer(request.url.path)


def _field(loc: Sequence[str | int]) -> str:
    """`("body", "requests", 3, "ask")` as `body.requests[3].ask`."""
    words = [f"[{each}]" if isinstance(each, int) else f".{each}" for each in loc if each not in TAGS]
    return "".join(words).removeprefix(".")


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    path = request.url.path
    match error.status_code:
        case 404:
            problem = Problem("not-found", f"there is no route {path!r}; /docs lists all")
        case 405:
            found = _methods(request)
            problem = Problem(
                "method-not-allowed",
                f"{path!r} has no method {request.method}; /docs lists those it has",
                headers={"Allow": ", ".join(sorted(found))} if found else error.headers,
            )
        case 408:
            problem = too_slow("the body", BODY_SECONDS)
        case 413:
            problem = too_large(LARGEST_BODY)
        case _:
            problem = Problem("malformed-body", "the body cannot be read as JSON")
    return problem.answer(path)


def _methods(request: Request) -> Iterable[str]:
    """The methods of a path; each of them is a route of its own, and Starlette tells those of the first."""
    documented: Mapping[str, Mapping[str, object]] = request.app.openapi()["paths"]
    path = request.url.path
    for template, methods in sorted(documented.items(), key=lambda item: "{" in item[0]):
        if compile_path(template)[0].match(path):
            return [method.upper() for method in methods]
    return ()


async def _defect(request: Request, error: Exception) -> Response:
    log.error("api.defect", method=request.method, path=request.url.path, exc_info=error)
    request.state.told = True
    return Problem("internal", "the daemon met a defect in itself; its log says which").answer(request.url.path)
