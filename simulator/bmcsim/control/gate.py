"""Who may use the control API.

With a token: whoever brings it.  Without one: whoever reaches the loopback address, and says so.  A browser on
the same machine can be led to a foreign name that resolves to 127.0.0.1; it then has to say that name in `Host`.
"""

import hmac
import ipaddress
import json

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

_OPEN = frozenset({"/health"})


class Gate:
    """Stands before all routes."""

    def __init__(self, app: ASGIApp, token: str | None) -> None:
        """Guard `app`; None is no token."""
        self._app = app
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it."""
        if scope["type"] == "http" and (refusal := self._refusal(Headers(scope=scope), scope["path"])):
            status, detail = refusal
            body = json.dumps({"detail": detail}).encode()
            headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
            if status == 401:
                headers.append((b"www-authenticate", b"Bearer"))
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": body})
            return
        await self._app(scope, receive, send)

    def _refusal(self, headers: Headers, path: str) -> tuple[int, str] | None:
        if self._token is None:
            if _is_loopback(headers.get("host", "")):
                return None
            return 403, "without a token this answers requests to a loopback address only; say so in Host"
        kind, _, brought = headers.get("authorization", "").partition(" ")
        if path in _OPEN:
            return None
        if kind.lower() == "bearer" and hmac.compare_digest(brought.strip().encode(), self._token.encode()):
            return None
        return 401, "bring the control token: Authorization: Bearer TOKEN"


def _is_loopback(host: str) -> bool:
    name = host.rpartition("]")[0].lstrip("[") if host.startswith("[") else host.partition(":")[0]
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name.lower() == "localhost"
