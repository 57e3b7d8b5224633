"""The BMC's own life and the smaller chassis commands."""

from collections.abc import Callable

import pytest

from bmcsim import Hardware, MemoryLog, Power, Span
from bmcsim.bmc import Bmc
from console import Console
from console15 import Console15
from powerfsm.ipmi.wire.asf import Ping
from powerfsm.ipmi.wire.numbers import AppCommand, ChassisCommand, NetFn

MakeBmc = Callable[..., Bmc]

STATUS = (NetFn.CHASSIS, ChassisCommand.GET_STATUS)
SET_BOOT = (NetFn.CHASSIS, ChassisCommand.SET_BOOT_OPTIONS)
GET_BOOT = (NetFn.CHASSIS, ChassisCommand.GET_BOOT_OPTIONS)


@pytest.mark.parametrize("command", [AppCommand.COLD_RESET, AppCommand.WARM_RESET])
def test_a_reset_is_answered_and_then_there_is_silence(
    make_bmc: MakeBmc, log: MemoryLog, command: AppCommand
) -> None:
    bmc = make_bmc(boot=Span.of(45), hardware=Hardware(power=Power.ON))
    other = Console15(bmc).login()
    console = Console(bmc, now=10).login()
    assert console.request(NetFn.APP, command).completion == 0
    for late in (10, 54.9):
        console.now = late
        assert console.say(Ping(1).encode()) is None
    console.now = other.now = 55
    assert console.say(Ping(1).encode()) is not None
    assert console.say(console.sealed(*STATUS)) is None
    assert other.say(other.sealed(*STATUS)) is None
    assert [event["by"] for event in log.named("session-closed")] == ["crash", "crash"]
    assert len(log.named("bmc-reset")) == 1
    assert Console(bmc, now=56, console_id=8).login().reads_on()


def test_a_reset_leaves_the_machine_alone(make_bmc: MakeBmc, log: MemoryLog) -> None:
    console = Console(make_bmc(boot=Span.of(45), hardware=Hardware(boot_delay=Span.of(20)))).login()
    console.control(1)
    console.request(NetFn.APP, AppCommand.COLD_RESET)
    console.now = 60
    console.say(Ping(1).encode())
    assert [(event["t"], event["to"]) for event in log.named("power")] == [(20, "on")]


def test_the_self_test_passes(console: Console) -> None:
    assert console.request(NetFn.APP, 0x04).data == b"\x55\x00"


def test_the_acpi_state_follows_the_power(console: Console) -> None:
    assert console.request(NetFn.APP, 0x07).data == b"\x05\x00"
    console.control(1)
    assert console.request(NetFn.APP, 0x07).data == b"\x00\x00"


def identify_state(console: Console) -> int:
    return console.request(*STATUS).data[2] >> 4 & 0x03


def test_the_identify_light_goes_off_by_itself(console: Console) -> None:
    assert identify_state(console) == 0
    assert console.request(NetFn.CHASSIS, 0x04).completion == 0
    console.now = 14.9
    assert identify_state(console) == 1
    console.now = 15
    assert identify_state(console) == 0
    console.request(NetFn.CHASSIS, 0x04, b"\x05")
    console.now = 19.9
    assert identify_state(console) == 1


def test_the_identify_light_stays_on_until_told_otherwise(console: Console) -> None:
    console.request(NetFn.CHASSIS, 0x04, b"\x00\x01")
    for now in range(0, 500, 50):
        console.now = now
        assert identify_state(console) == 2
    console.request(NetFn.CHASSIS, 0x04, b"\x00")
    assert identify_state(console) == 0


def hours(console: Console) -> int:
    data = console.request(NetFn.CHASSIS, 0x0F).data
    assert data[0] == 60
    return int.from_bytes(data[1:], "little")


def test_hours_of_power_are_counted(make_bmc: MakeBmc) -> None:
    bmc = make_bmc(idle_timeout=1e9)
    console = Console(bmc).login()
    console.now = 7200
    assert hours(console) == 0
    bmc.press_power_button(7200)
    console.now = 7200 + 3 * 3600
    assert hours(console) == 3
    bmc.press_power_button(console.now)
    console.now += 7200
    assert hours(console) == 3
    bmc.press_power_button(console.now)
    console.now += 3600
    assert hours(console) == 4


def test_a_boot_option_can_be_marked_invalid_without_losing_it(console: Console) -> None:
    flags = bytes.fromhex("8004000000")
    assert console.request(*SET_BOOT, b"\x05" + flags).completion == 0
    assert console.request(*SET_BOOT, b"\x85").completion == 0
    assert console.request(*GET_BOOT, b"\x05\0\0").data == b"\x01\x85" + flags
    assert console.request(*SET_BOOT, b"\x05").completion == 0
    assert console.request(*GET_BOOT, b"\x05\0\0").data == b"\x01\x05" + flags


def test_boot_options_are_set_by_one_at_a_time(console: Console) -> None:
    assert console.request(*SET_BOOT, b"\x00\x01").completion == 0
    assert console.request(*SET_BOOT, b"\x00\x01").completion == 0x81
    assert console.request(*SET_BOOT, b"\x00\x00").completion == 0


def test_boot_flags_are_for_one_start_unless_they_are_to_stay(console: Console) -> None:
    console.request(*SET_BOOT, bytes.fromhex("05 8004000000"))
    console.control(1)
    assert console.request(*GET_BOOT, b"\x05\0\0").data[2] == 0
    console.request(*SET_BOOT, bytes.fromhex("05 c004000000"))
    console.control(3)
    assert console.request(*GET_BOOT, b"\x05\0\0").data[2] == 0xC0
