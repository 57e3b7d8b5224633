"""The system event log: what gets in, and how it is read, reserved, cleared and filled."""

from collections.abc import Callable

import pytest

from bmcsim import Hardware, Power, RestorePolicy
from bmcsim.bmc import Bmc
from bmcsim.sel import MOST
from console import Console
from powerfsm.ipmi.wire.numbers import NetFn

INFO, ALLOCATION, RESERVE, GET, ADD = range(0x40, 0x45)
DELETE, CLEAR, GET_TIME, SET_TIME = range(0x46, 0x4A)

POWER_OFF = (0x09, 0x6F, 0x00)
NO_MORE_POWER_OFF = (0x09, 0xEF, 0x00)
INPUT_LOST = (0x09, 0x6F, 0x04)
INPUT_BACK = (0x09, 0xEF, 0x04)
BUTTON = (0x14, 0x6F, 0x00)
RESTART = (0x1D, 0x6F, 0xF7)
INTERRUPT = (0x13, 0x6F, 0x00)
CLEARED = (0x10, 0x6F, 0x02)


def ask(console: Console, command: int, data: bytes = b"") -> bytes:
    response = console.request(NetFn.STORAGE, command, data)
    assert response.completion == 0, f"{response.completion:02X}h"
    return response.data


def code(console: Console, command: int, data: bytes = b"") -> int:
    return console.request(NetFn.STORAGE, command, data).completion


def records(console: Console) -> list[bytes]:
    """Read the whole log, the way clients do."""
    found: list[bytes] = []
    record_id = 0
    while record_id != 0xFFFF:
        response = console.request(NetFn.STORAGE, GET, bytes((0, 0, *record_id.to_bytes(2, "little"), 0, 0xFF)))
        if response.completion == 0xCB and not found:
            return []
        assert response.completion == 0
        record_id = int.from_bytes(response.data[:2], "little")
        found.append(response.data[2:])
    return found


def events(console: Console) -> list[tuple[int, int, int]]:
    """Return sensor type, event type with direction, and first byte of the data of each record."""
    return [(record[10], record[12], record[13]) for record in records(console)]


def test_commands_leave_their_marks(console: Console) -> None:
    assert events(console) == []
    console.control(1)
    console.control(3)
    console.control(4)
    console.control(0)
    assert events(console) == [NO_MORE_POWER_OFF, RESTART, RESTART, INTERRUPT, POWER_OFF]
    assert [record[14] for record in records(console) if record[10] == 0x1D] == [1, 1]


def test_an_operators_button_leaves_its_mark(bmc: Bmc, console: Console) -> None:
    bmc.press_power_button(0)
    assert events(console) == [BUTTON, NO_MORE_POWER_OFF, RESTART]
    assert records(console)[2][14] == 3


def test_lost_mains_are_told_of_when_they_are_back(make_bmc: Callable[..., Bmc]) -> None:
    bmc = make_bmc(hardware=Hardware(power=Power.ON, restore=RestorePolicy.PREVIOUS))
    bmc.lose_mains(10)
    bmc.regain_mains(30)
    console = Console(bmc, now=31).login()
    assert events(console) == [INPUT_LOST, INPUT_BACK, NO_MORE_POWER_OFF, RESTART]
    assert {int.from_bytes(record[3:7], "little") for record in records(console)} == {30}
    assert records(console)[3][14] == 7


def test_records_are_system_events_of_the_bmcs_own(bmc: Bmc) -> None:
    console = Console(bmc, now=1000.5).login()
    console.control(1)
    assert records(console)[0] == bytes.fromhex("0100 02 e8030000 2000 04 09 02 ef 00ffff")


def test_the_clock_can_be_set(console: Console) -> None:
    console.now = 5
    ask(console, SET_TIME, (1_700_000_000).to_bytes(4, "little"))
    console.now = 7.9
    assert ask(console, GET_TIME) == (1_700_000_002).to_bytes(4, "little")


def test_the_info_counts(console: Console) -> None:
    empty = ask(console, INFO)
    assert empty == bytes.fromhex("51 0000 0020 ffffffff ffffffff 0b")
    console.now = 9
    console.control(1)
    assert ask(console, INFO) == bytes.fromhex("51 0200 e01f 09000000 ffffffff 0b")
    assert ask(console, ALLOCATION) == bytes.fromhex("0002 1000 fe01 fe01 01")


def test_parts_are_read_with_a_reservation_only(console: Console) -> None:
    console.control(1)
    whole = records(console)[0]
    assert ask(console, GET, bytes((0, 0, 1, 0, 0, 6)))[2:] == whole[:6]
    assert code(console, GET, bytes((0, 0, 1, 0, 6, 10))) == 0xC5
    reservation = ask(console, RESERVE)
    assert ask(console, GET, reservation + bytes((1, 0, 6, 10)))[2:] == whole[6:]
    assert code(console, GET, reservation + bytes((1, 0, 6, 11))) == 0xC9
    ask(console, RESERVE)
    assert code(console, GET, reservation + bytes((1, 0, 6, 10))) == 0xC5


def test_clearing_needs_the_reservation_and_leaves_a_mark(console: Console) -> None:
    console.control(1)
    assert code(console, CLEAR, b"\0\0CLR\xaa") == 0xC5
    reservation = ask(console, RESERVE)
    assert code(console, CLEAR, reservation + b"CLX\xaa") == 0xCC
    assert ask(console, CLEAR, reservation + b"CLR\xaa") == b"\x01"
    assert ask(console, CLEAR, reservation + b"CLR\x00") == b"\x01"
    assert events(console) == [CLEARED]


def test_a_record_is_deleted(console: Console) -> None:
    console.control(1)
    reservation = ask(console, RESERVE)
    assert ask(console, DELETE, reservation + b"\x01\x00") == b"\x01\x00"
    assert events(console) == [RESTART]
    assert code(console, DELETE, reservation + b"\x02\x00") == 0xC5
    assert code(console, DELETE, ask(console, RESERVE) + b"\x01\x00") == 0xCB


def test_records_can_be_added_until_it_is_full(console: Console) -> None:
    console.now = 7
    record = bytes.fromhex("ffff 02 11111111 4100 04 0d 01 6f 00ffff")
    assert ask(console, ADD, record) == b"\x01\x00"
    assert records(console) == [bytes.fromhex("0100 02 07000000 4100 04 0d 01 6f 00ffff")]
    # Records without a time of the log's keep what they have.
    timeless = bytes.fromhex("0000 e0 01020304 0506 07 08 09 0a 0b0c0d")
    ask(console, ADD, timeless)
    assert records(console)[1] == b"\x02\x00" + timeless[2:]
    for _ in range(MOST - 2):
        ask(console, ADD, record)
    assert code(console, ADD, record) == 0xC4
    assert ask(console, INFO)[13] == 0x8B
    ask(console, CLEAR, ask(console, RESERVE) + b"CLR\xaa")
    assert ask(console, INFO)[13] == 0x0B


def test_the_last_record_is_found(console: Console) -> None:
    console.control(1)
    last = ask(console, GET, b"\0\0\xff\xff\0\xff")
    assert last == b"\xff\xff" + records(console)[-1]


@pytest.mark.parametrize("record", [b"\0\0", b"\x05\0", b"\xff\xff"])
def test_what_is_not_there_is_answered_cb(console: Console, record: bytes) -> None:
    assert code(console, GET, b"\0\0" + record + b"\0\xff") == 0xCB


@pytest.mark.parametrize("command", [GET, ADD, DELETE, CLEAR, SET_TIME])
def test_what_is_too_short_is_answered_c7(console: Console, command: int) -> None:
    assert code(console, command, b"\0") == 0xC7


def test_the_record_repository_names_every_sensor_of_the_log(console: Console) -> None:
    count = int.from_bytes(ask(console, 0x20)[1:3], "little")
    reservation = ask(console, 0x22)
    names, record_id = [], 0
    while record_id != 0xFFFF:
        wanted = record_id.to_bytes(2, "little")
        head = ask(console, 0x23, reservation + wanted + bytes((0, 5)))
        body = ask(console, 0x23, reservation + wanted + bytes((5, head[6])))
        assert len(body) == 2 + head[6]
        names.append(body[13 if head[5] == 0x12 else 14 :].decode())
        record_id = int.from_bytes(head[:2], "little")
    assert len(names) == count == 6
    assert {"BMC", "Power Unit"} < set(names)
    assert code(console, 0x23, b"\0\0\x07\0\0\xff") == 0xCB
    assert code(console, 0x23, b"\0\0\x01\0\x05\xff") == 0xC5
