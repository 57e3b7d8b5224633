"""Quarantine: with no answer to the fence nothing is sent until every earlier packet and session must be dead."""

from itertools import pairwise

import pytest
import trio

from hostile_bmc import GIVES_UP, Faults, LabBmc
from laboratory import Lab
from powerfsm.node import Policy
from powerfsm.operation import Status
from powerfsm.power import Ask, Power

QUARANTINE = 30 + 63 + 7


async def _cancelled_and_unfenced(lab: Lab, policy: Policy | None = None) -> LabBmc:
    """An on was sent and superseded by off, and neither way of closing its session is answered."""
    await lab.add("n1", policy=policy)
    bmc = lab.bmc("n1")
    await lab.ask("n1", Ask.ON)
    await lab.until(lambda: bmc.commands() == ["on"])
    bmc.faults["close"] = [Faults.unfenced]
    bmc.faults["fence"] = [Faults.unfenced]
    await lab.ask("n1", Ask.OFF)
    await lab.until(lambda: lab.node("n1").state == "quarantined")
    return bmc


def _silences(bmc: LabBmc) -> list[float]:
    sent = [deed.at for deed in bmc.deeds if deed.what.startswith("sent")]
    return [later - earlier for earlier, later in pairwise(sent)]


def _given_up_at(bmc: LabBmc) -> float:
    """When the close of the session itself was given up; nothing was sent in it after that."""
    return max(deed.at for deed in bmc.deeds if deed.what == "sent close") + GIVES_UP


async def test_nothing_is_sent_until_every_earlier_packet_and_session_must_be_dead(lab: Lab) -> None:
    bmc = await _cancelled_and_unfenced(lab)
    session_on_record = list(lab.disk.fleet.sessions["n1"])
    await lab.quiet()
    assert session_on_record == [101]
    # Counted from the last thing that was sent in the session itself: closing by its id is sent in another.
    assert max(_silences(bmc)) >= QUARANTINE
    assert bmc.told("sent")[-1] == "sent close"
    assert lab.node("n1").state == "off"
    assert lab.disk.fleet.sessions == {}
    states = [after for *_, after in lab.transitions("n1")]
    assert states[-3:] == ["quarantined", "powering-off", "off"]


async def test_the_timings_of_the_quarantine_are_those_of_the_node(lab: Lab) -> None:
    timings = (("idle-limit", 100.0), ("margin", 20.0), ("packet-lifetime", 50.0))
    bmc = await _cancelled_and_unfenced(lab, Policy(timings=timings))
    await lab.quiet()
    assert max(_silences(bmc)) == pytest.approx(170, abs=4)


@pytest.mark.parametrize("ask", [Ask.OFF, Ask.READY, Ask.ON, Ask.CYCLE])
async def test_a_request_in_quarantine_does_not_shorten_it(lab: Lab, ask: Ask) -> None:
    bmc = await _cancelled_and_unfenced(lab, Policy(ranking="latest-wins"))
    sent = bmc.told("sent")
    begun = _given_up_at(bmc)
    await trio.sleep(40)
    operation = await lab.ask("n1", ask)
    await lab.until(lambda: bmc.told("sent") != sent)
    assert trio.current_time() - begun == pytest.approx(QUARANTINE + 3 * (ask is not Ask.ON), abs=1)
    assert (await lab.ended(operation)).status is Status.SUCCEEDED
    assert bmc.power is ask.desired.power


async def test_requests_in_quarantine_join_supersede_and_wait_as_ever(lab: Lab) -> None:
    await _cancelled_and_unfenced(lab)
    off = lab.node("n1").in_play
    assert off is not None
    assert (await lab.ask("n1", Ask.OFF)).id == off
    on = await lab.ask("n1", Ask.ON)
    assert lab.node("n1").state == "quarantined"
    assert on.status is Status.WAITING
    assert (await lab.ended(on)).status is Status.SUCCEEDED
    assert lab.disk.ended[off].status is Status.SUCCEEDED


async def test_the_deadline_holds_in_quarantine_and_the_quarantine_beyond_it(lab: Lab) -> None:
    bmc = await _cancelled_and_unfenced(lab, Policy(timings=(("deadline", 70.0),)))
    off = lab.node("n1").in_play
    assert off is not None
    sent = bmc.told("sent")
    begun = _given_up_at(bmc)
    await lab.quiet()
    failed = lab.disk.ended[off]
    assert failed.status is Status.FAILED
    assert failed.reason is not None
    assert "Close Session was not answered" in failed.reason
    assert "the deadline is over" in failed.reason
    assert lab.node("n1").state == "error"
    again = await lab.ask("n1", Ask.OFF)
    await lab.until(lambda: bmc.told("sent") != sent)
    assert trio.current_time() - begun == pytest.approx(QUARANTINE + 3, abs=1), (
        "of the quarantine the rest is waited"
    )
    assert (await lab.ended(again)).status is Status.SUCCEEDED


async def test_after_a_crash_in_quarantine_the_fence_is_tried_anew_and_its_answer_is_enough(lab: Lab) -> None:
    bmc = await _cancelled_and_unfenced(lab)
    await lab.crash()
    restarted = trio.current_time()
    await lab.start()
    await lab.quiet()
    assert trio.current_time() - restarted < 10
    assert bmc.power is Power.OFF
    assert lab.node("n1").state == "off"


async def test_after_a_crash_in_quarantine_it_is_waited_out_anew_if_there_is_still_no_answer(
    lab: Lab,
) -> None:
    bmc = await _cancelled_and_unfenced(lab)
    await trio.sleep(60)
    await lab.crash()
    bmc.faults["fence"] = [Faults.unfenced]
    restarted = trio.current_time()
    await lab.start()
    await lab.quiet()
    assert trio.current_time() - restarted > QUARANTINE
    assert lab.node("n1").state == "off"


async def test_a_session_in_which_nothing_was_sent_is_not_waited_out(lab: Lab) -> None:
    await lab.add("n1")
    bmc = lab.bmc("n1")
    bmc.faults["read"] = [Faults.unread]
    bmc.faults["close"] = [Faults.unfenced]
    on = await lab.done("n1", Ask.ON)
    assert on.status is Status.SUCCEEDED
    assert "quarantined" not in {after for *_, after in lab.transitions("n1")}
    assert trio.current_time() < QUARANTINE


async def test_a_close_that_fails_after_the_goal_was_read_delays_only_what_comes_next(lab: Lab) -> None:
    await lab.add("n1")
    bmc = lab.bmc("n1")
    bmc.faults["close"] = [Faults.unfenced]
    assert (await lab.done("n1", Ask.ON)).status is Status.SUCCEEDED
    assert list(lab.disk.fleet.sessions["n1"]) == [101], "it stays on record until it is known to be closed"
    bmc.faults["fence"] = [Faults.unfenced]
    begun = _given_up_at(bmc)
    assert (await lab.done("n1", Ask.OFF)).status is Status.SUCCEEDED
    assert trio.current_time() - begun > QUARANTINE
    assert lab.disk.fleet.sessions == {}
