"""The judge notices a daemon that breaks a promise: the real one, told that BMCs act at once where they do not.

An on is accepted and held by the BMC's latch; an off supersedes it.  Without the settling time the off is read,
and declared, before the latch lets go.
"""

from dataclasses import replace
from pathlib import Path

import pytest
import trio

from powerfsm.demo.conditions import QUICK, Conditions
from powerfsm.demo.stage import Stage, stage
from powerfsm.demo.verdict import Outcome
from powerfsm.power import Ask

LATCHED = replace(
    QUICK, loss=0.0, duplicate=0.0, delay=(0.0, 0.0), boot=(0.0, 0.0), off=(0.0, 0.0), latch=(3.0, 3.0)
)


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_settling_is_what_keeps_a_latched_command_from_contradicting(tmp_path: Path) -> None:
    outcome = await supersede_an_accepted_on(tmp_path, LATCHED)
    assert outcome.holds
    assert outcome.verdict.declared == 1


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_judge_notices_where_it_is_left_out(tmp_path: Path) -> None:
    outcome = await supersede_an_accepted_on(tmp_path, LATCHED.without_settling())
    assert not outcome.holds
    assert [violation.what for violation in outcome.verdict.contradictions] == [
        "went on, by latch, after it was declared off"
    ]
    assert len(outcome.verdict.elsewhere) == 1
    assert not outcome.verdict.overlaps


async def supersede_an_accepted_on(directory: Path, conditions: Conditions) -> Outcome:
    """Ask for on and, once the BMC has accepted that, for off."""
    async with stage(directory, 1, conditions, seed=1) as set_up:
        async with trio.open_nursery() as watching:
            watching.start_soon(set_up.guard)
            watching.start_soon(set_up.storm.listen)
            await set_up.storm.ask([("n1", Ask.ON)])
            await until_command(set_up)
            await set_up.storm.ask([("n1", Ask.OFF)])
            await set_up.calm(60)
            watching.cancel_scope.cancel()
        # The BMC acts when its latch lets go, whether or not anybody still looks.
        await trio.sleep(conditions.latch[1])
        return await set_up.close(conditions.idle)


async def until_command(set_up: Stage) -> None:
    """Wait until a BMC has accepted a power command."""
    with trio.fail_after(60):
        while not set_up.sight.commands:
            await trio.sleep(0.005)
            set_up.sight.look()
