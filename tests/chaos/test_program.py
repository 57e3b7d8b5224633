"""`scripts/chaos` as its users meet it, without a storm."""

from itertools import islice

import pytest
from typer.testing import CliRunner

from chaos import namespace
from chaos.__main__ import app
from chaos.catalogue import TROUBLES
from chaos.course import Record, order
from chaos.report import replay
from chaos.trouble import Round


@pytest.fixture(autouse=True)
def stay_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program does not go on in a network of its own: that would end this process."""
    monkeypatch.setattr(namespace, "prefix", lambda: None)


def test_every_trouble_is_listed_with_what_it_does_and_what_it_lacks() -> None:
    told = CliRunner().invoke(app, ["--list"])
    assert told.exit_code == 0
    for trouble in TROUBLES.values():
        assert trouble.name in told.output
        assert trouble.about in told.output
        assert (trouble.missing() or "") in told.output


def test_a_trouble_that_nobody_knows_is_refused_with_those_that_there_are() -> None:
    told = CliRunner().invoke(app, ["--only", "kill,sharks"])
    assert told.exit_code == 2
    assert "sharks" in told.output
    assert "descriptors" in told.output


def test_where_nothing_is_left_to_be_tried_it_says_so_and_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chaos.__main__.TROUBLES", {"netem": TROUBLES["netem"]})
    if TROUBLES["netem"].missing() is None:
        pytest.skip("this kernel has netem")
    told = CliRunner().invoke(app, ["--only", "netem"])
    assert told.exit_code == 2
    assert "left out: netem" in told.output
    assert "scripts/setup --system" in told.output


def test_all_troubles_come_before_any_comes_again_and_the_seed_gives_their_order() -> None:
    troubles = list(TROUBLES.values())
    first, again = (list(islice(order(troubles, 7), 3 * len(troubles))) for _ in range(2))
    assert first == again
    assert {trouble.name for trouble in first[: len(troubles)]} == set(TROUBLES)
    assert [trouble.name for trouble in islice(order(troubles, 8), len(troubles))] != [
        trouble.name for trouble in first[: len(troubles)]
    ]


def test_a_run_is_replayed_by_one_command() -> None:
    assert (
        replay(["kill", "full"], 20, 7, 1.5) == "scripts/chaos --seed=7 --nodes=20 --minutes=1.5 --only=kill,full"
    )


@pytest.mark.parametrize("broken", [(), ("n1 was declared off while its power was on",)])
def test_a_record_holds_as_long_as_no_round_has_broken_anything(broken: tuple[str, ...]) -> None:
    played = Round("kill", "killed", 1.0, 10, broken, None, (0, 0))
    assert Record(rounds=[played]).holds is not bool(broken)
    assert not Record(broken=["lost"]).holds
