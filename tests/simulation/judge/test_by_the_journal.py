"""What the audit finds in the journal is held against the promise that it is about."""

import pytest

from powerfsm.audit import Check
from powerfsm.journal import Entry, Kind
from powerfsm.simulation.judge.by_the_journal import PROMISES
from tales import Tale

STARTED = Entry(1, 0.0, Kind.DAEMON, None, "started")
ADDED = Entry(2, 1.0, Kind.CONFIGURATION, "n", "added", generation=0, detail={"host": "192.0.2.0", "port": 623})


def test_every_check_is_about_a_promise() -> None:
    assert PROMISES.keys() == set(Check)
    assert set(PROMISES.values()) <= set(range(1, 11))


def test_a_journal_that_can_be_is_right() -> None:
    tale = Tale()
    tale.journal = [STARTED, ADDED]
    assert not tale.broken()


@pytest.mark.parametrize(
    ("entry", "promise"),
    [
        (Entry(4, 2.0, Kind.DAEMON, None, "ended"), 4),
        (Entry(3, 2.0, Kind.DAEMON, None, "exploded"), 7),
        (Entry(3, 2.0, Kind.TRANSITION, "n", "request", 1, 1, "unknown", "on", {"ask": "on"}), 3),
        (Entry(3, 2.0, Kind.OBSERVATION, "n", "read-on", generation=5), 4),
    ],
)
def test_what_cannot_be_breaks_its_promise(entry: Entry, promise: int) -> None:
    tale = Tale()
    tale.journal = [STARTED, ADDED, entry]
    assert tale.breaks(promise, f"entry {entry.seq} of the journal")
