"""Idle nodes cost no task and no timer: as many tasks run for ten thousand of them as for one."""

import trio

from laboratory import Lab
from powerfsm.bmc import Bmc
from powerfsm.node import Node
from powerfsm.power import Ask


def _tasks() -> int:
    return trio.lowlevel.current_statistics().tasks_living


async def test_ten_thousand_idle_nodes_run_no_task_of_their_own(lab: Lab) -> None:
    await lab.add("n0")
    with_one = _tasks()
    await lab.registry.add([Node(f"n{number}", Bmc(f"bmc-{number}")) for number in range(1, 10_000)])
    assert _tasks() == with_one


async def test_a_node_that_was_driven_is_idle_again(lab: Lab) -> None:
    names = [f"n{number}" for number in range(50)]
    await lab.add(*names)
    before = _tasks()
    for name in names:
        await lab.ask(name, Ask.ON)
    assert _tasks() >= before + len(names)
    await lab.quiet()
    await trio.sleep(1)
    assert _tasks() == before
    assert lab.registry.actions == {}
    assert lab.workshop.limits._bmcs == {}


async def test_one_sweep_of_the_whole_fleet_is_one_task(lab: Lab) -> None:
    await lab.registry.add([Node(f"n{number}", Bmc(f"bmc-{number}")) for number in range(10_000)])
    async with trio.open_nursery() as nursery:
        before = _tasks()
        nursery.start_soon(lab.sweep().run)
        await trio.sleep(0.001)
        assert _tasks() <= before + 1
        nursery.cancel_scope.cancel()
