"""One request and its answer: the connection, the token, and what can go wrong.

A loopback address is never asked through a proxy, whatever the environment says, and a redirect is never
followed: the token goes to the daemon and nowhere else.
"""

from collections.abc import Mapping
from ipaddress import ip_address
from json import JSONDecodeError

import httpx
from pydantic import ValidationError

from powerfsm.client.answers import Answer, shape
from powerfsm.client.errors import ClientError, DaemonUnreachable, ProblemError, UnexpectedAnswer

DEFAULT_URL = "http://127.0.0.1:8623"
"""Where a daemon listens that was not told otherwise."""

_PROBLEM_MEMBERS = {"type", "title", "status", "detail", "instance"}
# After these the request cannot have been read by anybody (HTTPX, "Exceptions").
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
_ONLY_LOOKS = frozenset({"/v1/operations/wait"})

Query = Mapping[str, str | int | float | bool | list[str] | None]
"""Members of a query; a list repeats its member, None leaves it out."""


class Asking:
    """A pool of connections to one daemon.

    Args:
        url: Where the daemon is: `http://host:port`, or `https://` behind a proxy that speaks TLS.
        token: The bearer token, if the daemon wants one.
        timeout: Seconds until a silent daemon is given up.
        transport: What carries the requests, where it is not the network.

    Raises:
        ClientError: The URL is none.
    """

    def __init__(
        self,
        url: str,
        *,
        token: str | None,
        timeout: float,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.url = url.rstrip("/")
        self.timeout = timeout
        parsed = _checked(self.url)
        self.http = httpx.AsyncClient(
            base_url=parsed,
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=timeout,
            transport=transport,
            trust_env=not _is_loopback(parsed.host),
            # Reading the certificates of the machine takes longer than most commands; http needs none.
            verify=parsed.scheme == "https",
        )

    async def ask(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        patience: float = 0.0,
    ) -> httpx.Response:
        """Send one request and read its answer.

        Args:
            method: The HTTP method.
            path: The path, quoted.
            query: What stands behind the question mark.
            body: What is sent as JSON, or None.
            headers: Further headers.
            patience: For how many seconds longer than usual the daemon may think.

        Raises:
            DaemonUnreachable: Nobody answers.
            ProblemError: The daemon refused.
            UnexpectedAnswer: Something else than the daemon answers.
        """
        try:
            response = await self.http.request(
                method,
                path,
                params=members(query),
                json=body,
                headers=headers,
                timeout=httpx.Timeout(self.timeout, read=self.timeout + patience),
            )
        except httpx.HTTPError as error:
            raise self.unreachable(error, changing=method != "GET" and path not in _ONLY_LOOKS) from error
        self.refuse(response)
        return response

    def read(self, response: httpx.Response, kind: type[Answer]) -> Answer:
        """The answer in its type.

        Raises:
            UnexpectedAnswer: It has another shape.
        """
        try:
            return shape(kind).validate_json(response.content)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(map(str, first["loc"])) or "the answer"
            raise UnexpectedAnswer(self.url, f"{where}: {first['msg']}") from error

    def unreachable(self, error: httpx.HTTPError, *, changing: bool) -> DaemonUnreachable:
        """The network's error in our words; `changing`: the request was not only to look."""
        why = str(error) or _WORDLESS.get(type(error), type(error).__name__)
        return DaemonUnreachable(self.url, why, sent=changing and not isinstance(error, _NEVER_SENT))

    def refuse(self, response: httpx.Response) -> None:
        """Raise what an answer that is no success says; the answer must have been read."""
        if response.is_success:
            return
        if response.headers.get("Content-Type", "").partition(";")[0] != "application/problem+json":
            what = f"{response.status_code} {response.reason_phrase} to {response.request.method} "
            raise UnexpectedAnswer(self.url, f"it says {what}{response.request.url.path}")
        try:
            document = response.json()
        except (JSONDecodeError, UnicodeDecodeError):
            document = None
        if not isinstance(document, dict):
            raise UnexpectedAnswer(self.url, f"status {response.status_code} with a problem that is not JSON")
        instance = document.get("instance")
        raise ProblemError(
            str(document.get("type", "about:blank")),
            title=str(document.get("title", response.reason_phrase)),
            status=response.status_code,
            detail=str(document.get("detail") or document.get("title") or response.reason_phrase),
            instance=instance if isinstance(instance, str) else None,
            members={name: value for name, value in document.items() if name not in _PROBLEM_MEMBERS},
        )


_WORDLESS: dict[type[httpx.HTTPError], str] = {
    httpx.ConnectTimeout: "no connection in time",
    httpx.ReadTimeout: "no answer in time",
    httpx.WriteTimeout: "it does not read in time",
    httpx.ReadError: "the connection broke",
    httpx.WriteError: "the connection broke",
}


def members(query: Query | None) -> dict[str, str | int | float | bool | list[str]]:
    """The members of a query that are there."""
    return {name: value for name, value in (query or {}).items() if value is not None}


def _checked(url: str) -> httpx.URL:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise ClientError(f"{url!r} is no URL ({error}); write it like {DEFAULT_URL}") from error
    if parsed.userinfo:
        raise ClientError("a URL must not hold a name or password; give the daemon's token apart from it")
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise ClientError(f"{url!r} is not the URL of a daemon; write it like {DEFAULT_URL}")
    return parsed


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
