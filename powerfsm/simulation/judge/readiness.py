"""Promise 9: ready only after a reading of off.

A BMC that was made to lie has said off if it was made to.  When within a request a BMC has said what it said is
not known, so the power counts as read off if it was off at any time between the request and the answer.
"""

from powerfsm.power import Power
from powerfsm.simulation.judge.promise import Promise
from powerfsm.simulation.record import Committed


class ReadyOnlyAfterOff(Promise):
    """See above."""

    number = 9

    def committed(self, happening: Committed) -> None:
        for step in self.disk.node_steps:
            node = step.after
            if node.state != "ready" or (step.before is not None and step.before.state == "ready"):
                continue
            reading = self.bmcs[node.name].reading
            if node.observed is not Power.OFF:
                self.break_(happening.at, node.name, f"it became ready, and was last observed {node.observed}")
            elif reading is None or reading.process != happening.process:
                self.break_(
                    happening.at, node.name, f"it became ready without a reading by process {happening.process}"
                )
            elif Power.OFF not in reading.said:
                self.break_(
                    happening.at,
                    node.name,
                    f"it became ready on a reading at {reading.at:.3f} s, and its power had been on"
                    f" since before that",
                )
