"""Promise 1: between the first datagram of a power command and its end no other one goes to that node."""

from powerfsm.power import Ask, Command
from tales import DEAD, SETTLED, Tale


def test_a_command_after_one_that_was_answered_and_fenced_is_right() -> None:
    tale = Tale()
    tale.carry_out(Ask.ON)
    tale.carry_out(Ask.OFF)
    assert not tale.broken()


def test_retransmissions_belong_to_the_same_command() -> None:
    tale = Tale()
    operation = tale.put_in_play(Ask.ON)
    tale.wait(SETTLED)
    tale.open(command=Command.ON)
    tale.send("on")
    tale.wait(0.5)
    tale.command("on")
    tale.read()
    tale.close()
    tale.succeed(operation)
    assert not tale.broken()


def unanswered() -> Tale:
    """A command was sent in session 101, and nothing came back."""
    tale = Tale()
    tale.put_in_play(Ask.ON)
    tale.wait(SETTLED)
    tale.open(command=Command.ON)
    tale.send("on")
    tale.wait(10)
    return tale


def do_it_again(tale: Tale) -> None:
    """The same command, in another session, with success."""
    tale.open(command=Command.ON)
    tale.command("on")
    tale.read()
    tale.close()
    tale.succeed(tale.operations[1])


def test_another_command_before_the_first_is_answered_is_found() -> None:
    tale = unanswered()
    tale.send("close")
    tale.wait(10)
    tale.open(command=Command.ON)
    tale.send("on")
    tale.close(session=101, carrier=102)
    tale.command("on")
    tale.read()
    tale.close()
    tale.succeed(tale.operations[1])
    assert tale.breaks(1, "neither answered nor fenced nor quarantined")


def test_another_command_after_the_fence_of_the_first_is_right() -> None:
    tale = unanswered()
    tale.close()
    do_it_again(tale)
    assert not tale.broken()


def test_another_command_once_the_quarantine_is_over_is_right() -> None:
    tale = unanswered()
    tale.send("close")
    tale.closed(tale.session["n"], by="idle")
    tale.wait(DEAD)
    do_it_again(tale)
    assert not tale.broken()


def test_a_close_that_the_bmc_did_not_do_is_no_fence() -> None:
    tale = unanswered()
    first = tale.session["n"]
    tale.send("close")
    tale.hear("close")
    tale.closed(first, by="idle")
    do_it_again(tale)
    assert 1 in tale.broken()


def test_another_process_cannot_build_on_an_answer_that_it_has_not_heard() -> None:
    tale = Tale()
    tale.put_in_play(Ask.ON)
    tale.wait(SETTLED)
    tale.open(command=Command.ON)
    tale.command("on")
    tale.die()
    tale.start()
    tale.wait(SETTLED)
    tale.open(command=Command.ON)
    tale.send("on")
    assert 1 in tale.broken()


def test_another_command_in_the_same_session_before_the_first_is_answered_is_found() -> None:
    tale = Tale()
    tale.put_in_play(Ask.SOFT_OFF)
    tale.wait(SETTLED)
    tale.open(command=Command.SOFT_OFF)
    tale.send("soft-off")
    tale.send("off")
    assert 1 in tale.broken()


def test_a_late_copy_that_is_accepted_after_a_later_command_was_sent_is_found() -> None:
    tale = Tale()
    tale.put_in_play(Ask.ON)
    tale.wait(SETTLED)
    first = tale.open(command=Command.ON)
    tale.command("on", act=False)
    tale.send("close")
    tale.wait(20)
    tale.open(command=Command.ON)
    tale.command("on")
    tale.accept("on", session=first)
    assert 1 in tale.broken()
