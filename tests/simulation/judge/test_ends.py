"""Promise 7: nothing is dropped; every operation ends once, and every request is answered or refused."""

from dataclasses import replace

import pytest

from powerfsm.operation import Operation, Status
from powerfsm.power import Ask, Command
from powerfsm.simulation.plan import Ill, Stop
from powerfsm.simulation.record import Alarm, End, Forgotten
from tales import SETTLED, Tale


def failed(reason: str) -> Tale:
    """An operation has failed."""
    tale = Tale()
    tale.fail(tale.put_in_play(Ask.ON), reason)
    return tale


def ended() -> tuple[Tale, Operation]:
    """An operation has succeeded."""
    tale = Tale()
    return tale, tale.carry_out(Ask.ON)


def test_a_failure_that_names_its_node_is_right() -> None:
    assert not failed("n (192.0.2.0:623) was not brought on: BMC unreachable; check the address").broken()


def test_a_failure_that_does_not_name_its_node_is_found() -> None:
    assert failed("BMC 192.0.2.0: it did it").breaks(7, "does not say of which node")


def test_a_failure_by_a_defect_is_found() -> None:
    assert failed("n: KeyError: 3; this is a defect of the daemon").breaks(7, "failed by a defect")


def test_an_end_without_a_reason_is_found() -> None:
    assert failed("").breaks(7, "without reason or time")


def test_an_operation_that_never_ends_is_found() -> None:
    tale = Tale()
    tale.put_in_play(Ask.ON)
    assert tale.breaks(7, "operation 1 (on) never ended")


def test_an_operation_that_ends_twice_is_found() -> None:
    tale, operation = ended()
    tale.commit(replace(operation, status=Status.FAILED, reason="n: no"))
    assert tale.breaks(7, "had ended succeeded, and is now failed")


def test_an_end_that_is_told_otherwise_than_it_is_is_found() -> None:
    tale, operation = ended()
    tale.is_told(operation)
    assert not tale.broken()
    tale.is_told(replace(operation, status=Status.FAILED, reason="n: no"))
    assert tale.breaks(7, "was told to have ended")


def test_somebody_who_is_told_that_his_operation_is_not_known_is_found() -> None:
    tale, operation = ended()
    tale.tell(Forgotten(tale.now, 1, operation.id))
    assert tale.breaks(7, "is not known any more")


def test_an_alarm_is_found() -> None:
    tale = Tale()
    tale.tell(Alarm(tale.now, 1, "property one-waiting is broken"))
    assert tale.breaks(7, "property one-waiting is broken")


def test_a_request_that_is_never_answered_is_found() -> None:
    tale = Tale()
    tale.asks(Ask.ON)
    assert tale.breaks(7, "was never answered")


def test_a_request_that_has_to_be_asked_again_and_is_not_is_found() -> None:
    tale = Tale()
    tale.refuse(tale.asks(Ask.ON), "toomany", last=False)
    assert tale.breaks(7, "has to ask on")


def test_a_request_that_goes_unanswered_as_the_daemon_dies_is_right() -> None:
    tale = Tale()
    number = tale.asks(Ask.ON)
    tale.die()
    tale.refuse(number, "gone", "")
    assert not tale.broken()


@pytest.mark.parametrize(("why", "told"), [("keyerror", "'n'"), ("unknownnode", "no such node"), ("toomany", "")])
def test_a_refusal_that_no_requester_can_act_on_is_found(why: str, told: str) -> None:
    tale = Tale()
    tale.refuse(tale.asks(Ask.ON), why, told)
    assert tale.breaks(7, "was refused as")


def test_a_refusal_for_a_disk_that_is_well_is_found() -> None:
    tale = Tale()
    tale.refuse(tale.asks(Ask.ON), "storeunavailable", "disk full; make room")
    assert tale.breaks(7, "while the disk is well")


def test_a_refusal_for_a_disk_that_is_ill_is_right() -> None:
    tale = Tale()
    tale.do(Ill(at=0, how="full", seconds=10))
    tale.refuse(tale.asks(Ask.ON), "storeunavailable", "disk full; make room")
    assert not tale.broken()


def test_a_refusal_by_a_daemon_that_ends_is_right() -> None:
    tale = Tale()
    tale.do(Stop(at=0))
    tale.refuse(tale.asks(Ask.ON), "shuttingdown", "ask again when it is back")
    tale.die(End.STOPPED)
    assert not tale.broken()


def test_a_process_that_fails_by_itself_is_found() -> None:
    tale = Tale()
    tale.die(End.FAILED, "Traceback\nKeyError: 'n'\n")
    assert tale.breaks(7, "failed by itself: KeyError: 'n'")


def test_a_process_that_fails_as_its_disk_is_ill_is_right() -> None:
    tale = Tale()
    tale.do(Ill(at=0, how="read", seconds=10))
    tale.wait(5)
    tale.die(End.FAILED, "StoreUnavailable: it cannot be read")
    assert not tale.broken()


def test_an_operation_that_fails_after_a_command_leaves_nothing_behind() -> None:
    tale = Tale()
    operation = tale.put_in_play(Ask.ON)
    tale.wait(SETTLED)
    tale.open(command=Command.ON)
    tale.command("on", act=False)
    tale.close()
    tale.fail(operation)
    assert not tale.broken()
