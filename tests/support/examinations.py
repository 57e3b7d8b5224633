"""What processes of a crew do with plans, where it is the crew that is looked at: by the seed of the plan."""

import os
import signal
import time
from pathlib import Path

from powerfsm.simulation import played
from powerfsm.simulation.judge import Violation
from powerfsm.simulation.plan import Plan
from powerfsm.simulation.play import Progress
from powerfsm.simulation.played import Played
from powerfsm.simulation.tally import Tally
from reverted_steps import REVERTED

DIES, RAISES, HANGS, ENDS, BREAKS = 13, 14, 15, 16, 17
"""Seeds."""

UNFENCED = next(reverted for reverted in REVERTED if reverted.line == "no fence")
"""A daemon that breaks a promise with the first command that it sends."""

FOREVER = 1000.0
"""Seconds; longer than any test."""


def examine(plan: Plan, *, log: Path | None, progress: Progress | None) -> Played:
    """Come to the end that the seed says; those that are none of these keep every promise."""
    assert log is None
    match plan.seed:
        case seed if seed == DIES:
            os.kill(os.getpid(), signal.SIGKILL)
        case seed if seed == RAISES:
            raise LookupError("this seed raises")
        case seed if seed == HANGS:
            time.sleep(FOREVER)
        case seed if seed == ENDS:
            os._exit(7)
    if progress is not None:
        progress(plan.chaos)
    broken = plan.seed == BREAKS and bool(plan.deeds)
    violation = Violation(6, 12.5, "n1", "it came on")
    return Played(
        tally=Tally(seconds=plan.chaos, requests=len(list(plan.requests()))),
        broken={6: 1} if broken else {},
        violations=(violation,) if broken else (),
        story=(),
        digest=f"{plan.seed:064x}",
        wall=0.001 * plan.seed,
    )


def without_fences(plan: Plan, *, log: Path | None, progress: Progress | None) -> Played:
    """Play the plan with a daemon that does not close its sessions, and judge it as always."""
    return played.examine(plan, assembly=UNFENCED.assembly(), log=log, progress=progress)
