"""One audit, from the first entry to the tables."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from time import perf_counter

from powerfsm.audit.auditor import Auditor
from powerfsm.audit.database import DatabaseJournal
from powerfsm.audit.export import ExportedJournal
from powerfsm.audit.findings import Finding, Row
from powerfsm.audit.tables import TableAudit
from powerfsm.spec import Spec

CONTEXT = 10
"""Entries that are shown with a finding, its own among them."""


@dataclass(slots=True)
class Found:
    """A finding, and the last entries of its node up to it."""

    finding: Finding
    context: list[Row]


@dataclass(slots=True)
class Outcome:
    """What came of an audit.

    Attributes:
        auditor: What it has read.
        found: What cannot be, in the order of the journal.
        seconds: How long it took.
        ended: It went to the end.
    """

    auditor: Auditor
    found: list[Found] = field(default_factory=list)
    seconds: float = 0.0
    ended: bool = False


class Audit:
    """Holds one journal, and the tables that it comes with, against a spec.

    Args:
        journal: The journal.
        spec: The declared machine.
        nodes: Only these, or None: all.
        go_on: Go on behind the first finding.

    Attributes:
        outcome: What came of it so far.
    """

    def __init__(
        self,
        journal: DatabaseJournal | ExportedJournal,
        spec: Spec,
        *,
        nodes: Collection[str] | None = None,
        go_on: bool = False,
    ) -> None:
        auditor = Auditor(spec, nodes, whole=isinstance(journal, DatabaseJournal))
        self.outcome = Outcome(auditor)
        self._journal = journal
        self._tables = TableAudit(auditor, journal.connection) if isinstance(journal, DatabaseJournal) else None
        self._go_on = go_on

    def run(self) -> Iterator[int]:
        """Read to the end, or to the first finding; gives the number of entries read, now and then.

        Raises:
            BadJournal: It is none.
            sqlite3.Error: The database cannot be read.
        """
        begun = perf_counter()
        for read in self._read():
            self.outcome.seconds = perf_counter() - begun
            yield read
        self.outcome.seconds = perf_counter() - begun

    def _read(self) -> Iterator[int]:
        auditor = self.outcome.auditor
        for page in self._journal.pages():
            if self._took(auditor.feed(page)):
                return
            if self._tables is None:
                auditor.replay.ended.clear()
            elif self._took(self._tables.ended()):
                return
            yield auditor.entries
        if self._tables is None or not self._took(self._tables.last()):
            self.outcome.ended = True

    def _took(self, findings: list[Finding]) -> bool:
        """Keep findings; whether that is all that is wanted."""
        for finding in findings if self._go_on else findings[:1]:
            context = self._journal.before(finding.seq, finding.node, CONTEXT)
            self.outcome.found.append(Found(finding, context))
        return bool(findings) and not self._go_on
