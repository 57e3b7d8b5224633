"""Counting what happens: a log that passes everything on and keeps the sums.

Metrics and the live view are made of these counts; they are of what the log says, and so agree with it.
"""

from collections import Counter, deque
from collections.abc import Iterator

import trio

from bmcsim.events import Event, EventLog

_KEPT = 10_000


class Tally(EventLog):
    """A log in front of another one.

    Attributes:
        sessions: How many sessions are open.
        opened: How many were opened so far.
        commands: Power commands that were accepted, by what they were.
        refused: Logins and power commands that were refused, by what for.
        faults: Faults that struck, by kind.
        dropped: Datagrams that got no answer, by why.
        changes: Changes of power, by cause.
        requests: Redfish requests that were answered, by status.
        number: How many events there were so far; that of the last one.
    """

    def __init__(self, behind: EventLog, kept: int = _KEPT) -> None:
        """Count what goes to `behind`, and keep the last so many events for whoever follows them."""
        self._behind = behind
        self._recent: deque[Event] = deque(maxlen=kept)
        self._more = trio.Event()
        self.sessions = 0
        self.opened = 0
        self.commands: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.dropped: Counter[str] = Counter()
        self.changes: Counter[str] = Counter()
        self.requests: Counter[str] = Counter()
        self.number = 0

    def write(self, entry: Event) -> None:
        """Take one event, count it and pass it on."""
        self.number += 1
        self._recent.append(entry)
        self._count(entry)
        self._behind.write(entry)

    def flush(self) -> None:
        """Make what was taken so far visible to readers, and wake whoever follows."""
        self._behind.flush()
        if self._more.statistics().tasks_waiting:
            self._more.set()
            self._more = trio.Event()

    def close(self) -> None:
        """Close the log behind."""
        self._behind.close()

    def since(self, number: int) -> Iterator[tuple[int, Event]]:
        """Yield the events after the one with this number, as far back as they are kept, with their numbers."""
        first = self.number - len(self._recent)
        skipped = max(number - first, 0)
        for offset in range(skipped, len(self._recent)):
            yield first + offset + 1, self._recent[offset]

    async def more(self, number: int) -> None:
        """Wait until there is an event after the one with this number."""
        while self.number <= number:
            await self._more.wait()

    def _count(self, entry: Event) -> None:
        event = entry["event"]
        if event == "session-opened":
            self.sessions += 1
            self.opened += 1
        elif event == "session-closed":
            self.sessions -= 1
        elif event == "command":
            self.commands[entry["command"]] += 1
        elif event == "fault":
            self.faults[entry["kind"]] += 1
        elif event == "refused":
            self.refused[entry["what"]] += 1
        elif event == "dropped":
            self.dropped[entry["reason"]] += 1
        elif event == "request":
            self.requests[str(entry.get("status", ""))] += 1
        elif event == "power":
            self.changes[entry["cause"]] += 1
