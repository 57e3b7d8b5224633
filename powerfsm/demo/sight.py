"""What the simulator's event log says so far, read while it is being written."""

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Event = dict[str, Any]


class Sight:
    """A log that is followed; `look` takes in what is new.

    Attributes:
        commands: Power commands that BMCs have accepted.
        dropped: Datagrams that BMCs did not answer.
    """

    def __init__(self, log: Path) -> None:
        self._log = log
        self._place = 0
        self._sessions: dict[str, set[int]] = defaultdict(set)
        self._commanded: dict[str, set[int]] = defaultdict(set)
        self.commands = 0
        self.dropped = 0

    @property
    def open_sessions(self) -> int:
        """How many sessions BMCs hold open."""
        return sum(len(sessions) for sessions in self._sessions.values())

    @property
    def commanded_sessions(self) -> int:
        """How many of them have carried a power command."""
        return sum(len(sessions) for sessions in self._commanded.values())

    def look(self) -> list[Event]:
        """Take in what was written since the last look; whole lines only."""
        new = list(self._read())
        for event in new:
            self._take(event)
        return new

    def _read(self) -> Iterator[Event]:
        with self._log.open("rb") as file:
            file.seek(self._place)
            for line in file:
                if not line.endswith(b"\n"):
                    return
                self._place += len(line)
                yield json.loads(line)

    def _take(self, event: Event) -> None:
        node, session = event["node"], event.get("session", 0)
        match event["event"]:
            case "session-opened":
                self._sessions[node].add(session)
            case "session-closed":
                self._sessions[node].discard(session)
                self._commanded[node].discard(session)
            case "command":
                self.commands += 1
                self._commanded[node].add(session)
            case "dropped":
                self.dropped += 1
