"""The feed: journal entries, told to whoever listens once they are durable.

A listener who is slower than the journal is cut off rather than waited for or silently skipped: he
sees the end of his feed, and resumes from the last number he saw.
"""

from collections.abc import Sequence
from types import TracebackType
from typing import Self

import trio

from powerfsm.journal import Entry


class Subscription:
    """One listener's view: an async iterator over batches of entries, from now on.

    Attributes:
        overrun: True once entries had to be dropped; the iteration has ended then.
    """

    def __init__(self, feed: "Feed", depth: int) -> None:
        self._feed = feed
        self._send, self._receive = trio.open_memory_channel[Sequence[Entry]](depth)
        self.overrun = False

    def __enter__(self) -> Self:
        self._feed.listeners.add(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._feed.listeners.discard(self)
        self._send.close()
        self._receive.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Sequence[Entry]:
        try:
            return await self._receive.receive()
        except trio.EndOfChannel:
            raise StopAsyncIteration from None

    def offer(self, entries: Sequence[Entry]) -> None:
        """Hand on entries without waiting; a listener that is full is cut off."""
        try:
            self._send.send_nowait(entries)
        except trio.WouldBlock:
            self.overrun = True
            self._feed.listeners.discard(self)
            self._send.close()

    def end(self) -> None:
        """Let the listener read what he has, and then end."""
        self._send.close()


class Feed:
    """All listeners of one daemon."""

    def __init__(self) -> None:
        self.listeners: set[Subscription] = set()

    def listen(self, depth: int = 256) -> Subscription:
        """A subscription, to be entered with `with`; `depth` batches may be waiting in it."""
        return Subscription(self, depth)

    def tell(self, entries: Sequence[Entry]) -> None:
        """Hand durable entries to every listener."""
        for listener in tuple(self.listeners):
            listener.offer(entries)

    def close(self) -> None:
        """End every subscription (the daemon shuts down)."""
        for listener in tuple(self.listeners):
            listener.end()
        self.listeners.clear()
