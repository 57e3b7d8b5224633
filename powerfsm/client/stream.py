"""The stream of events: the journal as it is written, over one connection."""

from contextlib import suppress
from dataclasses import dataclass
from json import JSONDecodeError, loads
from typing import Self

import httpx
import trio
from httpx_sse import EventSource, SSEError
from pydantic import ValidationError

from powerfsm.client.answers import Entry, shape
from powerfsm.client.asking import Asking
from powerfsm.client.errors import UnexpectedAnswer


@dataclass(frozen=True, slots=True)
class StreamEnded:
    """What the daemon said when it ended a stream.

    Attributes:
        reason: `caught-up` (all there was has been told), `overrun` (read too slowly), `shutting-down`, or
            `store-unavailable`.
        detail: The same in a sentence.
    """

    reason: str
    detail: str


class EventStream:
    """The entries that come over one connection, to be read once with `async for`.

    The loop ends when the daemon ends the stream, and `ended` then says why.  To go on, open another stream
    `after` this one's.

    Attributes:
        after: The sequence number of the last entry that came (or where the stream began, or None).
        ended: Why the daemon ended the stream, or None.
    """

    def __init__(self, asking: Asking, response: httpx.Response, after: int | None) -> None:
        self._asking = asking
        self._response = response
        self._events = EventSource(response).aiter_sse()
        self.after = after
        self.ended: StreamEnded | None = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Entry:
        """The next entry.

        Raises:
            DaemonUnreachable: The connection broke.
            UnexpectedAnswer: What comes is not the stream of this API.
        """
        if self.ended is not None:
            raise StopAsyncIteration
        try:
            event = await anext(self._events)
            while not event.data:
                # HTTPX-SSE makes an event of a comment that keeps the stream alive; it has no data.
                event = await anext(self._events)
            if event.event == "end":
                self._end(event.data)
                raise StopAsyncIteration
            entry = shape(Entry).validate_json(event.data)
        except (SSEError, ValidationError, JSONDecodeError) as error:
            raise UnexpectedAnswer(self._asking.url, "what comes are not the journal's events") from error
        except httpx.HTTPError as error:
            raise self._asking.unreachable(error, changing=False) from error
        self.after = entry.seq
        return entry

    async def close(self) -> None:
        """Cut the connection, wherever the reading stands."""
        with trio.CancelScope(shield=True):
            await self._response.aclose()
            # A loop that was left early has suspended generators all through HTTPX, which trio would complain of.
            # Reading on from a closed connection fails at once, and that ends each of them.
            with suppress(httpx.HTTPError, httpx.StreamError, SSEError):
                async for _ in self._events:
                    pass

    def _end(self, data: str) -> None:
        said = loads(data)
        if not isinstance(said, dict):
            raise UnexpectedAnswer(self._asking.url, "an end that does not say why")
        self.ended = StreamEnded(str(said.get("reason")), str(said.get("detail")))
        if isinstance(said.get("after"), int):
            self.after = said["after"]
