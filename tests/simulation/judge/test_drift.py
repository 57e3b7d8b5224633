"""Promise 10: drift is seen, and enforced, adopted or flagged as the node's policy says."""

from collections.abc import Callable

import pytest

from powerfsm.node import Drift
from powerfsm.power import Ask, Desired, Power
from powerfsm.simulation.plan import Ill, NodePlan
from powerfsm.simulation.record import Phase
from tales import Tale

LONG = 150.0
"""Seconds, more than two laps of the sweep."""


def pressed(drift: Drift) -> Tale:
    """A node was brought on, and then an operator has turned it off."""
    tale = Tale(NodePlan(name="n", drift=drift))
    tale.carry_out(Ask.ON)
    tale.wait(50)
    tale.go(Power.OFF, cause="operator")
    return tale


def swept(tale: Tale, after: float) -> None:
    """The sweep has read it."""
    tale.wait(after)
    tale.open()
    tale.read()
    tale.close()


@pytest.mark.parametrize("drift", list(Drift))
def test_a_button_that_is_never_seen_is_found(drift: Drift) -> None:
    tale = pressed(drift)
    tale.wait(LONG)
    tale.turn(Phase.QUIET)
    assert tale.breaks(10, "was not seen and treated by policy", drift.value)


def test_drift_that_is_flagged_is_right() -> None:
    tale = pressed(Drift.FLAG)
    swept(tale, 100)
    tale.read_by_sweep(drifted=True)
    tale.wait(LONG)
    tale.turn(Phase.QUIET)
    assert not tale.broken()


def test_drift_that_is_adopted_is_right() -> None:
    tale = pressed(Drift.ADOPT)
    swept(tale, 100)
    tale.read_by_sweep(state="off", desired=Desired.OFF, generation=2)
    tale.wait(LONG)
    tale.turn(Phase.QUIET)
    assert not tale.broken()


def test_drift_that_is_driven_back_is_right() -> None:
    tale = pressed(Drift.ENFORCE)
    swept(tale, 100)
    operation = tale.begin(Ask.ON, by="drift policy")
    tale.commit(operation, tale.node(state="powering-on", in_play=2, observed=Power.OFF))
    tale.drive("on")
    tale.succeed(operation)
    tale.wait(LONG)
    tale.turn(Phase.QUIET)
    assert not tale.broken()


def test_drift_that_is_flagged_where_it_should_be_adopted_is_found() -> None:
    tale = pressed(Drift.ADOPT)
    swept(tale, 100)
    tale.read_by_sweep(drifted=True)
    tale.wait(LONG)
    tale.turn(Phase.QUIET)
    assert tale.breaks(10, "by policy adopt")


def test_drift_that_is_seen_too_late_is_found() -> None:
    tale = pressed(Drift.FLAG)
    swept(tale, LONG)
    tale.read_by_sweep(drifted=True)
    assert tale.breaks(10, "was not seen")


def _fault(tale: Tale) -> None:
    tale.fault("lost", way="in")


def _request(tale: Tale) -> None:
    tale.refuse(tale.asks(Ask.ON), "gone")


def _crash(tale: Tale) -> None:
    tale.die()
    tale.start()


def _illness(tale: Tale) -> None:
    tale.do(Ill(at=0, how="slow", seconds=100, slowness=1))


def _second_press(tale: Tale) -> None:
    tale.go(Power.ON, cause="operator")


@pytest.mark.parametrize("excuse", [_fault, _request, _crash, _illness, _second_press])
def test_what_is_in_the_way_excuses(excuse: Callable[[Tale], None]) -> None:
    tale = pressed(Drift.FLAG)
    tale.wait(30)
    excuse(tale)
    tale.wait(LONG)
    tale.turn(Phase.QUIET)
    assert not tale.broken()


def test_a_bmc_that_had_fallen_silent_before_excuses() -> None:
    tale = Tale()
    tale.carry_out(Ask.ON)
    tale.fault("reboot")
    tale.wait(50)
    tale.go(Power.OFF, cause="operator")
    tale.wait(LONG)
    tale.turn(Phase.QUIET)
    assert not tale.broken()
