"""Processes that play plans beside each other: one that crashes, hangs or dies takes no other with it.

Every plan is played in a process of such a crew, also where it is only one: Ctrl-C then ends it whatever it is at,
and what is played alone is played as in a campaign.
"""

import math
import multiprocessing
import signal
import time
import traceback
from collections.abc import Callable, Generator, Iterable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from powerfsm.simulation.plan import Plan
from powerfsm.simulation.play import Progress
from powerfsm.simulation.played import Played, examine

_GRACE = 1.0
"""Seconds in which a process whose pipe is closed may end by itself."""


class Examine(Protocol):
    """Plays a plan and judges it (`powerfsm.simulation.played.examine`)."""

    def __call__(self, plan: Plan, *, log: Path | None, progress: Progress | None) -> Played: ...


@dataclass(frozen=True, slots=True)
class Task:
    """Something to play.

    Attributes:
        number: By which its outcome is known; a seed, where it is one.
        plan: The plan, or what draws it; that is done by the process that plays it.
        log: Where to leave the record, or None.
    """

    number: int
    plan: Plan | Callable[[], Plan]
    log: Path | None = None


class Trouble(StrEnum):
    """Why a simulation did not come to its end."""

    CRASHED = "crashed"
    """It raised an exception: a defect of the simulation, or of the daemon outside of what is simulated."""
    TOO_SLOW = "too slow"
    DIED = "died"
    """Its process did."""


@dataclass(frozen=True, slots=True)
class Lost:
    """A simulation that did not come to its end.

    Attributes:
        trouble: Why.
        what: The kind of error, where it crashed; else how it ended, in words.
        told: The traceback, or nothing.
        wall: Seconds until then.
    """

    trouble: Trouble
    what: str
    told: str
    wall: float


@dataclass(frozen=True, slots=True)
class Beat:
    """A simulation goes on.

    Attributes:
        number: Of its task.
        at: How far virtual time has come.
    """

    number: int
    at: float


@dataclass(frozen=True, slots=True)
class Done:
    """A task is done.

    Attributes:
        task: Which.
        outcome: What came of it.
    """

    task: Task
    outcome: Played | Lost


class Crew:
    """Processes that play plans; use it as a context manager, which ends them."""

    def __init__(self, size: int, *, limit: float, examine: Examine = examine) -> None:
        """Have a crew.

        Args:
            size: How many processes, at least 1.
            limit: Wall-clock seconds after which a simulation is given up.
            examine: What they do with each plan; has to be importable by name.
        """
        self._size = size
        self._limit = limit
        self._examine = examine
        # Forked from a process that has loaded everything and has no threads: one that is lost is soon replaced.
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([__name__])
        self._workers: list[_Worker] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.end(_GRACE)
        self._workers = []

    def play(self, tasks: Iterable[Task]) -> Generator[Beat | Done]:
        """Play tasks, each as soon as a process is free, in their order; tell what comes of them as it comes.

        Where the iteration is given up, so is what is being played.
        """
        waiting = iter(tasks)
        try:
            more = True
            while True:
                while more and (worker := self._idle()) is not None:
                    task = next(waiting, None)
                    if task is None:
                        more = False
                    else:
                        worker.begin(task)
                busy = [worker for worker in self._workers if worker.task is not None]
                if not busy:
                    return
                least = max(0.0, min(worker.left() for worker in busy))
                wait([worker.pipe for worker in busy], None if math.isinf(least) else least)
                for worker in busy:
                    yield from self._news(worker)
        finally:
            for worker in [worker for worker in self._workers if worker.task is not None]:
                self._give_up(worker)

    def _idle(self) -> "_Worker | None":
        for worker in self._workers:
            if worker.task is None:
                return worker
        if len(self._workers) < self._size:
            self._workers.append(_Worker(self._context.Process, self._context.Pipe, self._examine, self._limit))
            return self._workers[-1]
        return None

    def _give_up(self, worker: "_Worker", grace: float = 0.0) -> None:
        worker.end(grace)
        self._workers.remove(worker)

    def _news(self, worker: "_Worker") -> Generator[Beat | Done]:
        while (task := worker.task) is not None and worker.pipe.poll():
            try:
                news = worker.pipe.recv()
            except (EOFError, OSError):
                self._give_up(worker, _GRACE)
                yield Done(task, Lost(Trouble.DIED, f"its process {worker.fate()}", "", worker.age()))
                return
            if news is None:
                worker.has_begun()
            elif isinstance(news, float):
                yield Beat(task.number, news)
            else:
                worker.task = None
                yield Done(task, news)
        if task is not None and worker.left() <= 0:
            self._give_up(worker)
            what = f"given up after {self._limit:g} s"
            yield Done(task, Lost(Trouble.TOO_SLOW, what, "", worker.age()))


class _Worker:
    """One process, and what it is at."""

    def __init__(
        self,
        process: Callable[..., ForkServerProcess],
        pipe: Callable[[], tuple[Connection, Connection]],
        examine: Examine,
        limit: float,
    ) -> None:
        self.pipe, theirs = pipe()
        self.task: Task | None = None
        self._limit = limit
        self._began: float | None = None
        self._process = process(target=_work, args=(theirs, examine), name="powerfsm simulate", daemon=True)
        self._process.start()
        theirs.close()

    def begin(self, task: Task) -> None:
        """Have it play."""
        self.task = task
        self._began = None
        # One that died meanwhile is found out by reading.
        with suppress(BrokenPipeError):
            self.pipe.send(task)

    def has_begun(self) -> None:
        """It has come up, and has begun."""
        self._began = time.monotonic()

    def age(self) -> float:
        """Seconds since it began."""
        return 0.0 if self._began is None else time.monotonic() - self._began

    def left(self) -> float:
        """Seconds until it is given up; that it comes up is awaited in any case."""
        return math.inf if self._began is None else self._limit - self.age()

    def fate(self) -> str:
        """How it ended, once it has."""
        code = self._process.exitcode or 0
        return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"

    def end(self, grace: float = 0.0) -> None:
        """End it: after some seconds in which it may end by itself, whatever it is at."""
        self.pipe.close()
        self._process.join(grace)
        self._process.kill()
        self._process.join()


def _work(pipe: Connection, examine: Examine) -> None:
    """Play what comes over the pipe, until it is closed."""
    # Ctrl-C is for the one who has started us, who ends us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            task: Task = pipe.recv()
            pipe.send(None)
            began = time.monotonic()
            outcome: Played | Lost
            try:
                plan = task.plan if isinstance(task.plan, Plan) else task.plan()
                outcome = examine(plan, log=task.log, progress=pipe.send)
            except Exception as error:  # noqa: BLE001  whatever it is, it is the outcome
                told = "".join(traceback.format_exception(error))
                outcome = Lost(Trouble.CRASHED, _kind(error), told, time.monotonic() - began)
            pipe.send(outcome)


def _kind(error: BaseException) -> str:
    """What kind of error it is, and where it was raised: the same for the same defect."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    frames = traceback.extract_tb(error.__traceback__)
    where = f" in {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"
