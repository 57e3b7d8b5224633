"""The event log is followed while the simulator writes it."""

import json
from pathlib import Path
from typing import Any

import pytest

from powerfsm.demo.sight import Sight


class Log:
    """A log that grows."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.write("")

    def write(self, text: str) -> None:
        """Append some bytes."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(text)

    def add(self, event: str, **fields: Any) -> None:
        """Append an event."""
        self.write(json.dumps({"t": 1.0, "node": "n1", "event": event} | fields) + "\n")


@pytest.fixture
def log(tmp_path: Path) -> Log:
    """An empty one."""
    return Log(tmp_path / "events.jsonl")


def test_half_a_line_is_taken_once_it_is_whole(log: Log) -> None:
    sight = Sight(log.path)
    line = json.dumps({"t": 1.0, "node": "n1", "event": "command", "command": "on", "session": 1}) + "\n"
    log.write(line[:20])
    assert sight.look() == []
    log.write(line[20:])
    assert [event["event"] for event in sight.look()] == ["command"]
    assert sight.look() == []
    assert sight.commands == 1


def test_sessions_are_counted_until_they_are_closed_whoever_closes_them(log: Log) -> None:
    sight = Sight(log.path)
    for session in (1, 2, 3):
        log.add("session-opened", session=session, user="admin")
    log.add("command", command="on", session=2, seq=5, duplicate=False)
    log.add("command", command="on", session=2, seq=5, duplicate=True)
    log.add("command", command="off", session=3, seq=5, duplicate=False)
    sight.look()
    assert (sight.open_sessions, sight.commanded_sessions, sight.commands) == (3, 2, 3)
    log.add("session-closed", session=2, by="other")
    log.add("session-closed", session=1, by="idle")
    sight.look()
    assert (sight.open_sessions, sight.commanded_sessions) == (1, 1)


def test_same_session_id_at_two_bmcs_is_two_sessions(log: Log) -> None:
    sight = Sight(log.path)
    log.add("session-opened", session=1)
    log.add("session-opened", session=1, node="n2")
    log.add("session-closed", session=1)
    sight.look()
    assert sight.open_sessions == 1
