"""Randomness from a seed, and things to come in their order."""

import math
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bmcsim.agenda import Agenda
from bmcsim.dice import Dice, Span


def test_another_process_throws_the_same_numbers() -> None:
    program = "from bmcsim.dice import Dice; print(Dice(7, 'n1', 'bmc').bytes(16).hex())"
    there = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": ":".join(sys.path), "PYTHONHASHSEED": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert there.stdout.strip() == Dice(7, "n1", "bmc").bytes(16).hex()


def test_streams_of_different_names_differ() -> None:
    assert Dice(7, "n1", "bmc").bytes(16) != Dice(7, "n1", "machine").bytes(16)
    assert Dice(7, "n1", "bmc").bytes(16) != Dice(7, "n2", "bmc").bytes(16)


def test_chances_come_true_about_as_often_as_they_should() -> None:
    dice = Dice(1, "n1")
    assert 0.08 < sum(dice.chance(0.1) for _ in range(10_000)) / 10_000 < 0.12
    assert not any(dice.chance(0) for _ in range(100))
    assert all(dice.chance(1) for _ in range(100))


@given(st.floats(0, 1000), st.floats(0, 1000), st.integers())
def test_seconds_lie_within_their_span(one: float, other: float, seed: int) -> None:
    span = Span(min(one, other), max(one, other))
    assert span.low <= Dice(seed).seconds(span) <= span.high


@pytest.mark.parametrize(("text", "span"), [("3", Span(3, 3)), ("0.5-2", Span(0.5, 2)), ("0", Span(0, 0))])
def test_spans_are_read_and_written_alike(text: str, span: Span) -> None:
    assert Span.parse(text) == span
    assert str(span) == text


@pytest.mark.parametrize("text", ["", "x", "5-2", "-1", "1-2-3", "inf", "nan"])
def test_what_is_no_span_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="span of seconds"):
        Span.parse(text)


def test_entries_happen_in_the_order_of_time_and_then_of_age() -> None:
    agenda = Agenda()
    happened: list[tuple[str, float]] = []
    for name, due in (("c", 2.0), ("a", 1.0), ("d", 2.0), ("later", 9.0)):
        agenda.at(due, lambda at, name=name: happened.append((name, at)))  # type: ignore[misc]
    agenda.run(5)
    assert happened == [("a", 1.0), ("c", 2.0), ("d", 2.0)]
    assert agenda.due == 9


def test_what_an_entry_sets_down_happens_in_the_same_run_where_it_is_due() -> None:
    agenda = Agenda()
    happened: list[float] = []
    agenda.at(1, lambda at: agenda.at(at + 1, happened.append))
    agenda.run(3)
    assert happened == [2]


def test_cancelled_entries_do_not_happen_and_are_not_waited_for() -> None:
    agenda = Agenda()
    entry = agenda.at(1, lambda _: pytest.fail("happened"))
    entry.cancel()
    assert agenda.due == math.inf
    agenda.run(5)


def test_whoever_sleeps_is_told_of_something_sooner_and_of_nothing_else() -> None:
    agenda = Agenda()
    told: list[float] = []
    agenda.on_sooner = told.append
    for due in (5, 7, 3):
        agenda.at(due, lambda _: None)
    assert told == [5, 3]
