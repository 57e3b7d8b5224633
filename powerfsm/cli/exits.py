"""What a command's exit code says, to scripts."""

from enum import IntEnum


class Exit(IntEnum):
    """How a command ended."""

    OK = 0
    """All was done (or, where a command does not wait: accepted)."""
    NOT_DONE = 1
    """Rightly asked, and not all done or well: failed, superseded, not ended in time, refused as things stand."""
    USAGE = 2
    """Wrongly asked: nothing was done, and nothing will be until it is asked otherwise."""
    NO_DAEMON = 3
    """No daemon answers, so nobody knows."""
    INTERRUPTED = 130
    """Ctrl-C (128 and the number of SIGINT, as shells count)."""


WRONGLY_ASKED = frozenset({400, 401, 403, 404, 405, 413, 422})
"""HTTP statuses that no repetition of the same command will change; other refusals depend on how things stand."""
