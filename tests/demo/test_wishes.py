"""The same seed makes the same storm."""

from itertools import islice, pairwise

import pytest

from powerfsm.demo.course import blows
from powerfsm.demo.storm import wishes
from powerfsm.power import Ask


def test_same_seed_and_node_make_the_same_wishes() -> None:
    assert list(islice(wishes(7, "n1"), 200)) == list(islice(wishes(7, "n1"), 200))


@pytest.mark.parametrize(("seed", "node"), [(8, "n1"), (7, "n2")])
def test_another_seed_or_node_makes_others(seed: int, node: str) -> None:
    assert list(islice(wishes(seed, node), 20)) != list(islice(wishes(7, "n1"), 20))


def test_wishes_hold_everything_that_can_be_asked_and_contradict_each_other_mostly() -> None:
    asks = [wish.ask for wish in islice(wishes(7, "n1"), 500)]
    assert set(asks) == set(Ask)
    turns = sum(a.desired.power is not b.desired.power for a, b in pairwise(asks))
    assert turns > len(asks) / 2


def test_pace_stretches_rests_and_changes_nothing_else() -> None:
    plain, slow = islice(wishes(7, "n1"), 50), islice(wishes(7, "n1", pace=3.0), 50)
    for one, other in zip(plain, slow, strict=True):
        assert other.ask is one.ask
        assert other.rest == pytest.approx(3 * one.rest)


@pytest.mark.parametrize("seconds", [2.0, 5.0, 30.0, 120.0])
@pytest.mark.parametrize("seed", range(10))
def test_daemon_is_killed_at_least_once_and_within_the_storm(seed: int, seconds: float) -> None:
    planned = blows(seed, seconds)
    assert planned == blows(seed, seconds)
    assert planned
    assert all(0 < blow.at < seconds for blow in planned)
    assert [blow.at for blow in planned] == sorted(blow.at for blow in planned)
