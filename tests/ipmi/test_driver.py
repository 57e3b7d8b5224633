"""What the driver does when all goes well, and what it tells when it does not."""

from dataclasses import replace

import pytest
import trio

from ipmi_bench import HOST, IpmiBench, lose_all
from powerfsm.bmc import Bmc
from powerfsm.credentials import Login
from powerfsm.drivers import DriverError, LoginRefused, Refused, Unanswered, Unreachable, Unsupported
from powerfsm.drivers.driver import Driver, Session
from powerfsm.ipmi import codes
from powerfsm.ipmi.wire.message import Response
from powerfsm.ipmi.wire.numbers import (
    ChassisCommand,
    ChassisControl,
    NetFn,
    PayloadType,
    Privilege,
    Status,
)
from powerfsm.power import Command, Power
from tiny_bmc import TinyBmc, User

# Statuses that the BMC is to answer to RAKP messages 1 and 3.
FORBIDDEN = {PayloadType.RAKP_1: Status.UNAUTHORIZED_ROLE_OR_PRIVILEGE}
UNPROVEN = {PayloadType.RAKP_3: Status.INVALID_INTEGRITY_CHECK_VALUE}
CROWDED = {PayloadType.RAKP_1: Status.INSUFFICIENT_RESOURCES_FOR_ROLE}


async def test_it_is_a_driver_and_its_sessions_are_sessions(bench: IpmiBench) -> None:
    driver: Driver = bench.driver
    session: Session = await driver.open(bench.bmc)
    assert session.id == bench.tiny.open_sessions[0]
    await session.close()


async def test_it_reads_commands_reads_and_closes(bench: IpmiBench) -> None:
    session = await bench.driver.open(bench.bmc)
    assert await session.read_power() is Power.OFF
    await session.command(Command.ON)
    assert await session.read_power() is Power.ON
    await session.close()
    assert bench.tiny.open_sessions == []
    assert bench.transport.open_sessions == 0


@pytest.mark.parametrize(
    ("command", "control"),
    [
        (Command.ON, ChassisControl.POWER_UP),
        (Command.OFF, ChassisControl.POWER_DOWN),
        (Command.SOFT_OFF, ChassisControl.SOFT_SHUTDOWN),
        (Command.RESET, ChassisControl.HARD_RESET),
    ],
)
async def test_every_command_is_one_chassis_control(
    bench: IpmiBench, command: Command, control: ChassisControl
) -> None:
    session = await bench.driver.open(bench.bmc)
    await session.command(command)
    assert bench.tiny.controls == [control]


async def test_closing_twice_asks_the_bmc_once(bench: IpmiBench) -> None:
    session = await bench.driver.open(bench.bmc)
    await session.close()
    sent = len(bench.network.seen)
    await session.close()
    assert len(bench.network.seen) == sent


async def test_a_closed_session_takes_no_commands(bench: IpmiBench) -> None:
    session = await bench.driver.open(bench.bmc)
    await session.close()
    with pytest.raises(RuntimeError, match="closed"):
        await session.command(Command.ON)
    assert bench.tiny.controls == []


# Cipher suites.


def offers(bench: IpmiBench) -> list[int]:
    """Return the authentication algorithms of the Open Session Requests so far: 1 is of suite 3, 3 of 17."""
    return [data[16 + 8 + 4] for data, _ in bench.network.seen if data[5] == PayloadType.OPEN_SESSION_REQUEST]


async def test_suite_17_is_asked_for_first(bench: IpmiBench) -> None:
    await bench.driver.open(bench.bmc)
    assert offers(bench) == [3]


async def test_a_bmc_without_suite_17_gets_suite_3_and_is_remembered(bench: IpmiBench) -> None:
    bench.tiny.suites = (3,)
    for _ in range(2):
        await (await bench.driver.open(bench.bmc)).close()
    assert offers(bench) == [3, 1, 1]


async def test_a_bmc_that_has_learnt_suite_17_is_asked_for_it_again(bench: IpmiBench) -> None:
    bench.tiny.suites = (3,)
    await (await bench.driver.open(bench.bmc)).close()
    bench.tiny.suites = (17,)
    await (await bench.driver.open(bench.bmc)).close()
    await (await bench.driver.open(bench.bmc)).close()
    assert offers(bench) == [3, 1, 1, 3, 3]


@pytest.mark.parametrize("status", sorted(codes.SUITE_REFUSALS))
async def test_every_status_about_algorithms_leads_to_the_next_suite(bench: IpmiBench, status: int) -> None:
    bench.tiny.statuses[PayloadType.OPEN_SESSION_REQUEST] = status
    with pytest.raises(LoginRefused) as caught:
        await bench.driver.open(bench.bmc)
    assert offers(bench) == [3, 1]
    assert caught.value.name == codes.STATUS[status].name
    assert not caught.value.transient


async def test_a_suite_that_is_configured_is_the_only_one_tried(bench: IpmiBench) -> None:
    bench.tiny.suites = (17,)
    with pytest.raises(LoginRefused, match="no-matching-cipher-suite"):
        await bench.driver.open(replace(bench.bmc, cipher_suite=3))
    assert offers(bench) == [1]


# Refused logins.


@pytest.mark.parametrize(
    ("change", "name", "transient"),
    [
        ({"users": {b"other": User(b"secret")}}, "unauthorized-name", False),
        ({"users": {b"admin": User(b"changed")}}, "wrong-password", False),
        ({"kg": b"k" * 20}, "wrong-kg", False),
        ({"slots": 0}, "no-session-slot", True),
        ({"suites": ()}, "no-matching-cipher-suite", False),
        ({"users": {b"admin": User(b"secret", Privilege.OPERATOR)}}, "privilege-exceeds-limit", False),
        (
            {"statuses": FORBIDDEN},
            "unauthorized-privilege",
            False,
        ),
        (
            {"statuses": UNPROVEN},
            "logins-crossed",
            True,
        ),
        (
            {"statuses": CROWDED},
            "no-session-slot-for-privilege",
            True,
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_refused_login_is_named_and_says_what_to_do(
    bench: IpmiBench, change: dict[str, object], name: str, transient: bool
) -> None:
    for attribute, value in change.items():
        setattr(bench.tiny, attribute, value)
    with pytest.raises(LoginRefused) as caught:
        await bench.driver.open(bench.bmc)
    error = caught.value
    assert (error.name, error.transient) == (name, transient)
    assert f"{HOST}:623" in str(error)
    assert "'admin'" in str(error)
    assert error.advice
    assert "secret" not in str(error)
    # A retraction arrives a moment later.  Only a wrong Kg leaves a session that nobody can close.
    await trio.sleep(1)
    assert bool(bench.tiny.sessions) == (name == "wrong-kg")
    assert bench.transport.open_sessions == 0


@pytest.mark.parametrize(
    ("bmc", "login", "name"),
    [
        (Bmc(HOST, credentials="none"), Login("a", b"b"), "unknown-credentials"),
        (Bmc(HOST, cipher_suite=0), Login("a", b"b"), "unknown-cipher-suite"),
        (Bmc(HOST, cipher_suite=99), Login("a", b"b"), "unknown-cipher-suite"),
        (Bmc(HOST, privilege="king"), Login("a", b"b"), "unknown-privilege"),
        (Bmc(HOST), Login("a" * 17, b"b"), "name-too-long"),
        (Bmc(HOST), Login("a", b"topsecret" * 3), "secret-too-long"),
        (Bmc(HOST), Login("a", b"b", b"topsecret" * 3), "secret-too-long"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_configuration_that_cannot_be_right_is_told_before_anything_is_sent(
    bench: IpmiBench, bmc: Bmc, login: Login, name: str
) -> None:
    bench.logins.by_name["default"] = login
    with pytest.raises(LoginRefused) as caught:
        await bench.driver.open(bmc)
    assert caught.value.name == name
    assert not caught.value.transient
    assert caught.value.advice
    assert "topsecret" not in str(caught.value)
    assert bench.network.seen == []


async def test_changed_credentials_count_from_the_next_login_on(bench: IpmiBench) -> None:
    await (await bench.driver.open(bench.bmc)).close()
    bench.tiny.users[b"admin"].password = b"changed"
    bench.logins.by_name["default"] = Login("admin", b"changed")
    await (await bench.driver.open(bench.bmc)).close()


async def test_an_error_that_names_no_session_reaches_the_login_that_awaits_it_and_no_other(
    bench: IpmiBench,
) -> None:
    working = await bench.driver.open(bench.bmc)
    bench.tiny.terse = True
    bench.tiny.slots = 1
    with pytest.raises(LoginRefused) as caught:
        await bench.driver.open(bench.bmc)
    assert caught.value.name == "no-session-slot"
    assert await working.read_power() is Power.OFF
    await working.close()


# Silence.


async def test_a_bmc_that_says_nothing_is_unreachable(bench: IpmiBench) -> None:
    started = trio.current_time()
    with pytest.raises(Unreachable) as caught:
        await bench.driver.open(Bmc("192.0.2.99"))
    assert caught.value.name == "unreachable"
    assert caught.value.transient
    assert "192.0.2.99:623" in str(caught.value)
    assert trio.current_time() - started == pytest.approx(10)


async def test_a_host_without_address_is_told_as_such(bench: IpmiBench) -> None:
    with pytest.raises(Unreachable) as caught:
        await bench.driver.open(Bmc("nowhere.example"))
    assert caught.value.name == "unknown-host"


@pytest.mark.parametrize("kind", [PayloadType.RAKP_1, PayloadType.RAKP_3])
async def test_a_bmc_that_falls_silent_in_the_login_is_told_apart_from_one_that_never_spoke(
    bench: IpmiBench, kind: PayloadType
) -> None:
    bench.tiny.deaf.add(kind)
    with pytest.raises(Unreachable) as caught:
        await bench.driver.open(bench.bmc)
    assert caught.value.name == "login-unanswered"


async def test_an_error_of_the_network_is_told_with_the_silence(bench: IpmiBench) -> None:
    bench.network.refuse = OSError(101, "Network is unreachable")
    with pytest.raises(Unreachable, match="Network is unreachable"):
        await bench.driver.open(bench.bmc)
    assert bench.transport.dropped["not-sent"] > 1


async def test_a_network_that_comes_back_in_time_is_no_error(bench: IpmiBench) -> None:
    bench.network.refuse = OSError(101, "Network is unreachable")

    async def heal() -> None:
        await trio.sleep(3)
        bench.network.refuse = None

    async with trio.open_nursery() as nursery:
        nursery.start_soon(heal)
        await (await bench.driver.open(bench.bmc)).close()


async def test_answers_from_another_address_are_not_taken_and_are_told(bench: IpmiBench) -> None:
    bench.network.answer_from[HOST, 623] = ("192.0.2.66", 623)
    with pytest.raises(Unreachable, match=r"192\.0\.2\.66 port 623 instead"):
        await bench.driver.open(bench.bmc)
    assert bench.transport.dropped["wrong-source"] > 0
    assert bench.tiny.open_sessions == []


# Answers other than "done".


@pytest.mark.parametrize("number", sorted(codes.GENERIC), ids=lambda n: f"{n:02X}h")
async def test_every_completion_code_of_a_command_becomes_the_error_that_it_means(
    bench: IpmiBench, number: int
) -> None:
    code = codes.GENERIC[number]
    session = await bench.driver.open(bench.bmc)
    bench.tiny.completions[NetFn.CHASSIS, ChassisCommand.CONTROL] = number
    with pytest.raises(DriverError) as caught:
        await session.command(Command.ON)
    error = caught.value
    expected = Unanswered if code.ambiguous else Unsupported if code.unsupported else Refused
    assert type(error) is expected
    assert (error.name, error.advice) == (code.name, code.advice)
    assert error.transient is code.transient
    assert f"{number:02X}h" in str(error)


@pytest.mark.parametrize(("number", "kind"), [(0xC0, Refused), (0xC1, Unsupported), (0xFF, Refused)])
async def test_a_reading_that_is_refused_is_refused(
    bench: IpmiBench, number: int, kind: type[DriverError]
) -> None:
    session = await bench.driver.open(bench.bmc)
    bench.tiny.completions[NetFn.CHASSIS, ChassisCommand.GET_STATUS] = number
    with pytest.raises(kind) as caught:
        await session.read_power()
    assert caught.value.name == codes.GENERIC[number].name


async def test_a_reading_that_cannot_be_read_is_told(bench: IpmiBench) -> None:
    session = await bench.driver.open(bench.bmc)
    bench.tiny.mend = lambda answer: replace(answer, data=b"") if isinstance(answer, Response) else answer
    with pytest.raises(Refused) as caught:
        await session.read_power()
    assert caught.value.name == "malformed-answer"


async def test_a_command_that_nothing_answers_is_unanswered_and_was_retransmitted(bench: IpmiBench) -> None:
    session = await bench.driver.open(bench.bmc)
    bench.network.fate_back = lose_all
    before = len(bench.network.seen)
    with pytest.raises(Unanswered) as caught:
        await session.command(Command.ON)
    assert caught.value.transient
    assert len(bench.network.seen) - before == len(bench.tiny.controls) == 6


async def test_a_command_that_must_not_act_twice_is_one_datagram(bench: IpmiBench) -> None:
    session = await bench.driver.open(bench.bmc)
    bench.network.fate_back = lose_all
    before = len(bench.network.seen)
    started = trio.current_time()
    with pytest.raises(Unanswered):
        await session.command(Command.RESET, once=True)
    assert len(bench.network.seen) - before == len(bench.tiny.controls) == 1
    assert trio.current_time() - started == pytest.approx(10)


async def test_a_datagram_that_the_network_refused_may_be_sent_again_even_if_only_one_may_be_sent(
    bench: IpmiBench,
) -> None:
    session = await bench.driver.open(bench.bmc)
    bench.network.refuse = OSError(105, "No buffer space available")

    async def make_room() -> None:
        await trio.sleep(1)
        bench.network.refuse = None

    async with trio.open_nursery() as nursery:
        nursery.start_soon(make_room)
        await session.command(Command.RESET, once=True)
    assert bench.tiny.controls == [ChassisControl.HARD_RESET]


async def test_the_answer_to_an_unanswered_command_does_not_answer_the_next(bench: IpmiBench) -> None:
    session = await bench.driver.open(bench.bmc)
    bench.network.fate_back = lambda _: [11.0]
    with pytest.raises(Unanswered):
        await session.command(Command.ON)
    bench.network.fate_back = lambda _: [0.01]
    bench.tiny.power = False
    await trio.sleep(5)
    assert await session.read_power() is Power.OFF


# Many at once.


async def test_a_thousand_bmcs_are_driven_at_once_and_a_dead_one_disturbs_nobody(bench: IpmiBench) -> None:
    hosts = [f"198.51.{n // 250}.{n % 250}" for n in range(1000)]
    bmcs = [bench.network.add(host, TinyBmc()) for host in hosts]
    failed: list[str] = []

    async def power_on(host: str) -> None:
        try:
            session = await bench.driver.open(Bmc(host))
        except Unreachable:
            failed.append(host)
            return
        await session.command(Command.ON)
        assert await session.read_power() is Power.ON
        await session.close()

    started = trio.current_time()
    async with trio.open_nursery() as nursery:
        for host in hosts:
            nursery.start_soon(power_on, host)
        nursery.start_soon(power_on, "192.0.2.99")
        await trio.testing.wait_all_tasks_blocked()
    assert failed == ["192.0.2.99"]
    assert trio.current_time() - started == pytest.approx(10)
    assert all(bmc.power and not bmc.open_sessions and bmc.controls == [1] for bmc in bmcs)
