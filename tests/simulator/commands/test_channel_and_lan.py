"""The channel: who may use it and how, and its LAN parameters."""

from collections.abc import Callable

import pytest

from bmcsim.bmc import Bmc
from console import Console
from console15 import Console15
from powerfsm.ipmi.wire.numbers import NetFn, Privilege, Status

SET_ACCESS, GET_ACCESS = 0x40, 0x41
KEPT, NOW = 0x40, 0x80


def code(console: Console, command: int, data: bytes) -> int:
    return console.request(NetFn.APP, command, data).completion


def access(console: Console, which: int) -> bytes:
    return console.request(NetFn.APP, GET_ACCESS, bytes((0x0E, which))).data


def parameter(console: Console, number: int) -> bytes:
    response = console.request(NetFn.TRANSPORT, 0x02, bytes((1, number, 0, 0)))
    assert response.completion == 0, f"{number}: {response.completion:02X}h"
    assert response.data[0] == 0x11
    return response.data[1:]


def set_parameter(console: Console, number: int, value: bytes) -> int:
    return console.request(NetFn.TRANSPORT, 0x01, bytes((1, number)) + value).completion


def test_access_is_set_now_and_for_after_a_reset(bmc: Bmc, console: Console) -> None:
    assert access(console, NOW) == access(console, KEPT) == bytes((0x22, Privilege.ADMINISTRATOR))
    assert code(console, SET_ACCESS, bytes((1, NOW | 0x12, KEPT | Privilege.OPERATOR))) == 0
    assert access(console, NOW) == bytes((0x12, Privilege.ADMINISTRATOR))
    assert access(console, KEPT) == bytes((0x22, Privilege.OPERATOR))
    bmc.crash(1)
    bmc.start(2)
    late = Console(bmc, now=3, console_id=9, privilege=Privilege.OPERATOR).login()
    assert access(late, NOW) == bytes((0x22, Privilege.OPERATOR))


def test_per_message_authentication_can_be_turned_off(bmc: Bmc, console: Console) -> None:
    assert code(console, SET_ACCESS, bytes((1, NOW | 0x32, 0))) == 0
    late = Console15(bmc)
    late.challenge()
    assert late.activate().data[0] == 0


def test_the_limit_of_the_channel_holds_for_new_sessions(bmc: Bmc, console: Console) -> None:
    assert code(console, SET_ACCESS, bytes((1, 0, NOW | Privilege.OPERATOR))) == 0
    late = Console15(bmc)
    late.challenge()
    assert late.activate().completion == 0x86
    new = Console(bmc, console_id=9)
    new.open()
    assert new.rakp1().status == Status.UNAUTHORIZED_ROLE_OR_PRIVILEGE
    Console(bmc, console_id=10, privilege=Privilege.OPERATOR).login()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (bytes((5, 0, 0)), 0xCC),
        (bytes((1, 0xC2, 0)), 0xCC),
        (bytes((1, 0, NOW | 9)), 0xCC),
        (bytes((1, NOW | 0, 0)), 0x83),
        (bytes((1, NOW | 0x0A, 0)), 0x83),
        (b"\x01", 0xC7),
    ],
    ids=["another channel", "reserved", "no privilege", "disabled", "no user level authentication", "short"],
)
def test_access_that_there_is_not_is_refused(console: Console, data: bytes, expected: int) -> None:
    assert code(console, SET_ACCESS, data) == expected
    assert access(console, NOW) == bytes((0x22, Privilege.ADMINISTRATOR))


def test_parameters_tell_what_is_so(make_bmc: Callable[..., Bmc]) -> None:
    bmc = make_bmc(suites=(3, 17))
    bmc.address = ("10.1.2.3", 1623)
    console = Console(bmc).login()
    assert parameter(console, 0) == b"\0"
    assert parameter(console, 1) == b"\x14"
    assert parameter(console, 3) == bytes((10, 1, 2, 3))
    assert parameter(console, 6) == bytes((255, 255, 255, 0))
    assert parameter(console, 8) == (1623).to_bytes(2, "little")
    assert parameter(console, 22) == b"\x02"
    assert parameter(console, 23)[:4] == bytes((0, 3, 17, 0))
    assert parameter(console, 24) == b"\x00\x44" + bytes(7)
    assert parameter(console, 5)[0] & 3 == 2


def test_parameters_are_kept(console: Console) -> None:
    assert set_parameter(console, 0, b"\x01") == 0
    assert set_parameter(console, 0, b"\x01") == 0x81
    assert parameter(console, 0) == b"\x01"
    assert set_parameter(console, 12, bytes((10, 0, 0, 1))) == 0
    assert set_parameter(console, 0, b"\x00") == 0
    assert parameter(console, 12) == bytes((10, 0, 0, 1))


@pytest.mark.parametrize(
    ("number", "value", "expected"),
    [(1, b"\x01", 0x82), (3, b"\x01", 0xC7), (99, b"\x01", 0x80), (0, b"\x02", 0xCC), (3, b"", 0xC7)],
    ids=["read-only", "wrong length", "no such parameter", "commit", "empty"],
)
def test_what_cannot_be_set_is_refused(console: Console, number: int, value: bytes, expected: int) -> None:
    assert set_parameter(console, number, value) == expected


def test_what_cannot_be_read_is_refused(console: Console) -> None:
    get = (NetFn.TRANSPORT, 0x02)
    assert console.request(*get, bytes((1, 99, 0, 0))).completion == 0x80
    assert console.request(*get, bytes((3, 1, 0, 0))).completion == 0xCC
    assert console.request(*get, b"\x01\x01").completion == 0xC7
    assert console.request(*get, bytes((0x81, 99, 0, 0))).data == b"\x11"
