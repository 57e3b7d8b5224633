"""Virtual time that stands still while the trace is played, and passes where the trace needs it to.

A model has no clock: what takes the daemon seconds (settling, an answer that does not come) is one of its steps
among others.  So time is let pass only until such a step has been taken, and what else has a deadline waits.
"""

import math
from collections.abc import Callable

import trio
import trio.testing

PATIENCE = 1000.0
"""Virtual seconds within which whatever happens by itself has happened: longer than any timing of the spec."""

_TICK = 0.0001
"""Seconds between two lines of a trace: each has an instant of its own, so that their order can be judged."""


class Pace:
    """The clock, and whoever waits for something to happen.

    Attributes:
        clock: For `trio.run`.
    """

    def __init__(self) -> None:
        """Begin at 0, standing still."""
        self.clock = trio.testing.MockClock(autojump_threshold=math.inf)
        self._stirred = trio.Event()

    def stir(self) -> None:
        """Have whoever waits look again: something has happened."""
        self._stirred.set()
        self._stirred = trio.Event()

    def tick(self) -> None:
        """Go on to the next instant."""
        self.clock.jump(_TICK)

    async def settle(self) -> None:
        """Let everything happen that needs no time."""
        await trio.testing.wait_all_tasks_blocked()

    async def until(self, condition: Callable[[], bool], patience: float = PATIENCE) -> bool:
        """Let time pass until something is so; return whether it is."""
        await self.settle()
        if condition():
            return True
        self.clock.autojump_threshold = 0
        try:
            with trio.move_on_after(patience):
                while not condition():
                    await self._stirred.wait()
        finally:
            self.clock.autojump_threshold = math.inf
        await self.settle()
        return condition()

    def flow(self) -> None:
        """Let time pass from now on, whenever everybody waits."""
        self.clock.autojump_threshold = 0

    async def pass_by(self, seconds: float) -> None:
        """Let so much time pass."""
        await self.settle()
        self.clock.autojump_threshold = 0
        try:
            await trio.sleep(seconds)
        finally:
            self.clock.autojump_threshold = math.inf
        await self.settle()
