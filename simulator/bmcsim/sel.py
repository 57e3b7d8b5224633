"""The system event log of a BMC (IPMI 2.0, chapters 31 and 32): records of 16 bytes, in a place that can be full.

When it is full nothing more is taken, as most BMCs have it, until it is cleared.  Its clock counts from the
simulation's zero until somebody sets it, and clients show such times as those of a clock that was never set.
"""

import struct
from typing import Final

RECORD: Final = 16
MOST: Final = 512
"""How many records fit."""

FIRST: Final = 0x0000
LAST: Final = 0xFFFF
"""Record ids that stand for the first and the last record (31.5)."""

_SYSTEM_EVENT = 0x02
_WITH_TIMESTAMP = 0xDF
_EVENT_REVISION = 0x04
_OWN_ADDRESS = 0x20
_NEVER = 0xFFFFFFFF

_HEAD = struct.Struct("<HBI")
_BODY = struct.Struct("<HBBBB3s")


class Sel:
    """The log of one BMC.

    Attributes:
        added: Time of the last addition, in seconds of the log's clock; FFFFFFFFh where there was none.
        erased: Time of the last clearing or deletion, likewise.
        overflow: A record was lost since the log became full.
        reservation: The reservation id that counts; 0 before the first.
    """

    __slots__ = ("_last_id", "_offset", "_records", "added", "erased", "overflow", "reservation")

    def __init__(self) -> None:
        """Start empty."""
        self._records = bytearray()
        self._last_id = 0
        self._offset = 0.0
        self.added = _NEVER
        self.erased = _NEVER
        self.overflow = False
        self.reservation = 0

    def __len__(self) -> int:
        """Return how many records there are."""
        return len(self._records) // RECORD

    @property
    def free(self) -> int:
        """How many more fit."""
        return MOST - len(self)

    def time(self, now: float) -> int:
        """Return what the log's clock says."""
        return int(now + self._offset) & 0xFFFFFFFF

    def set_time(self, seconds: int, now: float) -> None:
        """Set the log's clock, by rule to seconds since 1970."""
        self._offset = seconds - now

    def note(self, sensor_type: int, sensor: int, direction_and_type: int, data: bytes, now: float) -> None:
        """Add a record of the BMC's own (32.1); `data` is event data 1 to 3."""
        body = _BODY.pack(_OWN_ADDRESS, _EVENT_REVISION, sensor_type, sensor, direction_and_type, data)
        self.add(_HEAD.pack(0, _SYSTEM_EVENT, 0) + body, now)

    def add(self, record: bytes, now: float) -> int | None:
        """Add a record, with an id and, where its type has one, a time of the log's; None where it is full."""
        if not self.free:
            self.overflow = True
            return None
        self._last_id = self._last_id + 1 if self._last_id < LAST - 1 else 1
        kind = record[2]
        at = self.time(now)
        stamp = at.to_bytes(4, "little") if kind <= _WITH_TIMESTAMP else record[3:7]
        self._records += self._last_id.to_bytes(2, "little") + record[2:3] + stamp + record[7:RECORD]
        self.added = at
        return self._last_id

    def find(self, record_id: int) -> tuple[bytes, int] | None:
        """Return a record and the id of the next one, `LAST` where it is the last; None where there is none."""
        start = self._start(record_id)
        if start is None:
            return None
        after = start + RECORD
        following = self._id_at(after) if after < len(self._records) else LAST
        return bytes(self._records[start:after]), following

    def delete(self, record_id: int, now: float) -> int | None:
        """Delete a record and return its id; None where there is none."""
        start = self._start(record_id)
        if start is None:
            return None
        deleted = self._id_at(start)
        del self._records[start : start + RECORD]
        self.erased = self.time(now)
        self.overflow = False
        return deleted

    def clear(self, now: float) -> None:
        """Delete everything."""
        self._records.clear()
        self.erased = self.time(now)
        self.overflow = False

    def reserve(self) -> int:
        """Return a new reservation id; the one before counts no more."""
        self.reservation = self.reservation + 1 if self.reservation < 0xFFFF else 1
        return self.reservation

    def _id_at(self, start: int) -> int:
        return int.from_bytes(self._records[start : start + 2], "little")

    def _start(self, record_id: int) -> int | None:
        """Return where a record begins."""
        end = len(self._records)
        if not end:
            return None
        if record_id == FIRST:
            return 0
        if record_id == LAST:
            return end - RECORD
        return next((start for start in range(0, end, RECORD) if self._id_at(start) == record_id), None)
