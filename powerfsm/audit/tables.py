"""The tables of a database against its journal: what the last entry leaves must be what the tables hold.

An operation that has ended never changes again, so its row is looked at as soon as the journal has told of its
end, and need not be remembered.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from powerfsm.audit.auditor import Auditor
from powerfsm.audit.findings import Check, Finding
from powerfsm.audit.track import Begun, Track

_AT_ONCE = 500
"""Rows asked for in one statement."""

_OPERATION = (
    "node",
    "ask",
    "generation",
    "status",
    "asked_at",
    "asked_by",
    "leg",
    "commanded",
    "reason",
    "ended_at",
)
_NODE = (
    "host",
    "port",
    "ranking",
    "drift",
    "state",
    "desired",
    "generation",
    "observed",
    "observed_at",
    "drifted",
    "in_play",
    "waiting",
    "trouble",
)


class TableAudit:
    """Holds the tables of one snapshot against what an auditor has read of its journal."""

    def __init__(self, auditor: Auditor, connection: sqlite3.Connection) -> None:
        self._auditor = auditor
        self._connection = connection
        connection.row_factory = None

    def ended(self) -> list[Finding]:
        """The rows of operations that have ended since this was last called."""
        ended, self._auditor.replay.ended = self._auditor.replay.ended, []
        found: list[Finding] = []
        for start in range(0, len(ended), _AT_ONCE):
            found += self._operations(ended[start : start + _AT_ONCE])
        return found

    def last(self) -> list[Finding]:
        """All that the journal leaves at its end."""
        auditor = self._auditor
        whole = [track for track in auditor.tracks.values() if track.whole]
        found = self.ended()
        under_way = [each for track in whole for each in (track.in_play, track.waiting) if each is not None]
        for start in range(0, len(under_way), _AT_ONCE):
            found += self._operations(under_way[start : start + _AT_ONCE])
        found += self._nodes({track.name: track for track in whole})
        found += self._sessions({track.name: track for track in whole})
        if auditor.replay.exact:
            found += self._counts()
        return found

    def _operations(self, expected: Sequence[Begun]) -> Iterator[Finding]:
        marks = ", ".join("?" * len(expected))
        columns = ", ".join(_OPERATION)
        question = f"SELECT id, {columns} FROM operation WHERE id IN ({marks})"  # noqa: S608  (no input in it)
        rows = {row[0]: row[1:] for row in self._connection.execute(question, [each.id for each in expected])}
        for each in expected:
            row = rows.get(each.id)
            if row is None:
                yield self._finding(
                    each.node, f"table operation has no row {each.id}", f"one, which is {each.status}"
                )
                continue
            yield from self._differences(each.node, f"operation {each.id}", _OPERATION, row, _of_operation(each))

    def _nodes(self, tracks: Mapping[str, Track]) -> Iterator[Finding]:
        auditor, left = self._auditor, dict(tracks)
        question = f"SELECT name, {', '.join(_NODE)} FROM node"  # noqa: S608  (nor here)
        for name, *row in self._connection.execute(question):
            track = left.pop(name, None)
            if track is not None:
                yield from self._differences(name, "node", _NODE, row, _of_node(track))
                if not auditor.steps.mask(row[2], row[3]) & track.policies:
                    yield self._finding(
                        name,
                        f"table node has ranking {row[2]} and drift {row[3]}",
                        "a policy that it has acted by",
                    )
            elif name not in auditor.tracks and auditor.replay.exact:
                yield self._finding(name, "table node has a row of this name", "none: it is not in the journal")
        for name in left:
            yield self._finding(name, "table node has no row of this name", "one: it was added and not removed")

    def _sessions(self, tracks: Mapping[str, Track]) -> Iterator[Finding]:
        held: dict[str, dict[int, str | None]] = {}
        for name, number, command in self._connection.execute("SELECT node, id, command FROM session"):
            held.setdefault(name, {})[number] = command
        for name, track in tracks.items():
            if held.pop(name, {}) != track.sessions:
                shown = ", ".join(f"{n} for {c or 'a reading'}" for n, c in track.sessions.items()) or "none"
                yield self._finding(name, "table session has other sessions of it on record", shown)
        for name in held:
            if name not in self._auditor.tracks and self._auditor.replay.exact:
                yield self._finding(name, "table session has sessions of it", "none: there is no such node")

    def _counts(self) -> Iterator[Finding]:
        auditor = self._auditor
        count, most = self._connection.execute("SELECT count(*), max(id) FROM operation").fetchone()
        if (count, most or 0) != (auditor.replay.begun, auditor.replay.last_operation):
            yield self._finding(
                None,
                f"table operation has {count} rows, up to number {most or 0}",
                f"{auditor.replay.begun} rows, up to number {auditor.replay.last_operation}",
            )

    def _differences(
        self, node: str, what: str, columns: Sequence[str], row: Sequence[Any], expected: Mapping[str, object]
    ) -> Iterator[Finding]:
        table = what.partition(" ")[0]
        for column, value in zip(columns, row, strict=True):
            due = expected.get(column, _ANY)
            if due is not _ANY and (value not in due if isinstance(due, frozenset) else value != due):
                shown = " or ".join(sorted(map(str, due))) if isinstance(due, frozenset) else due
                yield self._finding(node, f"table {table}, {what}: {column} is {value!r}", repr(shown))

    def _finding(self, node: str | None, found: str, allowed: str) -> Finding:
        self._auditor.told += 1
        return Finding(Check.TABLE, max(self._auditor.seq, 0), node, found, allowed)


_ANY = object()


def _of_operation(each: Begun) -> dict[str, object]:
    return {
        "node": each.node,
        "ask": each.ask.value,
        "generation": each.generation,
        "status": each.status,
        "asked_at": each.asked_at,
        "asked_by": each.asked_by,
        "leg": each.leg,
        "commanded": each.spent,
        # Why one was superseded is not told in the journal, which tells by what.
        "reason": _ANY if each.status == "superseded" else each.reason,
        "ended_at": each.ended_at,
    }


def _of_node(track: Track) -> dict[str, object]:
    host, port = track.address or (_ANY, _ANY)
    return {
        "host": host,
        "port": port,
        "state": track.state,
        "desired": None if track.desired is None else str(track.desired),
        "generation": track.generation,
        "observed": track.observed,
        "observed_at": track.observed_at,
        "drifted": track.drifted,
        "in_play": None if track.in_play is None else track.in_play.id,
        "waiting": None if track.waiting is None else track.waiting.id,
        "trouble": track.trouble,
    }
