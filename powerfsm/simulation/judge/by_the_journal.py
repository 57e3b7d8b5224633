"""The audit of the journal, as it is on disk in the end: every step is one that the declared machine allows.

What the audit finds is held against the promise that it is about; `powerfsm.audit` says what it looks at.
"""

from typing import Final

from powerfsm.audit import Auditor, Check, Row
from powerfsm.journal import Entry
from powerfsm.simulation.judge.promise import Promise, Scene
from powerfsm.simulation.judge.violation import Violation
from powerfsm.simulation.record import Committed, Record

PROMISES: Final = {
    Check.WORDS: 7,
    Check.SEQUENCE: 4,
    Check.RECOVERY: 5,
    Check.END: 4,
    Check.FLEET: 2,
    Check.CHAIN: 4,
    Check.STEP: 3,
    Check.DEFECT: 7,
    Check.GENERATION: 4,
    Check.OPERATION: 7,
    Check.REPORT: 6,
    Check.PHASE: 1,
    Check.COMMAND: 1,
    Check.ONCE: 8,
    Check.READING: 6,
    Check.SESSION: 8,
    Check.TABLE: 4,
}
"""Which promise is broken where something is found by a check."""


class ByTheJournal(Promise):
    """See above; what it finds is of several promises."""

    number = 7

    def __init__(self, scene: Scene) -> None:
        """Look at `scene`."""
        super().__init__(scene)
        self._at: dict[int, float] = {}

    def committed(self, happening: Committed) -> None:
        for entry in happening.journal[:1]:
            self._at[entry.seq] = happening.at

    def end(self, record: Record) -> None:
        auditor = Auditor(self.scene.spec, whole=True)
        for finding in auditor.feed(_row(entry) for entry in record.journal):
            what = (
                f"entry {finding.seq} of the journal: {finding.found}; the spec allows {finding.allowed}"
                f" (check `{finding.check}`)"
            )
            self.found.append(Violation(PROMISES[finding.check], self._when(finding.seq), finding.node, what))

    def _when(self, seq: int) -> float:
        """When an entry became durable, as far as that was seen."""
        return max((at for first, at in self._at.items() if first <= seq), default=0.0)


def _row(entry: Entry) -> Row:
    return (
        entry.seq,
        entry.at,
        str(entry.kind),
        entry.node,
        entry.event,
        entry.operation,
        entry.generation,
        entry.before,
        entry.after,
        dict(entry.detail),
    )
