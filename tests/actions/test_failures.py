"""What goes wrong at a BMC: what is tried again, what is not, and what the requester is told."""

from itertools import pairwise

import pytest
import trio

from hostile_bmc import Faults
from laboratory import Lab
from powerfsm.bmc import Bmc
from powerfsm.node import Policy
from powerfsm.operation import Status
from powerfsm.power import Ask, Command, Desired

FOREVER = 1000


async def test_an_unreachable_bmc_is_tried_until_the_deadline_and_the_failure_says_so(lab: Lab) -> None:
    await lab.add("n1")
    bmc = lab.bmc("n1")
    bmc.faults["open"] = [Faults.unreachable] * FOREVER
    end = await lab.done("n1", Ask.ON)
    assert end.status is Status.FAILED
    attempts = len(bmc.told("sent open"))
    assert attempts > 8
    assert end.reason == (
        f"n1 (n1:623) was not brought on: nothing answered ({attempts} attempts, and the deadline is over)"
    )
    assert 300 <= trio.current_time() < 301


async def test_attempts_rest_longer_and_longer_up_to_a_limit(lab: Lab) -> None:
    await lab.add("n1")
    bmc = lab.bmc("n1")
    bmc.faults["open"] = [Faults.busy] * FOREVER
    await lab.done("n1", Ask.ON)
    sent = [deed.at for deed in bmc.deeds if deed.what == "sent open"]
    rests = [later - earlier for earlier, later in pairwise(sent)]
    for rest, least in zip(rests, (1, 2, 4, 8, 16, 30, 30), strict=False):
        assert 0.8 * least <= rest <= 1.2 * least + 0.1


async def test_a_bmc_that_says_at_once_that_it_does_not_know_is_not_hurried(lab: Lab) -> None:
    await lab.add("n1")
    bmc = lab.bmc("n1")
    bmc.faults["command"] = [Faults.unsure] * FOREVER
    await lab.done("n1", Ask.ON)
    sent = [deed.at for deed in bmc.deeds if deed.what == "sent command"]
    rests = [later - earlier for earlier, later in pairwise(sent)]
    for rest, least in zip(rests, (1, 2, 4, 8, 16, 30, 30), strict=False):
        assert 0.8 * least <= rest <= 1.2 * least + 0.1
    assert not any(bmc.is_open(session) for session in bmc.trail)


async def test_a_refusal_that_trying_again_cannot_help_fails_at_once_with_what_to_do(lab: Lab) -> None:
    await lab.add("n1")
    lab.bmc("n1").faults["open"] = [Faults.refused_login]
    end = await lab.done("n1", Ask.ON)
    assert end.status is Status.FAILED
    assert end.reason == "n1 (n1:623) was not brought on: no such user; check the name (1 attempt)"
    assert trio.current_time() < 4


async def test_a_final_refusal_of_the_command_is_told_even_if_the_close_fails_after_it(lab: Lab) -> None:
    await lab.add("n1")
    lab.bmc("n1").faults = {"command": [Faults.final], "close": [Faults.unfenced]}
    end = await lab.done("n1", Ask.ON)
    assert end.reason == "n1 (n1:623) was not brought on: D4h; be administrator (1 attempt; last read off)"


async def test_a_bmc_that_is_busy_for_a_while_is_asked_again(lab: Lab) -> None:
    await lab.add("n1")
    bmc = lab.bmc("n1")
    bmc.faults["command"] = [Faults.busy] * 4
    end = await lab.done("n1", Ask.ON)
    assert end.status is Status.SUCCEEDED
    assert end.reason == "read on after 5 attempts"
    assert bmc.commands() == ["on"]


async def test_a_session_is_not_kept_open_while_the_action_rests(lab: Lab) -> None:
    await lab.add("n1")
    bmc = lab.bmc("n1")
    bmc.faults["command"] = [Faults.busy]
    await lab.done("n1", Ask.ON)
    told = bmc.told("sent open", "closed", "sent command")
    assert told == ["sent open", "sent command", "closed", "sent open", "sent command", "closed"]
    closed = [deed.at for deed in bmc.deeds if deed.what == "closed"]
    opened = [deed.at for deed in bmc.deeds if deed.what == "sent open"]
    assert opened[1] - closed[0] > 0.5


async def test_a_bmc_that_accepts_and_does_nothing_is_asked_again_and_fails_in_the_end(lab: Lab) -> None:
    await lab.add("n1")
    bmc = lab.bmc("n1")
    bmc.ignores = {Command.ON}
    bmc.faults["open"] = [Faults.unreachable]
    end = await lab.done("n1", Ask.ON)
    assert end.status is Status.FAILED
    assert end.reason == (
        "n1 (n1:623) was not brought on: the BMC accepted the command and its power did not change "
        "(2 attempts, and the deadline is over; last read off)"
    )
    sent = [deed.at for deed in bmc.deeds if deed.what == "command on"]
    assert len(sent) > 8
    assert all(later - earlier >= 20 for earlier, later in pairwise(sent)), "patience"


async def test_a_lost_answer_is_followed_by_a_look_before_the_command_is_sent_again(lab: Lab) -> None:
    await lab.add("n1")
    bmc = lab.bmc("n1")
    bmc.faults["command"] = [Faults.lost]
    assert (await lab.done("n1", Ask.ON)).status is Status.SUCCEEDED
    assert bmc.commands() == ["on"], "it had acted, and was not repeated"


async def test_a_command_that_never_arrived_is_sent_again(lab: Lab) -> None:
    await lab.add("n1")
    bmc = lab.bmc("n1")
    bmc.faults["command"] = [Faults.lost_there]
    assert (await lab.done("n1", Ask.ON)).status is Status.SUCCEEDED
    assert bmc.told("sent command") == ["sent command"] * 2


async def test_a_failed_reading_begins_a_new_attempt(lab: Lab) -> None:
    await lab.add("n1")
    bmc = lab.bmc("n1")
    bmc.faults["read"] = [None, Faults.unread, Faults.unread]
    assert (await lab.done("n1", Ask.ON)).status is Status.SUCCEEDED
    assert bmc.commands() == ["on"]


async def test_the_answer_of_the_bmc_is_not_success_before_the_power_is_read(lab: Lab) -> None:
    await lab.add("n1")
    bmc = lab.bmc("n1")
    bmc.delay = 2.5
    end = await lab.done("n1", Ask.ON)
    assert end.ended_at is not None
    on_at = next(deed.at for deed in bmc.deeds if deed.what == "power on")
    assert end.ended_at > on_at


async def test_error_keeps_what_is_desired_and_why_and_a_later_request_leaves_it(lab: Lab) -> None:
    await lab.add("n1")
    lab.bmc("n1").faults["open"] = [Faults.refused_login]
    end = await lab.done("n1", Ask.ON)
    node = lab.node("n1")
    assert (node.state, node.desired, node.generation, node.trouble) == ("error", Desired.ON, 1, end.reason)
    assert [each.name for each in lab.registry.outstanding()] == ["n1"]
    assert (await lab.done("n1", Ask.ON)).status is Status.SUCCEEDED
    node = lab.node("n1")
    assert (node.state, node.desired, node.generation, node.trouble) == ("on", Desired.ON, 1, None)
    assert lab.registry.outstanding() == []


async def test_a_defect_in_a_driver_fails_its_own_operation_and_no_other(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    await lab.add("n1", "n2")
    whole = lab.driver.open

    async def defective(bmc: Bmc) -> object:
        if bmc.host == "n1":
            raise ZeroDivisionError("division by zero")
        return await whole(bmc)

    monkeypatch.setattr(lab.driver, "open", defective)
    bad = await lab.ask("n1", Ask.ON)
    good = await lab.ask("n2", Ask.ON)
    assert (await lab.ended(good)).status is Status.SUCCEEDED
    end = await lab.ended(bad)
    assert end.status is Status.FAILED
    assert end.reason == (
        "n1: ZeroDivisionError: division by zero; this is a defect of the daemon or of its configuration, "
        "and its log says more"
    )


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        (Policy(driver="telepathy"), "no driver 'telepathy'; there are ipmi"),
        (Policy(timings=(("patients", 3.0),)), "there is no timing 'patients'"),
    ],
)
async def test_a_node_with_a_policy_that_this_daemon_does_not_know_fails_alone(
    lab: Lab, policy: Policy, told: str
) -> None:
    await lab.add("n1", policy=policy)
    await lab.add("n2")
    bad = await lab.ask("n1", Ask.ON)
    assert (await lab.done("n2", Ask.ON)).status is Status.SUCCEEDED
    end = await lab.ended(bad)
    assert end.status is Status.FAILED
    assert end.reason is not None
    assert told in end.reason


async def test_one_hung_bmc_delays_nobody_else(lab: Lab) -> None:
    await lab.add("n1", "n2", "n3")
    lab.bmc("n1").faults["open"] = [Faults.unreachable] * FOREVER
    hung = await lab.ask("n1", Ask.ON)
    others = [await lab.ask("n2", Ask.ON), await lab.ask("n3", Ask.ON)]
    for other in others:
        assert (await lab.ended(other)).status is Status.SUCCEEDED
    assert trio.current_time() < 5
    assert hung.id in lab.registry.operations


async def test_a_time_limit_too_short_for_a_reading_is_not_told_as_the_bmcs_failure(lab: Lab) -> None:
    await lab.add("n1", policy=Policy(timings=(("deadline", 1.0), ("settle", 5.0))))
    end = await lab.done("n1", Ask.OFF)
    assert end.status is Status.FAILED
    assert end.reason is not None
    assert "the time was over before its power could be read" in end.reason
    assert not lab.bmc("n1").commands()
