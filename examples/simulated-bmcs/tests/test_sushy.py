"""sushy at the Redfish door of the same machine, in a thread beside an event loop."""

import asyncio
from typing import Any

import pytest

from bmcsim.faults.http import HttpUnavailable
from bmcsim.pytest_plugin.handles import SimulatedBmc

sushy = pytest.importorskip("sushy")


def the_system(bmc: SimulatedBmc) -> Any:
    """Return the machine as sushy sees it."""
    # Without a session there is none to close when the BMC has gone, which sushy would try for half a minute.
    root = sushy.Sushy(bmc.url, auth=sushy.auth.BasicAuth(bmc.username, bmc.password))
    return root.get_system(root.get_system_collection().members_identities[0])


def test_what_redfish_turns_on_is_on(bmc: SimulatedBmc) -> None:
    system = the_system(bmc)
    system.reset_system(sushy.RESET_ON)
    assert bmc.power == "on"
    bmc.press_power_button()
    bmc.wait_for_power("off")
    system.refresh(force=True)
    assert system.power_state is sushy.PowerState.OFF


def test_a_service_that_is_not_there_yet_is_asked_again(bmc: SimulatedBmc) -> None:
    with bmc.faults.on(HttpUnavailable(retry_after=0), steps=["service-root"], times=1):
        assert the_system(bmc).power_state is sushy.PowerState.OFF


def test_beside_asyncio(bmc: SimulatedBmc) -> None:
    async def turn_on() -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(asyncio.to_thread(lambda: the_system(bmc).reset_system(sushy.RESET_ON)))
            await bmc.until_power("on")

    asyncio.run(turn_on())
