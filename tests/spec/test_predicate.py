"""Predicates: what they say, and what is told where they cannot be read."""

import pytest

from powerfsm.spec import load
from powerfsm.spec.predicate import UnreadablePredicate, Value, facts_of, holds, parse

FACTS: dict[str, Value] = {"state": "on", "power": "on", "declared": None, "commands": 2, "late": True}


def _holds(text: str) -> bool:
    return holds(parse(text, FACTS), FACTS)


@pytest.mark.parametrize(
    "text",
    [
        "state is on",
        "state is not off",
        "state is power",
        "declared is none",
        "commands is 2",
        "commands at-most 2",
        "late",
        "not late or state is on",
        "late and state is on and commands is 2",
        "state is off implies commands is 7",
        "not (late and state is off)",
        "state is off or late implies state is on",
    ],
)
def test_what_holds(text: str) -> None:
    assert _holds(text)


@pytest.mark.parametrize(
    "text", ["state is off", "commands at-most 1", "not late", "declared is power", "late implies state is off"]
)
def test_what_does_not(text: str) -> None:
    assert not _holds(text)


def test_and_binds_more_than_or() -> None:
    assert _holds("late or late and state is off")
    assert not _holds("(late or late) and state is off")


def test_the_facts_that_it_speaks_of() -> None:
    assert list(facts_of(parse("late implies state is power", FACTS))) == ["late", "state", "power"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "it ends, expected a fact, one of state, power, declared, commands, late"),
        ("nothing is on", '"nothing" stands, expected a fact, one of state, power, declared, commands, late'),
        ("state is", "it ends, expected what state is compared with"),
        ("commands at-most many", '"many" stands, expected a number'),
        ("late late", '"late" stands, expected and, or, implies or the end'),
        ("(late", "it ends, expected )"),
        ("state = on", '"= on" stands, expected lower-case words or parentheses'),
    ],
)
def test_what_cannot_be_read(text: str, told: str) -> None:
    with pytest.raises(UnreadablePredicate) as error:
        parse(text, FACTS)
    assert str(error.value) == told


def test_the_properties_are_read_and_know_whether_the_registry_sees_them() -> None:
    properties = load().properties
    assert properties["ready-was-read-off"].at_run_time
    assert not properties["declared-is-so"].at_run_time
    assert {each.promise for each in properties.values()} == set(range(1, 11))
