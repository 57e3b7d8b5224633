"""The clock of record of a simulation: people and time servers may set it, while trio's clock goes on."""

import trio

EPOCH = 1_700_000_000.0
"""What it shows at the beginning, in seconds since 1970: some time in 2023, the same for every run."""


class Clock:
    """What `time.time` is to the daemon.

    Attributes:
        offset: By how many seconds it has been set ahead; negative behind.
    """

    def __init__(self) -> None:
        """Be right."""
        self.offset = 0.0

    def now(self) -> float:
        """Seconds since the epoch, as the clock has them; call it inside of trio."""
        return EPOCH + trio.current_time() + self.offset
