"""Promise 6: success rests on a reading made after fence, settle and answer; and then it stays so."""

import pytest

from powerfsm.node import Drift
from powerfsm.operation import Operation, Status
from powerfsm.power import Ask, Command, Desired, Power
from powerfsm.simulation.plan import NodePlan
from tales import SETTLED, Tale


@pytest.mark.parametrize("ask", list(Ask))
def test_what_is_done_as_it_should_be_is_right(ask: Ask) -> None:
    tale = Tale(NodePlan(name="n", power=Power.ON))
    tale.carry_out(ask)
    tale.wait(100)
    assert not tale.broken()


def sent() -> tuple[Tale, Operation]:
    """An on is in play, and its session is open."""
    tale = Tale()
    operation = tale.put_in_play(Ask.ON)
    tale.wait(SETTLED)
    tale.open(command=Command.ON)
    return tale, operation


def test_an_acknowledgement_is_not_enough() -> None:
    tale, operation = sent()
    tale.command("on")
    tale.close()
    tale.succeed(operation)
    assert tale.breaks(6, "without a reading by process 1")


def test_a_power_that_is_not_so_is_found() -> None:
    tale, operation = sent()
    tale.command("on")
    tale.wait(20)
    tale.read()
    tale.close()
    tale.go(Power.OFF, cause="latch")
    tale.succeed(operation)
    assert tale.breaks(6, "and its power was off")


def test_a_reading_that_says_otherwise_is_found() -> None:
    tale, operation = sent()
    tale.command("on", act=False)
    tale.read()
    tale.close()
    tale.succeed(operation)
    assert tale.breaks(6, "that can have said off only")


def test_a_power_that_an_operator_has_changed_since_it_was_read_is_nobodys_fault() -> None:
    tale, operation = sent()
    tale.command("on")
    tale.read()
    tale.go(Power.OFF, cause="operator")
    tale.close()
    tale.succeed(operation)
    assert not tale.broken()


def test_a_power_that_an_operator_has_changed_before_it_was_read_is_found() -> None:
    tale, operation = sent()
    tale.command("on")
    tale.go(Power.OFF, cause="operator")
    tale.wait(20)
    tale.read()
    tale.close()
    tale.succeed(operation)
    assert tale.breaks(6, "that can have said off only")


def test_a_bmc_that_was_made_to_lie_is_believed() -> None:
    tale, operation = sent()
    tale.command("on", act=False)
    tale.wait(1)
    tale.send("status")
    tale.fault("wrong-reading", step="chassis-status")
    tale.hear("status")
    tale.close()
    tale.succeed(operation)
    assert not tale.broken()


def test_a_reading_before_the_answer_of_the_command_is_found() -> None:
    tale, operation = sent()
    tale.send("on")
    tale.accept("on")
    tale.go(Power.ON)
    tale.read()
    tale.hear("on")
    tale.close()
    tale.succeed(operation)
    assert tale.breaks(6, "before on was answered")


def test_a_late_copy_of_an_earlier_reading_does_not_hide_the_last_one() -> None:
    tale, operation = sent()
    tale.read()
    tale.close()
    tale.drive("on")
    tale.hear("status", session=101)
    tale.succeed(operation)
    assert not tale.broken()


def superseded(*, fence: bool = True, settle: float = SETTLED) -> Tale:
    """An on was sent and accepted, and has not acted; an off supersedes it, and reads off."""
    tale, on = sent()
    tale.command("on", act=False)
    off = tale.put_waiting(Ask.OFF, cancels=True)
    if fence:
        tale.close()
    else:
        tale.send("close")
    off = tale.hand_over(on, off)
    tale.wait(settle)
    tale.open(command=Command.OFF)
    tale.read()
    tale.close()
    tale.succeed(off)
    if not fence:
        tale.fence(101)
    return tale


def test_a_reading_after_fence_and_settle_is_right() -> None:
    assert not superseded().broken()


def test_a_reading_before_the_fence_is_found() -> None:
    assert superseded(fence=False).breaks(6, "was fenced and settled")


def test_a_reading_before_the_settle_time_is_over_is_found() -> None:
    assert superseded(settle=1.0).breaks(6, "was fenced and settled")


def test_a_node_that_was_reported_off_and_comes_back_on_is_found() -> None:
    tale = superseded()
    tale.go(Power.ON, cause="latch", session=101)
    assert tale.breaks(6, "the power went on", "after the node was declared off")


def test_a_late_copy_that_is_accepted_after_off_was_reported_is_found() -> None:
    tale, on = sent()
    tale.command("on", act=False)
    off = tale.put_waiting(Ask.OFF, cancels=True)
    off = tale.hand_over(on, off)
    tale.wait(SETTLED)
    tale.read()
    tale.succeed(off)
    tale.accept("on")
    tale.close()
    assert 6 in tale.broken()
    assert any("the BMC accepted on" in each.what for each in tale.found())


def test_a_soft_off_that_acts_after_on_was_reported_is_found() -> None:
    tale = Tale(NodePlan(name="n", power=Power.ON, ranking="latest-wins"))
    soft = tale.put_in_play(Ask.SOFT_OFF)
    tale.wait(SETTLED)
    tale.open(command=Command.SOFT_OFF)
    tale.command("soft-off", act=False)
    on = tale.put_waiting(Ask.ON, cancels=True)
    tale.close()
    on = tale.hand_over(soft, on)
    tale.wait(180.1)
    tale.open(command=Command.ON)
    tale.read()
    tale.close()
    tale.succeed(on)
    assert not tale.broken()
    tale.go(Power.OFF, cause="soft-off", session=101)
    assert tale.breaks(6, "the power went off")


def test_an_on_that_is_read_before_a_soft_off_must_have_acted_is_found() -> None:
    tale = Tale(NodePlan(name="n", power=Power.ON, ranking="latest-wins"))
    soft = tale.put_in_play(Ask.SOFT_OFF)
    tale.wait(SETTLED)
    tale.open(command=Command.SOFT_OFF)
    tale.command("soft-off", act=False)
    on = tale.put_waiting(Ask.ON, cancels=True)
    tale.close()
    on = tale.hand_over(soft, on)
    tale.wait(SETTLED)
    tale.open(command=Command.ON)
    tale.read()
    tale.close()
    tale.succeed(on)
    assert tale.breaks(6, "was fenced and settled")


def test_a_soft_off_that_was_read_to_have_acted_is_done() -> None:
    tale = Tale(NodePlan(name="n", power=Power.ON))
    tale.carry_out(Ask.SOFT_OFF)
    tale.carry_out(Ask.ON)
    assert not tale.broken()


def test_machines_that_act_later_than_the_plan_may_have_it_are_nobodys_fault() -> None:
    tale = Tale(NodePlan(name="n", latch=(0, 10)))
    on = tale.put_in_play(Ask.ON)
    tale.wait(SETTLED)
    tale.open(command=Command.ON)
    tale.command("on", act=False)
    off = tale.put_waiting(Ask.OFF, cancels=True)
    tale.close()
    off = tale.hand_over(on, off)
    tale.drive()
    tale.succeed(off)
    tale.go(Power.ON, cause="latch", session=101)
    assert not tale.broken()


def test_what_the_sweep_declares_is_held_to_the_same() -> None:
    tale = Tale(NodePlan(name="n", drift=Drift.ADOPT))
    tale.wait(50)
    tale.open()
    tale.read()
    tale.close()
    tale.read_by_sweep(state="on", observed=Power.ON, desired=Desired.ON, generation=1)
    assert tale.breaks(6, "the node was declared on on a reading", "that can have said off only")


def test_what_is_declared_without_a_reading_is_found() -> None:
    tale = Tale()
    tale.wait(50)
    tale.read_by_sweep()
    assert tale.breaks(6, "without a reading")


def test_a_success_that_is_told_and_not_durable_is_found() -> None:
    tale, operation = sent()
    tale.command("on")
    tale.read()
    tale.close()
    told = tale.ended(operation, Status.SUCCEEDED)
    tale.is_told(told)
    tale.succeed(operation)
    assert tale.breaks(6, "as was told, and is in-play on disk")


def test_a_success_that_became_durable_as_the_process_died_is_told_by_the_next_one() -> None:
    tale, operation = sent()
    tale.command("on")
    tale.read()
    tale.close()
    tale.die()
    told = tale.operations[operation.id] = tale.ended(operation, Status.SUCCEEDED)
    tale.nodes["n"] = tale.node(state="on", in_play=None, observed=Power.ON, observed_at=tale.now)
    tale.start()
    tale.is_told(told)
    assert not tale.broken()
