"""Promise 8, of limits: of one rack only so many nodes are powered on at once.

A node counts from the first datagram of an on, or of a reset, until the process asks to close that session: the
daemon's own limit holds for a little longer on either side.  Each process counts for itself.
"""

from typing import Final

from powerfsm.power import Power
from powerfsm.simulation.judge.promise import Promise, Scene
from powerfsm.simulation.record import Died, Sent

MOST: Final = 16
"""Nodes of one rack at once."""


class Inrush(Promise):
    """See above."""

    number = 8

    def __init__(self, scene: Scene) -> None:
        """Look at `scene`."""
        super().__init__(scene)
        self._racks = {node.name: node.rack for node in scene.plan.nodes if node.rack is not None}
        self._under_way: dict[str, dict[str, int]] = {}

    def sent(self, happening: Sent) -> None:
        rack = self._racks.get(happening.node)
        if rack is None:
            return
        under_way = self._under_way.setdefault(rack, {})
        if happening.what == "close":
            if under_way.get(happening.node) == happening.session:
                del under_way[happening.node]
            return
        begun = self.bmcs.begun
        if begun is None or begun.what.direction is not Power.ON:
            return
        under_way[happening.node] = happening.session
        if len(under_way) > MOST:
            self.break_(
                happening.at,
                happening.node,
                f"{len(under_way)} nodes of rack {rack} are powered on at once: {', '.join(sorted(under_way))}",
            )

    def died(self, happening: Died) -> None:  # noqa: ARG002  whoever it was, his limits are gone with him
        self._under_way = {}
