"""Promise 2: equal requests join; however many requests, one in play and one waiting."""

from dataclasses import replace

import pytest

from powerfsm.operation import Status
from powerfsm.power import Ask, Command
from tales import SETTLED, Tale


def test_a_request_that_joins_what_is_in_play_is_right() -> None:
    tale = Tale()
    operation = tale.put_in_play(Ask.ON)
    tale.answer(tale.asks(Ask.ON, by="bob"), operation)
    tale.drive("on")
    tale.succeed(operation)
    assert not tale.broken()


def test_an_operation_beside_its_equal_is_found() -> None:
    tale = Tale()
    first = tale.put_in_play(Ask.ON)
    second = tale.put_waiting(Ask.ON, cancels=False)
    tale.drive("on")
    tale.commit(
        tale.ended(first, Status.SUCCEEDED),
        replace(second, status=Status.IN_PLAY),
        tale.node(in_play=second.id, waiting=None),
    )
    tale.drive("on")
    tale.succeed(second)
    assert tale.breaks(2, "waits for its equal")
    assert "was there to be joined" in tale.found()[1].what


def test_an_operation_that_replaces_its_equal_is_found() -> None:
    tale = Tale()
    first = tale.put_in_play(Ask.OFF)
    second = tale.put_waiting(Ask.ON, cancels=False)
    number = tale.asks(Ask.ON, by="bob")
    third = tale.begin(Ask.ON, status=Status.WAITING, by="bob")
    tale.commit(tale.ended(second, Status.SUPERSEDED), third, tale.node(waiting=third.id))
    tale.answer(number, third)
    tale.drive("off")
    tale.succeed(first, state="powering-on", in_play=third.id, waiting=None)
    assert 2 in tale.broken()
    assert "was there to be joined" in next(each.what for each in tale.found() if each.promise == 2)


def test_a_third_operation_of_a_node_is_found() -> None:
    tale = Tale()
    tale.put_in_play(Ask.OFF)
    tale.put_waiting(Ask.ON, cancels=False)
    third = tale.begin(Ask.CYCLE, status=Status.WAITING)
    number = tale.asks(Ask.CYCLE)
    tale.commit(third, tale.node(waiting=third.id, generation=2))
    tale.answer(number, third)
    found = [violation for violation in tale.found() if violation.promise == 2]
    assert "operations that have not ended" in found[0].what


def test_an_operation_that_waits_for_nothing_is_found() -> None:
    tale = Tale()
    first = tale.put_in_play(Ask.OFF)
    second = tale.put_waiting(Ask.ON, cancels=False)
    tale.drive("off")
    tale.succeed(first, waiting=second.id)
    assert 2 in tale.broken()


def test_an_operation_that_is_not_what_its_node_says_is_found() -> None:
    tale = Tale()
    operation = tale.put_in_play(Ask.ON)
    tale.commit(replace(operation, status=Status.WAITING), tale.node())
    assert 2 in tale.broken()


@pytest.mark.parametrize(("pause", "right"), [(0.1, False), (20.0, True)])
def test_more_commands_than_an_action_can_explain_are_found(pause: float, *, right: bool) -> None:
    tale = Tale()
    operation = tale.put_in_play(Ask.ON)
    tale.wait(SETTLED)
    for _ in range(4):
        tale.open(command=Command.ON)
        tale.command("on", act=False)
        tale.read()
        tale.close()
        tale.wait(pause)
    tale.fail(operation)
    assert right is not bool(tale.broken())
    assert right or tale.breaks(2, "no action can explain")
