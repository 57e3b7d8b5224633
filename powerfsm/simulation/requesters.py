"""The requesters: they ask, ask again with the same key where no answer came, and wait for the end."""

import trio

from powerfsm.registry.refusals import Refusal
from powerfsm.registry.requests import PowerRequest
from powerfsm.simulation.plan import Request
from powerfsm.simulation.process import Gone, Process
from powerfsm.simulation.record import Answered, Asked, Ended, Forgotten, Unanswered
from powerfsm.simulation.site import Site
from powerfsm.simulation.supervisor import Supervisor
from powerfsm.store.errors import StoreError

_PAUSE = 1.0
"""Seconds between two attempts."""


class Requesters:
    """All of them.

    Attributes:
        waiting: How many requests are neither answered nor given up, and ends that are waited for.
    """

    def __init__(self, site: Site, supervisor: Supervisor, tasks: trio.Nursery) -> None:
        """Have them live in `tasks`."""
        self.waiting = 0
        self._site = site
        self._supervisor = supervisor
        self._tasks = tasks
        self._numbers = 0
        self._followed: set[int] = set()

    def ask(self, request: Request) -> None:
        """Have somebody ask."""
        number = self._numbers
        self._numbers += 1
        self.waiting += 1
        self._tasks.start_soon(self._ask, number, request)

    async def _ask(self, number: int, request: Request) -> None:
        attempt = 0
        while True:
            attempt += 1
            process = self._supervisor.process
            now = trio.current_time()
            self._site.tell(Asked(now, number, attempt, request.by, request.nodes, request.ask))
            try:
                asked = [PowerRequest(name, request.ask) for name in request.nodes]
                operations = await process.request(asked, request.by, f"request {number}")
            except (Gone, Refusal, StoreError) as error:
                # Whoever was shut out by a process that ends, or by its disk, may find the next one better.
                last = not request.patient
                why, told = type(error).__name__.lower(), self._site.placeless(str(error))
                self._site.tell(Unanswered(trio.current_time(), number, attempt, why, told, last))
                if last:
                    break
                await self._pause(process)
                continue
            at = trio.current_time()
            self._site.tell(Answered(at, number, attempt, process.number, tuple(operations)))
            for operation in operations:
                self._follow(operation.id)
            break
        self.waiting -= 1

    async def _pause(self, process: Process) -> None:
        """Wait a while, and for a process that answers."""
        await trio.sleep(_PAUSE)
        if process.dead.is_set():
            await self._supervisor.serving()

    def _follow(self, operation: int) -> None:
        """Have somebody wait for the end of an operation, if nobody does."""
        if operation not in self._followed:
            self._followed.add(operation)
            self.waiting += 1
            self._tasks.start_soon(self._wait, operation)

    async def _wait(self, number: int) -> None:
        while True:
            process = await self._supervisor.serving()
            try:
                operation = await process.ended(number)
            except (Gone, StoreError):
                await trio.sleep(_PAUSE)
                continue
            at = trio.current_time()
            if operation is None:
                self._site.tell(Forgotten(at, process.number, number))
                break
            if operation.status.ended:
                self._site.tell(Ended(at, process.number, operation))
                break
            await trio.sleep(_PAUSE)
        self.waiting -= 1
