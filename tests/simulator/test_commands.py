"""Every command that the BMC knows, and what it says to the others."""

from collections.abc import Callable

import pytest

from bmcsim import Hardware, MemoryLog, Power, RestorePolicy, SoftOff, Span, User
from bmcsim.bmc import Bmc
from console import Console
from powerfsm.ipmi.wire.asf import Ping, Pong
from powerfsm.ipmi.wire.commands import ChassisStatus, DeviceId
from powerfsm.ipmi.wire.datagram import decode
from powerfsm.ipmi.wire.numbers import AppCommand, ChassisCommand, NetFn, PayloadType, Privilege
from powerfsm.ipmi.wire.packet import Packet

MakeBmc = Callable[..., Bmc]

ON = Hardware(power=Power.ON)


@pytest.mark.parametrize(
    ("control", "command", "story"),
    [
        (0, "off", [("power", "off")]),
        (1, "on", []),
        (2, "cycle", [("power", "off"), ("power", "on")]),
        (3, "reset", [("reset", None)]),
        (4, "diagnostic", [("diagnostic", None)]),
        (5, "soft-off", [("power", "off")]),
    ],
)
def test_each_chassis_control_is_carried_out_and_logged(
    make_bmc: MakeBmc, log: MemoryLog, control: int, command: str, story: list[tuple[str, str | None]]
) -> None:
    console = Console(make_bmc(hardware=ON)).login()
    assert console.control(control) == 0
    console.now = 2
    assert console.reads_on() == (control not in (0, 5))
    assert log.named("command") == [
        {
            "t": 0,
            "node": "n1",
            "event": "command",
            "command": command,
            "session": console.session_id,
            "seq": 2,
            "duplicate": False,
        }
    ]
    seen = log.named("power", "reset", "diagnostic")
    assert [(event["event"], event.get("to")) for event in seen] == story
    assert all(event["session"] == console.session_id for event in seen)


@pytest.mark.parametrize("control", [2, 3, 4, 5])
def test_what_needs_power_is_answered_d5_while_off(bmc: Bmc, log: MemoryLog, control: int) -> None:
    assert Console(bmc).login().control(control) == 0xD5
    assert log.named("refused")[0]["code"] == "D5h"
    assert log.named("command") == []


@pytest.mark.parametrize("control", [6, 15])
def test_a_chassis_control_that_there_is_not_is_answered_cc(bmc: Bmc, control: int) -> None:
    assert Console(bmc).login().control(control) == 0xCC


def test_unsupported_soft_off_is_answered_cc(make_bmc: MakeBmc, log: MemoryLog) -> None:
    hardware = Hardware(power=Power.ON, soft_off=SoftOff.UNSUPPORTED)
    assert Console(make_bmc(hardware=hardware)).login().control(5) == 0xCC
    assert log.named("refused")[0]["what"] == "soft-off"


def test_a_user_may_read_the_power_and_not_change_it(make_bmc: MakeBmc) -> None:
    bmc = make_bmc(users=(User(limit=Privilege.USER),))
    console = Console(bmc, privilege=Privilege.USER).login()
    assert not console.reads_on()
    assert console.control(1) == 0xD4
    assert not console.reads_on()


def test_a_session_has_to_ask_for_its_privilege(bmc: Bmc) -> None:
    console = Console(bmc, privilege=Privilege.HIGHEST).login()
    privilege = (NetFn.APP, AppCommand.SET_SESSION_PRIVILEGE)
    assert console.control(1) == 0xD4
    assert console.request(*privilege, b"\x00").data == bytes((Privilege.USER,))
    assert console.request(*privilege, b"\x03").data == bytes((Privilege.OPERATOR,))
    assert console.control(1) == 0


@pytest.mark.parametrize(("asked", "code"), [(4, 0x81), (5, 0x81), (1, 0x80), (9, 0xCC)])
def test_privileges_beyond_the_limit_are_refused(make_bmc: MakeBmc, asked: int, code: int) -> None:
    bmc = make_bmc(users=(User(limit=Privilege.OPERATOR),))
    console = Console(bmc, privilege=Privilege.OPERATOR).login()
    answer = console.request(NetFn.APP, AppCommand.SET_SESSION_PRIVILEGE, bytes((asked,)))
    assert answer.completion == code


def test_the_status_tells_how_it_came_to_this(bmc: Bmc) -> None:
    console = Console(bmc).login()
    status = (NetFn.CHASSIS, ChassisCommand.GET_STATUS)
    cause = (NetFn.CHASSIS, 0x07)
    assert console.request(*cause).data == b"\x00\x01"
    console.control(1)
    assert ChassisStatus.decode(console.request(*status).data) == ChassisStatus(
        on=True, last_event=0x10, misc=0x40
    )
    assert console.request(*cause).data == b"\x01\x01"
    bmc.press_power_button(1)
    bmc.press_power_button(2)
    console.now = 2
    assert ChassisStatus.decode(console.request(*status).data) == ChassisStatus(on=True, last_event=0, misc=0x40)
    assert console.request(*cause).data == b"\x03\x01"


def test_a_command_sees_all_that_was_due_before_it(make_bmc: MakeBmc) -> None:
    console = Console(make_bmc(hardware=Hardware(boot_delay=Span.of(5)))).login()
    console.control(1)
    console.now = 4.9
    assert not console.reads_on()
    console.now = 5
    assert console.reads_on()


def test_the_restore_policy_can_be_set(bmc: Bmc) -> None:
    console = Console(bmc).login()
    assert console.request(NetFn.CHASSIS, 0x06, b"\x02").data == b"\x07"
    assert bmc.machine.restore is RestorePolicy.ALWAYS_ON
    assert console.request(NetFn.CHASSIS, 0x06, b"\x03").data == b"\x07"
    assert bmc.machine.restore is RestorePolicy.ALWAYS_ON
    assert console.request(NetFn.CHASSIS, 0x06, b"\x04").completion == 0xCC
    assert console.request(NetFn.CHASSIS, ChassisCommand.GET_STATUS).data[0] >> 5 == 2


def test_mains_kill_bmc_and_machine_until_they_are_back(make_bmc: MakeBmc, log: MemoryLog) -> None:
    bmc = make_bmc(hardware=Hardware(power=Power.ON, restore=RestorePolicy.PREVIOUS))
    console = Console(bmc).login()
    bmc.lose_mains(1)
    assert console.say(Ping(1).encode()) is None
    bmc.regain_mains(2)
    assert [(event["to"], event["cause"]) for event in log.named("power")] == [
        ("off", "mains"),
        ("on", "mains"),
    ]
    assert Console(bmc, now=3).login().reads_on()


def test_boot_options_are_kept(bmc: Bmc) -> None:
    console = Console(bmc).login()
    set_options = (NetFn.CHASSIS, ChassisCommand.SET_BOOT_OPTIONS)
    get_options = (NetFn.CHASSIS, ChassisCommand.GET_BOOT_OPTIONS)
    assert console.request(*get_options, b"\x05\x00\x00").data == bytes.fromhex("01050000000000")
    assert console.request(*set_options, bytes.fromhex("058004000000")).completion == 0
    assert console.request(*get_options, b"\x05\x00\x00").data == bytes.fromhex("01058004000000")
    assert console.request(*set_options, b"\x05\x01").completion == 0xC7
    assert console.request(*set_options, b"\x60\x01").completion == 0x80
    assert console.request(*get_options, b"\x60\x00\x00").completion == 0x80


def test_the_device_tells_what_it_is(bmc: Bmc) -> None:
    console = Console(bmc).login()
    device = DeviceId.decode(console.request(NetFn.APP, AppCommand.GET_DEVICE_ID).data)
    assert device.ipmi_version == (2, 0)
    assert device.support == 0x86
    assert console.request(NetFn.APP, 0x08).data == bmc.guid
    assert console.ask(NetFn.APP, 0x37).data == bmc.guid
    assert console.request(NetFn.CHASSIS, 0x00).data == bytes((4, 0x20, 0x20, 0x20, 0x20))
    assert console.request(NetFn.APP, 0x42, b"\x0e").data[:4] == bytes((1, 4, 1, 0x81))


def test_what_is_absent_is_said_to_be_absent(bmc: Bmc) -> None:
    console = Console(bmc).login()
    assert console.request(NetFn.STORAGE, 0x10, b"\x00").completion == 0xCB


def test_what_it_does_not_know_is_answered_c1(bmc: Bmc) -> None:
    console = Console(bmc).login()
    assert console.request(NetFn.APP, 0xEE).completion == 0xC1
    assert console.request(0x2C, 0x00).completion == 0xC1
    assert console.request(0x2E, 0x01, b"\x57\x01\x00").completion == 0xC1
    assert console.request(NetFn.STORAGE, 0x99).completion == 0xC1


def test_what_is_too_short_is_answered_c7(bmc: Bmc) -> None:
    console = Console(bmc).login()
    for command in (AppCommand.SET_SESSION_PRIVILEGE, AppCommand.CLOSE_SESSION, AppCommand.GET_SESSION_INFO):
        assert console.request(NetFn.APP, command).completion == 0xC7
    assert console.request(NetFn.CHASSIS, ChassisCommand.CONTROL).completion == 0xC7
    assert console.ask(NetFn.APP, AppCommand.GET_CHANNEL_AUTH_CAPABILITIES).completion == 0xC7


def test_what_needs_a_session_is_answered_d4_without_one(bmc: Bmc) -> None:
    assert Console(bmc).ask(NetFn.CHASSIS, ChassisCommand.CONTROL, b"\x01").completion == 0xD4
    assert Console(bmc).ask(NetFn.CHASSIS, ChassisCommand.GET_STATUS).completion == 0xD4


def test_the_sessionless_commands_are_answered_in_rmcp_plus_too(bmc: Bmc) -> None:
    console = Console(bmc)
    message = bytes.fromhex("2018c8 8100388e04b5")
    answer = console.say(Packet(PayloadType.IPMI, message).encode())
    assert answer is not None
    packet = decode(answer)
    assert isinstance(packet, Packet)
    assert packet.session_id == 0


def test_session_info_tells_of_this_one_and_the_others(make_bmc: MakeBmc) -> None:
    bmc = make_bmc(slots=5)
    other = Console(bmc, console_id=1, source=("192.0.2.7", 513)).login()
    console = Console(bmc, console_id=2).login()
    info = (NetFn.APP, AppCommand.GET_SESSION_INFO)
    own = console.request(*info, b"\x00").data
    assert own[:6] == bytes((2, 5, 2, 2, Privilege.ADMINISTRATOR, 0x11))
    first = console.request(*info, b"\x01").data
    assert first == bytes((1, 5, 2, 2, 4, 0x11, 192, 0, 2, 7, 0, 0, 0, 0, 0, 0, 1, 2))
    assert console.request(*info, b"\xfe\x01").data == first
    assert console.request(*info, b"\xff" + other.session_id.to_bytes(4, "little")).data == first
    assert console.request(*info, b"\x03").data == bytes((0, 5, 2))
    assert console.request(*info, b"\xff" + bytes(4)).data == bytes((0, 5, 2))


def test_a_ping_is_answered_with_a_pong(bmc: Bmc) -> None:
    answer = Console(bmc).say(Ping(tag=7).encode())
    assert answer is not None
    assert decode(answer) == Pong(tag=7)
