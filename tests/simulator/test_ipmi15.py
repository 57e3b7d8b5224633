"""IPMI 1.5 sessions: challenge, activation, proofs, sequence numbers, slots that both kinds share."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from bmcsim import MemoryLog, SequenceCheck, User
from bmcsim.bmc import Bmc
from bmcsim.profile import Auth15
from console import Console
from console15 import OUTBOUND, Console15, proven
from powerfsm.ipmi.wire import auth15
from powerfsm.ipmi.wire.commands import AuthCapabilities
from powerfsm.ipmi.wire.message import Request
from powerfsm.ipmi.wire.numbers import AppCommand, ChassisCommand, NetFn, Privilege
from powerfsm.ipmi.wire.packet15 import AUTH_MD2, AUTH_MD5, AUTH_NONE, AUTH_PASSWORD, Packet15

MakeBmc = Callable[..., Bmc]

STATUS = (NetFn.CHASSIS, ChassisCommand.GET_STATUS)
POWER_UP = (NetFn.CHASSIS, ChassisCommand.CONTROL, b"\x01")
ALL = tuple(Auth15)
EACH = pytest.mark.parametrize("auth_type", [AUTH_NONE, AUTH_MD5, AUTH_PASSWORD], ids=["none", "MD5", "password"])


def reasons(log: MemoryLog) -> list[str]:
    return [event["reason"] for event in log.named("dropped")]


def refusals(log: MemoryLog) -> list[tuple[str, str]]:
    return [(event["what"], event["code"]) for event in log.named("refused")]


@EACH
def test_a_whole_session(make_bmc: MakeBmc, log: MemoryLog, auth_type: int) -> None:
    console = Console15(make_bmc(ipmi15=ALL), auth_type=auth_type).login()
    assert not console.reads_on()
    assert console.control(1) == 0
    assert console.reads_on()
    assert console.close() == 0
    assert console.say(console.sealed(*STATUS)) is None
    story = [(event["event"], event.get("session")) for event in log]
    of_it = console.session_id
    assert story == [
        ("session-opened", of_it),
        ("command", of_it),
        ("power", of_it),
        ("session-closed", of_it),
        ("dropped", None),
    ]
    assert log.named("session-opened")[0]["user"] == "admin"


def test_the_capabilities_name_what_the_profile_allows(make_bmc: MakeBmc) -> None:
    asked = (NetFn.APP, AppCommand.GET_CHANNEL_AUTH_CAPABILITIES, b"\x8e\x04")
    both = AuthCapabilities.decode(Console(make_bmc(ipmi15=ALL, per_message_auth=False)).ask(*asked).data)
    assert (both.auth_types, both.ipmi15, both.ipmi20, both.per_message_off) == (0b10101, True, True, True)
    new = AuthCapabilities.decode(Console(make_bmc(ipmi15=())).ask(*asked).data)
    assert (new.auth_types, new.ipmi15, new.ipmi20) == (0, False, True)


def test_a_bmc_without_ipmi_15_knows_nothing_of_challenges(make_bmc: MakeBmc, log: MemoryLog) -> None:
    console = Console15(make_bmc(ipmi15=()))
    assert console.challenge().completion == 0xC1
    assert console.say(console.activation(text=bytes(16))) is None


@pytest.mark.parametrize(
    ("name", "auth_type", "code"),
    [("root", AUTH_MD5, 0x81), ("", AUTH_MD5, 0x82), ("admin", AUTH_NONE, 0xCC), ("admin", AUTH_MD2, 0xCC)],
    ids=["unknown user", "no anonymous user", "not allowed", "not spoken"],
)
def test_a_challenge_is_refused(bmc: Bmc, log: MemoryLog, name: str, auth_type: int, code: int) -> None:
    assert Console15(bmc).challenge(name, auth_type).completion == code
    assert refusals(log) == [("challenge", f"{code:02X}h")]


def test_users_who_may_not_log_in_get_no_challenge(make_bmc: MakeBmc) -> None:
    users = (User("off", enabled=False), User("nobody", limit=Privilege.NO_ACCESS))
    bmc = make_bmc(users=users)
    assert Console15(bmc, username="off").challenge().completion == 0x81
    assert Console15(bmc, username="nobody").challenge().completion == 0x81


def test_the_nameless_user_may_log_in_where_there_is_one(make_bmc: MakeBmc) -> None:
    Console15(make_bmc(users=(User("", "secret"),)), username="", password="secret").login()


def test_a_wrong_password_is_met_with_silence(bmc: Bmc, log: MemoryLog) -> None:
    console = Console15(bmc, password="wrong")
    console.challenge()
    assert console.say(console.activation()) is None
    assert reasons(log) == ["wrong-auth-code"]
    assert log.named("session-opened") == []


def test_a_password_too_long_for_ipmi_15_never_fits(make_bmc: MakeBmc, log: MemoryLog) -> None:
    console = Console15(make_bmc(users=(User("admin", "x" * 20),)), password="x" * 16)
    console.challenge()
    assert console.say(console.activation()) is None
    assert reasons(log) == ["bad-length"]


def test_the_activation_has_to_be_proven_the_way_that_was_announced(bmc: Bmc, log: MemoryLog) -> None:
    console = Console15(bmc)
    console.challenge()
    console.auth_type = AUTH_PASSWORD
    assert console.say(console.activation()) is None
    assert reasons(log) == ["not-authenticated"]


def test_another_text_than_the_challenge_is_answered_cc(bmc: Bmc) -> None:
    console = Console15(bmc)
    console.challenge()
    assert console.activate(console.activation(text=bytes(16))).completion == 0xCC


def test_sequence_number_0_is_answered_84(bmc: Bmc, log: MemoryLog) -> None:
    console = Console15(bmc)
    console.challenge()
    assert console.activate(console.activation(outbound=0)).completion == 0x84
    assert refusals(log) == [("activate", "84h")]


def test_an_unknown_session_id_is_answered_85_unproven(bmc: Bmc, log: MemoryLog) -> None:
    console = Console15(bmc, session_id=0x1234)
    answer = console.say(console.activation(text=bytes(16)))
    assert not proven(answer)
    console.password = ""
    assert console.read(answer).completion == 0x85
    assert refusals(log) == [("activate", "85h")]


def test_too_much_privilege_is_answered_86(make_bmc: MakeBmc) -> None:
    console = Console15(make_bmc(users=(User(limit=Privilege.OPERATOR),)))
    console.challenge()
    assert console.activate().completion == 0x86
    console.privilege = Privilege.OPERATOR
    assert console.activate().completion == 0


def test_no_slot_is_answered_81_whichever_kind_has_them(make_bmc: MakeBmc) -> None:
    bmc = make_bmc(slots=2)
    new = Console(bmc).login()
    old = Console15(bmc).login()
    third = Console15(bmc)
    third.challenge()
    assert third.activate().completion == 0x81
    assert Console(bmc, console_id=5).open().status == 0x01
    new.close()
    assert third.activate().completion == 0
    old.close()
    Console(bmc, console_id=5).login()


def test_a_user_with_all_sessions_of_his_own_is_answered_82(make_bmc: MakeBmc) -> None:
    bmc = make_bmc(users=(User(sessions=1), User("other")))
    first = Console15(bmc).login()
    second = Console15(bmc)
    second.challenge()
    assert second.activate().completion == 0x82
    Console15(bmc, username="other").login()
    first.close()
    assert second.activate().completion == 0


def test_what_is_too_short_is_answered_c7(bmc: Bmc) -> None:
    console = Console15(bmc)
    console.challenge()
    payload = Request(NetFn.APP, AppCommand.ACTIVATE_SESSION, bytes(21)).encode()
    assert console.activate(auth15.seal(AUTH_MD5, b"password", console.session_id, 0, payload)).completion == 0xC7


def test_a_challenge_is_forgotten_in_time(make_bmc: MakeBmc) -> None:
    console = Console15(make_bmc(setup_timeout=5))
    console.challenge()
    late = replace(console, now=5.0)
    late.password = ""
    assert late.read(late.say(console.activation())).completion == 0x85


def test_only_the_last_few_challenges_are_remembered_and_none_takes_a_slot(make_bmc: MakeBmc) -> None:
    bmc = make_bmc(slots=1)
    first = Console15(bmc)
    first.challenge()
    others = [Console15(bmc) for _ in range(8)]
    for other in others:
        other.challenge()
    answer = first.say(first.activation())
    assert not proven(answer)
    assert others[0].activate().completion == 0


def test_a_repeated_activation_gets_the_same_session_and_answer(bmc: Bmc, log: MemoryLog) -> None:
    console = Console15(bmc)
    console.challenge()
    first, again = console.activation(rq=1), console.activation(rq=2)
    lost = console.read(console.say(first))
    found = console.read(console.say(again))
    assert (lost.data, lost.sequence, found.sequence) == (found.data, 1, 2)
    assert console.heard == OUTBOUND
    assert len(log.named("session-opened")) == 1


def test_a_challenge_opens_one_session_only(bmc: Bmc) -> None:
    console = Console15(bmc)
    console.challenge()
    again = replace(console)
    console.activate()
    assert again.read(again.say(again.activation(outbound=99))).completion == 0x85
    console.close()
    assert again.read(again.say(again.activation())).completion == 0x85


def test_a_session_begins_as_a_users(bmc: Bmc) -> None:
    console = Console15(bmc)
    console.challenge()
    console.activate()
    assert console.control(1) == 0xD4
    assert console.request(NetFn.APP, AppCommand.SET_SESSION_PRIVILEGE, b"\x04").completion == 0
    assert console.control(1) == 0
    assert console.request(NetFn.APP, AppCommand.SET_SESSION_PRIVILEGE, b"\x05").completion == 0x81


def test_answers_count_up_from_the_number_that_the_client_has_chosen(bmc: Bmc) -> None:
    console = Console15(bmc)
    console.challenge()
    console.activate()
    heard = [console.heard]
    for _ in range(3):
        console.reads_on()
        heard.append(console.heard)
    assert heard == [OUTBOUND, OUTBOUND + 1, OUTBOUND + 2, OUTBOUND + 3]


def test_a_packet_that_is_not_proven_is_dropped(bmc: Bmc, log: MemoryLog) -> None:
    console = Console15(bmc).login()
    assert console.say(console.sealed(*POWER_UP, auth_type=AUTH_NONE)) is None
    assert console.say(console.sealed(*POWER_UP, auth_type=AUTH_PASSWORD)) is None
    console.password = "wrong"
    assert console.say(console.sealed(*POWER_UP)) is None
    assert reasons(log) == ["not-authenticated", "not-authenticated", "wrong-auth-code"]
    assert log.named("command") == []


def test_without_per_message_authentication_the_login_alone_is_proven(make_bmc: MakeBmc) -> None:
    bmc = make_bmc(per_message_auth=False)
    console = Console15(bmc)
    console.challenge()
    assert proven(console.say(console.activation()))
    console.activate()
    assert console.auth_type == AUTH_NONE
    assert not proven(console.say(console.sealed(*STATUS)))
    # Who proves his packets all the same is answered in kind.
    assert proven(console.say(console.sealed(*STATUS, auth_type=AUTH_MD5)))
    wrong = Console15(bmc, password="wrong")
    wrong.challenge()
    assert wrong.say(wrong.activation()) is None


@pytest.mark.parametrize(("ahead", "taken"), [(1, True), (8, True), (9, False), (1000, False)])
def test_a_strict_bmc_takes_up_to_8_ahead(bmc: Bmc, log: MemoryLog, ahead: int, *, taken: bool) -> None:
    console = Console15(bmc).login()
    newest = console.sequence - 1
    answer = console.say(console.sealed(*STATUS, sequence=newest + ahead))
    assert (answer is not None) == taken
    assert reasons(log) == ([] if taken else ["outside-window"])


@pytest.mark.parametrize(("behind", "taken"), [(1, True), (8, True), (9, False)])
def test_a_strict_bmc_takes_up_to_8_late_and_each_once(bmc: Bmc, behind: int, *, taken: bool) -> None:
    console = Console15(bmc).login()
    late = console.sequence
    for step in (5, behind):
        console.say(console.sealed(*STATUS, sequence=late + step))
    assert (console.say(console.sealed(*STATUS, sequence=late)) is not None) == taken
    assert console.say(console.sealed(*STATUS, sequence=late)) is None


def test_a_strict_bmc_carries_a_duplicate_out_once(bmc: Bmc, log: MemoryLog) -> None:
    console = Console15(bmc).login()
    command = console.sealed(*POWER_UP)
    assert console.read(console.say(command)).completion == 0
    assert console.say(command) is None
    assert reasons(log) == ["duplicate"]
    assert len(log.named("command")) == 1


def test_a_careless_bmc_carries_a_duplicate_out_again(make_bmc: MakeBmc, log: MemoryLog) -> None:
    console = Console15(make_bmc(sequence_check=SequenceCheck.NONE)).login()
    command = console.sealed(*POWER_UP)
    console.say(command)
    console.say(command)
    assert [event["duplicate"] for event in log.named("command")] == [False, True]


def test_a_silent_session_ends_at_the_idle_limit(make_bmc: MakeBmc, log: MemoryLog) -> None:
    console = Console15(make_bmc(idle_timeout=60)).login()
    console.now = 61
    assert console.say(console.sealed(*STATUS)) is None
    assert [(event["session"], event["by"]) for event in log.named("session-closed")] == [
        (console.session_id, "idle")
    ]


def test_either_kind_of_session_closes_the_other(bmc: Bmc, log: MemoryLog) -> None:
    old, new = Console15(bmc).login(), Console(bmc).login()
    assert new.close(old.session_id) == 0
    assert old.say(old.sealed(*STATUS)) is None
    another = Console15(bmc).login()
    assert another.close(new.session_id) == 0
    assert new.say(new.sealed(*STATUS)) is None


def test_a_packet_of_the_other_kind_is_dropped(bmc: Bmc, log: MemoryLog) -> None:
    old, new = Console15(bmc).login(), Console(bmc).login()
    old.session_id, new.session_id = new.session_id, old.session_id
    assert old.say(old.sealed(*POWER_UP)) is None
    assert new.say(new.sealed(*POWER_UP)) is None
    assert log.named("command") == []


def test_session_info_tells_the_kinds_apart(bmc: Bmc) -> None:
    Console(bmc).login()
    old = Console15(bmc).login()
    info = (NetFn.APP, AppCommand.GET_SESSION_INFO)
    assert old.request(*info, b"\x01").data[5] == 0x11
    assert old.request(*info, b"\x02").data[5] == 0x01


def test_a_crash_forgets_sessions_and_challenges(bmc: Bmc) -> None:
    console, waiting = Console15(bmc).login(), Console15(bmc)
    waiting.challenge()
    bmc.crash(1)
    bmc.start(2)
    assert console.say(console.sealed(*STATUS)) is None
    assert not proven(waiting.say(waiting.activation()))


def test_an_authenticated_packet_outside_of_any_session_is_dropped(bmc: Bmc, log: MemoryLog) -> None:
    payload = Request(NetFn.APP, AppCommand.GET_CHANNEL_AUTH_CAPABILITIES, b"\x8e\x04").encode()
    assert bmc.handle(auth15.seal(AUTH_MD5, b"password", 0, 0, payload), ("192.0.2.1", 1), 0) is None
    assert bmc.handle(Packet15(payload, 77).encode(), ("192.0.2.1", 1), 0) is None
    assert reasons(log) == ["no-session", "no-session"]
