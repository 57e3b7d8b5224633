"""How long ago something was, in few characters."""

from datetime import datetime


def age(then: datetime | None, now: datetime) -> str:
    """How long ago, in the largest unit of which there are at least two: `0s`, `119s`, `2m`, `5h`, `3d`."""
    if then is None:
        return "never"
    seconds = max(0, int((now - then).total_seconds()))
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if seconds >= 2 * size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
