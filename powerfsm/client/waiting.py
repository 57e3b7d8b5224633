"""Waiting for many operations at once, for as long as the daemon may be away meanwhile."""

from collections import deque
from collections.abc import Callable, Iterable
from typing import Self

import trio

from powerfsm.client.answers import Operation, Waited
from powerfsm.client.asking import Asking
from powerfsm.client.errors import ClientError, DaemonUnreachable, ProblemError

_MOST_IDS = 100_000
"""Ids in one request, a tenth of what the API takes."""

_POLL = 30.0
"""Seconds that one request waits at the daemon."""

_FIRST_PAUSE = 0.25
_LONGEST_PAUSE = 4.0
_PASSING = frozenset(
    {"shutting-down", "store-unavailable", "too-many", "too-many-waiting", "too-many-connections", "not-ready"}
)
"""Problems that pass by themselves."""


class Ends:
    """Operations as they end, each once, to be read with `async for`; made by `Client.as_they_end`.

    It holds nothing that would have to be closed, so a loop over it may be left at any point.
    """

    def __init__(
        self,
        asking: Asking,
        operations: Iterable[Operation | int],
        *,
        patience: float,
        on_silence: Callable[[ClientError], None] | None,
    ) -> None:
        self._asking = asking
        self._patience = patience
        self._on_silence = on_silence
        self._ended: deque[Operation] = deque()
        pending: dict[int, None] = {}
        for operation in operations:
            if isinstance(operation, Operation) and operation.status.ended:
                self._ended.append(operation)
            else:
                pending[operation if isinstance(operation, int) else operation.id] = None
        self._pending = list(pending)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Operation:
        while not self._ended:
            if not self._pending:
                raise StopAsyncIteration
            waited = await self._patiently()
            # Behind those that were not asked for yet, so that each gets its turn.
            self._pending = self._pending[_MOST_IDS:] + waited.pending
            self._ended.extend(waited.ended)
        return self._ended.popleft()

    async def _patiently(self) -> Waited:
        """Wait, and where the daemon is away, wait for it too."""
        silent_since = trio.current_time()
        pause = _FIRST_PAUSE
        while True:
            try:
                return await self._wait(self._pending[:_MOST_IDS])
            except (DaemonUnreachable, ProblemError) as error:
                passing = isinstance(error, DaemonUnreachable) or error.name in _PASSING
                if not passing or trio.current_time() + pause - silent_since > self._patience:
                    raise
                if self._on_silence is not None:
                    self._on_silence(error)
            await trio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _wait(self, ids: list[int]) -> Waited:
        body = {"ids": ids, "timeout": _POLL, "until": "any"}
        answer = await self._asking.ask("POST", "/v1/operations/wait", body=body, patience=_POLL)
        return self._asking.read(answer, Waited)
