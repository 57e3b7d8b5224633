"""The deadline of one operation: how long it may work, not how long it may be kept waiting by us."""

from collections.abc import Generator
from contextlib import contextmanager
from math import inf

import trio


class Deadline:
    """One for all legs of an action; make it when the work begins.

    Args:
        seconds: How long the work may take.
    """

    def __init__(self, seconds: float) -> None:
        self._at = trio.current_time() + seconds
        self._scope = trio.CancelScope()

    @property
    def over(self) -> bool:
        """Whether the time is up."""
        return trio.current_time() >= self._at

    def limit(self) -> trio.CancelScope:
        """A scope that is cancelled when the time is up."""
        self._scope = trio.CancelScope(deadline=self._at)
        return self._scope

    @contextmanager
    def paused(self) -> Generator[None]:
        """Within `limit`: what is waited for here, the daemon's own limits, does not count."""
        begun = trio.current_time()
        self._scope.deadline = inf
        try:
            yield
        finally:
            self._at += trio.current_time() - begun
            self._scope.deadline = self._at
