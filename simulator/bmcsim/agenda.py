"""What is going to happen, in order: every delay in the simulator is an entry here.

One agenda serves a whole fleet, so a fleet needs one timer instead of one for each machine, session and
delayed datagram.  It never looks at a clock: whoever has one says `run(now)`.  Entries due at the same
instant happen in the order in which they were made, which keeps virtual time the same in every run.
"""

import math
from collections.abc import Callable
from heapq import heappop, heappush

Act = Callable[[float], object]
"""What is done, called with the instant for which it was set down."""


class Entry:
    """One thing to come."""

    __slots__ = ("_number", "act", "due")

    def __init__(self, due: float, number: int, act: Act) -> None:
        """Set `act` down for `due`; `number` orders entries of one instant."""
        self.due = due
        self._number = number
        self.act: Act | None = act

    def __lt__(self, other: "Entry") -> bool:
        """Compare by time, then by age."""
        return (self.due, self._number) < (other.due, other._number)

    def cancel(self) -> None:
        """Make it not happen; nothing where it already has."""
        self.act = None


class Agenda:
    """Entries by time.

    Attributes:
        on_sooner: Called with the new earliest time whenever that moves forward; for whoever sleeps until then.
    """

    __slots__ = ("_heap", "_made", "on_sooner")

    def __init__(self) -> None:
        """Start with nothing to come."""
        self._heap: list[Entry] = []
        self._made = 0
        self.on_sooner: Callable[[float], None] | None = None

    def at(self, due: float, act: Act) -> Entry:
        """Set `act` down for the time `due`; it happens in the first `run` that reaches it."""
        self._made += 1
        entry = Entry(due, self._made, act)
        heappush(self._heap, entry)
        if self._heap[0] is entry and self.on_sooner is not None:
            self.on_sooner(due)
        return entry

    @property
    def due(self) -> float:
        """When the next entry is due; infinity where there is none."""
        while self._heap and self._heap[0].act is None:
            heappop(self._heap)
        return self._heap[0].due if self._heap else math.inf

    def run(self, now: float) -> None:
        """Let everything happen that is due by `now`, also what that sets down in turn."""
        while self._heap and self._heap[0].due <= now:
            entry = heappop(self._heap)
            if entry.act is not None:
                act, entry.act = entry.act, None
                act(entry.due)
