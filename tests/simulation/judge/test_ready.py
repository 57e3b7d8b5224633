"""Promise 9: ready only after a reading of off."""

from powerfsm.operation import Operation
from powerfsm.power import Ask, Command, Power
from powerfsm.simulation.plan import NodePlan
from tales import SETTLED, Tale


def releasing() -> tuple[Tale, Operation]:
    """A node that is on is to be released."""
    tale = Tale(NodePlan(name="n", power=Power.ON))
    operation = tale.put_in_play(Ask.READY)
    tale.wait(SETTLED)
    tale.open(command=Command.OFF)
    return tale, operation


def test_ready_after_a_reading_of_off_is_right() -> None:
    tale, operation = releasing()
    tale.command("off")
    tale.read()
    tale.close()
    tale.succeed(operation)
    assert not tale.broken()


def test_ready_without_a_reading_is_found() -> None:
    tale, operation = releasing()
    tale.command("off")
    tale.close()
    tale.succeed(operation)
    assert tale.breaks(9, "without a reading by process 1")


def test_ready_after_a_reading_of_on_is_found() -> None:
    tale, operation = releasing()
    tale.command("off", act=False)
    tale.read()
    tale.close()
    tale.wait(20)
    tale.go(Power.OFF, cause="operator")
    tale.succeed(operation)
    assert tale.breaks(9, "its power had been on since before that")


def test_ready_of_a_node_that_is_last_observed_on_is_found() -> None:
    tale, operation = releasing()
    tale.command("off")
    tale.read()
    tale.close()
    tale.succeed(operation, observed=Power.ON, drifted=True)
    assert tale.breaks(9, "was last observed on")


def test_ready_of_a_bmc_that_was_made_to_say_off_is_let_through() -> None:
    tale, operation = releasing()
    tale.command("off", act=False)
    tale.send("status")
    tale.fault("wrong-reading", step="chassis-status")
    tale.hear("status")
    tale.close()
    tale.succeed(operation)
    assert not tale.broken()
