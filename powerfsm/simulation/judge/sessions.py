"""Promise 8, of sessions: one per BMC, closed on every exit, cancel and crash included.

As the BMC's log has it.  Where a session is opened beside another one of ours, the other is one that a dead
process has left, or that we have asked to close without being answered.  At its end in order a process has
asked to close every session that it has used.  A command is sent only when no earlier session that carried one
can still be open.  In the end none is open.

Let through: sessions that were never used.  Their login may not have come to its end for us, so that nobody
knows of them; the BMC drops them when they are idle.
"""

from powerfsm.operation import Status
from powerfsm.simulation.judge.bmcs import Order, Session
from powerfsm.simulation.judge.promise import Promise, Scene
from powerfsm.simulation.record import Died, End, Record, Seen, Sent


class OneSession(Promise):
    """See above."""

    number = 8

    def __init__(self, scene: Scene) -> None:
        """Look at `scene`."""
        super().__init__(scene)
        self._unclosed: dict[Session, None] = {}
        self._beside: dict[Session, list[Session]] = {}

    def seen(self, _: Seen) -> None:
        opened = self.bmcs.opened
        if opened is None:
            return
        self._unclosed[opened] = None
        self._beside[opened] = [
            other
            for other in self.bmcs[opened.node].live
            if other is not opened and other.used and not other.close_sent and other.process == opened.process
        ]

    def sent(self, happening: Sent) -> None:
        if happening.what == "close":
            for session in self.bmcs[happening.node].sessions.get(happening.session, ()):
                if session.close_sent:
                    self._unclosed.pop(session, None)
        self._use(happening)
        begun, before = self.bmcs.begun, self.bmcs.previous
        if begun is None or before is None or before.session is begun.session:
            return
        # One that was not answered is a matter of promise 1, one that was cancelled of promise 3.
        if not before.answered or before.process != begun.process or self._superseded(before):
            return
        if not before.session.over(self.times, begun.at):
            self.break_(
                happening.at,
                happening.node,
                f"{begun.what} was sent in session {begun.session.id}, and session {before.session.id},"
                f" which carried"
                f" {before.what}, is neither fenced nor quarantined",
            )

    def _use(self, happening: Sent) -> None:
        """Tell of a session that was opened beside others, once it is used: nobody may know of it until then.

        The login of a process that has died may come late, and opens a session that nobody ever uses.
        """
        for session in self.bmcs[happening.node].sessions.get(happening.carrier, ()):
            for other in self._beside.pop(session, ()):
                self.break_(
                    session.opened_at,
                    session.node,
                    f"session {session.id} was opened beside {other.id}, open since {other.opened_at:.3f} s, which"
                    f" process {other.process} has not asked to close",
                )

    def _superseded(self, order: Order) -> bool:
        return order.operation is not None and self.disk.operations[order.operation.id].status is Status.SUPERSEDED

    def died(self, happening: Died) -> None:
        left, self._unclosed = self._unclosed, {}
        if happening.how is not End.STOPPED:
            return
        for session in left:
            if session.used and session.process == happening.process:
                self.break_(
                    happening.at,
                    session.node,
                    f"process {happening.process} ended in order, and never asked to close session {session.id},"
                    f" opened at {session.opened_at:.3f} s",
                )

    def end(self, record: Record) -> None:
        at = record.story[-1].at if record.story else 0.0
        if record.restless:
            return
        for node, numbers in record.open.items():
            for number in numbers:
                self.break_(at, node, f"session {number} is open in the end")
