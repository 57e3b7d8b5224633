"""Limits: one session per BMC, so many nodes of a group being powered on, so many sessions in all."""

from collections.abc import Callable

import pytest
import trio

from hostile_bmc import Faults
from laboratory import Lab, NewLab
from powerfsm.actions.limits import Limits
from powerfsm.node import Policy
from powerfsm.operation import Status
from powerfsm.power import Ask, Command, Power
from powerfsm.registry.requests import PowerRequest

NAMES = [f"n{number}" for number in range(1, 13)]


def _most_open(lab: Lab, names: list[str]) -> int:
    """The highest number of sessions that were open at one time."""
    change = {"opened": 1, "closed": -1}
    deeds = [deed for name in names for deed in lab.bmc(name).deeds]
    changes = [(deed.at, change[deed.what]) for deed in deeds if deed.what in change]
    highest = now = 0
    for _, by in sorted(changes):
        now += by
        highest = max(highest, now)
    return highest


async def _limited(lab: Lab, limits: Callable[[], Limits]) -> None:
    await lab.crash()
    lab.limits = limits
    await lab.start()


async def test_the_total_bounds_the_sessions_open_at_once(lab: Lab) -> None:
    await _limited(lab, lambda: Limits(total=3))
    await lab.add(*NAMES)
    await lab.ask_all([PowerRequest(name, Ask.ON) for name in NAMES])
    await lab.quiet()
    assert all(lab.bmc(name).power is Power.ON for name in NAMES)
    assert _most_open(lab, NAMES) == 3


async def test_a_start_that_has_many_sessions_to_close_keeps_to_the_total(lab: Lab) -> None:
    await lab.add(*NAMES)
    for name in NAMES:
        lab.bmc(name).ignores.add(Command.ON)
    await lab.ask_all([PowerRequest(name, Ask.ON) for name in NAMES])
    await lab.until(lambda: all("command on" in [deed.what for deed in lab.bmc(name).deeds] for name in NAMES))
    for name in NAMES:
        lab.bmc(name).ignores.clear()
        lab.bmc(name).latency = 0.5
    began = trio.current_time()
    await _limited(lab, lambda: Limits(total=3))
    await lab.quiet()
    sent = [deed.at for name in NAMES for deed in lab.bmc(name).deeds if deed.what == "sent fence"]
    assert len(sent) == len(NAMES)
    assert all(at >= began for at in sent)
    # An answer takes a second.
    assert max(sum(at <= other < at + 1 for other in sent) for at in sent) == 3
    # Who has closed his goes on; he does not wait for those who have not begun.
    first = min(deed.at for name in NAMES for deed in lab.bmc(name).deeds if deed.what == "power on")
    assert first < max(sent)


async def test_a_group_bounds_how_many_of_its_nodes_are_being_powered_on(lab: Lab) -> None:
    await _limited(lab, lambda: Limits(per_group=2))
    await lab.add(*NAMES[:6], policy=Policy(group="rack-1"))
    await lab.add(*NAMES[6:], policy=Policy(group="rack-2"))
    for name in NAMES:
        lab.bmc(name).delay = 1
    await lab.ask_all([PowerRequest(name, Ask.ON) for name in NAMES])
    await lab.quiet()
    assert _most_open(lab, NAMES[:6]) == 2
    assert _most_open(lab, NAMES[6:]) == 2
    assert _most_open(lab, NAMES) == 4


async def test_a_group_bounds_no_powering_off(lab: Lab) -> None:
    await _limited(lab, lambda: Limits(per_group=2))
    await lab.add(*NAMES, policy=Policy(group="rack-1"), power=Power.ON)
    await lab.ask_all([PowerRequest(name, Ask.OFF) for name in NAMES])
    await lab.quiet()
    assert _most_open(lab, NAMES) == len(NAMES)


async def test_waiting_for_a_limit_does_not_use_up_the_deadline(lab: Lab) -> None:
    await _limited(lab, lambda: Limits(per_group=1))
    await lab.add(*NAMES, policy=Policy(group="rack-1", timings=(("deadline", 10.0),)))
    for name in NAMES:
        lab.bmc(name).delay = 2.9
    operations = await lab.ask_all([PowerRequest(name, Ask.ON) for name in NAMES])
    for operation in operations:
        assert (await lab.ended(operation)).status is Status.SUCCEEDED
    assert trio.current_time() > 3 * len(NAMES)


async def test_a_hung_node_gives_its_place_in_the_group_free_while_it_rests(lab: Lab) -> None:
    await _limited(lab, lambda: Limits(per_group=1))
    await lab.add("n1", "n2", policy=Policy(group="rack-1"))
    lab.bmc("n1").faults["read"] = [None, *[Faults.unread] * 100]
    await lab.ask("n1", Ask.ON)
    await lab.until(lambda: lab.bmc("n1").commands() == ["on"])
    assert (await lab.done("n2", Ask.ON)).status is Status.SUCCEEDED
    assert lab.node("n1").in_play is not None


@pytest.mark.parametrize("limits", [{"total": 1}, {"per_group": 1}])
async def test_what_is_cancelled_while_it_waits_for_a_limit_has_sent_nothing(
    new_lab: NewLab, limits: dict[str, int]
) -> None:
    async with new_lab() as lab:
        await _limited(lab, lambda: Limits(**limits))
        await lab.add("n1", "n2", policy=Policy(group="rack-1"))
        lab.bmc("n1").delay = 2
        await lab.ask("n1", Ask.ON)
        await lab.until(lambda: "sent open" in lab.bmc("n1").told())
        on = await lab.ask("n2", Ask.ON)
        await trio.sleep(1)
        off = await lab.ask("n2", Ask.OFF)
        assert (await lab.ended(on)).status is Status.SUPERSEDED
        assert (await lab.ended(off)).status is Status.SUCCEEDED
        assert lab.bmc("n2").told("sent command") == []


async def test_an_idle_bmc_costs_the_limits_nothing() -> None:
    limits = Limits()
    async with limits.bmc("n1"):
        assert len(limits._bmcs) == 1
    assert limits._bmcs == {}
