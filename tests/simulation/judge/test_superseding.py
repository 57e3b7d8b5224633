"""Promise 3: what outranks what is in play cancels it, and runs once the cancel is complete; others wait."""

from dataclasses import replace

from powerfsm.operation import Operation, Status
from powerfsm.power import Ask, Command
from powerfsm.simulation.plan import NodePlan
from tales import DEAD, SETTLED, Tale


def commanded() -> tuple[Tale, Operation]:
    """An on is in play, and was sent."""
    tale = Tale()
    operation = tale.put_in_play(Ask.ON)
    tale.wait(SETTLED)
    tale.open(command=Command.ON)
    tale.command("on")
    return tale, operation


def test_an_off_that_cancels_an_on_and_runs_after_its_fence_is_right() -> None:
    tale, on = commanded()
    off = tale.put_waiting(Ask.OFF, cancels=True)
    tale.close()
    off = tale.hand_over(on, off)
    tale.drive("off")
    tale.succeed(off)
    assert not tale.broken()


def test_an_off_that_does_not_cancel_an_on_is_found() -> None:
    tale, on = commanded()
    off = tale.put_waiting(Ask.OFF, cancels=False)
    tale.read()
    tale.close()
    tale.succeed(on, state="powering-off", in_play=off.id, waiting=None)
    off = replace(off, status=Status.IN_PLAY)
    tale.commit(off, tale.node())
    tale.drive("off")
    tale.succeed(off)
    assert 3 in tale.broken()
    assert any("outranks" in violation.what for violation in tale.found())


def test_an_on_waits_for_an_off_in_play() -> None:
    tale = Tale()
    off = tale.put_in_play(Ask.OFF)
    on = replace(tale.put_waiting(Ask.ON, cancels=False), status=Status.IN_PLAY)
    tale.drive("off")
    tale.commit(
        tale.ended(off, Status.SUCCEEDED),
        on,
        tale.node(state="powering-on", in_play=on.id, waiting=None, observed="off", observed_at=tale.now),
    )
    tale.drive("on")
    tale.succeed(on)
    assert not tale.broken()


def test_an_on_that_cancels_an_off_is_found() -> None:
    tale = Tale()
    off = tale.put_in_play(Ask.OFF)
    on = tale.put_waiting(Ask.ON, cancels=True)
    on = tale.hand_over(off, on)
    tale.drive("on")
    tale.succeed(on)
    assert tale.breaks(3, "nothing was asked that outranks it")


def test_where_the_latest_wins_an_on_cancels_an_off() -> None:
    tale = Tale(NodePlan(name="n", ranking="latest-wins"))
    off = tale.put_in_play(Ask.OFF)
    on = tale.put_waiting(Ask.ON, cancels=True)
    on = tale.hand_over(off, on)
    tale.drive("on")
    tale.succeed(on)
    assert not tale.broken()


def test_what_was_cancelled_and_succeeds_all_the_same_is_found() -> None:
    tale, on = commanded()
    off = tale.put_waiting(Ask.OFF, cancels=True)
    tale.read()
    tale.close()
    off = replace(off, status=Status.IN_PLAY)
    tale.commit(
        tale.ended(on, Status.SUCCEEDED), off, tale.node(state="powering-off", in_play=off.id, waiting=None)
    )
    tale.drive("off")
    tale.succeed(off)
    assert tale.breaks(3, "was cancelled, and ended succeeded")


def test_the_next_command_before_the_cancel_is_complete_is_found() -> None:
    tale, on = commanded()
    off = tale.put_waiting(Ask.OFF, cancels=True)
    tale.send("close")
    off = tale.hand_over(on, off)
    tale.wait(SETTLED)
    tale.open(command=Command.OFF)
    tale.send("off")
    tale.close(session=101, carrier=102)
    tale.wait(SETTLED)
    tale.command("off")
    tale.read()
    tale.close()
    tale.succeed(off)
    assert tale.breaks(3, "before the cancel of operation 1 (on) was complete")


def test_the_next_command_once_the_quarantine_is_over_is_right() -> None:
    tale, on = commanded()
    off = tale.put_waiting(Ask.OFF, cancels=True)
    tale.send("close")
    tale.closed(tale.session["n"], by="idle")
    off = tale.hand_over(on, off)
    tale.wait(DEAD)
    tale.drive("off")
    tale.succeed(off)
    assert not tale.broken()


def test_one_that_waits_and_is_overtaken_ends_superseded() -> None:
    tale = Tale()
    off = tale.put_in_play(Ask.OFF)
    on = tale.put_waiting(Ask.ON, cancels=False)
    number = tale.asks(Ask.OFF, by="bob")
    tale.commit(tale.ended(on, Status.SUPERSEDED), tale.node(waiting=None, desired=Ask.OFF.desired, generation=3))
    tale.answer(number, off)
    tale.drive("off")
    tale.succeed(off)
    assert not tale.broken()


def test_one_that_waits_and_fails_is_found() -> None:
    tale = Tale()
    off = tale.put_in_play(Ask.OFF)
    on = tale.put_waiting(Ask.ON, cancels=False)
    tale.commit(tale.ended(on, Status.FAILED, "n: no"), tale.node(waiting=None))
    tale.drive("off")
    tale.succeed(off)
    assert tale.breaks(3, "ended failed while it was waiting")


def test_what_ends_superseded_though_nobody_asked_is_found() -> None:
    tale, on = commanded()
    tale.read()
    tale.close()
    tale.commit(tale.ended(on, Status.SUPERSEDED), tale.node(state="on", in_play=None, observed="on"))
    assert tale.breaks(3, "nothing was asked since")
