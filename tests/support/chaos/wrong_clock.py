"""A wall clock that can be set for one process alone: libfaketime (Debian package `faketime`), preloaded.

The process's monotonic clock stays right, as it does where an operator or NTP steps the time of a machine.
"""

from functools import cache
from pathlib import Path

_LIBRARIES = Path("/usr/lib")


class WrongClock:
    """A clock that is right until it is set.

    Args:
        file: Where the process looks how wrong it is, at most a second after that was changed.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self.set(0)

    def set(self, seconds: int) -> None:
        """Have it be so many seconds ahead; behind, where that is less than zero."""
        draft = self._file.with_suffix(".draft")
        draft.write_text(f"{seconds:+d}\n", encoding="ascii")
        draft.replace(self._file)

    @property
    def variables(self) -> dict[str, str]:
        """What a process has to have in its environment."""
        library = _library()
        assert library is not None
        return {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",
            # The second is the name that older versions know.
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
            # Otherwise every wait for a lock spins, and a turn of a thread takes milliseconds.
            "FAKETIME_FORCE_MONOTONIC_FIX": "0",
            "NO_FAKE_STAT": "1",
        }


def no_wrong_clock() -> str | None:
    """Why there can be none here; None where there can."""
    return None if _library() else "libfaketime is not installed (Debian package faketime)"


@cache
def _library() -> Path | None:
    return next(iter(sorted(_LIBRARIES.glob("*/faketime/libfaketimeMT.so.1"))), None)
