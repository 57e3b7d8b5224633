"""Every step of the protocol is needed, and would be missed: without it some seed of those that CI plays fails.

The real daemon keeps every promise in the same seeds (`test_swarm`).  The seeds are taken in their order until one
fails, mostly the first.
"""

import pytest

from powerfsm.simulation.judge import Violation, judge
from powerfsm.simulation.play import play
from powerfsm.simulation.seeds import Drawing
from reverted_steps import REVERTED, Reverted

SEEDS = range(1, 51)
SWARM = Drawing("swarm")


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("reverted", REVERTED, ids=str)
def test_without_a_step_some_seed_fails(reverted: Reverted) -> None:
    assert any(broken(reverted, seed) for seed in SEEDS), f"{reverted}: nobody noticed in {len(SEEDS)} seeds"


def broken(reverted: Reverted, seed: int) -> list[Violation]:
    """What breaks in a seed, of the promises that must."""
    record = play(reverted.plan(SWARM.plan(seed)), reverted.assembly())
    # What only the daemon's own journal tells does not count: it must be seen from outside.
    return [
        each for each in judge(record) if each.promise in reverted.breaks and "of the journal" not in each.what
    ]


def test_there_is_a_switch_for_each_line_of_the_table() -> None:
    """The lines of the table of counterexamples, in their order; what two share stands in two."""
    assert [str(each) for each in REVERTED] == [
        "no fence",
        "session closed only on cancel",
        "waiting for the old command's answer instead",
        "trusting sequence windows in the BMC",
        "verify, then close",
        "close sent, answer not awaited",
        "no fence in recovery",
        "session id persisted after the first send",
        "fence, no settle, a BMC that latches",
        "answer before persist",
        "act before persist",
        "polling and repairing instead",
    ]
