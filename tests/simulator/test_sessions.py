"""Slots, time limits, sequence numbers, closing."""

from collections.abc import Callable

import pytest

from bmcsim import MemoryLog, Profile, SequenceCheck, User
from bmcsim.bmc import Bmc
from console import Console
from powerfsm.ipmi.wire.numbers import AppCommand, ChassisCommand, NetFn, Privilege, Status

MakeBmc = Callable[..., Bmc]

POWER_UP = (NetFn.CHASSIS, ChassisCommand.CONTROL, b"\x01")
STATUS = (NetFn.CHASSIS, ChassisCommand.GET_STATUS)


def closings(log: MemoryLog) -> list[tuple[int, str]]:
    return [(event["session"], event["by"]) for event in log.named("session-closed")]


def test_slots_run_out(make_bmc: MakeBmc, log: MemoryLog) -> None:
    bmc = make_bmc(slots=2)
    first = Console(bmc, console_id=1).login()
    Console(bmc, console_id=2).login()
    assert Console(bmc, console_id=3).open().status == Status.INSUFFICIENT_RESOURCES
    assert log.named("refused")[-1] == {
        "t": 0,
        "node": "n1",
        "event": "refused",
        "what": "open-session",
        "code": "01h",
    }
    first.close()
    Console(bmc, console_id=3).login()


def test_a_silent_session_ends_at_the_idle_limit(make_bmc: MakeBmc, log: MemoryLog) -> None:
    console = Console(make_bmc(idle_timeout=60)).login()
    console.now = 59.9
    assert not console.reads_on()
    console.now = 119.8
    assert not console.reads_on()
    console.now = 180
    assert console.say(console.sealed(*STATUS)) is None
    assert closings(log) == [(console.session_id, "idle")]
    assert log.named("session-closed")[0]["t"] == pytest.approx(179.8)
    assert log.named("dropped")[-1]["reason"] == "no-session"


def test_a_late_duplicate_renews_the_idle_limit_where_sequence_numbers_are_not_checked(
    make_bmc: MakeBmc, log: MemoryLog
) -> None:
    bmc = make_bmc(sequence_check=SequenceCheck.NONE)
    console = Console(bmc).login()
    late = console.sealed(*STATUS)
    console.say(late)
    console.now = 50
    assert console.say(late) is not None
    console.now = 100
    assert not console.reads_on()


def test_a_dropped_duplicate_does_not_renew_the_idle_limit(bmc: Bmc) -> None:
    console = Console(bmc).login()
    late = console.sealed(*STATUS)
    console.say(late)
    console.now = 50
    assert console.say(late) is None
    console.now = 70
    assert console.say(console.sealed(*STATUS)) is None


def test_a_strict_bmc_drops_a_duplicate_and_says_so(bmc: Bmc, log: MemoryLog) -> None:
    console = Console(bmc).login()
    command = console.sealed(*POWER_UP)
    assert console.read(console.say(command)).completion == 0
    assert console.say(command) is None
    assert log.named("dropped")[0] == {
        "t": 0,
        "node": "n1",
        "event": "dropped",
        "reason": "duplicate",
        "session": console.session_id,
    }
    assert len(log.named("command")) == 1


def test_a_careless_bmc_carries_a_duplicate_out_again_and_says_so(make_bmc: MakeBmc, log: MemoryLog) -> None:
    console = Console(make_bmc(sequence_check=SequenceCheck.NONE)).login()
    command = console.sealed(*POWER_UP)
    console.say(command)
    console.say(command)
    assert [event["duplicate"] for event in log.named("command")] == [False, True]
    assert [event["seq"] for event in log.named("command")] == [console.sequence, console.sequence]


@pytest.mark.parametrize(("ahead", "taken"), [(1, True), (15, True), (16, False), (1000, False)])
def test_a_strict_bmc_takes_what_is_little_ahead(bmc: Bmc, log: MemoryLog, ahead: int, *, taken: bool) -> None:
    console = Console(bmc).login()
    answer = console.say(console.sealed(*STATUS, sequence=console.sequence + ahead))
    assert (answer is not None) == taken
    assert [event["reason"] for event in log.named("dropped")] == ([] if taken else ["outside-window"])


@pytest.mark.parametrize(("behind", "taken"), [(1, True), (16, True), (17, False)])
def test_a_strict_bmc_takes_what_is_little_late(bmc: Bmc, behind: int, *, taken: bool) -> None:
    console = Console(bmc).login()
    late = console.sealed(*STATUS, sequence=console.sequence + 1)
    jump = behind - 15 if behind > 15 else 0
    if jump:
        console.say(console.sealed(*STATUS, sequence=console.sequence + 1 + jump))
    console.say(console.sealed(*STATUS, sequence=console.sequence + 1 + behind))
    assert (console.say(late) is not None) == taken


def test_a_closed_session_is_a_fence(bmc: Bmc, log: MemoryLog) -> None:
    console = Console(bmc).login()
    late = console.sealed(*POWER_UP)
    assert console.close() == 0
    assert console.say(late) is None
    assert closings(log) == [(console.session_id, "own")]
    assert log.named("dropped")[-1]["reason"] == "no-session"
    assert log.named("command", "power") == []


def test_an_administrator_closes_another_session_by_its_id(bmc: Bmc, log: MemoryLog) -> None:
    crashed = Console(bmc, console_id=1).login()
    late = crashed.sealed(*POWER_UP)
    console = Console(bmc, console_id=2).login()
    assert console.close(crashed.session_id) == 0
    assert closings(log) == [(crashed.session_id, "other")]
    assert crashed.say(late) is None
    assert console.close(crashed.session_id) == 0x87


def test_an_operator_cannot_close_another_session(make_bmc: MakeBmc, log: MemoryLog) -> None:
    bmc = make_bmc(users=(User(limit=Privilege.OPERATOR),))
    other = Console(bmc, console_id=1, privilege=Privilege.OPERATOR).login()
    console = Console(bmc, console_id=2, privilege=Privilege.OPERATOR).login()
    assert console.close(other.session_id) == 0xD4
    assert console.close(0x12345678) == 0xD4
    assert closings(log) == []
    assert console.close() == 0


def test_a_session_can_be_closed_by_its_handle(bmc: Bmc, log: MemoryLog) -> None:
    other = Console(bmc, console_id=1).login()
    console = Console(bmc, console_id=2).login()
    close = (NetFn.APP, AppCommand.CLOSE_SESSION)
    handle = console.request(NetFn.APP, AppCommand.GET_SESSION_INFO, b"\x01").data[0]
    assert console.request(*close, bytes((0, 0, 0, 0, handle))).completion == 0
    assert closings(log) == [(other.session_id, "other")]
    assert console.request(*close, bytes((0, 0, 0, 0, handle))).completion == 0x88
    assert console.request(*close, bytes(4)).completion == 0xC7


def test_a_crash_forgets_all_sessions_and_nothing_else(bmc: Bmc, log: MemoryLog) -> None:
    console = Console(bmc).login()
    console.control(1)
    bmc.crash(10)
    console.now = 11
    assert console.say(console.sealed(*STATUS)) is None
    bmc.start(20)
    console.now = 21
    assert console.say(console.sealed(*STATUS)) is None
    assert closings(log) == [(console.session_id, "crash")]
    assert Console(bmc, console_id=2, now=22).login().reads_on()


def test_a_datagram_of_another_sessions_keys_is_dropped(bmc: Bmc, log: MemoryLog) -> None:
    one = Console(bmc, console_id=1).login()
    two = Console(bmc, console_id=2, random=bytes(16)).login()
    two.session_id = one.session_id
    assert two.say(two.sealed(*POWER_UP)) is None
    assert log.named("dropped")[-1]["reason"] == "wrong-auth-code"


def test_answers_carry_rising_sequence_numbers(bmc: Bmc) -> None:
    console = Console(bmc).login()
    numbers = []
    for _ in range(3):
        answer = console.say(console.sealed(*STATUS))
        assert answer is not None
        numbers.append(int.from_bytes(answer[10:14], "little"))
    assert numbers == [2, 3, 4]


@pytest.mark.parametrize("fields", [{"slots": 0}, {"idle_timeout": 0}, {"kg": bytes(21)}])
def test_a_profile_that_no_bmc_could_have_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        Profile(**fields)  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.parametrize("user", [("a" * 17, "x"), ("a", "x" * 21)])
def test_a_user_that_ipmi_cannot_hold_is_refused(user: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="longer than"):
        User(*user)


def test_secrets_do_not_show() -> None:
    shown = repr(Profile(users=(User("root", "pass-secret"),), kg=b"kg-secret"))
    assert "secret" not in shown
