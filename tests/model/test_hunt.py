"""The model checker kills the mutants that it is said to kill, and sees what each part of the protocol is for."""

import shutil
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from killers import read_killers
from mutants_document import CHECKED, document
from powerfsm.model.counterexamples import PARTS, all_missed
from powerfsm.model.counterexamples import document as counterexamples
from powerfsm.model.hunt import WORLDS, Hunt, Kill, read, visible, written
from powerfsm.model.mutants import spec_of
from powerfsm.model.promela import promela
from powerfsm.model.spin import Checker
from powerfsm.spec import load

SPEC = load()
KILLS = read(CHECKED.read_text(encoding="utf-8"))
DOCS = Path(__file__).parents[2] / "docs"
BY_NAME = {world.name: world for world in WORLDS}
SMALLEST = WORLDS[0]

needs_spin = pytest.mark.skipif(
    not shutil.which("spin") or not shutil.which("gcc"), reason="needs Debian's spin and gcc"
)
checking = [pytest.mark.stranger, pytest.mark.slow, pytest.mark.timeout(900), needs_spin]


@pytest.fixture(scope="module")
def hunt(tmp_path_factory: pytest.TempPathFactory) -> Hunt:
    return Hunt(SPEC, tmp_path_factory.mktemp("hunt"))


# What is written of them.


def test_each_mutant_that_the_checker_kills_is_one_that_it_can_see_and_stands_there_once() -> None:
    named = Counter(kill.mutant for kill in KILLS)
    assert named.keys() <= {mutant.name for mutant in visible(SPEC)}
    assert set(named.values()) == {1}
    assert {kill.world for kill in KILLS} <= BY_NAME.keys()
    assert {kill.property for kill in KILLS} <= SPEC.properties.keys()


def test_no_survivor_is_killed_by_the_checker() -> None:
    assert {kill.mutant for kill in KILLS}.isdisjoint(
        name for survivors in read_killers().survivors for name in survivors.mutants
    )


def test_what_is_written_is_read_back() -> None:
    kills = [
        Kill("node/initial/ready", "one request", "declared-was-read"),
        Kill("node/on/request/swap-branches", "one request", "taken-up"),
        Kill("node/on/request/1/drop-effect/start", "one request", "taken-up"),
    ]
    assert read(written(kills)) == kills
    assert written(KILLS) == CHECKED.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("node/unknown/request/1/drop-effect/persist-desired", "answered-survives"),
        ("drive/initial/settling", "one-command"),
        ("drive/commanding/unanswered/1/skip/fencing", "one-command"),
        ("drive/fencing/fenced/1/skip/settling", "declared-is-so"),
        ("node/on/request/1/drop-effect/put-in-play", "driven-for-somebody"),
    ],
)
def test_mutants_without_what_the_protocol_needs_are_among_them(name: str, broken: str) -> None:
    (kill,) = (kill for kill in KILLS if kill.mutant == name)
    assert kill.property == broken


def test_the_page_of_mutants_is_that_of_these_files() -> None:
    assert (DOCS / "mutants.md").read_text(encoding="utf-8") == document(), (
        "run: .venv/bin/python tests/support/mutants_document.py > docs/mutants.md"
    )


# What is written is so.


class TestChecked:
    pytestmark = checking

    def test_the_spec_itself_is_not_killed(self, hunt: Hunt) -> None:
        with ThreadPoolExecutor(2) as pool:
            assert list(pool.map(lambda world: hunt.strike("", world), WORLDS)) == [None] * len(WORLDS)

    def test_each_of_them_is_killed_by_the_property_that_it_is_said_to_break(self, hunt: Hunt) -> None:
        with ThreadPoolExecutor(2) as pool:
            broken = pool.map(lambda kill: hunt.strike(kill.mutant, BY_NAME[kill.world]), KILLS)
            struck = [Kill(kill.mutant, kill.world, name or "") for kill, name in zip(KILLS, broken, strict=True)]
        assert struck == KILLS

    def test_the_checker_of_all_mutants_is_that_of_the_spec_where_it_is_told_to_be_none(
        self, hunt: Hunt, tmp_path: Path
    ) -> None:
        world = BY_NAME["two requests"]
        plain = Checker(promela(SPEC), tmp_path).search(world.settings(SPEC))
        assert hunt.states("", world) == plain.states

    @pytest.mark.parametrize(
        "name",
        [
            "drive/reading/read-goal/1/skip/closing",
            "node/powering-on/confirmed/1/swap-effects/declare+succeed",
            "drive/checking/read-other/1/drop-branch",
        ],
    )
    def test_a_mutant_is_the_same_model_in_it_as_that_of_the_changed_spec(
        self, name: str, hunt: Hunt, tmp_path: Path
    ) -> None:
        (mutant,) = (each for each in hunt.mutants if each.name == name)
        changed = spec_of(mutant, SPEC)
        plain = Checker(promela(changed), tmp_path).search(SMALLEST.settings(changed))
        assert hunt.states(name, SMALLEST) == plain.states


# Parts of the protocol.


class TestParts:
    pytestmark = checking

    def test_each_part_that_is_left_out_is_missed_as_the_page_of_counterexamples_says(self) -> None:
        missed = list(all_missed(SPEC))
        assert [each.part for each in missed] == list(PARTS)
        assert [each.part.name for each in missed if each.part.shows not in each.broken] == []
        assert (DOCS / "counterexamples.md").read_text(encoding="utf-8") == counterexamples(missed, SPEC), (
            "run: .venv/bin/python -m powerfsm.model.counterexamples > docs/counterexamples.md"
        )
