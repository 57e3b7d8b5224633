"""Promise 4: a request is answered only when it is on disk, and what was answered is on every later disk."""

from dataclasses import replace

from powerfsm.node import Drift
from powerfsm.operation import Status
from powerfsm.power import Ask, Command, Desired, Power
from powerfsm.simulation.plan import NodePlan
from tales import SETTLED, Tale


def test_what_was_answered_and_is_there_after_a_crash_is_right() -> None:
    tale = Tale()
    operation = tale.put_in_play(Ask.ON)
    tale.die()
    tale.start()
    tale.drive("on")
    tale.succeed(operation)
    tale.is_told(tale.operations[1])
    assert not tale.broken()


def test_an_answer_before_it_is_durable_is_found() -> None:
    tale = Tale()
    number = tale.asks(Ask.ON)
    operation = tale.begin(Ask.ON)
    tale.answer(number, operation)
    tale.commit(operation, tale.node(state="powering-on", desired=Desired.ON, generation=1, in_play=1))
    tale.drive("on")
    tale.succeed(operation)
    assert tale.breaks(4, "answered before it was durable")


def test_an_answer_that_never_becomes_durable_is_found() -> None:
    tale = Tale()
    number = tale.asks(Ask.ON)
    tale.answer(number, tale.begin(Ask.ON))
    assert tale.breaks(4, "was never durable")


def test_what_was_answered_and_is_lost_in_a_crash_is_found() -> None:
    tale = Tale()
    tale.put_in_play(Ask.ON)
    tale.die()
    del tale.operations[1]
    tale.nodes["n"] = replace(tale.nodes["n"], state="off", in_play=None)
    tale.start()
    assert tale.breaks(4, "was durable, and is lost")


def test_an_operation_that_ended_and_is_lost_in_the_end_is_found() -> None:
    tale = Tale()
    tale.carry_out(Ask.ON)
    del tale.operations[1]
    assert tale.breaks(4, "had ended succeeded, and is lost")


def test_an_operation_that_is_another_one_after_a_crash_is_found() -> None:
    tale = Tale()
    operation = tale.put_in_play(Ask.ON)
    tale.die()
    tale.operations[1] = replace(operation, generation=7)
    tale.start()
    tale.drive("on")
    tale.succeed(tale.operations[1])
    assert 4 in tale.broken()


def test_an_answer_that_speaks_of_another_operation_than_the_disk_is_found() -> None:
    tale = Tale()
    operation = tale.put_in_play(Ask.ON)
    tale.answer(tale.asks(Ask.ON), replace(operation, generation=7))
    tale.drive("on")
    tale.succeed(operation)
    assert tale.breaks(4, "was answered as")


def test_an_answer_to_something_else_is_found() -> None:
    tale = Tale()
    operation = tale.put_in_play(Ask.OFF)
    tale.answer(tale.asks(Ask.ON), operation)
    tale.drive("off")
    tale.succeed(operation)
    assert 4 in tale.broken()


def test_two_answers_to_one_request_are_found() -> None:
    tale = Tale()
    first = tale.carry_out(Ask.ON)
    number = tale.asks(Ask.ON)
    tale.answer(number, first)
    tale.asks_again(number)
    second = tale.begin(Ask.ON)
    tale.commit(second, tale.node(state="powering-on", in_play=2))
    tale.answer(number, second, attempt=2)
    tale.drive("on")
    tale.succeed(second)
    assert tale.breaks(4, "was answered (2,), and (1,) before")


def test_a_generation_that_goes_back_is_found() -> None:
    tale = Tale()
    tale.carry_out(Ask.ON)
    tale.die()
    tale.nodes["n"] = replace(tale.nodes["n"], generation=0)
    tale.start()
    assert tale.breaks(4, "generation 0 after 1")


def test_desired_that_changes_without_a_generation_is_found() -> None:
    tale = Tale()
    tale.carry_out(Ask.ON)
    number = tale.asks(Ask.OFF)
    operation = replace(tale.begin(Ask.OFF), generation=1)
    tale.commit(operation, tale.node(state="powering-off", desired=Desired.OFF, in_play=2))
    tale.answer(number, operation)
    tale.drive("off")
    tale.succeed(operation)
    assert tale.breaks(4, "generation did not grow")


def test_desired_that_is_not_what_was_asked_last_is_found() -> None:
    tale = Tale()
    tale.carry_out(Ask.ON)
    tale.die()
    tale.nodes["n"] = replace(tale.nodes["n"], desired=Desired.OFF, generation=2)
    tale.start()
    assert tale.breaks(4, "what was asked last is on")


def test_desired_may_be_what_was_asked_without_an_answer() -> None:
    tale = Tale()
    tale.carry_out(Ask.ON)
    number = tale.asks(Ask.OFF)
    tale.die()
    tale.refuse(number, "gone")
    operation = tale.begin(Ask.OFF)
    tale.operations[2] = operation
    tale.nodes["n"] = replace(tale.nodes["n"], state="powering-off", desired=Desired.OFF, generation=2, in_play=2)
    tale.start()
    tale.drive("off")
    tale.succeed(operation)
    assert not tale.broken()


def test_desired_may_be_what_was_read_where_that_is_adopted() -> None:
    tale = Tale(NodePlan(name="n", drift=Drift.ADOPT))
    tale.carry_out(Ask.ON)
    tale.wait(100)
    tale.go(Power.OFF, cause="operator")
    tale.open()
    tale.read()
    tale.close()
    tale.read_by_sweep(state="off", desired=Desired.OFF, generation=2)
    assert not tale.broken()


def test_a_command_that_nothing_in_play_asks_for_is_found() -> None:
    tale = Tale()
    tale.wait(SETTLED)
    tale.open(command=Command.OFF)
    tale.command("off")
    tale.close()
    assert tale.breaks(4, "no operation durably in play")


def test_a_command_against_what_is_in_play_is_found() -> None:
    tale = Tale()
    operation = tale.put_in_play(Ask.ON)
    tale.drive("off")
    tale.drive("on")
    tale.succeed(operation)
    assert tale.breaks(4, "what is durably in play is operation 1")


def repeated() -> tuple[Tale, int]:
    """A request was accepted, and its answer was lost with the daemon; it is asked again."""
    tale = Tale()
    number = tale.asks(Ask.ON)
    operation = tale.begin(Ask.ON)
    tale.commit(operation, tale.node(state="powering-on", desired=Desired.ON, generation=1, in_play=1))
    tale.die()
    tale.refuse(number, "gone", last=False)
    tale.start()
    tale.drive("on")
    tale.succeed(operation)
    tale.asks_again(number)
    return tale, number


def test_a_repeated_request_that_is_given_what_it_has_begun_is_right() -> None:
    tale, number = repeated()
    tale.answer(number, tale.operations[1], attempt=2)
    assert not tale.broken()


def test_a_repeated_request_that_begins_something_new_is_found() -> None:
    tale, number = repeated()
    second = tale.begin(Ask.ON)
    tale.commit(second, tale.node(state="powering-on", in_play=2))
    tale.answer(number, second, attempt=2)
    tale.drive("on")
    tale.succeed(second)
    assert tale.breaks(4, "and 1 at an earlier attempt")


def test_an_operation_that_is_back_from_the_dead_is_found() -> None:
    tale = Tale()
    operation = tale.put_in_play(Ask.ON)
    tale.die()
    del tale.operations[1]
    tale.nodes["n"] = replace(tale.nodes["n"], state="off", in_play=None)
    tale.start()
    tale.die()
    tale.operations[1] = replace(operation, status=Status.IN_PLAY)
    tale.nodes["n"] = replace(tale.nodes["n"], state="powering-on", in_play=1)
    tale.start()
    tale.drive("on")
    tale.succeed(operation)
    assert tale.breaks(4, "is back")
