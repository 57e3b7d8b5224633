"""A step is a total, pure function of state, event and guards: held against the file as YAML alone reads it."""

import itertools
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from powerfsm.power import Ask, Power
from powerfsm.spec import Machine, SpecError, Step, UndeclaredPair, load

OWN = files("powerfsm.spec").joinpath("power.yaml")
# Read a second time, by PyYAML's own constructor, merges included: what `Machine` must agree with.
ORACLE: dict[str, Any] = yaml.safe_load(OWN.read_bytes())
MACHINES = {"node": load().node, "drive": load().drive}


def pairs() -> Iterator[tuple[Machine, str, str]]:
    """Every declared pair of both machines."""
    for machine in MACHINES.values():
        for state, event in machine.pairs():
            yield machine, state, event


def subsets(names: tuple[str, ...]) -> Iterator[frozenset[str]]:
    """All subsets."""
    for size in range(len(names) + 1):
        yield from map(frozenset, itertools.combinations(names, size))


def expected(machine: Machine, state: str, event: str, holding: frozenset[str]) -> Step:
    """The step as a reader of the file would work it out by hand."""
    outcome = ORACLE["machines"][machine.name]["transitions"][state][event]
    if isinstance(outcome, dict) and "ignore" in outcome:
        return Step(state, event, state, (), "ignored", outcome["ignore"])
    if isinstance(outcome, dict) and "reject" in outcome:
        return Step(state, event, state, (), "rejected", outcome["reject"])
    for branch in outcome if isinstance(outcome, list) else [outcome]:
        if all(guard in holding for guard in branch.get("when", [])):
            return Step(state, event, branch["to"], tuple(branch["do"]), "transition")
    raise AssertionError(f"no branch of ({state}, {event}) is taken under {sorted(holding)}")


@pytest.mark.parametrize("name", MACHINES)
def test_every_state_that_is_not_final_has_a_step_for_every_event(name: str) -> None:
    machine = MACHINES[name]
    going_on = [state for state in machine.states if machine.kind(state) != "final"]
    assert set(machine.pairs()) == set(itertools.product(going_on, machine.events))


def test_every_pair_under_every_set_of_its_guards_steps_as_the_file_says() -> None:
    for machine, state, event in pairs():
        for holding in subsets(machine.guards(state, event)):
            assert machine.step(state, event, holding) == expected(machine, state, event, holding)


def test_every_branch_of_the_file_is_taken_under_some_guards() -> None:
    for machine, state, event in pairs():
        outcome = ORACLE["machines"][machine.name]["transitions"][state][event]
        if isinstance(outcome, list):
            taken = {
                (step.after, step.effects)
                for holding in subsets(machine.guards(state, event))
                for step in [machine.step(state, event, holding)]
            }
            assert taken == {(branch["to"], tuple(branch["do"])) for branch in outcome}


@given(data=st.data())
def test_a_step_under_any_guards_is_the_one_that_the_file_says_first_time_and_again(
    data: st.DataObject,
) -> None:
    known = data.draw(st.sampled_from(list(MACHINES.values())))
    machine = Machine(known.name, known.declared)  # with nothing kept from earlier steps
    asked = st.tuples(
        st.sampled_from(list(machine.pairs())),
        st.frozensets(st.sampled_from(list(machine.declared.guards))),
    )
    for (state, event), holding in data.draw(st.lists(asked, min_size=1, max_size=20)):
        step = machine.step(state, event, holding)
        assert step == expected(machine, state, event, holding)
        assert machine.step(state, event, holding) is step


def test_only_the_guards_that_are_named_for_a_pair_matter_to_it() -> None:
    for machine, state, event in pairs():
        named = machine.guards(state, event)
        others = frozenset(machine.declared.guards) - frozenset(named)
        for holding in subsets(named):
            assert machine.step(state, event, holding | others) == machine.step(state, event, holding)


def test_a_guard_is_named_for_a_pair_only_where_it_makes_a_difference() -> None:
    for machine, state, event in pairs():
        for guard in machine.guards(state, event):
            assert any(
                machine.step(state, event, holding | {guard}) != machine.step(state, event, holding - {guard})
                for holding in subsets(machine.guards(state, event))
            ), (machine.name, state, event, guard)


def test_what_is_ignored_or_rejected_moves_nothing_and_says_why() -> None:
    for machine, state, event in pairs():
        step = machine.step(state, event)
        if step.kind != "transition":
            assert (step.after, step.effects) == (state, ())
            assert step.reason.strip()


def test_durable_effects_come_before_live_ones() -> None:
    for machine, state, event in pairs():
        for holding in subsets(machine.guards(state, event)):
            kinds = [machine.declared.effects[each].kind for each in machine.step(state, event, holding).effects]
            assert kinds == sorted(kinds), (state, event, kinds)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda m: m.step("asleep", "request"), "machine node has no state 'asleep'"),
        (lambda m: m.step("on", "wake"), "machine node has no event 'wake'"),
        (lambda m: m.step("on", "request", frozenset({"dim"})), "machine node has no guard 'dim'"),
        (lambda m: m.guards("asleep", "request"), "machine node has no state 'asleep'"),
        (lambda m: m.outcome("on", "wake"), "machine node has no event 'wake'"),
        (lambda m: m.declares("asleep"), "machine node has no state 'asleep'"),
        (lambda m: m.kind("asleep"), "machine node has no state 'asleep'"),
    ],
)
def test_a_name_that_is_not_declared_is_told(ask: Callable[[Machine], object], message: str) -> None:
    with pytest.raises(UndeclaredPair) as caught:
        ask(MACHINES["node"])
    assert str(caught.value) == message


def test_nothing_follows_a_final_state() -> None:
    with pytest.raises(UndeclaredPair, match="state 'done' is final, event 'opened' cannot follow"):
        MACHINES["drive"].step("done", "opened")


def test_only_states_after_a_reading_declare_power() -> None:
    node = MACHINES["node"]
    assert {state: node.declares(state) for state in node.states if node.declares(state)} == {
        "on": Power.ON,
        "off": Power.OFF,
        "ready": Power.OFF,
    }


def test_names_that_equal_attributes_of_the_library_step_like_any_other(tmp_path: Path, small: str) -> None:
    # Bound to a model, a trigger called `state` or `trigger` would be lost without a word.
    text = small.replace("begin", "trigger").replace("finish", "state").replace("fit", "holding")
    (tmp_path / "power.yaml").write_text(text)
    machine = load(tmp_path / "power.yaml").node
    assert machine.step("idle", "trigger", frozenset({"holding"})).after == "busy"
    assert machine.step("busy", "state", frozenset({"last"})).after == "over"


def test_rankings_answer_for_every_two_asks() -> None:
    spec = load()
    for name, declared in ORACLE["rankings"].items():
        for asked, in_play in itertools.product(Ask, Ask):
            outranks = spec.rankings[name].outranks(asked, in_play)
            assert outranks == (str(in_play) in declared["outranks"][str(asked)])
            assert not (outranks and asked is in_play)


def test_under_the_default_ranking_off_cancels_on_and_on_waits_for_off() -> None:
    table = load().rankings["off-outranks-on"]
    assert table.outranks(Ask.OFF, Ask.ON)
    assert not table.outranks(Ask.ON, Ask.OFF)


def test_timings_are_those_of_the_file() -> None:
    assert dict(load().timings) == {name: each["default"] for name, each in ORACLE["timings"].items()}


def test_the_spec_of_the_package_is_read_once_and_any_other_each_time(tmp_path: Path, small: str) -> None:
    assert load() is load()
    other = tmp_path / "power.yaml"
    other.write_text(small)
    before = load(other)
    other.write_text(small.replace("default: 3", "default: 4"))
    after = load(other)
    assert (before.timings["settle"], after.timings["settle"]) == (3, 4)
    assert before.digest != after.digest


def test_a_wrong_file_is_told_by_its_own_name(tmp_path: Path, small: str) -> None:
    wrong = tmp_path / "other.yaml"
    wrong.write_text(small.replace("version: 1", "version: 7"))
    with pytest.raises(SpecError) as caught:
        load(wrong)
    assert str(caught.value) == f"{wrong}:1: version is 7, expected 1"


def test_the_spec_of_the_package_is_the_one_of_the_repository() -> None:
    repository = Path(__file__).parents[2] / "spec" / "power.yaml"
    assert OWN.read_bytes() == repository.read_bytes()
