"""The order of the protocol: each step only when the one before it is over, and durable where it has to be."""

import pytest

from hostile_bmc import Faults
from lab_disk import SYNC
from laboratory import Lab, around
from powerfsm.power import Ask, Power


def _order(lab: Lab, *words: str) -> list[str]:
    """Those of the words that the log tells, in its order, each where it stands first."""
    told = [what for _, what in lab.judge.log]
    return sorted((word for word in words if word in told), key=told.index)


async def test_desired_is_durable_before_anything_is_sent_and_the_reading_before_it_is_declared(lab: Lab) -> None:
    await lab.add("n1")
    await lab.done("n1", Ask.ON)
    steps = (
        "disk: n1 request",
        "n1: sent open",
        "n1: opened 101",
        "disk: n1 opened",
        "n1: sent read",
        "n1: sent command",
        "n1: command on 101",
        "n1: power on",
        "n1: sent close",
        "n1: closed 101",
        "disk: n1 confirmed",
    )
    told = [what for _, what in lab.judge.log]
    assert _order(lab, *steps[:-5]) == list(steps[:-5])
    last_read = len(told) - told[::-1].index("n1: sent read") - 1
    assert told.index("n1: power on") < last_read < told.index("n1: sent close"), "it is read after the answer"
    assert told.index("n1: closed 101") < told.index("disk: n1 confirmed")


async def test_the_session_left_by_another_drive_is_closed_and_settled_before_one_is_opened(lab: Lab) -> None:
    await lab.add("n1")
    bmc = lab.bmc("n1")
    await lab.ask("n1", Ask.ON)
    await lab.until(lambda: bmc.commands() == ["on"])
    bmc.faults["close"] = [Faults.unfenced]
    await lab.done("n1", Ask.OFF)
    closed = next(deed.at for deed in bmc.deeds if deed.what == "closed" and deed.session == 101)
    opened = next(deed.at for deed in bmc.deeds if deed.what == "opened" and deed.session == 102)
    assert bmc.told("sent fence") == ["sent fence"]
    assert closed + 3 <= opened


async def test_a_session_that_has_answered_its_close_is_not_closed_again(lab: Lab) -> None:
    await lab.add("n1")
    bmc = lab.bmc("n1")
    bmc.faults["command"] = [Faults.lost, Faults.busy]
    await lab.done("n1", Ask.ON)
    assert bmc.told("sent fence") == []
    assert lab.disk.fleet.sessions == {}


@pytest.mark.parametrize("ask", Ask)
async def test_no_command_where_the_power_is_as_wanted_but_only_after_fence_and_settle(lab: Lab, ask: Ask) -> None:
    await lab.add("n1", power=ask.legs[0])
    await lab.done("n1", ask)
    expected = {Ask.RESET: ["reset"], Ask.CYCLE: ["on"]}
    assert lab.bmc("n1").commands() == expected.get(ask, [])
    assert min(deed.at for deed in lab.bmc("n1").deeds if deed.what == "sent open") >= 3


async def test_a_retransmitted_close_is_never_begun_anew_by_a_cancel(lab: Lab) -> None:
    await lab.add("n1")
    bmc = lab.bmc("n1")
    await lab.ask("n1", Ask.ON)
    await lab.until(lambda: "sent close" in bmc.told())
    await lab.done("n1", Ask.OFF)
    assert bmc.told("sent close", "sent fence") == ["sent close"] * 2, "one for each session"
    assert "quarantined" not in {after for *_, after in lab.transitions("n1")}


async def test_a_close_that_is_not_heard_is_followed_by_one_from_outside_before_any_quarantine(lab: Lab) -> None:
    await lab.add("n1")
    bmc = lab.bmc("n1")
    bmc.faults["command"] = [Faults.lost]
    bmc.faults["close"] = [Faults.closed_unheard]
    await lab.done("n1", Ask.ON)
    assert bmc.told("sent close", "sent fence")[:2] == ["sent close", "sent fence"]
    assert "quarantined" not in {after for *_, after in lab.transitions("n1")}


async def test_the_moments_of_one_action_are_many(lab: Lab) -> None:
    """Tests that interrupt an action at every instant rest on this."""
    await lab.add("n1", power=Power.ON)
    await lab.done("n1", Ask.CYCLE)
    moments = lab.moments()
    assert len(moments) > 30
    assert len(around(moments)) == 2 * len(moments)
    assert min(around(moments, lead=2 * SYNC)) >= 0
