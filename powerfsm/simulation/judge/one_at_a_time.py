"""Promise 1: between the first datagram of a power command and its end no other one goes to that node.

A command ends by its answer, where that comes to the process that has sent it; by the fence: a close of its
session that was answered after the BMC had dropped it; or by the quarantine.  Retransmissions belong to the
same command.  What a dead process has heard its successor does not know, so that only fence and quarantine
count from one process to the next.

At the BMC no copy of an earlier command may be accepted once a later one was sent in another session.  In one
and the same session all commands lead to the same power, so that a late copy there is let through.
"""

from powerfsm.simulation.judge.promise import Promise
from powerfsm.simulation.record import Seen, Sent


class OneAtATime(Promise):
    """See above."""

    number = 1

    def sent(self, happening: Sent) -> None:
        begun, before = self.bmcs.begun, self.bmcs.previous
        if begun is None or before is None:
            return
        if before.answered and before.process == begun.process:
            return
        if before.session is not begun.session and before.session.over(self.times, begun.at):
            return
        self.break_(
            happening.at,
            happening.node,
            f"{begun.what} was sent in session {begun.session.id} at {begun.at:.3f} s, while"
            f" {before.what}, sent in"
            f" session {before.session.id} at {before.at:.3f} s, was neither answered nor fenced nor quarantined",
        )

    def seen(self, happening: Seen) -> None:
        taken = self.bmcs.taken
        if taken is None or taken.order is None:
            return
        last = self.bmcs[taken.session.node].order
        if last is None or last.session is taken.session:
            return
        # One that the BMC had no reason to drop, or that came later than anything may, is not ours to answer for.
        if taken.session.doubted or happening.at - taken.session.last_sent > self.times.lifetime:
            return
        self.break_(
            happening.at,
            taken.session.node,
            f"the BMC accepted a copy of {taken.what} in session {taken.session.id} at {happening.at:.3f} s, after"
            f" {last.what} was sent in session {last.session.id} at {last.at:.3f} s",
        )
