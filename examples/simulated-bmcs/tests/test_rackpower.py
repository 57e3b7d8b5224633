"""The script, on good days and bad."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from rackpower import Machine, PowerError, ensure

from bmcsim import Hardware, Power, Profile, Span
from bmcsim.pytest_plugin.factory import BmcFleets
from bmcsim.pytest_plugin.handles import SimulatedBmc

ON = Profile(hardware=Hardware(power=Power.ON))
SLOW = Profile(hardware=Hardware(boot_delay=Span(0.1, 0.5)))


def test_it_turns_a_machine_on(bmc: SimulatedBmc, machine: Machine) -> None:
    assert ensure(machine, "on", pause=0)
    assert bmc.power == "on"


@pytest.mark.bmcsim(profile=ON)
def test_it_leaves_a_machine_alone_that_is_on(bmc: SimulatedBmc, machine: Machine) -> None:
    assert not ensure(machine, "on")
    assert bmc.commands == []


def test_it_asks_a_busy_bmc_again(bmc: SimulatedBmc, machine: Machine) -> None:
    with bmc.faults.on("busy", steps=["chassis-control"], times=2):
        ensure(machine, "on", pause=0)
    assert bmc.power == "on"


def test_it_notices_a_command_that_came_to_nothing(bmc: SimulatedBmc, machine: Machine) -> None:
    with bmc.faults.on("order-ignored", times=1):
        ensure(machine, "on", pause=0)
    assert bmc.commands == ["on", "on"]
    assert bmc.power == "on"


def test_it_does_not_call_success_what_was_none(bmc: SimulatedBmc, machine: Machine) -> None:
    with bmc.faults.on("order-ignored"), pytest.raises(PowerError, match="the power stays as it was"):
        ensure(machine, "on", tries=2, pause=0)


def test_it_says_so_where_all_slots_are_taken_and_works_when_one_is_free(
    bmc: SimulatedBmc, machine: Machine
) -> None:
    with bmc.faults.on("session-leak"):
        # A command and two readings at a time; the fifth session finds no slot.
        ensure(machine, "on", pause=0)
        with pytest.raises(PowerError, match="insufficient resources"):
            ensure(machine, "off", tries=1)
        bmc.skip(61)
        ensure(machine, "off", pause=0)
    assert bmc.power == "off"


def test_a_rack_of_slow_machines_is_turned_on_at_once(bmc_fleet: BmcFleets) -> None:
    rack = bmc_fleet("r1n[01-20]", profile=SLOW)
    machines = [Machine(bmc.host, bmc.username, bmc.password, bmc.port) for bmc in rack]
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda machine: ensure(machine, "on", tries=30, pause=0.2), machines))
    assert set(rack.powers.values()) == {"on"}
    assert bmc_fleet.check().holds
