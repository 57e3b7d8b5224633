"""Recovery: the outstanding work is listed, nothing in flight is trusted, and what was asked last is reached."""

import pytest
import trio

from hostile_bmc import Faults
from laboratory import Lab
from powerfsm.journal import Kind
from powerfsm.node import Policy
from powerfsm.operation import Status
from powerfsm.power import Ask, Desired, Power
from powerfsm.recovery import list_outstanding
from powerfsm.registry.fleet import Fleet
from powerfsm.registry.refusals import ShuttingDown
from powerfsm.registry.registry import Registry


def _found(lab: Lab) -> Registry:
    """What a start finds, before it has done anything."""
    return Registry(lab.spec, lab.store, Fleet(lab.disk.snapshot()), lab.workshop, trio.current_time)


async def test_the_listing_gives_the_nodes_whose_last_request_has_not_ended(lab: Lab) -> None:
    await lab.add("n1", "n2", "n3", "n4")
    await lab.done("n1", Ask.ON)
    lab.bmc("n4").faults["open"] = [Faults.refused_login]
    await lab.done("n4", Ask.ON)
    await lab.ask("n2", Ask.ON)
    await lab.ask("n3", Ask.OFF)
    await lab.ask("n3", Ask.ON)
    await lab.crash()
    found = _found(lab)
    listed = [(node.name, node.state, node.observed, node.desired) for node in list_outstanding(found)]
    assert listed == [
        ("n2", "powering-on", None, Desired.ON),
        ("n3", "powering-off", None, Desired.ON),
    ]
    assert [node.name for node in found.outstanding()] == ["n2", "n3", "n4"], "a node in error is shown too"


async def test_all_of_it_is_taken_up_in_one_commit_before_requests_are_accepted(lab: Lab) -> None:
    names = [f"n{number}" for number in range(20)]
    await lab.add(*names)
    for name in names:
        await lab.ask(name, Ask.ON)
    await lab.crash()
    commits = lab.disk.commits
    registry = _found(lab)
    assert not registry.accepting
    assert not registry.ready
    with pytest.raises(ShuttingDown):
        await registry.request([])
    await lab.start()
    assert lab.registry.ready
    assert lab.disk.commits == commits + 1
    assert {lab.node(name).state for name in names} == {"powering-on"}
    await lab.quiet()
    assert all(lab.bmc(name).power is Power.ON for name in names)


async def test_the_way_goes_through_unknown_where_nothing_is_claimed(lab: Lab) -> None:
    await lab.add("n1")
    await lab.ask("n1", Ask.ON)
    await trio.sleep(3.005)
    await lab.crash()
    await lab.start()
    await lab.quiet()
    assert lab.transitions("n1") == [
        ("unknown", "request", "powering-on"),
        ("powering-on", "restarted", "unknown"),
        ("unknown", "recover", "powering-on"),
        ("powering-on", "confirmed", "on"),
    ]


@pytest.mark.parametrize("ask", [Ask.ON, Ask.OFF, Ask.READY])
async def test_nodes_at_rest_stay_at_rest_and_nothing_is_sent_to_them(lab: Lab, ask: Ask) -> None:
    await lab.add("n1")
    await lab.done("n1", ask)
    before = lab.node("n1")
    deeds = len(lab.bmc("n1").deeds)
    await lab.crash()
    await lab.start()
    await trio.sleep(300)
    assert lab.node("n1") == before
    assert len(lab.bmc("n1").deeds) == deeds


async def test_a_node_in_error_stays_in_error_and_keeps_what_was_desired(lab: Lab) -> None:
    await lab.add("n1")
    lab.bmc("n1").faults["open"] = [Faults.refused_login]
    await lab.done("n1", Ask.ON)
    before = lab.node("n1")
    await lab.crash()
    await lab.start()
    await trio.sleep(10)
    assert lab.node("n1") == before
    assert (before.state, before.desired) == ("error", Desired.ON)


async def test_of_two_operations_that_did_not_end_the_newer_is_taken_up(lab: Lab) -> None:
    await lab.add("n1", power=Power.ON)
    off = await lab.ask("n1", Ask.OFF)
    on = await lab.ask("n1", Ask.ON)
    await lab.crash()
    await lab.start()
    superseded = await lab.ended(off)
    assert superseded.status is Status.SUPERSEDED
    assert superseded.reason == f"superseded by operation {on.id} (on), after a restart of the daemon"
    assert (await lab.ended(on)).status is Status.SUCCEEDED
    assert lab.bmc("n1").commands() == []


async def test_the_session_of_the_dead_process_is_closed_by_its_id_before_anything_else(lab: Lab) -> None:
    await lab.add("n1")
    bmc = lab.bmc("n1")
    await lab.ask("n1", Ask.ON)
    await lab.until(lambda: bmc.commands() == ["on"])
    await lab.crash()
    before = len(bmc.deeds)
    await lab.start()
    await lab.quiet()
    assert [deed.what for deed in bmc.deeds[before:]][:3] == ["sent fence", "closed", "sent open"]
    assert bmc.deeds[before + 1].session == 101
    closings = [entry for entry in lab.disk.journal if entry.kind is Kind.SESSION and entry.event == "closed"]
    assert [(entry.detail["session"], entry.detail["how"]) for entry in closings] == [
        (101, "by id"),
        (102, "own session"),
    ]


async def test_what_may_have_been_accepted_before_the_crash_is_settled_before_it_is_read(lab: Lab) -> None:
    await lab.add("n1")
    bmc = lab.bmc("n1")
    bmc.delay = 2.9
    await lab.ask("n1", Ask.ON)
    await lab.until(lambda: bmc.commands() == ["on"])
    off = await lab.ask("n1", Ask.OFF)
    await lab.crash()
    await lab.start()
    assert (await lab.ended(off)).status is Status.SUCCEEDED
    assert bmc.told("command", "power") == ["command on", "power on", "command off", "power off"]


async def test_where_the_account_may_not_close_other_sessions_they_are_waited_out(lab: Lab) -> None:
    await lab.add("n1")
    bmc = lab.bmc("n1")
    on = await lab.ask("n1", Ask.ON)
    await lab.until(lambda: bmc.commands() == ["on"])
    await lab.crash()
    bmc.faults["fence"] = [Faults.unfenced]
    begun = trio.current_time()
    await lab.start()
    assert (await lab.ended(on)).status is Status.SUCCEEDED
    assert trio.current_time() - begun > 100
    assert "quarantined" in {after for *_, after in lab.transitions("n1")}


async def test_nodes_recover_side_by_side(lab: Lab) -> None:
    await lab.add("n1", "n2")
    for name in ("n1", "n2"):
        await lab.ask(name, Ask.ON)
    await lab.until(lambda: lab.bmc("n2").commands() == ["on"] and lab.bmc("n1").commands() == ["on"])
    await lab.crash()
    lab.bmc("n1").faults["fence"] = [Faults.unfenced]
    begun = trio.current_time()
    await lab.start()
    await lab.until(lambda: lab.node("n2").state == "on")
    assert trio.current_time() - begun < 5
    assert lab.node("n1").state != "on"


async def test_numbers_go_on_where_they_were(lab: Lab) -> None:
    await lab.add("n1", policy=Policy(ranking="latest-wins"))
    first = await lab.done("n1", Ask.ON)
    await lab.crash()
    await lab.start()
    second = await lab.ask("n1", Ask.OFF)
    assert second.id == first.id + 1
    assert second.generation == first.generation + 1
    await lab.quiet()
    assert [entry.seq for entry in lab.disk.journal] == list(range(1, len(lab.disk.journal) + 1))
