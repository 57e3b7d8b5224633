"""What every request passes first: who is it, how large may it be, and how long may it take to come.

This stands before routing, so that nothing is parsed for somebody who may not ask.  What a caller may do depends
on the route, and is looked at there (`powerfsm.api.service`).

Without tokens, a request must be *addressed* to a loopback name, too: a browser on the same machine can be led to
a foreign name that resolves to 127.0.0.1, and then has to say that name in `Host`.
"""

import trio
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from powerfsm.api.access import LOCAL, Caller, Tokens
from powerfsm.api.connection import LARGEST_HEAD, head_too_large
from powerfsm.api.problems import Problem
from powerfsm.config import is_loopback

LARGEST_BODY = 8 * 2**20
"""Bytes of a request's body."""

BODY_SECONDS = 30.0
"""Within which a body has to come whole."""

MOST_HEADERS = 100
"""Headers of a request."""

_BODILESS = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})

OPEN = frozenset({"/healthz", "/readyz", "/docs", "/docs/oauth2-redirect", "/openapi.json"})
"""Routes that need no token."""

OPEN_BELOW = ("/problems/", "/docs-assets/")
"""Prefixes of further routes that need none."""


class BodyTooLarge(HTTPException):
    """The body went on behind its limit.  (FastAPI lets only this class through while it reads a body.)"""

    def __init__(self) -> None:
        super().__init__(413)


class BodyTooSlow(HTTPException):
    """The body did not come in time."""

    def __init__(self) -> None:
        super().__init__(408)


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
            _check_head(scope)
            if not (scope["path"] in OPEN or scope["path"].startswith(OPEN_BELOW)):
                scope.setdefault("state", {})["caller"] = self._identify(headers)
            length = headers.get("content-length", "0")
            if length.isdecimal() and int(length) > self._largest:
                raise too_large(self._largest)
        except Problem as problem:
            await problem.answer(scope["path"])(scope, receive, send)
            return
        limited = self._ignored if scope["method"] in _BODILESS else self._limited
        await self._app(scope, limited(receive), send)

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
        """What comes, for as long as it is neither too large nor too slow."""
        size = 0
        deadline = trio.current_time() + BODY_SECONDS

        async def counted() -> Message:
            nonlocal size, deadline
            try:
                with trio.fail_at(deadline):
                    message = await receive()
            except trio.TooSlowError:
                raise BodyTooSlow from None
            size += len(message.get("body", b""))
            if size > self._largest:
                raise BodyTooLarge
            if not message.get("more_body", False):
                deadline = float("inf")
            return message

        return counted

    def _ignored(self, receive: Receive) -> Receive:
        """Nothing but that the client has gone; a body that nobody asked for goes unread, and may not go on."""
        limited = self._limited(receive)

        async def gone() -> Message:
            message: Message = {}
            try:
                while message.get("type") != "http.disconnect":
                    message = await limited()
            except HTTPException:
                message = {"type": "http.disconnect"}
            return message

        return gone


def _check_head(scope: Scope) -> None:
    headers = scope["headers"]
    if len(headers) > MOST_HEADERS:
        raise Problem(
            "head-too-large", f"there are {len(headers)} headers; send at most {MOST_HEADERS}", limit=MOST_HEADERS
        )
    size = len(scope.get("raw_path") or scope["path"]) + len(scope["query_string"])
    if size + sum(len(name) + len(value) for name, value in headers) > LARGEST_HEAD:
        raise head_too_large()


def too_large(limit: int) -> Problem:
    """The problem of a body that is too large."""
    return Problem("body-too-large", f"the body has more than {limit} bytes; name nodes by hostlists", limit=limit)
