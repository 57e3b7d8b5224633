"""Making a plan that breaks a promise smaller, for as long as somebody is ready to wait, and keeping it."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from powerfsm.cli.screen import say
from powerfsm.cli.simulation_gauge import gauge
from powerfsm.cli.simulation_report import counted
from powerfsm.simulation.crew import Crew, Lost
from powerfsm.simulation.kept import plan_command, write_plan
from powerfsm.simulation.plan import Plan
from powerfsm.simulation.played import Played
from powerfsm.simulation.shrink import CrewBreaks, Shrinking, can_shrink

if TYPE_CHECKING:
    from powerfsm.cli.simulating import Wish

_LONGER = 4.0
"""How many times as long as the original a smaller plan may take, before it is given up as another matter."""
_LONG = 20.0
"""Seconds that it may take in any case."""


@dataclass(frozen=True, slots=True)
class Smaller:
    """What has become of a plan.

    Attributes:
        plan: The smaller one.
        outcome: What came of it.
        path: Where it is kept.
        tried: How many plans were played to find it.
        interrupted: By Ctrl-C; it might have become smaller.
    """

    plan: Plan
    outcome: Played | Lost
    path: Path
    tried: int
    interrupted: bool

    def as_json(self) -> dict[str, Any]:
        """It for other programs."""
        return {
            "file": str(self.path),
            "command": plan_command(self.path),
            "nodes": len(self.plan.nodes),
            "deeds": len(self.plan.deeds),
            "faults": len(self.plan.faults),
            "tried": self.tried,
        }


def shrink(wish: "Wish", plan: Plan, outcome: Played | Lost) -> Smaller | None:
    """Make a plan smaller and keep it, as is wished; None where it is not, or cannot be.

    Ctrl-C ends it, and keeps what there is.
    """
    if not wish.shrink or not can_shrink(outcome):
        return None
    interrupted = False
    with Crew(wish.size, limit=min(wish.limit, max(_LONG, _LONGER * outcome.wall))) as crew:
        breaks = CrewBreaks(crew, outcome)
        shrinking = Shrinking(plan, breaks, width=wish.size)
        try:
            _run(shrinking, wish)
        except KeyboardInterrupt:
            interrupted = True
    path = wish.keep / f"{Path(plan.scenario).stem}-{plan.seed}.json"
    write_plan(shrinking.plan, path)
    return Smaller(shrinking.plan, breaks.outcome, path, shrinking.tried, interrupted)


def _run(shrinking: Shrinking, wish: "Wish") -> None:
    """Shrink until nothing more can be spared, or there is no more time."""
    began = time.monotonic()
    plan = shrinking.plan
    with gauge(f"shrinking seed {plan.seed}", wish.shrink_for, lines=not wish.json) as shown:
        for _ in shrinking.steps():
            gone = time.monotonic() - began
            shown.show(gone, f"{_size(shrinking.plan)}; {shrinking.tried} tried in {gone:.0f} s")
            if gone >= wish.shrink_for:
                return


def tell_smaller(smaller: Smaller) -> None:
    """Say where what was made smaller is, and how to play it."""
    say(f"Smaller, and it breaks the same: {_size(smaller.plan)}, kept in {smaller.path}")
    say(f"  {plan_command(smaller.path)}")


def _size(plan: Plan) -> str:
    parts = ((len(plan.nodes), "node"), (len(plan.deeds), "deed"), (len(plan.faults), "fault"))
    return ", ".join(counted(count, what) for count, what in parts)
