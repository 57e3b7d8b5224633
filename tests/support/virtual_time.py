"""Running a test in virtual time: sleeping costs nothing, and nothing hangs on the machine's speed.

pytest-trio takes a clock only from a test's own arguments, not from those of its fixtures.  A fixture that
wants virtual time for its tests therefore has them marked with `pytest.mark.trio(run=in_virtual_time)`.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import trio
import trio.testing

T = TypeVar("T")


def in_virtual_time(
    main: Callable[[], Awaitable[T]],
    *,
    clock: trio.abc.Clock | None = None,
    instruments: Sequence[trio.abc.Instrument] = (),
) -> T:
    """Run `main` as `trio.run` does, under a clock that jumps to the next deadline when all tasks wait."""
    clock = clock or trio.testing.MockClock(autojump_threshold=0)
    return trio.run(main, clock=clock, instruments=instruments)
