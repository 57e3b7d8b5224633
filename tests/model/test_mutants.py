"""Every mutant of the spec is noticed: by the loader, or by a test that is named; or there is a reason why not.

So whoever adds a transition, a guard or an effect has to say which test would notice that it is wrong.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import pytest

from killers import read_killers
from mutation import Verdict, judge
from powerfsm.model.mutant_table import Fate, table
from powerfsm.model.mutants import KINDS, Mutant, apply, mutants, refusals, spec_of
from powerfsm.spec import Spec, load, schema

FILE = load().file
MADE = mutants(FILE)
KILLERS = read_killers()
Refused = Mapping[str, Sequence[str]]
AN_ON = "tests/registry/test_one_node.py::test_on_is_sent_once_and_succeeds_on_a_reading"


@pytest.fixture(scope="module")
def refused() -> Refused:
    """What the loader has against those mutants that it refuses."""
    told = {mutant.name: refusals(mutant, FILE) for mutant in MADE}
    return {name: wrong for name, wrong in told.items() if wrong}


# Nothing is forgotten.


def test_every_mutant_that_loads_is_named_once_as_killed_or_as_a_survivor(refused: Refused) -> None:
    due = {mutant.name for mutant in MADE} - refused.keys()
    named = Counter(KILLERS.named())
    assert due - named.keys() == set(), "new: name the test that kills each in tests/model/killers.yaml"
    assert named.keys() - due == set(), "these are no mutants of the spec, or no loader takes them"
    assert [name for name, times in named.items() if times > 1] == []


def test_every_branch_and_every_effect_can_be_dropped_by_a_mutant() -> None:
    machines = (FILE.machines.node, FILE.machines.drive)
    branches = [
        branch
        for machine in machines
        for row in machine.transitions.values()
        for outcome in row.values()
        for branch in schema.branches(outcome)
    ]
    counted = Counter(mutant.kind for mutant in MADE)
    assert counted["drop-branch"] == len(branches)
    assert counted["drop-guard"] == sum(len(branch.when) for branch in branches)
    assert counted["drop-effect"] == sum(len(branch.do) for branch in branches)


@pytest.mark.parametrize(
    ("name", "left_out"),
    [
        ("drive/initial/settling", "the fence"),
        ("drive/commanding/unanswered/1/skip/fencing", "the fence after a command without an answer"),
        ("drive/fencing/fenced/1/skip/settling", "settling"),
        ("drive/opening/opened/1/skip/recording", "that the session's id is durable before a command"),
        ("drive/checking/read-goal/4/skip/closing", "the close, after which what was verified cannot change"),
        ("drive/reading/read-goal/1/skip/closing", "likewise, after a command"),
        ("drive/commanding/answered/1/skip/reading", "the reading: an acknowledgement is enough"),
        ("drive/reading/broken-off/1/skip/withdrawing", "the close on cancel"),
        ("node/on/request/2/drop-effect/persist-desired", "that desired is durable"),
    ],
)
def test_what_the_protocol_cannot_do_without_is_left_out_by_a_mutant(name: str, left_out: str) -> None:
    assert name in {mutant.name for mutant in MADE}


# What a mutant is.


def test_mutants_are_the_same_in_the_same_order_each_time_and_no_two_have_one_name() -> None:
    assert mutants(FILE) == MADE
    assert len({mutant.name for mutant in MADE}) == len(MADE)
    assert {mutant.kind for mutant in MADE} == set(KINDS)


def test_a_mutant_changes_the_outcome_of_one_pair_or_one_first_state_and_nothing_else() -> None:
    for mutant in MADE:
        before = {**_outcomes("node", FILE), **_outcomes("drive", FILE)}
        after = {**_outcomes("node", apply(mutant, FILE)), **_outcomes("drive", apply(mutant, FILE))}
        changed = {place for place in before if after.get(place) is not before[place]}
        place = (mutant.machine, mutant.state, mutant.event)
        if mutant.initial is None:
            assert changed == {place}
            assert before[place] != after.get(place) == mutant.outcome
        else:
            assert changed == {(mutant.machine, "", "")}
            assert after[mutant.machine, "", ""] == mutant.initial


def _outcomes(name: str, file: schema.File) -> dict[tuple[str, str, str], object]:
    """What a machine says: of its pairs, and as that of no state and no event, its first state."""
    machine: schema.Machine = getattr(file.machines, name)
    pairs = {
        (name, state, event): outcome
        for state, row in machine.transitions.items()
        for event, outcome in row.items()
    }
    return {(name, "", ""): machine.initial, **pairs}


def test_a_mutant_of_one_branch_leaves_the_others_as_they_are() -> None:
    (mutant,) = (each for each in MADE if each.name == "node/powering-on/request/2/drop-effect/cancel")
    assert mutant.told == "In powering-on of node, request (branch 2 of 3) leaves out cancel."
    assert mutant.outcome is not None
    first, second, third = schema.branches(FILE.machines.node.transitions["powering-on"]["request"])
    assert schema.branches(mutant.outcome) == (
        first,
        second.model_copy(update={"do": [effect for effect in second.do if effect != "cancel"]}),
        third,
    )


def test_the_file_itself_is_not_touched() -> None:
    before = FILE.model_copy(deep=True)
    for mutant in MADE:
        apply(mutant, FILE)
    assert before == FILE


def test_a_mutant_runs_as_a_spec_of_its_own() -> None:
    spec = load()
    (mutant,) = (each for each in MADE if each.name == "drive/fencing/fenced/1/skip/settling")
    mutated: Spec = spec_of(mutant, spec)
    assert mutated.drive.step("fencing", "fenced").after == "opening"
    assert spec.drive.step("fencing", "fenced").after == "settling"
    assert mutated.digest != spec.digest


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("node/powering-on/confirmed/1/drop-branch", 'nothing is declared for event "confirmed"'),
        ("node/on/request/swap-branches", "this branch is never taken"),
        ("node/on/request/1/swap-effects/put-in-play+answer", 'stands after the live "answer"'),
        ("drive/opening/opened/1/skip/recording", 'state "recording" cannot be reached'),
        ("drive/commanding/answered/1/drop-effect/accept", 'effect "accept" is never used'),
    ],
)
def test_the_loader_refuses_what_breaks_its_rules_and_says_which(name: str, wrong: str, refused: Refused) -> None:
    assert wrong in refused[name][0]


# What is written about them is so.


def _files() -> list[str]:
    return sorted({test.partition("::")[0] for test in KILLERS.killed})


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("file", _files())
def test_the_tests_that_are_named_kill_their_mutants_and_leave_the_spec_alive(file: str) -> None:
    tests = {test: names for test, names in KILLERS.killed.items() if test.startswith(f"{file}::")}
    plan = {"": list(tests), **{name: [test] for test, names in tests.items() for name in names}}
    spec, *verdicts = judge(plan)
    assert spec == Verdict("", "survived")
    assert len(verdicts) == len(plan) - 1
    assert [verdict for verdict in verdicts if verdict.end != "killed"] == []


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_no_survivor_is_killed_by_the_tests_that_kill_other_mutants_of_the_same_place() -> None:
    plan = {name: _near(name) for survivors in KILLERS.survivors for name in survivors.mutants}
    assert [verdict for verdict in judge(plan) if verdict.end != "survived"] == []


def _near(survivor: str) -> Sequence[str]:
    """The tests that kill mutants of the same state and event, or where there are none, of the same state."""
    for parts in (3, 2):
        place = "/".join(survivor.split("/")[:parts]) + "/"
        near = [test for test, names in KILLERS.killed.items() if any(each.startswith(place) for each in names)]
        if near:
            return near
    raise AssertionError(f"no test is near {survivor}")


def test_every_survivor_has_a_reason() -> None:
    assert all(survivors.reason.strip().endswith(".") for survivors in KILLERS.survivors)


def test_a_mutant_that_a_test_does_not_notice_survives_it() -> None:
    assert judge(
        {
            "": [AN_ON],
            "node/unknown/request/1/drop-effect/start": [AN_ON],
            "node/on/read-off/3/drop-effect/flag-drift": [AN_ON],
        }
    ) == [
        Verdict("", "survived"),
        Verdict("node/unknown/request/1/drop-effect/start", "killed", AN_ON),
        Verdict("node/on/read-off/3/drop-effect/flag-drift", "survived"),
    ]


def test_a_plan_with_a_test_that_does_not_exist_is_not_taken_for_a_verdict() -> None:
    with pytest.raises(AssertionError, match="not found"):
        judge({"": ["tests/registry/test_one_node.py::test_that_does_not_exist"]})


# What people are told of it.


def test_the_table_counts_mutants_by_kind_and_fate(refused: Refused) -> None:
    killed = {name for names in KILLERS.killed.values() for name in names}

    def fate(mutant: Mutant) -> Fate:
        if mutant.name in refused:
            return "loader"
        return "test" if mutant.name in killed else "survivor"

    heading, _, *lines = table(MADE, fate).splitlines()
    assert heading == (
        "| kind | mutants | refused by the loader | killed by the checker | killed by a named test | survivors |"
    )
    cells = [[cell.strip() for cell in line[1:-1].split("|")] for line in lines]
    rows = {kind: [int(count) for count in counts] for kind, *counts in cells}
    assert list(rows) == [*KINDS, "all"]
    for count, *fates in rows.values():
        assert count == sum(fates)
    *of_kinds, in_all = rows.values()
    assert in_all == [sum(column) for column in zip(*of_kinds, strict=True)]
    assert in_all[0] == len(MADE)
    assert rows["drop-branch"][4] == rows["drop-effect"][4] == 0, "no transition and no effect can go unnoticed"
