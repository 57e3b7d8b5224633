"""Seeds as people write them, and the command that plays one again."""

import pytest

from powerfsm.simulation.seeds import Drawing, SeedsError, read_seeds


@pytest.mark.parametrize(
    ("text", "seeds"),
    [
        ("7", [7]),
        ("1..4", [1, 2, 3, 4]),
        ("5..5", [5]),
        ("3, 1..4,9", [3, 1, 2, 4, 9]),
    ],
)
def test_seeds_are_read_in_their_order_each_once(text: str, seeds: list[int]) -> None:
    assert list(read_seeds(text)) == seeds


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "write 1..1000"),
        ("1-4", "write 1..1000"),
        ("1..", "write 1..1000"),
        ("-1", "write 1..1000"),
        ("9..3", "write 3..9"),
        ("1..2000000", "in parts"),
        ("1..600000,700000..1300000", "in parts"),
    ],
)
def test_what_names_no_seeds_is_told_with_what_would(text: str, told: str) -> None:
    with pytest.raises(SeedsError, match=told):
        read_seeds(text)


def test_the_command_has_exactly_what_was_drawn_with() -> None:
    assert Drawing("swarm").command(17) == "powerfsm simulate swarm --seed 17"
    drawn = Drawing("my storm.yaml", 3, 0.1)
    assert drawn.command(17) == "powerfsm simulate 'my storm.yaml' --seed 17 --nodes 3 --hours 0.1"
    assert Drawing("swarm", hours=24.0).command(1) == "powerfsm simulate swarm --seed 1 --hours 24"


def test_a_seed_is_the_same_plan_each_time_and_another_one_another() -> None:
    drawing = Drawing("swarm", 2, 0.05)
    assert drawing.plan(5) == drawing.plan(5)
    assert drawing.plan(5) != drawing.plan(6)
    assert (len(drawing.plan(5).nodes), drawing.plan(5).chaos) == (2, 180.0)
