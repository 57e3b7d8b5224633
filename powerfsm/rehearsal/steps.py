"""The steps of both machines: those that the trace has, held against those that the journal tells.

Each machine of each node is a party of its own.  Its steps have to come in the trace's order; whether they are
told before or after what caused them is not looked at.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from powerfsm.journal import Entry, Kind
from powerfsm.model.trace import DriveStep, NodeStep

Step = NodeStep | DriveStep

SWEPT = frozenset({"read-on", "read-off"})
"""Events of the machine `node` that the sweep tells."""

_KINDS: Mapping[Kind, type[Step]] = {Kind.TRANSITION: NodeStep, Kind.PHASE: DriveStep}


@dataclass(slots=True)
class Party:
    """One machine of one node.

    Attributes:
        due: Steps that the trace has and the journal does not tell yet.
        told: Steps that the journal tells and the trace does not have yet.
    """

    due: deque[Step] = field(default_factory=deque)
    told: deque[Entry] = field(default_factory=deque)

    def match(self) -> tuple[Step, Entry] | None:
        """Take off what is in both; return the first pair that differs, or None."""
        while self.due and self.told:
            step, entry = self.due[0], self.told[0]
            if (step.before, step.event, step.after) != (entry.before, entry.event, entry.after or entry.before):
                return step, entry
            self.due.popleft()
            self.told.popleft()
        return None


class Steps:
    """All parties."""

    def __init__(self) -> None:
        """Begin with no steps."""
        self._parties: dict[tuple[str, type[Step]], Party] = {}

    def party(self, node: str, kind: type[Step]) -> Party:
        """One machine of a node."""
        return self._parties.setdefault((node, kind), Party())

    def hear(self, entries: Sequence[Entry]) -> None:
        """Take what was committed to the journal."""
        for entry in entries:
            kind = _KINDS.get(entry.kind)
            if kind is not None and entry.node is not None and not _overtaken(entry):
                self.party(entry.node, kind).told.append(entry)

    def match(self) -> tuple[Step, Entry] | None:
        """Match every party; return the first pair that differs, or None."""
        found = (party.match() for party in self._parties.values())
        return next((pair for pair in found if pair is not None), None)

    def due(self) -> Step | None:
        """The oldest step that is due, or None."""
        return min((party.due[0] for party in self._parties.values() if party.due), key=_line, default=None)

    def lose_drives(self) -> None:
        """Forget what actions did that the trace does not have: the process is dead."""
        for (_, kind), party in self._parties.items():
            if kind is DriveStep:
                party.told.clear()


def _overtaken(entry: Entry) -> bool:
    """Whether it is a reading of the sweep that came to nothing, as the node is driven by now."""
    return entry.event in SWEPT and "ignored" in entry.detail


def _line(step: Step) -> int:
    return step.line
