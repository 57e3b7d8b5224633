"""A rehearsal, from a trace to the verdict."""

import structlog
import trio

from bmcsim.virtual import run
from powerfsm.model.trace import Trace
from powerfsm.node import Policy
from powerfsm.rehearsal.afterwards import Afterwards
from powerfsm.rehearsal.pace import Pace
from powerfsm.rehearsal.playing import Departed
from powerfsm.rehearsal.script import Script
from powerfsm.rehearsal.stage import Stage
from powerfsm.rehearsal.verdict import Departure, Verdict, broken
from powerfsm.spec import Spec


def rehearse(trace: Trace, spec: Spec, seed: int = 0, *, policy: Policy | None = None) -> Verdict:
    """Have the real code play a trace before simulated BMCs, in virtual time; the same seed gives the same run.

    Args:
        trace: What the model did.
        spec: What the daemon goes by: that of the model, or another one for comparison.
        seed: Of everything random.
        policy: How the nodes are treated (their ranking table and what is done about drift).

    Raises:
        UnfitTrioError: This version of trio cannot run deterministically.
        BusyError: Another thread is rehearsing.
    """
    pace = Pace()

    async def main() -> Verdict:
        return await _rehearse(trace, spec, seed, policy or Policy(), pace)

    # What the daemon logs is about the rehearsal's own misfortunes.
    with structlog.testing.capture_logs():
        return run(main, seed=seed, clock=pace.clock)


async def _rehearse(trace: Trace, spec: Spec, seed: int, policy: Policy, pace: Pace) -> Verdict:
    stage = Stage(trace, spec, policy, seed, pace)
    departure: Departure | None = None
    async with stage.site.serve(), trio.open_nursery() as tasks:
        await stage.up(tasks)
        script = Script(trace, stage)
        try:
            try:
                await script.play()
            except Departed as departed:
                departure = departed.departure
            await Afterwards(stage, script.rest()).play()
        finally:
            # A fence that has begun is finished even now, and that takes time.
            stage.process.kill()
            pace.flow()
    log, journal = list(stage.site.log), stage.site.disk.journal
    seen = [f"{at:.4f} {told}" for at, told in stage.broken]
    return Verdict(
        trace,
        script.done,
        departure,
        tuple(seen + broken(spec, stage.asked, log, journal) + stage.site.disk.broken),
        tuple(script.misreadings),
        log,
        journal,
    )
