"""What can go wrong with a request, as RFC 9457 problem documents.

Every kind of problem has one name, one status and one paragraph that says what to do; they stand in one table,
from which the answers, the OpenAPI document and the text behind each problem's `type` are made.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"

MOST_ERRORS = 100
"""Mistakes that one `invalid-request` tells at most."""

RETRY_AFTER = "1"
"""Seconds after which a passing problem is worth another try."""


_IN_A_PATH = "/:@!$&'()*+,;=~"
"""Stands in a path as it is (RFC 3986, 3.3), besides letters, digits and `-._`."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem.

    Attributes:
        name: Last part of its `type`.
        status: HTTP status code.
        title: The kind in a few words; the same for each of its problems.
        about: What it means and what to do, for people.
    """

    name: str
    status: int
    title: str
    about: str

    @property
    def type(self) -> str:
        """The URI reference that names the kind, and can be fetched."""
        return f"/problems/{self.name}"


_ALL = (
    Kind(
        "malformed-body",
        400,
        "The body is not JSON",
        "Send one JSON value in UTF-8, with `Content-Type: application/json`.",
    ),
    Kind(
        "malformed-request",
        400,
        "This is not HTTP",
        "What came over the connection cannot be read as a request of HTTP/1.1; the connection is closed.",
    ),
    Kind(
        "unauthorized",
        401,
        "A token is needed",
        "Send `Authorization: Bearer TOKEN` with a token from the daemon's file of tokens. Whoever runs the"
        " daemon makes one with `powerfsm token create`.",
    ),
    Kind(
        "forbidden",
        403,
        "The token may not do this",
        "`role` is what the token may do, `needed` what this request takes: read < operate < admin. Where no"
        " tokens are configured, only requests that are addressed to a loopback name are answered.",
    ),
    Kind("not-found", 404, "There is no such route", "`/docs` lists all routes."),
    Kind(
        "unknown-node",
        404,
        "There is no such node",
        "`node` is the first name that is not known. Nothing of the request was carried out. `GET /v1/nodes`"
        " lists the nodes there are.",
    ),
    Kind(
        "unknown-operation",
        404,
        "There is no such operation",
        "`operation` is the first id that was never given. Ids come with the answer to a power request, and in"
        " `GET /v1/operations`.",
    ),
    Kind(
        "method-not-allowed", 405, "The route has no such method", "`Allow` names those it has; `/docs` lists all."
    ),
    Kind(
        "too-slow",
        408,
        "The request did not come in time",
        "A request has to come whole within some seconds; the connection is closed. Nothing was carried out.",
    ),
    Kind(
        "duplicate-node",
        409,
        "There is such a node already",
        "Nothing of the request was carried out. Leave `node` out, change it with PATCH, or remove it first.",
    ),
    Kind(
        "duplicate-address",
        409,
        "The BMC address belongs to another node",
        "Two nodes with one BMC would send it overlapping power commands. `owner` has the address of `node`."
        " Nothing of the request was carried out.",
    ),
    Kind(
        "node-busy",
        409,
        "An action is in play on the node",
        "A node is changed or removed only while nothing drives it, and its BMC cannot act any more on what was"
        " sent. Wait for `operation` to end (`GET /v1/operations/ID?wait=300`) and ask again.",
    ),
    Kind(
        "stale-generation",
        412,
        "The node's generation is another",
        "Somebody changed what is desired of `node` since it was read. Read it again, and decide anew. Nothing"
        " of the request was carried out.",
    ),
    Kind(
        "body-too-large",
        413,
        "The body is too large",
        "`limit` is in bytes. Name nodes by hostlists.",
    ),
    Kind(
        "invalid-request",
        422,
        "The request is not as it should be",
        "`errors` names each field and what is wrong with it. Nothing of the request was carried out.",
    ),
    Kind(
        "bad-hostlist",
        422,
        "A hostlist cannot be read",
        "Write names like `r1n[01-40],login1`: ranges, steps (`[0-10/2]`), zero padding, several brackets."
        " Groups (`@`), wildcards and set operators are not read. `field` says which hostlist is meant.",
    ),
    Kind(
        "key-reused",
        422,
        "The idempotency key was used for another request",
        "A key stands for one request: the same route, the same body. Use a new one (a UUID) for each request,"
        " and the same one only to repeat it.",
    ),
    Kind(
        "too-many",
        429,
        "Too many requests wait for the disk",
        "The request was not accepted. Ask again after `Retry-After` seconds, and send fewer at once.",
    ),
    Kind(
        "too-many-waiting",
        429,
        "Too many listen or wait",
        "There is room for `limit` event streams, or for `limit` requests that wait for operations. Ask again"
        " after `Retry-After` seconds, wait for many operations with one request, or have the limit raised.",
    ),
    Kind(
        "head-too-large",
        431,
        "The request line and headers are too large",
        "`limit` is in bytes, or how many headers there may be. Send long lists in a body.",
    ),
    Kind(
        "internal",
        500,
        "A defect in powerfsm",
        "The daemon's log has the details at the time of the request; please report it with them.",
    ),
    Kind(
        "store-unavailable",
        503,
        "The request cannot be made durable",
        "Nothing was accepted, because nothing could be written (or read): the disk is full, failing or locked;"
        " `detail` says which. Ask again once that is mended; the daemon need not be restarted.",
    ),
    Kind(
        "shutting-down",
        503,
        "The daemon accepts no power requests now",
        "It is ending, or has just begun. Ask again after `Retry-After` seconds.",
    ),
    Kind(
        "too-many-connections",
        503,
        "Too many connections are open",
        "There is room for `limit` connections. Ask again after `Retry-After` seconds, over connections that are"
        " kept and used again, or have the limit raised.",
    ),
    Kind(
        "not-ready",
        503,
        "The daemon is not ready",
        "`checks` says what is missing: `recovery` (outstanding work is taken up), `store` (it can be written),"
        " `accepting` (it is neither starting nor ending).",
    ),
)

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in _ALL}
"""Every kind of problem by name."""


class Problem(Exception):
    """A request that is answered with a problem document.

    Args:
        kind: Name of the kind.
        detail: What happened, to what, and what to do: a sentence.
        headers: Of the answer.
        members: Further members of the document.
    """

    def __init__(
        self, kind: str, detail: str, *, headers: Mapping[str, str] | None = None, **members: object
    ) -> None:
        super().__init__(detail)
        self.kind = KINDS[kind]
        self.detail = detail
        self.headers = dict(headers or {})
        self.members = members

    def answer(self, instance: str) -> Response:
        """The problem document; `instance` is the path that was asked."""
        document = {
            "type": self.kind.type,
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
            "instance": quote(instance, safe=_IN_A_PATH),
            **self.members,
        }
        # In ASCII: what a client sent may hold half of a surrogate pair, which is no text in UTF-8.
        content = json.dumps(document, ensure_ascii=True)
        headers = dict(self.headers)
        if self.kind.status in (429, 503):
            headers.setdefault("Retry-After", RETRY_AFTER)
        return Response(content, self.kind.status, headers, MEDIA_TYPE)


def invalid(field: str, message: str) -> Problem:
    """The problem of one field."""
    return Problem("invalid-request", f"{field}: {message}", errors=[{"field": field, "message": message}])


SCHEMA: Mapping[str, Any] = {
    "title": "Problem",
    "description": "An RFC 9457 problem document; kinds of problems add members of their own, such as `node`.",
    "type": "object",
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "description": "Which kind; can be fetched."},
        "title": {"type": "string", "description": "The kind in a few words."},
        "status": {"type": "integer", "description": "The HTTP status code."},
        "detail": {"type": "string", "description": "What happened, to what, and what to do."},
        "instance": {"type": "string", "format": "uri-reference", "description": "What was asked."},
    },
    "required": ["type", "title", "status", "detail", "instance"],
    "additionalProperties": True,
}
"""JSON Schema of a problem document."""


ASKING = ("unauthorized", "forbidden")
"""Problems of every route that needs a token."""


CHANGING = (*ASKING, "too-many", "store-unavailable")
"""Problems of every route that makes something durable."""

BODY = ("malformed-body", "invalid-request", "body-too-large")
"""Problems of every route with a body."""


def answers(*names: str) -> dict[int | str, dict[str, Any]]:
    """The problem answers of a route, for its OpenAPI description, by the names of their kinds."""
    kinds = sorted({KINDS[name] for name in names}, key=lambda kind: (kind.status, kind.name))
    return {status: _answer([kind for kind in kinds if kind.status == status]) for status in _statuses(kinds)}


def _statuses(kinds: Iterable[Kind]) -> list[int]:
    return sorted({kind.status for kind in kinds})


def _answer(kinds: list[Kind]) -> dict[str, Any]:
    return {
        "description": "; ".join(f"`{kind.name}`: {kind.title}" for kind in kinds),
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": {
                    kind.name: {
                        "value": {
                            "type": kind.type,
                            "title": kind.title,
                            "status": kind.status,
                            "detail": kind.about,
                            "instance": "/v1/...",
                        }
                    }
                    for kind in kinds
                },
            }
        },
    }
