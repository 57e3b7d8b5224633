"""Who keeps the daemon running: starts one process after the other, and kills them when the plan says so."""

from collections import deque
from collections.abc import Callable

import trio

from powerfsm.simulation.plan import Kill
from powerfsm.simulation.process import Process
from powerfsm.simulation.site import Site

RESTART = 1.0
"""Seconds until a process that has failed by itself is started again."""


class Supervisor:
    """Runs the daemon.

    Attributes:
        process: The process that runs, or the last one that did.
    """

    def __init__(self, site: Site) -> None:
        """Run nothing yet; `run` does."""
        self._site = site
        self.process: Process
        self._numbers = 0
        self._blow: Kill | None = None
        self._again: deque[int] = deque()
        self._countdown: _Countdown | None = None
        self._down = RESTART
        self._ending = False
        self._changed = trio.Event()

    async def run(self) -> None:
        """Keep the daemon running until `end`."""
        async with trio.open_nursery() as processes:
            while not self._ending:
                self._start(processes)
                await self.process.dead.wait()
                self._disarm()
                down, self._down = self._down, RESTART
                await trio.sleep(down)
            await self.process.gone.wait()

    async def serving(self) -> Process:
        """Wait for a process that accepts requests; return it."""
        while True:
            process = self.process
            if process.dead.is_set():
                await self._changed.wait()
                continue
            async with trio.open_nursery() as either:
                either.start_soon(_first, process.serving, either.cancel_scope)
                either.start_soon(_first, process.dead, either.cancel_scope)
            if process.serving.is_set() and not process.dead.is_set():
                return process

    async def after(self, process: Process) -> None:
        """Wait until another process than this one has been started."""
        while self.process is process:
            await self._changed.wait()

    def strike(self, blow: Kill) -> None:
        """Kill the process as `blow` says; one that is down is left alone."""
        if not self.process.dead.is_set():
            self._blow = blow
            self._again = deque(blow.again)
            self._arm(blow.steps, blow.writes)

    def stop(self, down: float) -> None:
        """Have the process end in order, and the next one start `down` seconds later."""
        if not self.process.dead.is_set():
            self._down = down
            self.process.stop()

    def spare(self) -> None:
        """Kill nobody any more."""
        self._blow = None
        self._again.clear()
        self._disarm()

    async def end(self) -> None:
        """Have the process end in order, and start no other; returns once it is gone."""
        self._ending = True
        self.process.stop()
        await self.process.gone.wait()

    def _start(self, processes: trio.Nursery) -> None:
        self._numbers += 1
        self._site.process = self._numbers
        self.process = Process(self._site, self._numbers)
        processes.start_soon(self.process.run)
        self._changed.set()
        self._changed = trio.Event()
        if self._again:
            self._arm(self._again.popleft(), None)

    def _arm(self, steps: int | None, writes: int | None) -> None:
        self._disarm()
        if writes is not None:
            self.process.die_at(self._site.disk.operations + writes + 1, self._fall)
        else:
            self._countdown = _Countdown(steps or 0, self._fall)

    def _disarm(self) -> None:
        if self._countdown is not None:
            self._countdown.stop()
            self._countdown = None
        self.process.live_on()

    def _fall(self) -> None:
        blow = self._blow
        if blow is None:
            return
        self._down = blow.down
        if blow.power:
            self.process.lose_power()
        else:
            self.process.kill()


class _Countdown(trio.abc.Instrument):
    """Calls something after so many steps of any task."""

    def __init__(self, steps: int, then: Callable[[], None]) -> None:
        self._left = steps
        self._then = then
        self._on = True
        trio.lowlevel.add_instrument(self)

    def before_task_step(self, task: trio.lowlevel.Task) -> None:  # noqa: ARG002  any task's
        if self._left:
            self._left -= 1
            return
        self.stop()
        self._then()

    def stop(self) -> None:
        """Count no further."""
        if self._on:
            self._on = False
            trio.lowlevel.remove_instrument(self)


async def _first(event: trio.Event, scope: trio.CancelScope) -> None:
    await event.wait()
    scope.cancel()
