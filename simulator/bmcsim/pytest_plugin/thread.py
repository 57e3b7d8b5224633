"""A fleet that is served by a thread of its own, whatever the test beside it runs on.

A test may be plain code that blocks, or run on asyncio or trio; the code under test may block in a subprocess for
seconds.  The BMCs have to answer all the while, so they get a thread with an event loop of its own (trio's), which
nobody else shares:

    test's thread                            fleet's thread
    call(function)   ---- function ---->     runs it between two datagrams
                     <--- its result ---
    event(...)       ---- condition --->     looks at every event until it holds, or the time is up
                     <--- the event ----

Everything that a test asks goes over there and is done there, so no state of the fleet is ever touched by two
threads.  Only the log may be read from here: events are appended to it and never change.
"""

import asyncio
import math
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import TypeVar

import trio

from bmcsim.events import Event, MemoryLog
from bmcsim.fleet import Fleet
from bmcsim.serve import running
from bmcsim.sessions import Address

Result = TypeVar("Result")

_PATIENCE = 30.0
"""Seconds in which a thread that does nothing but answer datagrams has ended, on any machine."""


class Clock:
    """The machine's monotonic clock, in seconds, and what has been skipped since.

    Attributes:
        ahead: How many seconds have been skipped.
    """

    def __init__(self) -> None:
        """Skip nothing yet."""
        self.ahead = 0.0

    def __call__(self) -> float:
        """Return what time it is."""
        return time.monotonic() + self.ahead


class FleetThread:
    """Serves a fleet from its making until `close`.

    Attributes:
        fleet: The fleet.  It belongs to the thread: touch it in functions given to `call`, and nowhere else.
        log: Its log; may be read from any thread.
        clock: Its clock; the fleet has to have been made with it.
    """

    def __init__(
        self, fleet: Fleet, log: MemoryLog, clock: Clock, addresses: Mapping[str, Address], *, tls: bool = False
    ) -> None:
        """Bind each BMC to its address for IPMI and to a free port there for Redfish, and serve once that is done.

        URLs of Redfish begin with https where `tls` says so.

        Raises:
            CannotBindError: Some addresses cannot be bound; nothing is served.
        """
        self.fleet = fleet
        self.log = log
        self.clock = clock
        self._serve = partial(running, fleet, addresses, redfish=True, tls=tls)
        self._ready: Future[None] = Future()
        self._pending: set[Future[object]] = set()
        self._token: trio.lowlevel.TrioToken | None = None
        self._nursery: trio.Nursery | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="bmcsim", daemon=True)
        self._thread.start()
        self._ready.result()

    def call(self, function: Callable[[], Result]) -> Result:
        """Run `function` in the fleet's thread, after all that is due has happened; return what it returns.

        What it changes is in the log, and on its way to clients, when this returns.

        Raises:
            RuntimeError: The fleet is not served any more.
        """

        def now() -> Result:
            self.fleet.advance(self.fleet.clock())
            try:
                return function()
            finally:
                self.fleet.finish()

        if threading.current_thread() is self._thread:
            return now()
        future: Future[Result] = Future()
        self._hand_over(future, lambda: _settle(future, now))
        return future.result()

    def skip(self, seconds: float) -> None:
        """Have so much time pass for the fleet at once; whatever was due in it has happened when this returns.

        Raises:
            ValueError: Time does not go back.
            RuntimeError: The fleet is not served any more.
        """
        if not 0 <= seconds < math.inf:
            raise ValueError(f"cannot skip {seconds} s; it is a number of seconds from 0 on")

        def jump() -> None:
            self.clock.ahead += seconds
            now = self.clock()
            self.fleet.advance(now)
            # Something due now wakes the fleet's timer, which had counted on the clock as it was.
            self.fleet.at(now, lambda _: None)

        self.call(jump)

    def event(self, wanted: Callable[[Event], bool], patience: float, what: str) -> "Future[Event]":
        """Return the future of the first event, past or to come, that is `wanted`.

        It fails with TimeoutError, which tells `what` did not come, when `patience` seconds have passed.

        Raises:
            RuntimeError: The fleet is not served any more.
        """
        future: Future[Event] = Future()
        # A future that runs cannot be cancelled by whoever awaits it, so setting its result never fails.
        future.set_running_or_notify_cancel()

        async def watch() -> None:
            try:
                with trio.fail_after(patience):
                    future.set_result(await self.log.until(wanted))
            except trio.TooSlowError:
                future.set_exception(TimeoutError(f"{what} did not come within {patience:g} s"))

        def start() -> None:
            assert self._nursery is not None
            self._nursery.start_soon(watch)

        self._hand_over(future, start)
        return future

    def close(self) -> None:
        """Stop serving and free the ports; nothing where that has been done.

        Raises:
            RuntimeError: Serving ended before, by an error, which is the cause.
        """
        token, nursery = self._token, self._nursery
        if token is not None and nursery is not None:
            with suppress(trio.RunFinishedError):
                token.run_sync_soon(nursery.cancel_scope.cancel)
        self._thread.join(_PATIENCE)
        if self._thread.is_alive():
            raise RuntimeError("the thread of the simulated BMCs does not end")
        error, self._error = self._error, None
        if error is not None:
            raise RuntimeError(f"the simulated BMCs were not served to the end: {error}") from error

    def _run(self) -> None:
        """Be the thread."""
        try:
            trio.run(self._main)
        except BaseException as error:  # noqa: BLE001  raised again in the test's thread
            if self._ready.done():
                self._error = error
            else:
                self._ready.set_exception(error)
        for future in tuple(self._pending):
            if not future.done():
                future.set_exception(RuntimeError("the simulated BMCs are not served any more"))

    async def _main(self) -> None:
        async with self._serve(), trio.open_nursery() as nursery:
            self._token = trio.lowlevel.current_trio_token()
            self._nursery = nursery
            self._ready.set_result(None)
            await trio.sleep_forever()

    def _hand_over(self, future: "Future[Result]", function: Callable[[], object]) -> None:
        """Have `function` run in the thread; `future` fails where the thread ends before it has settled it."""
        kept: Future[object] = future  # type: ignore[assignment]  # only its end is of interest
        self._pending.add(kept)
        future.add_done_callback(lambda _: self._pending.discard(kept))
        assert self._token is not None
        try:
            self._token.run_sync_soon(function)
        except trio.RunFinishedError:
            self._pending.discard(kept)
            raise RuntimeError("the simulated BMCs are not served any more") from self._error


def _settle(future: "Future[Result]", function: Callable[[], Result]) -> None:
    """Run a function and have the future take what comes of it, an error too."""
    try:
        future.set_result(function())
    except BaseException as error:  # noqa: BLE001  raised again in the test's thread
        future.set_exception(error)


async def outcome(future: "Future[Result]") -> Result:
    """Wait for a future under whichever event loop this runs on: asyncio's or trio's.

    Raises:
        BaseException: Whatever the future fails with.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        token, settled = trio.lowlevel.current_trio_token(), trio.Event()
        future.add_done_callback(lambda _: _wake(token, settled))
        await settled.wait()
        return future.result()
    return await asyncio.wrap_future(future)


def _wake(token: trio.lowlevel.TrioToken, settled: trio.Event) -> None:
    """Set an event of another thread's trio, unless that has ended in the meantime."""
    with suppress(trio.RunFinishedError):
        token.run_sync_soon(settled.set)
