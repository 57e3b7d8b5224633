"""Accounts: who there is, who may log in, and changing that."""

from collections.abc import Callable

import pytest

from bmcsim import User
from bmcsim.bmc import Bmc
from console import Console
from console15 import Console15
from powerfsm.ipmi.wire.numbers import NetFn, Privilege, Status

SET_ACCESS, GET_ACCESS, SET_NAME, GET_NAME, SET_PASSWORD = range(0x43, 0x48)
DISABLE, ENABLE, SET, TEST = range(4)


def ask(console: Console, command: int, data: bytes) -> bytes:
    response = console.request(NetFn.APP, command, data)
    assert response.completion == 0, f"{response.completion:02X}h"
    return response.data


def code(console: Console, command: int, data: bytes) -> int:
    return console.request(NetFn.APP, command, data).completion


def name(text: str) -> bytes:
    return text.encode().ljust(16, b"\0")


def test_accounts_are_listed(make_bmc: Callable[..., Bmc]) -> None:
    users = (User("root", "password"), User("watcher", "x", Privilege.USER, enabled=False))
    console = Console(make_bmc(users=users), username="root").login()
    assert ask(console, GET_ACCESS, b"\x0e\x02") == bytes((15, 0x41, 1, 0x14))
    assert ask(console, GET_ACCESS, b"\x01\x03") == bytes((15, 0x81, 1, 0x02))
    assert ask(console, GET_ACCESS, b"\x01\x09") == bytes((15, 0x81, 1, 0x0F))
    assert ask(console, GET_NAME, b"\x03") == name("watcher")
    assert ask(console, GET_NAME, b"\x09") == bytes(16)


def test_an_account_is_made_and_logs_in_over_both_protocols(bmc: Bmc, console: Console) -> None:
    ask(console, SET_NAME, b"\x05" + name("operator"))
    ask(console, SET_PASSWORD, bytes((5, SET)) + name("new"))
    ask(console, SET_ACCESS, bytes((0x91, 5, Privilege.OPERATOR)))
    new = Console(bmc, username="operator", password="new", privilege=Privilege.OPERATOR, console_id=7).login()
    assert new.control(1) == 0
    old = Console15(bmc, username="operator", password="new", privilege=Privilege.OPERATOR).login()
    assert old.reads_on()


def test_a_rotated_password_is_asked_for_from_the_next_login_on(bmc: Bmc, console: Console) -> None:
    ask(console, SET_PASSWORD, bytes((2, SET)) + name("rotated"))
    assert not console.reads_on()
    late = Console(bmc, console_id=7)
    late.open()
    late.rakp1()
    assert late.rakp3().status == Status.INVALID_INTEGRITY_CHECK_VALUE
    Console(bmc, console_id=8, password="rotated").login()


def test_a_disabled_account_may_not_log_in(bmc: Bmc, console: Console) -> None:
    ask(console, SET_PASSWORD, bytes((2, DISABLE)))
    late = Console(bmc, console_id=7)
    late.open()
    assert late.rakp1().status == Status.UNAUTHORIZED_NAME
    assert Console15(bmc).challenge().completion == 0x81
    ask(console, SET_PASSWORD, bytes((2, ENABLE)))
    Console(bmc, console_id=8).login()


def test_no_access_is_no_privilege_at_all(bmc: Bmc, console: Console) -> None:
    ask(console, SET_ACCESS, b"\x11\x02\x0f")
    late = Console(bmc, console_id=7)
    late.open()
    assert late.rakp1().status == Status.UNAUTHORIZED_NAME


def test_the_limit_of_sessions_counts_over_ipmi_15(bmc: Bmc, console: Console) -> None:
    ask(console, SET_ACCESS, b"\x11\x02\x04\x01")
    late = Console15(bmc)
    late.challenge()
    assert late.activate().completion == 0x82


def test_a_password_is_tried(console: Console) -> None:
    assert code(console, SET_PASSWORD, bytes((2, TEST)) + name("password")) == 0
    assert code(console, SET_PASSWORD, bytes((2, TEST)) + name("wrong")) == 0x80
    assert code(console, SET_PASSWORD, bytes((0x82, TEST)) + b"password".ljust(20, b"\0")) == 0
    ask(console, SET_PASSWORD, bytes((0x82, SET)) + b"x" * 20)
    assert code(console, SET_PASSWORD, bytes((2, TEST)) + b"x" * 16) == 0x81


@pytest.mark.parametrize(
    ("command", "data"),
    [
        (GET_ACCESS, b"\x05\x02"),
        (GET_ACCESS, b"\x01\x00"),
        (GET_ACCESS, b"\x01\x10"),
        (SET_ACCESS, b"\x91\x02\x00"),
        (SET_ACCESS, b"\x91\x02\x07"),
        (GET_NAME, b"\x00"),
        (SET_NAME, b"\x01" + b"anonymous".ljust(16, b"\0")),
        (SET_NAME, b"\x03" + b"admin".ljust(16, b"\0")),
        (SET_NAME, b"\x03" + b"\xff" * 16),
        (SET_PASSWORD, b"\x3f\x01"),
    ],
    ids=[
        "another channel",
        "no user",
        "no such user",
        "no privilege",
        "no such privilege",
        "nobody's name",
        "a name for the nameless",
        "a name twice",
        "a name that is no text",
        "nobody's password",
    ],
)
def test_what_makes_no_sense_is_answered_cc(console: Console, command: int, data: bytes) -> None:
    assert code(console, command, data) == 0xCC


@pytest.mark.parametrize("command", [SET_ACCESS, GET_ACCESS, SET_NAME, GET_NAME, SET_PASSWORD])
def test_what_is_too_short_is_answered_c7(console: Console, command: int) -> None:
    assert code(console, command, b"") == 0xC7


def test_a_password_of_the_wrong_size_is_answered_c7(console: Console) -> None:
    assert code(console, SET_PASSWORD, bytes((2, SET)) + b"short") == 0xC7
    assert code(console, SET_PASSWORD, bytes((2, SET)) + bytes(20)) == 0xC7


def test_more_users_than_there_is_room_for_are_refused(make_bmc: Callable[..., Bmc]) -> None:
    with pytest.raises(ValueError, match="room for 14"):
        make_bmc(users=tuple(User(f"u{number}") for number in range(15)))
