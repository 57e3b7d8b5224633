"""Drift: what a reading that nobody asked for does, by the node's policy."""

import pytest
import trio

from hostile_bmc import Faults
from laboratory import Lab
from powerfsm.node import Drift, Policy
from powerfsm.operation import Status
from powerfsm.power import Ask, Desired, Power

ENFORCE, ADOPT, FLAG = (Policy(drift=drift) for drift in (Drift.ENFORCE, Drift.ADOPT, Drift.FLAG))


async def _drifted(lab: Lab, policy: Policy, ask: Ask) -> None:
    """A node that was brought to what was asked, and then somebody pressed the button."""
    await lab.add("n1", policy=policy)
    await lab.done("n1", ask)
    other = Power.OFF if ask.desired.power is Power.ON else Power.ON
    lab.bmc("n1").press(other)
    await trio.sleep(60)
    await lab.sweep().read("n1")


@pytest.mark.parametrize("ask", [Ask.ON, Ask.OFF, Ask.READY])
async def test_enforce_drives_back_to_what_is_desired(lab: Lab, ask: Ask) -> None:
    await _drifted(lab, ENFORCE, ask)
    node = lab.node("n1")
    assert node.state == ("powering-on" if ask is Ask.ON else "powering-off")
    assert (node.desired, node.generation) == (ask.desired, 1)
    assert node.in_play is not None
    end = await lab.ended(lab.registry.operations[node.in_play])
    assert (end.status, end.asked_by, end.ask) == (Status.SUCCEEDED, "drift policy", ask)
    assert lab.bmc("n1").power is ask.desired.power
    assert lab.node("n1").state == ask.desired


@pytest.mark.parametrize("ask", [Ask.ON, Ask.OFF, Ask.READY])
async def test_adopt_takes_the_reading_for_what_is_desired(lab: Lab, ask: Ask) -> None:
    await _drifted(lab, ADOPT, ask)
    node = lab.node("n1")
    adopted = Desired.OFF if ask is Ask.ON else Desired.ON
    assert (node.state, node.desired, node.generation, node.drifted) == (adopted, adopted, 2, False)
    assert len(lab.bmc("n1").commands()) == (ask is Ask.ON), "nothing was commanded for it"


@pytest.mark.parametrize("ask", [Ask.ON, Ask.OFF, Ask.READY])
async def test_flag_keeps_what_was_declared_and_marks_the_node(lab: Lab, ask: Ask) -> None:
    await _drifted(lab, FLAG, ask)
    node = lab.node("n1")
    assert (node.state, node.desired, node.generation, node.drifted) == (ask.desired, ask.desired, 1, True)
    assert node.observed is not ask.desired.power
    lab.bmc("n1").press(ask.desired.power)
    await lab.sweep().read("n1")
    assert not lab.node("n1").drifted, "the mark is gone once it reads as declared"


async def test_a_request_clears_the_mark(lab: Lab) -> None:
    await _drifted(lab, FLAG, Ask.ON)
    assert (await lab.done("n1", Ask.ON)).status is Status.SUCCEEDED
    assert not lab.node("n1").drifted
    assert lab.bmc("n1").power is Power.ON


@pytest.mark.parametrize("policy", [ENFORCE, ADOPT, FLAG])
@pytest.mark.parametrize("power", Power)
async def test_a_node_that_was_never_asked_anything_is_only_read(lab: Lab, policy: Policy, power: Power) -> None:
    await lab.add("n1", policy=policy, power=power)
    assert lab.node("n1").state == "unknown"
    await lab.sweep().read("n1")
    node = lab.node("n1")
    assert (node.state, node.observed, node.desired) == (power, power, None)


async def test_a_node_in_error_is_read_and_left_in_error(lab: Lab) -> None:
    await lab.add("n1", policy=ENFORCE)
    lab.bmc("n1").faults["open"] = [Faults.refused_login]
    await lab.done("n1", Ask.ON)
    await lab.sweep().read("n1")
    assert (lab.node("n1").state, lab.node("n1").observed) == ("error", Power.OFF)
    assert lab.node("n1").in_play is None


async def test_a_reading_is_adopted_only_once_nothing_that_was_sent_can_undo_it(lab: Lab) -> None:
    await lab.add("n1", policy=ADOPT, power=Power.ON)
    bmc = lab.bmc("n1")
    bmc.delay = 2.9
    off = await lab.ask("n1", Ask.OFF)
    await lab.until(lambda: bmc.latched != [])
    bmc.press(Power.OFF)
    assert (await lab.ended(off)).status is Status.SUCCEEDED
    bmc.press(Power.ON)
    await lab.sweep().read("n1")
    await lab.until(lambda: bmc.latched == [])
    await trio.sleep(60)
    await lab.sweep().read("n1")
    assert lab.node("n1").state == "off" == bmc.power
