"""Who outranks whom: the two stock tables, pair by pair, as they act."""

import pytest
import trio

from laboratory import Lab
from powerfsm.node import Policy
from powerfsm.operation import Status
from powerfsm.power import Ask, Power

# In words: taking power away is never delayed by giving it, and a hard way to off not by a soft one.
CANCELS_BY_DEFAULT = {
    Ask.ON: set[Ask](),
    Ask.OFF: {Ask.ON, Ask.CYCLE, Ask.RESET, Ask.SOFT_OFF},
    Ask.READY: {Ask.ON, Ask.CYCLE, Ask.RESET, Ask.SOFT_OFF},
    Ask.SOFT_OFF: {Ask.ON, Ask.CYCLE, Ask.RESET},
    Ask.CYCLE: set[Ask](),
    Ask.RESET: set[Ask](),
}

PAIRS = [(in_play, asked) for in_play in Ask for asked in Ask if in_play is not asked]


@pytest.mark.parametrize(("in_play", "asked"), PAIRS)
async def test_off_outranks_on(lab: Lab, in_play: Ask, asked: Ask) -> None:
    await _hold_against(lab, in_play, asked, "off-outranks-on", cancels=in_play in CANCELS_BY_DEFAULT[asked])


@pytest.mark.parametrize(("in_play", "asked"), PAIRS)
async def test_latest_wins(lab: Lab, in_play: Ask, asked: Ask) -> None:
    await _hold_against(lab, in_play, asked, "latest-wins", cancels=True)


async def _hold_against(lab: Lab, in_play: Ask, asked: Ask, ranking: str, *, cancels: bool) -> None:
    await lab.add("n1", policy=Policy(ranking=ranking), power=Power.ON)
    first = await lab.ask("n1", in_play)
    await trio.sleep(3.001)
    second = await lab.ask("n1", asked)
    assert (lab.node("n1").state == "cancelling") is cancels
    assert lab.node("n1").waiting == second.id
    assert (await lab.ended(first)).status is (Status.SUPERSEDED if cancels else Status.SUCCEEDED)
    assert (await lab.ended(second)).status is Status.SUCCEEDED
    assert lab.bmc("n1").power is asked.desired.power
    assert lab.node("n1").desired is asked.desired
