"""The store's work in virtual time: called in trio's own thread, between two halves of the disk's slowness."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar, TypeVarTuple

import trio

from powerfsm.simulation.disk.connection import Connection
from powerfsm.simulation.disk.randomness import seeded
from powerfsm.store.medium import Mode

_Answer = TypeVar("_Answer")
_Arguments = TypeVarTuple("_Arguments")


class Process(Protocol):
    """What work is done for.

    Attributes:
        death: Set once it is dead.
    """

    death: trio.Event

    @property
    def dead(self) -> bool:
        """Nothing of it gets to the disk any more."""
        ...

    @property
    def vfs(self) -> str:
        """The name of its way to the disk."""
        ...

    @property
    def slowness(self) -> float:
        """Seconds that its next work takes."""
        ...

    def noise(self) -> str:
        """What the random numbers of its next work are drawn from."""
        ...


class Inline:
    """A `powerfsm.store.medium.Medium` in virtual time.

    Args:
        process: The process whose work it does.
    """

    def __init__(self, process: Process) -> None:
        self._process = process

    def connect(self, path: Path, mode: Mode) -> Connection:
        """Open the file."""
        return Connection(path, mode, self._process.vfs, lambda: self._process.dead)

    async def run(
        self,
        work: Callable[[*_Arguments], _Answer],
        *arguments: *_Arguments,
        limiter: trio.CapacityLimiter | None = None,
    ) -> _Answer:
        """Call `work`, half of the disk's slowness after its turn has come, and come back after the other half.

        As in a thread of trio's, a cancel is heard before the turn has come, and not from then on.  Work of a
        dead process is done at once, and the disk refuses it.
        """
        await trio.lowlevel.checkpoint_if_cancelled()
        # Whoever works in a thread has a turn on behalf of that, not of his task: he may have several.
        turn = object()
        if limiter is not None:
            await limiter.acquire_on_behalf_of(turn)
        try:
            half = self._process.slowness / 2
            await self._pass(half)
            try:
                with seeded(self._process.noise()):
                    return work(*arguments)
            finally:
                await self._pass(half)
        finally:
            if limiter is not None:
                limiter.release_on_behalf_of(turn)

    async def _pass(self, seconds: float) -> None:
        if seconds > 0 and not self._process.dead:
            with trio.move_on_after(seconds, shield=True):
                await self._process.death.wait()
        else:
            await trio.lowlevel.cancel_shielded_checkpoint()
