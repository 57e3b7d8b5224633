"""Two daemons on one store: what the design keeps, and that each part of it is needed for what it is there for."""

import shutil

import pytest

from powerfsm.model.two_daemons import (
    DESIGN,
    FROZEN_CLOCK,
    LEFT_OUT,
    NEVER,
    PAUSE,
    PROPERTIES,
    WITNESSES,
    Checker,
    Variant,
    kept,
)

pytestmark = [
    pytest.mark.stranger,
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("spin") or not shutil.which("gcc"), reason="needs Debian's spin and gcc"),
]

STATES = {NEVER: 406_548, PAUSE: 709_548, FROZEN_CLOCK: 945_621}


@pytest.fixture(scope="module")
def checker(tmp_path_factory: pytest.TempPathFactory) -> Checker:
    return Checker(tmp_path_factory.mktemp("two-daemons"))


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Checker:
    return Checker(tmp_path_factory.mktemp("two-daemons-live"), live=True, bounds={"NREQ": 1})


def _named(variant: Variant) -> str:
    return f"{variant.name.replace(' ', '-')}-{variant.standstill}"


@pytest.mark.parametrize("variant", DESIGN, ids=_named)
def test_the_design_keeps_what_it_promises_in_every_state(checker: Checker, variant: Variant) -> None:
    outcome = checker.holds(variant, kept(variant))
    assert outcome.errors == 0, outcome.trace
    assert outcome.states == STATES[variant.standstill]


def test_with_daemons_that_keep_their_bound_nothing_is_excepted() -> None:
    assert kept(DESIGN[0]) == PROPERTIES


BREAKS = [(variant, name) for variant in (*DESIGN, *LEFT_OUT) for name in variant.broken]


@pytest.mark.parametrize(("variant", "name"), BREAKS, ids=[f"{_named(v)}-{name}" for v, name in BREAKS])
def test_what_is_left_out_is_missed(checker: Checker, variant: Variant, name: str) -> None:
    assert checker.holds(variant, [name]).broken == name


def test_without_the_look_at_the_lease_all_else_holds(checker: Checker) -> None:
    unchecked = LEFT_OUT[0]
    assert unchecked.knobs == {"CHECK": 0}
    assert checker.holds(unchecked, kept(unchecked)).errors == 0


@pytest.mark.parametrize("witness", WITNESSES)
def test_what_the_properties_speak_of_happens(checker: Checker, witness: int) -> None:
    assert checker.reaches(witness).errors == 1


def test_when_requests_and_takeovers_stop_the_desired_power_is_reached_and_declared(live: Checker) -> None:
    assert live.converges().errors == 0


def test_without_fairness_it_need_not_be(live: Checker) -> None:
    assert live.converges(fair=False).errors == 1
