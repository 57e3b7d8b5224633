"""The model in TLA+: it says what the Promela says, and TLC finds in it what Spin finds there."""

import re
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

import tlc
from powerfsm.model import tla
from powerfsm.model.mutants import mutants, spec_of
from powerfsm.model.promela import promela
from powerfsm.model.sizes import ANY, HARD_ASKS, NEVER_STOP, ON_OFF, PASSING, Misfortune, Size
from powerfsm.model.spin import Checker
from powerfsm.power import Ask
from powerfsm.spec import load

SPEC = load()
GENERATED = Path(__file__).parents[2] / "spec" / "generated"
LEFT_OUT = {
    "drive/initial/settling": "fence",
    "drive/fencing/fenced/1/skip/settling": "settle",
    "drive/opening/opened/1/skip/recording": "record",
    "node/powering-on/request/2/drop-effect/persist-desired": "persist",
}
CHOSEN = [mutant for mutant in mutants(SPEC.file) if mutant.name in LEFT_OUT]

_missing = [program for program in ("spin", "gcc") if not shutil.which(program)]
with_spin = pytest.mark.skipif(bool(_missing), reason=f"not installed: {', '.join(_missing)}")


@pytest.mark.parametrize("name", tla.generated(SPEC))
def test_what_is_checked_in_is_what_the_spec_gives(name: str) -> None:
    text = (GENERATED / name).read_text(encoding="utf-8")
    assert text == tla.generated(SPEC)[name], "run scripts/generate"


def test_everything_that_the_spec_names_is_written_by_hand_once() -> None:
    written = "\n".join(path.read_text(encoding="utf-8") for path in tlc.ENVIRONMENT.glob("*.tla"))
    named = {
        *(tla.name_of(name, "Guard") for machine in (SPEC.node, SPEC.drive) for name in machine.declared.guards),
        *(tla.name_of(name, "Do") for machine in (SPEC.node, SPEC.drive) for name in machine.declared.effects),
        *(tla.name_of(name, "Fact") for name in SPEC.file.facts),
    }
    assert sorted(re.findall(r"^((?:Guard|Do|Fact)[A-Z]\w*)\(w\)", written, re.MULTILINE)) == sorted(named)


def test_every_promise_and_its_witness_stand_in_the_module_with_number_and_sentence() -> None:
    text = tla.generated(SPEC)["PowerFsm.tla"]
    for each in SPEC.properties.values():
        name = tla.name_of(each.name)
        assert f"\\* {each.promise}. {each.about}\n" in text
        assert re.search(rf"^{name} == .+\nNever{name} == ~.+", text, re.MULTILINE)


def test_a_size_of_two_nodes_is_refused() -> None:
    with pytest.raises(ValueError, match="has one node, the size 'two' is of 2"):
        tla.constants(Size(name="two", requests=1, nodes=2))


# The same states.

SAME = (
    Size(name="every-ask", requests=2),
    Size(name="every-misfortune", requests=1, luck=1, kinds=ANY),
    Size(name="without-end", requests=NEVER_STOP, asks=(Ask.ON,), luck=1, kinds=PASSING, ranking="latest-wins"),
    Size(name="flag", requests=1, luck=1, kinds=ANY, policy=0),
    Size(name="adopt", requests=1, luck=1, kinds=ANY, policy=1, slots=1),
    Size(name="enforce", requests=1, luck=1, kinds=ANY, policy=2, ranking="latest-wins", asks=HARD_ASKS),
    Size(name="twice", requests=1, luck=2, kinds=ANY, asks=(Ask.CYCLE, Ask.RESET)),
)
MISHAPS = Size(name="mishaps", requests=2, luck=1, kinds=PASSING, asks=ON_OFF)
# What Spin counts more: its first process before it knows the size, and after that before it knows how much luck.
BEFORE_THE_BEGINNING = 3


@pytest.fixture(scope="module")
def spin(tmp_path_factory: pytest.TempPathFactory) -> Checker:
    return Checker(promela(SPEC, mutants=CHOSEN), tmp_path_factory.mktemp("spin"))


@tlc.needed
@with_spin
@pytest.mark.parametrize("size", SAME, ids=lambda size: size.name)
def test_every_promise_holds_in_as_many_states_as_spin_finds(size: Size, spin: Checker, tmp_path: Path) -> None:
    always = ["WellFormed", *tla.invariants(SPEC).values()]
    outcome = tlc.check(tla.generated(SPEC), tla.configuration(size, "Unfair", always=always), tmp_path)
    assert outcome.broken is None, outcome.said
    assert outcome.states == spin.search(size.settings(SPEC)).states - BEFORE_THE_BEGINNING


@tlc.needed
@with_spin
@pytest.mark.parametrize(
    "number", range(1, len(LEFT_OUT) + 1), ids=lambda number: LEFT_OUT[CHOSEN[number - 1].name]
)
def test_what_spin_finds_broken_in_a_mutant_is_broken(number: int, spin: Checker, tmp_path: Path) -> None:
    settings = {**MISHAPS.settings(SPEC), "MUTANT": number}
    assert spin.search(settings).errors == 1
    broken = re.findall(r"broken (\S+)", spin.trail(settings))
    assert broken
    mutated = spec_of(CHOSEN[number - 1], SPEC)
    always = [tla.invariants(SPEC)[name] for name in broken]
    outcome = tlc.check(tla.generated(mutated), tla.configuration(MISHAPS, "Unfair", always=always), tmp_path)
    assert outcome.broken in always


# What may be seen, and what comes in the end.

SEEN = (
    Size(name="crash", requests=2, luck=1, kinds=Misfortune.CRASH),
    Size(name="flip-flop", requests=3, asks=ON_OFF, ranking="latest-wins"),
    tla.DRIFT,
)


@tlc.needed
def test_what_every_promise_is_put_to_the_test_by_is_seen(tmp_path: Path) -> None:
    """Three runs for all of them: a module that tells, instead of one run for each that ends where it is seen."""
    telling = [
        "---- MODULE Seen ----",
        "EXTENDS PowerFsm, TLC",
        *(f"ASSUME TLCSet({number}, FALSE)" for number in range(1, len(SPEC.properties) + 1)),
        "Tell(number, never) ==",
        "    IF never THEN TRUE ELSE IF TLCGet(number) THEN TRUE ELSE",
        '        PrintT(<<"seen", number>>) /\\ TLCSet(number, TRUE)',
        "Told ==",
        *(
            f"    /\\ Tell({number}, {never})"
            for number, never in enumerate(tla.witnesses(SPEC).values(), start=1)
        ),
        "====",
    ]
    modules = tla.generated(SPEC) | {"Seen.tla": "\n".join(telling)}
    seen: set[int] = set()
    for size in SEEN:
        folder = tmp_path / size.name
        folder.mkdir()
        outcome = tlc.check(modules, tla.configuration(size, "Unfair", always=["Told"]), folder, root="Seen")
        seen |= {int(number) for number in re.findall(r'"seen", (\d+)', outcome.said)}
    names = list(SPEC.properties)
    assert {names[number - 1] for number in seen} == set(names)


END = Size(name="end", requests=2, luck=1, asks=ON_OFF, kinds=Misfortune.LOSE | Misfortune.LATE)


def _of_the_end(size: Size, names: Sequence[str], folder: Path, behaviour: str = "Spec") -> str | None:
    configured = tla.configuration(size, behaviour, finally_=[tla.formulas(SPEC)[name] for name in names])
    return tlc.check(tla.generated(SPEC), configured, folder).broken


@tlc.needed
@pytest.mark.parametrize("size", [END, tla.DRIFT], ids=lambda size: size.name)
def test_what_is_promised_of_the_end_holds(size: Size, tmp_path: Path) -> None:
    assert _of_the_end(size, tla.tried(SPEC, size), tmp_path) is None


@tlc.needed
@pytest.mark.parametrize("name", tla.formulas(SPEC))
def test_without_fairness_it_need_not_hold(name: str, tmp_path: Path) -> None:
    (size,) = (each for each in (END, tla.DRIFT) if name in tla.tried(SPEC, each))
    assert _of_the_end(size, [name], tmp_path, "Unfair") == "temporal"


@tlc.needed
@pytest.mark.parametrize(
    "size",
    [replace(END, ranking="latest-wins"), replace(END, name="after a crash", kinds=Misfortune.CRASH)],
    ids=["latest-wins", "after-a-crash"],
)
def test_where_nothing_holds_down_an_off_in_play_need_not_be_reached(size: Size, tmp_path: Path) -> None:
    assert _of_the_end(size, ["off-is-reached"], tmp_path) == "temporal"
