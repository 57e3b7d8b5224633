"""Promise 8: one session per BMC, closed on every exit; limits per rack; ways that are safe to go."""

from dataclasses import replace

import pytest

from powerfsm.operation import Operation
from powerfsm.power import Ask, Command, Power
from powerfsm.simulation.plan import NodePlan
from powerfsm.simulation.record import End
from tales import SETTLED, Tale


def read() -> Tale:
    """The sweep has read a node, in session 101."""
    tale = Tale()
    tale.wait(50)
    tale.open()
    tale.read()
    return tale


def test_one_session_after_the_other_is_right() -> None:
    tale = read()
    tale.close()
    tale.open()
    tale.read()
    tale.close()
    assert not tale.broken()


def test_a_session_beside_another_one_is_found() -> None:
    tale = read()
    tale.open()
    tale.close(session=101)
    tale.close()
    assert tale.breaks(8, "session 102 was opened beside 101")


def test_a_late_login_of_a_dead_process_beside_a_session_is_let_through() -> None:
    tale = read()
    tale.open(record=False)
    tale.close(session=101)
    tale.closed(102, by="idle")
    assert not tale.broken()


def test_a_session_that_closes_one_whose_close_was_not_answered_is_right() -> None:
    tale = read()
    tale.send("close")
    tale.fence(101)
    assert not tale.broken()


def test_a_session_that_fences_that_of_a_dead_process_is_right() -> None:
    tale = read()
    tale.die()
    tale.start()
    tale.fence(101)
    assert not tale.broken()


def test_a_session_beside_one_of_which_nobody_knows_is_let_through() -> None:
    tale = Tale()
    tale.open(record=False)
    tale.open()
    tale.read()
    tale.close()
    tale.closed(101, by="idle")
    assert not tale.broken()


def test_a_session_that_is_not_closed_at_the_end_of_its_process_is_found() -> None:
    tale = read()
    tale.die(End.STOPPED)
    tale.closed(101, by="idle")
    assert tale.breaks(8, "never asked to close session 101")


def test_a_session_that_a_killed_process_leaves_is_right() -> None:
    tale = read()
    tale.die()
    tale.closed(101, by="idle")
    assert not tale.broken()


def test_a_session_that_is_open_in_the_end_is_found() -> None:
    assert read().breaks(8, "session 101 is open in the end")


def test_a_command_while_a_session_that_carried_one_may_be_open_is_found() -> None:
    tale = Tale()
    tale.put_in_play(Ask.ON)
    tale.wait(SETTLED)
    tale.open(command=Command.ON)
    tale.command("on")
    tale.send("close")
    tale.wait(20)
    tale.open(command=Command.ON)
    tale.command("on")
    tale.close(session=101, carrier=102)
    tale.read()
    tale.close()
    tale.succeed(tale.operations[1])
    assert tale.breaks(8, "is neither fenced nor quarantined")


@pytest.mark.parametrize(("nodes", "right"), [(16, True), (17, False)])
def test_more_nodes_of_a_rack_than_may_be_powered_on_at_once_are_found(nodes: int, *, right: bool) -> None:
    names = [f"n{number}" for number in range(nodes)]
    tale = Tale(*(NodePlan(name=name, rack="r") for name in names))
    operations = [tale.put_in_play(Ask.ON, name) for name in names]
    tale.wait(SETTLED)
    for name in names:
        tale.open(name, command=Command.ON)
        tale.command("on", name)
    for name in names:
        tale.read(name)
        tale.close(name)
    for operation in operations:
        tale.succeed(operation)
    assert not tale.broken() if right else tale.breaks(8, "17 nodes of rack r are powered on at once")


def test_nodes_of_different_racks_do_not_count_together() -> None:
    names = [f"n{number}" for number in range(20)]
    tale = Tale(*(NodePlan(name=name, rack=f"r{number % 2}") for number, name in enumerate(names)))
    operations = [tale.put_in_play(Ask.ON, name) for name in names]
    tale.wait(SETTLED)
    for name in names:
        tale.open(name, command=Command.ON)
        tale.command("on", name)
    for name, operation in zip(names, operations, strict=True):
        tale.read(name)
        tale.close(name)
        tale.succeed(operation)
    assert not tale.broken()


def cycling() -> tuple[Tale, Operation]:
    """A cycle is in play at a node that is on."""
    tale = Tale(NodePlan(name="n", power=Power.ON))
    return tale, tale.put_in_play(Ask.CYCLE)


def test_an_on_of_a_cycle_before_its_off_is_durably_read_is_found() -> None:
    tale, operation = cycling()
    tale.drive("off")
    tale.drive("on")
    tale.succeed(operation)
    assert 8 in tale.broken()
    assert any("whose next step is off" in each.what for each in tale.found())


def test_a_cycle_that_succeeds_without_its_off_is_found() -> None:
    tale, operation = cycling()
    tale.drive()
    tale.succeed(operation)
    assert tale.breaks(8, "that it was read off was never durable")


def test_a_cycle_that_goes_on_without_having_read_off_is_found() -> None:
    tale, operation = cycling()
    tale.drive()
    operation = replace(operation, leg=1)
    tale.commit(operation, tale.node(state="powering-on"))
    tale.drive()
    tale.succeed(operation)
    assert tale.breaks(8, "the power had been on when it was last read")


def test_a_cycle_that_goes_on_without_any_reading_is_found() -> None:
    tale, operation = cycling()
    tale.wait(SETTLED)
    tale.open(command=Command.OFF)
    tale.command("off")
    tale.close()
    operation = replace(operation, leg=1)
    tale.commit(operation, tale.node(state="powering-on"))
    tale.drive("on")
    tale.succeed(operation)
    assert tale.breaks(8, "has its off behind it without a reading")


def test_a_cycle_that_goes_back_is_found() -> None:
    tale, operation = cycling()
    tale.drive("off")
    tale.commit(replace(operation, leg=1), tale.node(state="powering-on"))
    tale.die()
    tale.start()
    tale.commit(operation, tale.node(state="powering-off"))
    tale.drive()
    tale.commit(replace(operation, leg=1), tale.node(state="powering-on"))
    tale.drive("on")
    tale.succeed(replace(operation, leg=1))
    assert 8 in tale.broken()


def resetting() -> tuple[Tale, Operation]:
    """A reset is in play at a node that is on."""
    tale = Tale(NodePlan(name="n", power=Power.ON))
    operation = tale.put_in_play(Ask.RESET)
    tale.wait(SETTLED)
    tale.open(command=Command.RESET)
    return tale, operation


def test_a_reset_that_was_refused_may_be_sent_again() -> None:
    tale, operation = resetting()
    tale.send("reset")
    tale.fault("busy", step="chassis-control")
    tale.hear("reset")
    tale.close()
    tale.wait(2)
    tale.drive("reset")
    tale.succeed(operation)
    assert not tale.broken()


def test_a_copy_of_a_refused_reset_that_is_accepted_is_let_through() -> None:
    tale, operation = resetting()
    tale.send("reset")
    tale.fault("busy", step="chassis-control")
    tale.accept("reset")
    tale.hear("reset")
    tale.close()
    tale.wait(2)
    tale.drive("reset")
    tale.succeed(operation)
    assert not tale.broken()


def test_a_reset_that_is_retransmitted_is_found() -> None:
    tale, operation = resetting()
    tale.send("reset")
    tale.wait(1)
    tale.command("reset")
    tale.read()
    tale.close()
    tale.succeed(operation)
    assert tale.breaks(8, "reset was sent again", "was not answered")


def test_a_reset_that_was_accepted_and_is_sent_again_is_found() -> None:
    tale, operation = resetting()
    tale.command("reset")
    tale.close()
    tale.wait(2)
    tale.drive("reset")
    tale.succeed(operation)
    assert tale.breaks(8, "reset was sent again", "was accepted")


def test_a_reset_that_is_sent_again_by_the_next_process_is_found() -> None:
    tale, operation = resetting()
    tale.send("reset")
    tale.die()
    tale.start()
    tale.fence(101)
    tale.drive("reset")
    tale.succeed(operation)
    assert tale.breaks(8, "reset was sent again", "was not answered")
