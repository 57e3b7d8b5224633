"""IPMI and Redfish are two doors to one machine, and the judge knows both."""

import trio

from bmcsim import Fleet, Hardware, MemoryLog, Profile, Span, in_memory
from bmcsim.bmc import Bmc
from bmcsim.check import judge
from bmcsim.events import Event
from bmcsim.faults import Rule
from bmcsim.faults.http import HttpSlow, HttpStatus
from bmcsim.redfish.door import Door
from bmcsim.redfish.memory import MemoryClient
from console import Console
from powerfsm.ipmi.wire.numbers import ChassisCommand, ChassisControl, NetFn
from redfish_desk import PASSWORD, RESET, SYSTEM, Desk
from virtual_time import in_virtual_time


def ipmi(desk: Desk) -> Console:
    """Log in by IPMI."""
    bmc: Bmc = desk.fleet["n1"]
    return Console(bmc, password=PASSWORD, now=desk.now).login()


def test_ipmi_powers_on_and_redfish_reads_on_and_the_other_way_round() -> None:
    desk = Desk()
    console = ipmi(desk)
    assert console.control(ChassisControl.POWER_UP) == 0
    assert desk.power_state() == "On"
    desk.reset("ForceOff")
    assert not console.reads_on()


def test_two_doors_opened_for_one_bmc_lead_to_one_service() -> None:
    desk = Desk()
    token = desk.log_in()
    desk.door = Door(desk.fleet)
    assert desk.ask("GET", SYSTEM, x_auth_token=token).status == 200


def test_ipmi_cycles_and_redfish_sees_it_come_back() -> None:
    desk = Desk(Hardware(boot_delay=Span.of(10)))
    ipmi(desk).control(ChassisControl.POWER_UP)
    assert desk.power_state() == "PoweringOn"
    desk.now = 10
    assert desk.power_state() == "On"
    assert desk.get(SYSTEM)["LastResetTime"] == "2020-01-01T00:00:10Z"


def test_a_task_of_redfish_ends_when_ipmi_has_done_it() -> None:
    desk = Desk(Hardware(boot_delay=Span.of(100)), reset_is_task=True)
    monitor = desk.reset("PowerCycle")
    assert monitor.status == 409
    monitor = desk.reset("On")
    desk.now = 1
    console = ipmi(desk)
    console.control(ChassisControl.POWER_DOWN)
    console.control(ChassisControl.POWER_UP)
    assert desk.ask("GET", monitor.headers["Location"]).status == 202
    desk.now = 101
    assert desk.ask("GET", monitor.headers["Location"]).status == 204


def test_a_restore_policy_and_boot_flags_set_by_ipmi_are_read_by_redfish() -> None:
    desk = Desk()
    console = ipmi(desk)
    console.request(NetFn.CHASSIS, 0x06, b"\x02")
    console.request(NetFn.CHASSIS, ChassisCommand.SET_BOOT_OPTIONS, b"\x05\xa0\x04\x00\x00\x00")
    system = desk.get(SYSTEM)
    assert system["PowerRestorePolicy"] == "AlwaysOn"
    assert system["Boot"]["BootSourceOverrideTarget"] == "Pxe"
    assert system["Boot"]["BootSourceOverrideMode"] == "UEFI"


def test_a_redfish_command_within_an_open_ipmi_session_that_had_one_is_an_overlap() -> None:
    desk = Desk()
    console = ipmi(desk)
    console.control(ChassisControl.POWER_UP)
    desk.reset("ForceOff")
    console.close()
    verdict = judge(desk.log)
    (overlap,) = verdict.overlaps
    assert "took off without a session while session" in overlap.what
    assert verdict.commands == {"n1": 2}


def test_redfish_commands_are_over_with_their_answers_and_overlap_with_nothing_after() -> None:
    desk = Desk()
    token = desk.log_in()
    desk.ask("POST", RESET, {"ResetType": "On"}, x_auth_token=token)
    desk.ask("POST", RESET, {"ResetType": "ForceOff"}, x_auth_token=token)
    desk.reset("On")
    console = ipmi(desk)
    console.control(ChassisControl.POWER_DOWN)
    console.close()
    verdict = judge(desk.log)
    assert verdict.overlaps == ()
    (unclosed,) = verdict.unclosed
    assert "still had session 4294967297 open" in unclosed.what


def a_day(seed: int) -> list[Event]:
    """Return the log of a day in virtual time, with faults by chance."""
    log = MemoryLog()

    async def live() -> None:
        profile = Profile(hardware=Hardware(boot_delay=Span(1, 90), off_delay=Span(1, 90)))
        fleet = Fleet.of("n[1-3]", profile, seed=seed, clock=trio.current_time, log=log)
        fleet.faults.add(Rule(HttpSlow(by=Span(1, 20)), probability=0.3))
        fleet.faults.add(Rule(HttpStatus(code=503), probability=0.2))
        door = Door(fleet)
        async with in_memory(fleet):
            for hour in range(24):
                for bmc in fleet:
                    client = MemoryClient(door, bmc.name, "admin", "password")
                    await client.post(RESET, {"ResetType": "ForceOff" if hour % 2 else "On"})
                await trio.sleep(3600)

    in_virtual_time(live)
    return log.entries


def test_one_seed_gives_one_log_and_another_seed_another() -> None:
    assert a_day(1) == a_day(1)
    assert a_day(1) != a_day(2)
