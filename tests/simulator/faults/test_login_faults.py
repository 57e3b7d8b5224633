"""What BMCs do wrong when a session is opened, as a client feels it."""

from dataclasses import replace

import pytest
import trio
import trio.testing

from bmcsim import Profile, Span, User
from bmcsim.faults import (
    AuthCodeLength,
    Claim,
    CompletionCode,
    DeathOnRepeat,
    Drop,
    Lockout,
    LookupBitHash,
    NoCipherSuites,
    NonEmptyIcv,
    NullSessionId,
    OpenPrivilegeHash,
    PaddedNames,
    PasswordRotated,
    RmcpStatus,
    SlotsExhausted,
    TruncatedPasswords,
    Way,
    WrongCapabilities,
)
from console import Console
from console15 import Console15
from driven_fleet import driven
from powerfsm.drivers.errors import LoginRefused, Unreachable
from powerfsm.ipmi import codes
from powerfsm.ipmi.wire.commands import AuthCapabilities
from powerfsm.ipmi.wire.numbers import AppCommand, NetFn, Privilege, Status
from powerfsm.ipmi.wire.suites import SUITE_0
from powerfsm.power import Power

CAPABILITIES = (NetFn.APP, AppCommand.GET_CHANNEL_AUTH_CAPABILITIES, b"\x8e\x04")


@pytest.mark.parametrize("step", ["open-session", "rakp1", "rakp3"])
@pytest.mark.parametrize("status", range(0x01, 0x13))
async def test_every_status_can_be_had_at_every_message_and_the_next_login_works(
    autojump_clock: trio.testing.MockClock, step: str, status: int
) -> None:
    async with driven(Profile(slots=1), suite=17) as scene:
        with scene.fleet.faults.on(RmcpStatus(status), steps={step}, times=1):
            refused = await scene.refusal()
        assert isinstance(refused, LoginRefused)
        expected = codes.STATUS[status]
        if (step, status) == ("rakp3", Status.INVALID_INTEGRITY_CHECK_VALUE):
            expected = codes.LOGINS_CROSSED
        assert refused.name == expected.name
        [event] = scene.log.named("refused")
        assert (event["what"], event["code"]) == (step, f"{status:02X}h")
        # A login that was refused half-way may keep its slot until the BMC gives up on it.
        await trio.sleep(5)
        assert await scene.read() is Power.OFF


@pytest.mark.parametrize("status", [Status.INSUFFICIENT_RESOURCES, Status.INSUFFICIENT_RESOURCES_FOR_ROLE])
async def test_slots_that_others_have_taken_are_free_again_after_a_while(
    autojump_clock: trio.testing.MockClock, status: Status
) -> None:
    async with driven(suite=17) as scene:
        with scene.fleet.faults.on(SlotsExhausted(status), until=60):
            refused = await scene.refusal()
            assert (refused.name, refused.transient) == (codes.STATUS[status].name, True)
            await trio.sleep_until(60)
            assert await scene.read() is Power.OFF


async def test_what_worked_before_the_rotation_does_not_work_after_it(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async with driven() as scene:
        with scene.fleet.faults.on(PasswordRotated("another"), since=100):
            assert await scene.read() is Power.OFF
            await trio.sleep_until(100)
            assert (await scene.refusal()).name == codes.WRONG_PASSWORD.name
            bmc = scene.fleet["n1"]
            Console(bmc, password="another", now=trio.current_time()).login()
        assert await scene.read() is Power.OFF


async def test_a_session_that_was_open_before_the_rotation_stays_open(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async with driven() as scene, scene.session() as session:
        with scene.fleet.faults.on(PasswordRotated()):
            assert await session.read_power() is Power.OFF


async def test_of_a_long_password_the_beginning_is_all_that_counts(
    autojump_clock: trio.testing.MockClock,
) -> None:
    password = "0123456789abcdefghij"
    async with driven(Profile(users=(User(password=password),))) as scene:
        bmc = scene.fleet["n1"]
        with scene.fleet.faults.on(TruncatedPasswords()):
            Console(bmc, password=password[:16]).login()
            with pytest.raises(AssertionError):
                Console(bmc, password=password, console_id=2).login()
        Console(bmc, password=password, console_id=3).login()


async def test_a_name_has_to_come_padded(autojump_clock: trio.testing.MockClock) -> None:
    async with driven() as scene:
        bmc = scene.fleet["n1"]
        with scene.fleet.faults.on(PaddedNames()):
            assert (await scene.refusal()).name == codes.STATUS[Status.UNAUTHORIZED_NAME].name
            Console(bmc, username="admin".ljust(16, "\0")).login()
            padded = Console(bmc, username="nobody".ljust(16, "\0"), console_id=2)
            padded.open()
            assert padded.rakp1().status == Status.UNAUTHORIZED_NAME


async def test_wrong_passwords_lock_the_right_one_out_for_a_while(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async with driven(nodes="n[1-2]") as scene:
        faults = scene.fleet.faults
        with faults.on(Lockout(attempts=3, seconds=300), nodes="n1"):
            for attempt in range(3):
                with faults.on(PasswordRotated()):
                    assert (await scene.refusal()).name == codes.WRONG_PASSWORD.name, attempt
                    assert (await scene.refusal("n2")).name == codes.WRONG_PASSWORD.name
            locked = trio.current_time()
            assert (await scene.refusal()).name == codes.STATUS[Status.UNAUTHORIZED_NAME].name
            assert await scene.read("n2") is Power.OFF
            await trio.sleep_until(locked + 299)
            assert (await scene.refusal()).name == codes.STATUS[Status.UNAUTHORIZED_NAME].name
            await trio.sleep_until(locked + 301)
            assert await scene.read() is Power.OFF


async def test_a_login_that_succeeds_makes_the_count_begin_anew(autojump_clock: trio.testing.MockClock) -> None:
    async with driven() as scene:
        with scene.fleet.faults.on(Lockout(attempts=2)):
            for _ in range(3):
                with scene.fleet.faults.on(PasswordRotated()):
                    await scene.refusal()
                assert await scene.read() is Power.OFF


async def test_hashes_over_the_privilege_of_open_session_fit_only_whoever_sends_the_same_twice(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async with driven() as scene:
        bmc = scene.fleet["n1"]
        with scene.fleet.faults.on(OpenPrivilegeHash()):
            assert (await scene.refusal()).name == codes.WRONG_PASSWORD.name
            console = Console(bmc)
            console.open(privilege=Privilege.ADMINISTRATOR)
            assert console.rakp1().status == 0
            assert console.rakp3().status == 0


async def test_the_lookup_bit_and_the_padding_are_left_out_of_the_last_proof(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async with driven(suite=17) as scene:
        with scene.fleet.faults.on(LookupBitHash()):
            assert (await scene.refusal()).name == codes.LOGINS_CROSSED.name
            console = Console(scene.fleet["n1"])
            console.open()
            console.rakp1()
            assert console.exchange is not None
            console.exchange = replace(console.exchange, role=Privilege.ADMINISTRATOR)
            assert console.rakp3().status == 0


async def test_an_ipmi_15_login_meets_the_same_faults(autojump_clock: trio.testing.MockClock) -> None:
    async with driven() as scene:
        bmc, faults = scene.fleet["n1"], scene.fleet.faults
        with faults.on(SlotsExhausted(completion=0x82)):
            console = Console15(bmc)
            assert console.challenge().completion == 0
            assert console.activate().completion == 0x82
        with faults.on(PasswordRotated("another")):
            old = Console15(bmc)
            assert old.challenge().completion == 0
            assert old.say(old.activation()) is None
            Console15(bmc, password="another").login()
        with faults.on(CompletionCode(0x85), steps={"activate"}):
            console = Console15(bmc)
            assert console.challenge().completion == 0
            assert console.activate().completion == 0x85
        with faults.on(NullSessionId()):
            console = Console15(bmc)
            assert console.challenge().completion == 0
            assert console.activate().completion == 0
            assert console.session_id == 0


@pytest.mark.parametrize("step", ["rakp1", "rakp3"])
async def test_a_proof_that_is_too_long_is_taken_and_one_that_is_too_short_is_not(
    autojump_clock: trio.testing.MockClock, step: str
) -> None:
    async with driven(suite=17) as scene:
        with scene.fleet.faults.on(AuthCodeLength(length=40), steps={step}):
            assert await scene.read() is Power.OFF
        with scene.fleet.faults.on(AuthCodeLength(length=8), steps={step}):
            name = codes.WRONG_PASSWORD.name if step == "rakp1" else codes.WRONG_KG.name
            assert (await scene.refusal()).name == name


async def test_suite_0_comes_with_a_check_value_that_nobody_wants(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async with driven(Profile(suites=(0, 3, 17))) as scene:
        with scene.fleet.faults.on(NonEmptyIcv()):
            console = Console(scene.fleet["n1"], suite=SUITE_0)
            console.open()
            console.rakp1()
            assert len(console.rakp3().check_value) == 12
            # Suites that have one are as they should be.
            assert await scene.read() is Power.OFF


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        (Claim.NO_IPMI_2, {"ipmi20": False}),
        (Claim.NO_USERS, {"names": False, "null_names": False, "anonymous": False}),
        (Claim.ANONYMOUS, {"names": False, "null_names": False, "anonymous": True}),
        (Claim.KG, {"kg_set": True}),
    ],
)
async def test_a_bmc_says_of_itself_what_is_not_so_and_lets_in_whoever_tries(
    autojump_clock: trio.testing.MockClock, claim: Claim, expected: dict[str, bool]
) -> None:
    async with driven() as scene:
        console = Console(scene.fleet["n1"])
        with scene.fleet.faults.on(WrongCapabilities(claim)):
            told = AuthCapabilities.decode(console.ask(*CAPABILITIES).data)
            assert {name: getattr(told, name) for name in expected} == expected
            assert await scene.read() is Power.OFF
        true = AuthCapabilities.decode(console.ask(*CAPABILITIES).data)
        assert true != told
        assert (true.ipmi20, true.names, true.kg_set) == (True, True, False)


async def test_cipher_suites_cannot_be_asked_for(autojump_clock: trio.testing.MockClock) -> None:
    async with driven() as scene:
        console = Console(scene.fleet["n1"])
        asked = (NetFn.APP, AppCommand.GET_CHANNEL_CIPHER_SUITES, bytes((0x0E, 0, 0x80)))
        with scene.fleet.faults.on(NoCipherSuites()):
            assert console.ask(*asked).completion == 0xC1
        with scene.fleet.faults.on(CompletionCode(0xC0), steps={"cipher-suites"}):
            assert console.ask(*asked).completion == 0xC0
        assert console.ask(*asked).completion == 0


async def test_one_lost_answer_and_one_repeated_message_kill_the_bmc(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async with driven() as scene:
        faults = scene.fleet.faults
        with faults.on(DeathOnRepeat(Span.of(60))):
            assert await scene.read() is Power.OFF
            with faults.on(Drop(Way.OUT), steps={"rakp1"}, times=1):
                assert isinstance(await scene.refusal(), Unreachable)
            assert len(scene.struck("death-on-repeat")) == 1
            assert not scene.answers()
            await trio.sleep(60)
            assert await scene.read() is Power.OFF
