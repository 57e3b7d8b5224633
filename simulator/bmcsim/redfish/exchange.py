"""What goes through the door: one HTTP request, one response, and how the response travels."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from bmcsim.sessions import Address

Document = dict[str, Any]
"""A JSON object on its way out."""

NOBODY: Address = ("", 0)


@dataclass(frozen=True, slots=True)
class Request:
    """One request.

    Attributes:
        method: In capitals.
        target: Path and query, as on the request line.
        headers: Their names in small letters.
        body: Empty where there is none.
        source: Where it comes from.
    """

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    source: Address = NOBODY

    @classmethod
    def of(cls, method: str, target: str, document: object = None, **headers: str) -> "Request":
        """Write one as programs do: `document` becomes the JSON body, `if_match=...` the header If-Match."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if document is None:
            return cls(method, target, named)
        named.setdefault("content-type", "application/json")
        return cls(method, target, named, json.dumps(document).encode())

    @property
    def path(self) -> str:
        """The path, without the query and without a slash at its end."""
        path = self.target.partition("?")[0].partition("#")[0]
        if not path.startswith("/"):
            # The absolute form, as proxies are sent it (RFC 9112, 3.2.2).
            path = urlsplit(path).path
        return "/" + unquote(path).strip("/")

    @property
    def query(self) -> list[tuple[str, str]]:
        """The query's parameters, in their order."""
        return parse_qsl(self.target.partition("?")[2].partition("#")[0], keep_blank_values=True)

    def header(self, name: str) -> str:
        """Return a header by its name in small letters, or nothing."""
        return self.headers.get(name, "")


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a response travels; a sound BMC sends it whole and at once.

    Attributes:
        after: Seconds before anything is sent.
        share: How much of the body is sent before the connection is cut, 0 to 1; None is all of it, and no cut.
        closed: The connection is cut and nothing is sent at all.
        silent: Nothing is ever sent and the connection stays.
    """

    after: float = 0.0
    share: float | None = None
    closed: bool = False
    silent: bool = False


WHOLE = Delivery()


@dataclass(slots=True)
class Response:
    """One response.

    Attributes:
        status: The HTTP status code.
        headers: As they are to be written.
        body: Empty where there is none; a HEAD's response has the one that GET's would have.
        delivery: How it travels.
    """

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    delivery: Delivery = WHOLE

    @classmethod
    def of(cls, status: int, document: Document | None = None, **headers: str) -> "Response":
        """Write one with a JSON body, or with none; `x_auth_token=...` is the header X-Auth-Token."""
        named = {name.replace("_", "-").title(): value for name, value in headers.items()}
        if document is None:
            return cls(status, named)
        named["Content-Type"] = "application/json; charset=utf-8"
        return cls(status, named, json.dumps(document).encode())

    @property
    def document(self) -> Any:
        """What the body says, read as JSON.

        Raises:
            ValueError: It is not JSON.
        """
        return json.loads(self.body)
