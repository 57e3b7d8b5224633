"""The stream of events: the journal as it is written, over one connection."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from json import JSONDecodeError, loads

import httpx
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
        self.after = after
        self.ended: StreamEnded | None = None

    async def __aiter__(self) -> AsyncIterator[Entry]:
        """Each entry as it comes.

        Raises:
            DaemonUnreachable: The connection broke.
            UnexpectedAnswer: What comes is not the stream of this API.
        """
        try:
            async for event in EventSource(self._response).aiter_sse():
                if event.event == "end":
                    self._end(event.data)
                    return
                entry = shape(Entry).validate_json(event.data)
                self.after = entry.seq
                yield entry
        except httpx.HTTPError as error:
            raise self._asking.unreachable(error) from error
        except (SSEError, ValidationError, JSONDecodeError) as error:
            raise UnexpectedAnswer(self._asking.url, "an event that is none of the journal's") from error

    def _end(self, data: str) -> None:
        said = loads(data)
        if not isinstance(said, dict):
            raise UnexpectedAnswer(self._asking.url, "an end that does not say why")
        self.ended = StreamEnded(str(said.get("reason")), str(said.get("detail")))
        if isinstance(said.get("after"), int):
            self.after = said["after"]
