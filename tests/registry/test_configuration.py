"""The fleet's nodes: added, changed and removed as one, with no BMC owned twice and none driven meanwhile."""

from dataclasses import replace

import pytest
import trio

from hostile_bmc import Faults
from laboratory import Lab
from powerfsm.bmc import Bmc
from powerfsm.node import Drift, Node, Policy
from powerfsm.operation import Status
from powerfsm.power import Ask, Command, Power
from powerfsm.registry.refusals import (
    DuplicateAddress,
    DuplicateNode,
    NodeBusy,
    NodeUnfenced,
    ShuttingDown,
    UnknownNode,
)

N1, N2, N3 = (Node(f"n{number}", Bmc(f"10.0.0.{number}")) for number in (1, 2, 3))


def _addresses(lab: Lab) -> dict[str, str]:
    return {name: node.bmc.host for name, node in lab.registry.nodes.items()}


async def test_added_nodes_are_there_at_once_and_after_a_restart(lab: Lab) -> None:
    await lab.registry.add([N1, N2])
    await lab.crash()
    await lab.start()
    assert dict(lab.registry.nodes) == {"n1": N1, "n2": N2}


@pytest.mark.parametrize(
    ("nodes", "refusal"),
    [
        ([N2, N1], DuplicateNode),
        ([N2, N2], DuplicateNode),
        ([N2, replace(N3, bmc=N1.bmc)], DuplicateAddress),
        ([N2, replace(N3, bmc=N2.bmc)], DuplicateAddress),
    ],
)
async def test_nodes_are_added_all_or_none(lab: Lab, nodes: list[Node], refusal: type[Exception]) -> None:
    await lab.registry.add([N1])
    with pytest.raises(refusal):
        await lab.registry.add(nodes)
    assert list(lab.registry.nodes) == ["n1"]
    assert list(lab.disk.fleet.nodes) == ["n1"]


async def test_a_duplicate_address_is_told_with_its_owner(lab: Lab) -> None:
    await lab.registry.add([N1])
    with pytest.raises(DuplicateAddress, match=r"'n2'.*10\.0\.0\.1:623 belongs to node 'n1'"):
        await lab.registry.add([replace(N2, bmc=N1.bmc)])


async def test_one_address_with_two_ports_is_two_bmcs(lab: Lab) -> None:
    await lab.registry.add([N1, replace(N2, bmc=Bmc(N1.bmc.host, 6230))])
    assert len(lab.registry.nodes) == 2


async def test_nodes_can_exchange_their_addresses_and_own_them_afterwards(lab: Lab) -> None:
    await lab.registry.add([N1, N2])
    await lab.registry.change([replace(N1, bmc=N2.bmc), replace(N2, bmc=N1.bmc)])
    assert _addresses(lab) == {"n1": "10.0.0.2", "n2": "10.0.0.1"}
    for bmc in (N1.bmc, N2.bmc):
        with pytest.raises(DuplicateAddress):
            await lab.registry.add([replace(N3, bmc=bmc)])


async def test_addresses_can_move_round_and_the_one_that_is_left_is_free(lab: Lab) -> None:
    await lab.registry.add([N1, N2])
    await lab.registry.change([replace(N1, bmc=N2.bmc), replace(N2, bmc=N3.bmc)])
    await lab.registry.add([replace(N3, bmc=N1.bmc)])
    assert _addresses(lab) == {"n1": "10.0.0.2", "n2": "10.0.0.3", "n3": "10.0.0.1"}


async def test_within_one_commit_addresses_are_owned_as_one_after_the_other_left_them(lab: Lab) -> None:
    await lab.registry.add([N1, N2])
    outcomes: list[str] = []

    async def attempt(what: str, node: Node) -> None:
        try:
            await lab.registry.add([node])
        except DuplicateAddress:
            outcomes.append(f"{what} refused")
        else:
            outcomes.append(f"{what} added")

    await lab.registry.change([replace(N1, bmc=N2.bmc), replace(N2, bmc=N1.bmc)])
    async with trio.open_nursery() as nursery:
        nursery.start_soon(lab.registry.change, [replace(N1, bmc=N1.bmc), replace(N2, bmc=N2.bmc)])
        await trio.testing.wait_all_tasks_blocked()
        nursery.start_soon(attempt, "n3", replace(N3, bmc=N1.bmc))
    assert outcomes == ["n3 refused"]


async def test_an_address_cannot_be_taken_from_a_node_that_keeps_it(lab: Lab) -> None:
    await lab.registry.add([N1, N2])
    for nodes in ([replace(N1, bmc=N2.bmc)], [replace(N1, bmc=N2.bmc), N2], [N2, replace(N1, bmc=N2.bmc)]):
        with pytest.raises(DuplicateAddress):
            await lab.registry.change(nodes)
    assert _addresses(lab) == {"n1": "10.0.0.1", "n2": "10.0.0.2"}


async def test_a_change_takes_bmc_and_policy_and_nothing_else(lab: Lab) -> None:
    await lab.add("n1")
    await lab.done("n1", Ask.ON)
    before = lab.node("n1")
    policy = Policy(drift=Drift.ENFORCE)
    await lab.registry.change([Node("n1", replace(before.bmc, credentials="rack"), policy)])
    assert lab.node("n1") == replace(before, bmc=replace(before.bmc, credentials="rack"), policy=policy)


async def test_a_removed_node_is_gone_its_address_is_free_and_its_power_as_it_was(lab: Lab) -> None:
    await lab.add("n1", power=Power.ON)
    await lab.registry.remove(["n1"])
    assert lab.registry.nodes == {}
    assert lab.bmc("n1").deeds == []
    await lab.registry.add([Node("other", Bmc("n1"))])
    with pytest.raises(UnknownNode):
        await lab.ask("n1", Ask.ON)


async def test_unknown_nodes_cannot_be_changed_or_removed_nor_those_with_them(lab: Lab) -> None:
    await lab.registry.add([N1])
    with pytest.raises(UnknownNode, match="'n2'"):
        await lab.registry.change([replace(N1, policy=Policy(group="g")), N2])
    with pytest.raises(UnknownNode, match="'n2'"):
        await lab.registry.remove(["n1", "n2"])
    assert dict(lab.registry.nodes) == {"n1": N1}


async def test_a_node_that_is_being_driven_can_be_neither_changed_nor_removed(lab: Lab) -> None:
    await lab.add("n1", "n2")
    on = await lab.ask("n1", Ask.ON)
    with pytest.raises(NodeBusy, match=f"operation {on.id}"):
        await lab.registry.change([lab.node("n2"), lab.node("n1")])
    with pytest.raises(NodeBusy):
        await lab.registry.remove(["n2", "n1"])
    await lab.ended(on)
    await lab.registry.remove(["n2", "n1"])


async def test_a_request_and_a_removal_in_one_commit_cannot_both_be_accepted(lab: Lab) -> None:
    await lab.add("n1")
    accepted: list[str] = []

    async def ask() -> None:
        try:
            await lab.ask("n1", Ask.ON)
        except UnknownNode:
            return
        accepted.append("ask")

    async def remove() -> None:
        try:
            await lab.registry.remove(["n1"])
        except NodeBusy:
            return
        accepted.append("remove")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask)
        nursery.start_soon(remove)
    assert len(accepted) == 1


async def test_a_node_whose_bmc_may_still_act_is_not_given_away(lab: Lab) -> None:
    """Removed and added again it would be driven without a fence, and the late command would land on a claim."""
    await lab.add("n1")
    bmc = lab.bmc("n1")
    bmc.faults = {"close": [Faults.unfenced], "fence": [Faults.unfenced]}
    assert (await lab.done("n1", Ask.ON)).status is Status.SUCCEEDED
    moved = replace(lab.node("n1"), bmc=Bmc("elsewhere"))
    with pytest.raises(NodeUnfenced, match=r"ask again in \d+ s"):
        await lab.registry.remove(["n1"])
    with pytest.raises(NodeUnfenced):
        await lab.registry.change([moved])
    await lab.registry.change([replace(lab.node("n1"), policy=Policy(group="rack"))])
    await trio.sleep(101)
    await lab.registry.remove(["n1"])
    assert lab.disk.fleet.sessions == {}
    bmc.inject(Command.ON, 101)
    assert bmc.told("dropped") == ["dropped on"]


async def test_after_a_restart_a_session_left_open_is_waited_out_from_the_start(lab: Lab) -> None:
    await lab.add("n1")
    lab.bmc("n1").faults = {"close": [Faults.unfenced]}
    await lab.done("n1", Ask.ON)
    await trio.sleep(500)
    await lab.crash()
    await lab.start()
    with pytest.raises(NodeUnfenced, match="ask again in 100 s"):
        await lab.registry.remove(["n1"])
    await lab.sweep().read("n1")
    await trio.sleep(1)
    await lab.registry.remove(["n1"])


async def test_nothing_is_configured_any_more_once_the_daemon_ends(lab: Lab) -> None:
    await lab.stop()
    with pytest.raises(ShuttingDown):
        await lab.registry.add([N1])
    with pytest.raises(ShuttingDown):
        await lab.registry.remove(["n1"])
