"""The event log: what really happened, for a judge who trusts nobody else.

One JSON object a line, appended, in the order in which things happened:

    {"t":5120.25,"node":"n7","event":"power","to":"on","cause":"command","session":2684354561}

`t` is seconds on the machine's monotonic clock, so that other processes on the same machine can put their own
records beside it (in virtual time: trio's clock).  The events and their fields:

    started          power, host, port: the BMC serves; all sessions before it are dead
    session-opened   session, user
    session-closed   session, by: own | other | idle | crash
    bmc-reset        session: the BMC was told to restart, cold or warm
    command          command, session, seq, duplicate: a power command was accepted; over Redfish there is no
                     seq, and no session where it came with Basic authentication
    refused          what, code: a login or power command was refused; session where there is one
    dropped          reason: a datagram was not answered; session where it named one
    power            to: on | off, cause: command | latch | soft-off | operator | mains | system, session
    reset            cause, session: the machine was reset; `diagnostic` likewise
    request          method, path, status, session: a Redfish request was answered so
    fault            kind: lost | duplicated | delayed, way: in | out, delay: the network did it; or the name of a
                     fault of the catalogue, with the step at which it struck
    datagram         way: in | out, step, session, seq, netfn, cmd, data, code, length, peer: only where datagrams
                     are written down (`bmcsim.datagrams`)

What came in by Redfish has `door: redfish`; the numbers of its sessions are above 32 bits, those of IPMI below.

Nothing here ever leaves half a line behind.  A write that is cut short by SIGKILL is cut where the kernel
goes from one page of the file to the next, so no line crosses a page: where less than the longest line is left of
a page, the last line on it is filled up with blanks, which JSON ignores.
"""

import json
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import trio

Event = dict[str, Any]
"""One event as it stands in the log; `t`, `node` and `event` are always there."""

_PAGE = os.sysconf("SC_PAGE_SIZE")
_ROOM = 512
"""No line of ours is longer, in bytes."""

_encode = json.JSONEncoder(separators=(",", ":")).encode


class EventLog(ABC):
    """Somewhere to put events."""

    def add(self, t: float, node: str, event: str, **fields: object) -> None:
        """Note that at `t` seconds `event` happened to `node`; fields that are None are left out."""
        entry: Event = {"t": round(t, 6), "node": node, "event": event}
        for name, value in fields.items():
            if value is not None:
                entry[name] = value
        self.write(entry)

    @abstractmethod
    def write(self, entry: Event) -> None:
        """Take one event."""

    @abstractmethod
    def flush(self) -> None:
        """Make what was taken so far visible to readers."""

    @abstractmethod
    def close(self) -> None:
        """Flush, and take nothing more."""


class NoLog(EventLog):
    """Forgets everything."""

    def add(self, t: float, node: str, event: str, **fields: object) -> None:
        """Do nothing, at no cost."""

    def write(self, entry: Event) -> None:
        """Do nothing."""

    def flush(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


class MemoryLog(EventLog):
    """Keeps events in a list, for tests; `until` waits for one."""

    def __init__(self) -> None:
        """Start empty."""
        self.entries: list[Event] = []
        self._more = trio.Event()

    def __iter__(self) -> Iterator[Event]:
        """Iterate over what has happened so far."""
        return iter(tuple(self.entries))

    def write(self, entry: Event) -> None:
        """Keep it, and wake whoever waits."""
        self.entries.append(entry)
        self._more.set()
        self._more = trio.Event()

    def flush(self) -> None:
        """Do nothing: everything is visible at once."""

    def close(self) -> None:
        """Do nothing: what was kept stays."""

    def named(self, *events: str, node: str | None = None) -> list[Event]:
        """Return the events so far that have one of these names, of all nodes or of one."""
        return [e for e in self.entries if e["event"] in events and node in (None, e["node"])]

    async def until(self, wanted: Callable[[Event], bool]) -> Event:
        """Return the first event, past or to come, that is `wanted`."""
        seen = 0
        while True:
            while seen < len(self.entries):
                entry = self.entries[seen]
                seen += 1
                if wanted(entry):
                    return entry
            await self._more.wait()


class FileLog(EventLog):
    """Appends events to a file, whole lines only."""

    def __init__(self, path: Path) -> None:
        """Open or make the file.

        Raises:
            OSError: It cannot be written.
        """
        self._path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        self._size = os.fstat(self._file).st_size
        self._lines: list[bytes] = []
        # Somebody else's half line is ended here, where a reader can tell it from ours.
        if self._size and os.pread(self._file, 1, self._size - 1) != b"\n":
            self._size += os.write(self._file, b"\n")

    def write(self, entry: Event) -> None:
        """Take one event; `flush` writes it."""
        self._lines.append(_encode(entry).encode())

    def flush(self) -> None:
        """Write what was taken, in one write.

        Raises:
            OSError: The disk is full or gone; the file then ends at its last whole line.
        """
        if not self._lines:
            return
        batch, end = _paged(self._lines, self._size)
        self._lines = []
        written = 0
        try:
            while written < len(batch):
                written += os.write(self._file, batch[written:])
        except OSError as error:
            os.ftruncate(self._file, self._size + batch.rfind(b"\n", 0, written) + 1)
            error.filename = str(self._path)
            raise
        self._size = end

    def close(self) -> None:
        """Write what is left and close the file."""
        try:
            self.flush()
        finally:
            os.close(self._file)


def _paged(lines: list[bytes], size: int) -> tuple[bytes, int]:
    """Join `lines` for a file of `size` bytes so that none crosses a page; return them and the new size."""
    batch = bytearray()
    for line in lines:
        batch += line
        left = -(size + len(batch) + 1) % _PAGE
        if left < _ROOM:
            batch += b" " * left
        batch += b"\n"
    return bytes(batch), size + len(batch)
