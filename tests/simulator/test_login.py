"""Opening sessions, and every way in which a BMC refuses one."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from bmcsim import MemoryLog, User
from bmcsim.bmc import Bmc
from console import Console
from powerfsm.ipmi.wire.numbers import AppCommand, NetFn, PayloadType, Privilege, Status
from powerfsm.ipmi.wire.packet import Packet
from powerfsm.ipmi.wire.suites import SUITE_0, SUITE_3, SUITE_8, SUITE_17, SUITES, CipherSuite

MakeBmc = Callable[..., Bmc]


@pytest.mark.parametrize("suite", [SUITE_0, SUITE_3, SUITE_8, SUITE_17], ids=lambda suite: str(suite.number))
def test_a_session_opens_with_every_suite(make_bmc: MakeBmc, suite: CipherSuite) -> None:
    console = Console(make_bmc(suites=(0, 3, 8, 17)), suite=suite).login()
    assert not console.reads_on()
    assert console.control(1) == 0
    assert console.reads_on()
    assert console.close() == 0


@pytest.mark.parametrize("suite", [SUITE_3, SUITE_17], ids=lambda suite: str(suite.number))
def test_kg_takes_part_in_the_keys(make_bmc: MakeBmc, suite: CipherSuite) -> None:
    bmc = make_bmc(kg=b"k-g-secret")
    Console(bmc, kg=b"k-g-secret", suite=suite).login()
    with pytest.raises(AssertionError, match="another session key"):
        Console(bmc, kg=b"another", suite=suite, console_id=2).login()


def test_an_opened_session_is_in_the_log(bmc: Bmc, log: MemoryLog) -> None:
    console = Console(bmc, now=5).login()
    assert log.named("session-opened") == [
        {"t": 5, "node": "n1", "event": "session-opened", "session": console.session_id, "user": "admin"}
    ]


def test_a_suite_that_the_bmc_has_not_is_refused(bmc: Bmc, log: MemoryLog) -> None:
    assert Console(bmc, suite=SUITE_8).open().status == Status.NO_CIPHER_SUITE_MATCH
    assert log.named("refused")[0]["code"] == "11h"


@pytest.mark.parametrize(
    ("algorithms", "status"),
    [
        ((4, 1, 1), Status.INVALID_AUTHENTICATION_ALGORITHM),
        ((1, 5, 1), Status.INVALID_INTEGRITY_ALGORITHM),
        ((1, 1, 4), Status.INVALID_CONFIDENTIALITY_ALGORITHM),
        ((1, 4, 1), Status.NO_CIPHER_SUITE_MATCH),
        ((3, 4, 0), Status.NO_CIPHER_SUITE_MATCH),
    ],
)
def test_algorithms_that_make_no_suite_are_refused(
    bmc: Bmc, algorithms: tuple[int, int, int], status: Status
) -> None:
    assert Console(bmc).open(algorithms).status == status


def test_a_client_that_leaves_the_algorithms_open_gets_the_strongest_suite(bmc: Bmc) -> None:
    answer = Console(bmc).open((None, None, None))
    assert (answer.authentication, answer.integrity, answer.confidentiality) == SUITE_17.algorithms


def test_the_highest_privilege_is_answered_with_the_real_one(bmc: Bmc) -> None:
    assert Console(bmc).open(privilege=0).privilege == Privilege.ADMINISTRATOR
    assert Console(bmc, console_id=2).open(privilege=Privilege.USER).privilege == Privilege.USER


def test_a_role_that_there_is_not_is_refused(bmc: Bmc) -> None:
    assert Console(bmc).open(privilege=Privilege.OEM).status == Status.INVALID_ROLE


def test_a_name_that_nobody_has_is_refused(bmc: Bmc) -> None:
    console = Console(bmc)
    console.open()
    assert console.rakp1(b"nobody").status == Status.UNAUTHORIZED_NAME


def test_a_name_longer_than_names_are_is_refused(bmc: Bmc) -> None:
    console = Console(bmc)
    console.open()
    assert console.rakp1(b"a" * 17).status == Status.INVALID_NAME_LENGTH


@pytest.mark.parametrize(
    ("privilege", "status"),
    [
        (Privilege.ADMINISTRATOR, Status.UNAUTHORIZED_ROLE_OR_PRIVILEGE),
        (Privilege.OPERATOR, Status.NO_ERRORS),
        (Privilege.HIGHEST, Status.NO_ERRORS),
        (7, Status.INVALID_ROLE),
    ],
)
def test_a_user_gets_no_more_than_his_limit(make_bmc: MakeBmc, privilege: int, status: Status) -> None:
    bmc = make_bmc(users=(User(limit=Privilege.OPERATOR),))
    console = Console(bmc, privilege=privilege)
    console.open()
    assert console.rakp1().status == status


def test_a_session_gets_no_more_than_was_agreed_when_it_was_opened(bmc: Bmc) -> None:
    console = Console(bmc, privilege=Privilege.ADMINISTRATOR)
    console.open(privilege=Privilege.USER)
    assert console.rakp1().status == Status.UNAUTHORIZED_ROLE_OR_PRIVILEGE


def test_a_wrong_password_is_refused_and_the_slot_is_free_again(make_bmc: MakeBmc, log: MemoryLog) -> None:
    bmc = make_bmc(slots=1)
    console = Console(bmc, password="wrong")
    console.open()
    console.rakp1()
    assert console.rakp3().status == Status.INVALID_INTEGRITY_CHECK_VALUE
    assert log.named("refused")[-1]["code"] == "0Fh"
    assert log.named("session-opened") == []
    Console(bmc).login()


def test_a_client_that_gives_up_gets_no_answer_and_leaves_a_free_slot(make_bmc: MakeBmc) -> None:
    bmc = make_bmc(slots=1)
    console = Console(bmc)
    console.open()
    console.rakp1()
    assert console.say(Packet(PayloadType.RAKP_3, console.rakp3_payload(status=0x0F)).encode()) is None
    Console(bmc).login()


def test_session_ids_that_there_are_not_are_refused(bmc: Bmc) -> None:
    console = Console(bmc, session_id=12345)
    assert console.rakp1().status == Status.INVALID_SESSION_ID
    assert console.rakp3().status == Status.INVALID_SESSION_ID


def test_rakp_3_before_rakp_1_is_refused(bmc: Bmc) -> None:
    console = Console(bmc)
    console.open()
    console.rakp1(b"nobody")
    assert console.rakp3().status == Status.INVALID_SESSION_ID


def test_every_repeated_message_of_a_login_gets_the_same_answer_again(make_bmc: MakeBmc) -> None:
    console = Console(make_bmc(slots=1))
    assert console.open() == console.open()
    assert console.rakp1() == console.rakp1()
    assert console.rakp3() == console.rakp3()


def test_a_late_copy_of_rakp_1_does_not_disturb_the_open_session(bmc: Bmc, log: MemoryLog) -> None:
    console = Console(bmc).login()
    assert console.rakp1().status == Status.NO_ERRORS
    forged = Packet(PayloadType.RAKP_1, replace(console, random=bytes(16)).rakp1_payload(b"admin")).encode()
    assert console.say(forged) is None
    assert log.named("dropped")[-1]["reason"] == "session-active"
    assert not console.reads_on()


def test_a_login_that_stops_half_way_frees_its_slot_soon(make_bmc: MakeBmc) -> None:
    bmc = make_bmc(slots=1, setup_timeout=5)
    Console(bmc).open()
    other = Console(bmc, console_id=2, now=4.9)
    assert other.open().status == Status.INSUFFICIENT_RESOURCES
    other.now = 5
    other.login()


def test_capabilities_tell_of_kg_and_of_kinds_of_users(make_bmc: MakeBmc) -> None:
    asked = (NetFn.APP, AppCommand.GET_CHANNEL_AUTH_CAPABILITIES, b"\x8e\x04")
    assert Console(make_bmc(ipmi15=())).ask(*asked).data == bytes((1, 0x80, 0x04, 0x02, 0, 0, 0, 0))
    special = make_bmc(kg=b"k", users=(User("", "secret"), User("", ""), User("root", "secret")))
    assert Console(special).ask(*asked).data[2] == 0x20 | 0x04 | 0x02 | 0x01


def test_the_anonymous_user_can_log_in(make_bmc: MakeBmc) -> None:
    Console(make_bmc(users=(User("", "secret"),)), username="", password="secret").login()


def test_cipher_suites_are_listed_in_slices(make_bmc: MakeBmc) -> None:
    console = Console(make_bmc(suites=tuple(SUITES)))
    records = b""
    for index in range(3):
        answer = console.ask(NetFn.APP, AppCommand.GET_CHANNEL_CIPHER_SUITES, bytes((0x0E, 0, 0x80 | index)))
        assert answer.data[0] == 1
        records += answer.data[1:]
    assert records == bytes.fromhex("c000004080 c003014181 c008024281 c011034481")


def test_another_channel_has_nothing_to_say(bmc: Bmc) -> None:
    answer = Console(bmc).ask(NetFn.APP, AppCommand.GET_CHANNEL_CIPHER_SUITES, bytes((0x05, 0, 0x80)))
    assert answer.completion == 0xCC


def test_bmcs_of_one_name_and_seed_are_the_same_and_others_are_not(make_bmc: MakeBmc) -> None:
    assert make_bmc().guid == make_bmc().guid
    assert Console(make_bmc()).open() == Console(make_bmc()).open()
