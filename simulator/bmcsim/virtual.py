"""Virtual time in which the same seed gives the same run: hours in no time, byte for byte the same log.

    def test_a_night() -> None:
        log = MemoryLog()

        async def night() -> None:
            fleet = Fleet.of("n[1-10]", log=log, clock=trio.current_time, seed=7)
            async with in_memory(fleet) as network:
                ...
                await trio.sleep(8 * 3600)

        run(night, seed=7)

trio's `MockClock` jumps to the next deadline whenever every task waits.  That alone is not the same run twice:
trio lets tasks that are ready go on in random order.  It has two private names, made for Hypothesis, by which
the order comes from a seed; they are used here, for as long as `run` lasts, and refused where they are missing.
What else differs from process to process (hash seeds, the clock, `os.urandom`) a program has to leave alone;
`noise` gives clients bytes for their random numbers.
"""

import random
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import TypeVar

import trio
import trio.testing

from bmcsim.dice import Dice

T = TypeVar("T")

_SWITCH = "_ALLOW_DETERMINISTIC_SCHEDULING"
_RANDOM = "_r"
_one_at_a_time = threading.Lock()


class UnfitTrioError(RuntimeError):
    """This version of trio does not let anybody fix the order of its tasks."""


class BusyError(RuntimeError):
    """Another thread's tasks already have their order fixed; the switch is trio's, for all of a process."""


def scheduler() -> ModuleType:
    """Return the module of trio's scheduler.

    Raises:
        UnfitTrioError: It has not got what the order of tasks is fixed by.
    """
    module: ModuleType | None = getattr(getattr(trio, "_core", None), "_run", None)
    generator, switch = getattr(module, _RANDOM, None), getattr(module, _SWITCH, None)
    if module is None or not isinstance(generator, random.Random) or not isinstance(switch, bool):
        raise UnfitTrioError(
            f"trio {trio.__version__} has no trio._core._run.{_SWITCH} and {_RANDOM}, by which the order of tasks"
            " is fixed; install trio 0.35, or run without a seed"
        )
    return module


@contextmanager
def deterministic(seed: int) -> Iterator[None]:
    """Have the tasks of a `trio.run` in the block go on in an order that comes from `seed`; then as before.

    Raises:
        UnfitTrioError: trio does not allow it.
        BusyError: Another thread does so at this moment.
    """
    module = scheduler()
    if not _one_at_a_time.acquire(blocking=False):
        raise BusyError("only one thread of a process can run in virtual time with a seed; use processes")
    try:
        generator: random.Random = getattr(module, _RANDOM)
        before, state = getattr(module, _SWITCH), generator.getstate()
        setattr(module, _SWITCH, True)
        generator.seed(seed)
        try:
            yield
        finally:
            setattr(module, _SWITCH, before)
            generator.setstate(state)
    finally:
        _one_at_a_time.release()


def run(
    main: Callable[[], Awaitable[T]],
    *,
    seed: int = 0,
    clock: trio.abc.Clock | None = None,
    instruments: Sequence[trio.abc.Instrument] = (),
) -> T:
    """Run `main` as `trio.run` does, in virtual time that starts at 0, in the order that `seed` gives.

    Args:
        main: An async function without arguments.
        seed: The same seed gives the same run.
        clock: Another clock than a `MockClock` that jumps whenever every task waits.
        instruments: Of `trio.run`.

    Raises:
        UnfitTrioError: trio does not allow it.
        BusyError: Another thread does so at this moment.
    """
    with deterministic(seed):
        return trio.run(main, clock=clock or trio.testing.MockClock(autojump_threshold=0), instruments=instruments)


def noise(seed: int, name: str = "client") -> Callable[[int], bytes]:
    """Return what stands in for `os.urandom` in a client: up to 64 bytes at a time, from the seed."""
    return Dice(seed, name, "noise").bytes
