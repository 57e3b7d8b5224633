"""What every request passes first: who is it, and how large may its body be.

This stands before routing, so that nothing is parsed for somebody who may not ask.  What a caller may do depends
on the route, and is looked at there (`powerfsm.api.service`).

Without tokens, a request must be *addressed* to a loopback name, too: a browser on the same machine can be led to
a foreign name that resolves to 127.0.0.1, and then has to say that name in `Host`.
"""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from powerfsm.api.access import LOCAL, Caller, Tokens
from powerfsm.api.problems import Problem
from powerfsm.config import is_loopback

LARGEST_BODY = 8 * 2**20
"""Bytes of a request's body."""

OPEN = frozenset({"/healthz", "/readyz", "/docs", "/docs/oauth2-redirect", "/openapi.json"})
"""Routes that need no token."""

OPEN_BELOW = ("/problems/", "/docs-assets/")
"""Prefixes of further routes that need none."""


class BodyTooLarge(HTTPException):
    """The body went on behind its limit.  (FastAPI lets only this class through while it reads a body.)"""

    def __init__(self) -> None:
        super().__init__(413)


class Gate:
    """ASGI middleware that lets in whom it knows, and as much as it may.

    Args:
        app: What lies behind.
        tokens: Who is known, or None: whoever reaches the loopback interface.
        largest: Bytes of a body.
    """

    def __init__(self, app: ASGIApp, tokens: Tokens | None, largest: int = LARGEST_BODY) -> None:
        self._app = app
        self._tokens = tokens
        self._largest = largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            if not (scope["path"] in OPEN or scope["path"].startswith(OPEN_BELOW)):
                scope.setdefault("state", {})["caller"] = self._identify(headers)
            length = headers.get("content-length", "0")
            if length.isdecimal() and int(length) > self._largest:
                raise too_large(self._largest)
        except Problem as problem:
            await problem.answer(scope["path"])(scope, receive, send)
            return
        await self._app(scope, self._limited(receive), send)

    def _identify(self, headers: Headers) -> Caller:
        if self._tokens is None:
            host = headers.get("host", "")
            name = host.rpartition("]")[0] if host.startswith("[") else host.partition(":")[0]
            if not is_loopback(name.lstrip("[")):
                raise Problem(
                    "forbidden",
                    f"no tokens are configured, so only requests to a loopback name are answered, and {host!r} is"
                    " none; ask http://127.0.0.1 or http://localhost, or configure tokens",
                )
            return LOCAL
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise Problem(
                "unauthorized",
                "the request has no token; send `Authorization: Bearer TOKEN`",
                headers={"WWW-Authenticate": 'Bearer realm="powerfsm"'},
            )
        caller = self._tokens.identify(token.strip())
        if caller is None:
            raise Problem(
                "unauthorized",
                "the token is not known; ask whoever runs the daemon for one",
                headers={"WWW-Authenticate": 'Bearer realm="powerfsm", error="invalid_token"'},
            )
        return caller

    def _limited(self, receive: Receive) -> Receive:
        size = 0

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > self._largest:
                raise BodyTooLarge
            return message

        return counted


def too_large(limit: int) -> Problem:
    """The problem of a body that is too large."""
    return Problem("body-too-large", f"the body has more than {limit} bytes; name nodes by hostlists", limit=limit)
