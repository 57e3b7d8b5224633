"""The generated model: it says what the spec says, and is what is checked in."""

from pathlib import Path

import pytest

from powerfsm.model.promela import expression, generated, promela
from powerfsm.model.sizes import Misfortune
from powerfsm.spec import load
from powerfsm.spec.predicate import parse

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", generated(load()))
def test_what_is_checked_in_is_what_the_spec_gives(name: str) -> None:
    checked_in = (ROOT / "spec" / "generated" / name).read_text(encoding="utf-8")
    assert checked_in == generated(load())[name], "run scripts/generate"


@pytest.mark.parametrize(
    ("text", "promela"),
    [
        ("late", "(fact_late(n))"),
        ("not late", "(!(fact_late(n)))"),
        ("state is powering-on", "(fact_state(n) == powering_on)"),
        ("state is other-state", "(fact_state(n) == fact_other_state(n))"),
        ("commands at-most 1", "(fact_commands(n) <= 1)"),
        (
            "late implies late and late or late",
            "(!(fact_late(n)) || (((fact_late(n)) && (fact_late(n))) || (fact_late(n))))",
        ),
    ],
)
def test_a_predicate_becomes_an_expression(text: str, promela: str) -> None:
    assert expression(parse(text, {"late", "state", "other-state", "commands"})) == promela


def test_every_guard_effect_and_fact_of_the_spec_has_its_meaning_in_the_environment() -> None:
    spec, model = load(), promela(load())
    for machine in (spec.node, spec.drive):
        for guard in machine.declared.guards:
            assert f"#define guard_{guard.replace('-', '_')}(n)" in model
        for effect in machine.declared.effects:
            assert f"inline do_{effect.replace('-', '_')}(n)" in model
    for fact in spec.file.facts:
        assert f"#define fact_{fact.replace('-', '_')}(n)" in model


def test_the_misfortunes_have_the_bits_of_the_environment() -> None:
    lines = [line.split() for line in promela(load()).splitlines() if line.startswith("#define ")]
    bits = {words[1]: words[2] for words in lines if len(words) > 2}
    assert {str(each.name): str(int(each)) for each in Misfortune}.items() <= bits.items()
