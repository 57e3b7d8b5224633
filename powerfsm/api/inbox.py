"""What a client sends, on its way to the application that answers."""

from collections import deque

import trio
from starlette.types import Message

_DEPTH = 8
"""Messages that may wait for the application; a message is at most as large as what is read at a time."""

_GONE: Message = {"type": "http.disconnect"}


class Inbox:
    """The messages of one request, of which a few may wait.

    Whoever brings more than that waits until the application has taken some, so that a client cannot send faster
    than it is read.  The last message never waits: it is brought by the application itself where that has answered
    without reading, and would otherwise wait for itself.
    """

    def __init__(self) -> None:
        self._messages: deque[Message] = deque()
        self._over = False
        self._changed = trio.Event()

    async def put(self, message: Message) -> None:
        """Bring a message; `http.disconnect` is the last, and whatever comes behind it is dropped."""
        while len(self._messages) >= _DEPTH and not self._over and message["type"] != "http.disconnect":
            await self._changed.wait()
        if self._over:
            return
        if message["type"] == "http.disconnect":
            self._over = True
        else:
            self._messages.append(message)
        self._wake()

    async def take(self) -> Message:
        """The next message; once the client has gone and all is taken, that it has gone."""
        await trio.lowlevel.checkpoint()
        while not self._messages and not self._over:
            await self._changed.wait()
        if not self._messages:
            return _GONE
        message = self._messages.popleft()
        self._wake()
        return message

    def _wake(self) -> None:
        self._changed.set()
        self._changed = trio.Event()
