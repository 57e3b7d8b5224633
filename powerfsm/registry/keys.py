"""Idempotency keys that were used a moment ago.

A requester looks his key up in the store before he asks.  Whoever repeats a request while the first one is on its
way to the disk finds nothing there yet; he is given the answer of the first one here.
"""

import trio

from powerfsm.registry.refusals import KeyReused
from powerfsm.registry.writer import Submission

REMEMBERED = 60.0
"""Seconds after which a request that looked its key up in vain has surely asked."""


class RecentKeys:
    """The submissions of recent keys, whether they are durable yet or not."""

    def __init__(self) -> None:
        self._recent: dict[str, tuple[float, str, Submission]] = {}

    def get(self, key: str, fingerprint: str) -> Submission | None:
        """The submission that has this key; None where it is new, or what it was used for came to nothing.

        Raises:
            KeyReused: It was used for another request.
        """
        known = self._recent.get(key)
        if known is None or known[2].failure is not None:
            return None
        if known[1] != fingerprint:
            raise KeyReused(key)
        return known[2]

    def put(self, key: str, fingerprint: str, submission: Submission) -> None:
        """Remember a key, and forget the old ones."""
        now = trio.current_time()
        self._recent.pop(key, None)
        self._recent[key] = (now, fingerprint, submission)
        while True:
            oldest = next(iter(self._recent))
            if self._recent[oldest][0] >= now - REMEMBERED:
                return
            del self._recent[oldest]
