"""Promise 5: a start takes up the outstanding work, trusts nothing in flight, and everything converges."""

from dataclasses import replace

from powerfsm.operation import Operation
from powerfsm.power import Ask, Command, Desired, Power
from powerfsm.simulation.record import Phase
from tales import DEAD, SETTLED, Tale


def crashed() -> tuple[Tale, Operation]:
    """An on was sent and has acted, in session 101, which is on record; the daemon is dead."""
    tale = Tale()
    operation = tale.put_in_play(Ask.ON)
    tale.wait(SETTLED)
    tale.open(command=Command.ON)
    tale.command("on")
    tale.die()
    return tale, operation


def test_a_start_that_fences_reads_and_then_tells_success_is_right() -> None:
    tale, operation = crashed()
    tale.start()
    tale.fence(101)
    tale.drive()
    tale.succeed(operation)
    assert not tale.broken()


def test_a_success_without_the_fence_of_a_session_on_record_is_found() -> None:
    tale, operation = crashed()
    tale.start()
    tale.drive()
    tale.succeed(operation)
    tale.fence(101)
    assert 5 in tale.broken()
    assert "session 101 on record was neither fenced since" in next(
        each.what for each in tale.found() if each.promise == 5
    )


def test_a_success_without_that_fence_once_the_session_must_be_dead_is_right() -> None:
    tale, operation = crashed()
    tale.start()
    tale.wait(DEAD)
    tale.closed(101, by="idle")
    tale.drive()
    tale.succeed(operation)
    assert not tale.broken()


def test_a_fence_before_the_crash_counts_for_nothing_where_it_is_still_on_record() -> None:
    tale = Tale()
    operation = tale.put_in_play(Ask.ON)
    tale.wait(SETTLED)
    tale.open(command=Command.ON)
    tale.command("on")
    tale.send("close")
    tale.closed(101)
    tale.hear("close")
    tale.die()
    tale.start()
    tale.drive()
    tale.succeed(operation)
    assert 5 in tale.broken()


def test_a_success_without_a_reading_by_the_new_process_is_found() -> None:
    tale, operation = crashed()
    tale.start()
    tale.fence(101)
    tale.succeed(operation)
    assert tale.broken().keys() == {5, 6}


def test_outstanding_work_that_is_not_taken_up_is_found() -> None:
    tale, operation = crashed()
    tale.nodes["n"] = replace(tale.nodes["n"], state="unknown")
    tale.start(serve=False)
    tale.commit(tale.node(state="unknown"))
    tale.serve()
    tale.fence(101)
    tale.drive()
    tale.succeed(operation)
    assert tale.breaks(5, "has not taken up operation 1")


def test_an_answer_before_the_work_is_taken_up_is_found() -> None:
    tale, operation = crashed()
    tale.start(serve=False)
    tale.answer(tale.asks(Ask.ON), operation)
    tale.serve()
    tale.fence(101)
    tale.drive()
    tale.succeed(operation)
    assert tale.breaks(5, "which does not serve")


def test_what_does_not_come_to_rest_is_found() -> None:
    tale = Tale()
    tale.restless = "after 3600 s without faults 1 operations have not ended"
    assert tale.breaks(5, "not everything came to rest")


def test_a_node_that_is_not_as_last_asked_in_the_end_is_found() -> None:
    tale = Tale()
    tale.carry_out(Ask.ON)
    tale.turn(Phase.PROBE)
    assert not tale.broken()
    tale.commit(tale.node(state="error"))
    assert tale.breaks(5, "after all is quiet it is error")


def test_a_power_that_is_not_as_last_asked_in_the_end_is_found() -> None:
    tale = Tale()
    tale.carry_out(Ask.ON)
    tale.turn(Phase.PROBE)
    tale.power["n"] = Power.OFF
    assert tale.breaks(5, "its power is off in the end")


def test_a_node_of_which_nobody_asked_anything_may_be_as_it_is() -> None:
    tale = Tale()
    tale.turn(Phase.PROBE)
    tale.power["n"] = Power.ON
    assert tale.nodes["n"].desired is not Desired.OFF
    assert not tale.broken()
