"""The date, as a BMC writes it.

A BMC has no battery for its clock: it counts from a date of its own.  So what it writes depends on nothing but
the time that the fleet is told.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

EPOCH: Final = datetime(2020, 1, 1, tzinfo=UTC)
"""What time it is at 0 s of the fleet's clock."""


def moment(now: float) -> str:
    """Write an instant of the fleet's clock as a Redfish date-time, to the second (DSP0266, 9.2)."""
    return (EPOCH + timedelta(seconds=int(now))).strftime("%Y-%m-%dT%H:%M:%SZ")
