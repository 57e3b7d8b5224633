"""Fifty seeds of the swarm keep every promise.

More of them: `powerfsm simulate swarm --seeds 1..1000`.
"""

import pytest

from powerfsm.simulation.played import Played, examine
from powerfsm.simulation.seeds import Drawing

SWARM = Drawing("swarm")


@pytest.mark.parametrize("seed", range(1, 51))
def test_a_seed_of_the_swarm_keeps_every_promise(seed: int) -> None:
    played = examine(SWARM.plan(seed))
    assert not played.broken, told(played, SWARM.command(seed))


def told(played: Played, command: str) -> str:
    """What was violated, what came before, and how to see it again."""
    violations = (
        f"promise {each.promise} at {each.at:.3f}, {each.node}: {each.what}" for each in played.violations
    )
    return "\n".join([command, *violations, *played.story])
