"""Promise 7: nothing is dropped.  Every operation ends once, with a reason; every request is answered or
refused.

A failure names its node.  Nobody is told that his operation is not known.  A process does not end by itself,
nor does it refuse for its disk, unless its disk is ill, or was a moment ago.  What the daemon itself finds
wrong with itself is a violation.
"""

from typing import Final

from powerfsm.operation import Operation, Status
from powerfsm.simulation.judge.promise import Promise, Scene
from powerfsm.simulation.plan import Ill, Stop
from powerfsm.simulation.record import (
    Alarm,
    Answered,
    Asked,
    Committed,
    Did,
    Died,
    End,
    Ended,
    Forgotten,
    Record,
    Unanswered,
)

_AFTERWARDS: Final = 60.0
"""Seconds for which a disk may be the reason after it is well again."""

_REASONS: Final = frozenset({"gone", "shuttingdown", "toomany", "storeunavailable", "storeunwritable"})
"""For which a request of ours can be refused, or go unanswered; all of our requests make sense."""


class NoSilence(Promise):
    """See above."""

    number = 7

    def __init__(self, scene: Scene) -> None:
        """Look at `scene`."""
        super().__init__(scene)
        self._ill_until = float("-inf")
        self._stopping = False
        self._open: dict[int, Asked] = {}
        self._again: dict[int, Asked] = {}
        self._ends: dict[int, tuple[Status, str | None]] = {}

    def asked(self, happening: Asked) -> None:
        self._open[happening.number] = happening
        self._again.pop(happening.number, None)

    def answered(self, happening: Answered) -> None:
        del self._open[happening.number]

    def unanswered(self, happening: Unanswered) -> None:
        asked = self._open.pop(happening.number)
        if not happening.last:
            self._again[happening.number] = asked
        about = f"request {happening.number} ({asked.ask} of {', '.join(asked.nodes[:3])})"
        if happening.why not in _REASONS:
            self.break_(happening.at, None, f"{about} was refused as {happening.why}: {happening.told}")
        elif happening.why != "gone" and not happening.told:
            self.break_(
                happening.at, None, f"{about} was refused as {happening.why}, without a word of what to do"
            )
        elif happening.why.startswith("store") and not self._ill(happening.at) and not self._stopping:
            self.break_(happening.at, None, f"{about} was refused while the disk is well: {happening.told}")

    def committed(self, happening: Committed) -> None:
        for step in self.disk.operation_steps:
            before, after = step.before, step.after
            if before is not None and before.status.ended and _end(before) != _end(after):
                self.break_(
                    happening.at,
                    after.node,
                    f"operation {after.id} ({after.ask}) had ended {before.status}, and is now {after.status}",
                )
            elif after.status.ended:
                self._ends[after.id] = _end(after)
                self._explained(happening.at, after)

    def ended(self, happening: Ended) -> None:
        operation = happening.operation
        known = self._ends.setdefault(operation.id, _end(operation))
        if known != _end(operation):
            self.break_(
                happening.at,
                operation.node,
                f"operation {operation.id} was told to have ended as {_end(operation)}, and on disk as {known}",
            )

    def forgotten(self, happening: Forgotten) -> None:
        self.break_(happening.at, None, f"operation {happening.operation} was answered, and is not known any more")

    def died(self, happening: Died) -> None:
        self._stopping = False
        if happening.how is End.FAILED and not self._ill(happening.at):
            why = happening.why.strip().splitlines()
            self.break_(
                happening.at, None, f"process {happening.process} failed by itself: {why[-1] if why else 'untold'}"
            )

    def alarm(self, happening: Alarm) -> None:
        self.break_(happening.at, None, f"process {happening.process} noticed: {happening.told}")

    def did(self, happening: Did) -> None:
        deed = happening.deed
        if isinstance(deed, Ill):
            self._ill_until = max(self._ill_until, happening.at + deed.seconds)
        elif isinstance(deed, Stop):
            self._stopping = True

    def end(self, record: Record) -> None:
        at = record.story[-1].at if record.story else 0.0
        for asked in self._open.values():
            self.break_(at, None, f"request {asked.number}, attempt {asked.attempt}, was never answered")
        for asked in self._again.values():
            self.break_(at, None, f"request {asked.number} was never answered: {asked.by} has to ask on")
        for operation in record.operations.values():
            if not operation.status.ended:
                self.break_(
                    at,
                    operation.node,
                    f"operation {operation.id} ({operation.ask}) never ended: {operation.status}",
                )
            elif operation.id in self._ends and self._ends[operation.id] != _end(operation):
                self.break_(
                    at,
                    operation.node,
                    f"operation {operation.id} ended as {_end(operation)}, and before as"
                    f" {self._ends[operation.id]}",
                )
            else:
                self._explained(at, operation)

    def _explained(self, at: float, operation: Operation) -> None:
        reason = operation.reason or ""
        if not reason or operation.ended_at is None:
            self.break_(
                at, operation.node, f"operation {operation.id} ended {operation.status} without reason or time"
            )
        elif operation.status is Status.FAILED and operation.node not in reason:
            self.break_(
                at, operation.node, f"operation {operation.id} failed, and does not say of which node: {reason}"
            )
        elif operation.status is Status.FAILED and "defect" in reason:
            self.break_(at, operation.node, f"operation {operation.id} failed by a defect: {reason}")

    def _ill(self, at: float) -> bool:
        return at <= self._ill_until + _AFTERWARDS


def _end(operation: Operation) -> tuple[Status, str | None]:
    return operation.status, operation.reason
