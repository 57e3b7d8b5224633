"""What can go wrong between a client and the daemon; each error says what happened and what to do."""

from collections.abc import Mapping


class ClientError(Exception):
    """Anything that a `Client` raises by itself."""


class DaemonUnreachable(ClientError):
    """Nobody answers at the daemon's URL, or the connection broke before the answer.

    Attributes:
        url: The URL that was tried.
        why: What the network said.
        sent: A request to change something may have arrived, only its answer did not.  A power request with
            the same idempotency key may be sent again, and is carried out once.
    """

    def __init__(self, url: str, why: str, *, sent: bool) -> None:
        super().__init__(f"no daemon answers at {url}: {why}")
        self.url = url
        self.why = why
        self.sent = sent


class UnexpectedAnswer(ClientError):
    """Something answers at the URL that is not this API: another program, a proxy, another version.

    Attributes:
        url: The URL that was asked.
    """

    def __init__(self, url: str, what: str) -> None:
        super().__init__(f"what answers at {url} does not speak the powerfsm API: {what}")
        self.url = url


class ProblemError(ClientError):
    """The daemon refused, with a problem document (RFC 9457, 3.1); nothing has changed.

    Attributes:
        type: The problem's type as a URI reference, such as `/problems/stale-generation`.
        title: The type in words.
        status: The HTTP status.
        detail: What happened and what to do, a sentence for people.
        instance: The path that was asked, or None.
        members: Whatever else the document has (RFC 9457, 3.2), such as `node` or `errors`.
    """

    def __init__(
        self,
        type_: str,
        *,
        title: str,
        status: int,
        detail: str,
        instance: str | None = None,
        members: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(detail)
        self.type = type_
        self.title = title
        self.status = status
        self.detail = detail
        self.instance = instance
        self.members: Mapping[str, object] = members or {}

    @property
    def name(self) -> str:
        """The last part of the type: `stale-generation`."""
        return self.type.rsplit("/", 1)[-1]
