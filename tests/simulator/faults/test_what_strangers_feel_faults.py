"""Programs that nobody here wrote show the symptoms that their users report, one for each place faults strike at.

FreeIPMI knows several of these quirks and gets round them when it is told to (-W): where it does, the quirk here
is the one that it met out there.
"""

from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager

import pytest

from bmcsim import Fleet, MemoryLog, Power, Rule, Span, running
from bmcsim.faults import (
    AuthCodeLength,
    Busy,
    Claim,
    CloseUnanswered,
    CompletionCode,
    Drop,
    Fault,
    Hang,
    LookupBitHash,
    NonEmptyIcv,
    NullSessionId,
    OpenPrivilegeHash,
    OrderIgnored,
    PaddedNames,
    PasswordRotated,
    RmcpStatus,
    SequenceJump,
    SlotsExhausted,
    Way,
    WrongCapabilities,
    WrongReading,
)
from strangers import Caller, profile, stranger

# Impatient: the faults of these tests are not got over by waiting.
IPMITOOL = ("-N", "1", "-R", "2", "-C", "17")
IPMIPOWER = ("--session-timeout=1500", "--retransmission-timeout=400")


@asynccontextmanager
async def caller() -> AsyncIterator[tuple[Fleet, Caller]]:
    """Serve one BMC, and have programs call it."""
    fleet = Fleet.of("n1", profile(suites=(0, 3, 17)), log=MemoryLog())
    async with running(fleet):
        yield fleet, Caller(fleet)


@stranger("ipmitool")
async def test_ipmitool_gets_over_a_lost_answer_and_has_the_command_carried_out_twice() -> None:
    async with caller() as (fleet, call):
        await call.ipmitool(*IPMITOOL, "power", "on")
        assert isinstance(fleet.log, MemoryLog)
        with fleet.faults.on(Drop(Way.OUT), steps={"chassis-control"}, times=1):
            code, output = await call.ipmitool(*IPMITOOL, "power", "reset")
        assert (code, output) == (0, "Chassis Power Control: Reset\n")
        assert len(fleet.log.named("reset")) == 2


@stranger("ipmitool", "ipmipower")
async def test_slots_that_are_taken_are_told_by_name() -> None:
    async with caller() as (fleet, call):
        with fleet.faults.on(SlotsExhausted()):
            code, output = await call.ipmitool(*IPMITOOL, "-v", "power", "status")
            assert code == 1
            assert "insufficient resources for session" in output.lower()
            assert await call.freeipmi("ipmipower", *IPMIPOWER, "--stat") == (1, "127.0.0.1: BMC busy\n")


@stranger("ipmitool", "ipmipower")
@pytest.mark.parametrize(
    ("status", "ipmitool", "ipmipower"),
    [
        (0x0D, "unauthorized name", (1, "username invalid")),
        (0x11, "no matching cipher suite", (1, "cipher suite id unavailable")),
        (0x12, "illegal parameter", (0, "BMC error")),
    ],
)
async def test_a_login_that_is_refused_may_look_like_a_success(
    status: int, ipmitool: str, ipmipower: tuple[int, str]
) -> None:
    async with caller() as (fleet, call):
        with fleet.faults.on(RmcpStatus(status), steps={"open-session"}):
            code, output = await call.ipmitool(*IPMITOOL, "-v", "power", "status")
            assert (code, ipmitool in output) == (1, True), output
            code, told = ipmipower
            assert await call.freeipmi("ipmipower", *IPMIPOWER, "--stat") == (code, f"127.0.0.1: {told}\n")


@stranger("ipmitool")
async def test_ipmitool_waits_for_an_answer_to_close_and_succeeds_without() -> None:
    async with caller() as (fleet, call):
        with fleet.faults.on(CloseUnanswered(only_after_reset=False)):
            code, output = await call.ipmitool(*IPMITOOL, "-v", "power", "status")
        assert code == 0
        assert "Chassis Power is off" in output
        assert "Close Session command failed" in output


@stranger("ipmitool", "ipmipower")
async def test_session_id_0_is_told_in_odd_ways() -> None:
    async with caller() as (fleet, call):
        with fleet.faults.on(NullSessionId()):
            code, output = await call.ipmitool(*IPMITOOL, "-v", "power", "status")
            assert (code, "invalid session ID" in output) == (1, True), output
            assert await call.freeipmi("ipmipower", *IPMIPOWER, "--stat") == (0, "127.0.0.1: BMC error\n")


@stranger("ipmitool", "ipmipower")
async def test_a_rotated_password_is_a_wrong_one() -> None:
    async with caller() as (fleet, call):
        with fleet.faults.on(PasswordRotated("another")):
            code, output = await call.ipmitool(*IPMITOOL, "-v", "power", "status")
            assert code == 1
            assert "RAKP 2 HMAC is invalid" in output
            assert await call.freeipmi("ipmipower", *IPMIPOWER, "--stat") == (1, "127.0.0.1: password invalid\n")
            code, output = await call.ipmitool(*IPMITOOL, "power", "status", password="another")
            assert code == 0, output


@stranger("ipmipower")
@pytest.mark.parametrize(
    ("faults", "steps", "suite", "told", "workaround"),
    [
        ([PaddedNames(), LookupBitHash()], "rakp1", "3", "username invalid", "intel20"),
        ([OpenPrivilegeHash()], "rakp1", "3", "password invalid", "opensesspriv"),
        ([AuthCodeLength()], "rakp1", "3", "password invalid", "supermicro20"),
        ([NonEmptyIcv()], "rakp3", "0", "k_g invalid", "integritycheckvalue"),
        ([WrongCapabilities(Claim.NO_USERS)], "auth-capabilities", "3", "username invalid", "authcap"),
        ([WrongCapabilities(Claim.KG)], "auth-capabilities", "3", "k_g invalid", "authcap"),
    ],
    ids=lambda value: value[0].name if isinstance(value, list) else "",
)
async def test_freeipmi_tells_a_quirk_and_gets_round_it(
    faults: list[Fault], steps: str, suite: str, told: str, workaround: str
) -> None:
    async with caller() as (fleet, call):
        for fault in faults:
            fleet.faults.add(Rule(fault, steps=frozenset({steps}) & fault.possible_steps()))
        stat = (*IPMIPOWER, "-I", suite, "--stat")
        assert await call.freeipmi("ipmipower", *stat) == (1, f"127.0.0.1: {told}\n")
        assert await call.freeipmi("ipmipower", "-W", workaround, *stat) == (0, "127.0.0.1: off\n")


@stranger("ipmitool")
async def test_ipmitool_leaves_the_lookup_bit_out_where_it_is_told_to() -> None:
    async with caller() as (fleet, call):
        with fleet.faults.on(LookupBitHash()):
            status = ("-N", "1", "-R", "2", "-C", "3", "power", "status")
            code, output = await call.ipmitool(*status)
            assert (code, output) == (1, "Error: Unable to establish IPMI v2 / RMCP+ session\n")
            assert await call.ipmitool("-o", "intelplus", *status) == (0, "Chassis Power is off\n")


@stranger("ipmitool", "ipmipower")
async def test_ipmipower_drops_a_sequence_that_jumps_and_ipmitool_does_not() -> None:
    async with caller() as (fleet, call):
        for by, heard in ((8, True), (9, False)):
            with fleet.faults.on(SequenceJump(by), steps={"chassis-status"}):
                code, output = await call.freeipmi("ipmipower", *IPMIPOWER, "--stat")
                assert (output == "127.0.0.1: off\n") is heard, (code, output)
                assert (await call.ipmitool(*IPMITOOL, "power", "status"))[0] == 0


@stranger("ipmitool", "ipmipower")
async def test_busy_is_told_by_ipmitool_and_passed_over_in_silence_by_ipmipower() -> None:
    async with caller() as (fleet, call):
        with fleet.faults.on(Busy(), steps={"chassis-control"}):
            code, output = await call.ipmitool(*IPMITOOL, "power", "on")
            assert (code, output) == (1, "Set Chassis Power Control to Up/On failed: Node busy\n")
            code, output = await call.freeipmi("ipmipower", *IPMIPOWER, "--on")
            assert (code, "ok" in output) == (0, False), output
        assert fleet["n1"].machine.power is Power.OFF


@stranger("ipmitool")
@pytest.mark.parametrize(
    ("code", "told"),
    [
        (0xC1, "Invalid command"),
        (0xC3, "Timeout"),
        (0xCE, "Command response could not be provided"),
        (0xD2, "BMC initialization in progress"),
        (0xD5, "Command not supported in present state"),
        (0xFF, "Unspecified error"),
    ],
)
async def test_ipmitool_tells_completion_codes_in_its_own_words(code: int, told: str) -> None:
    async with caller() as (fleet, call):
        with fleet.faults.on(CompletionCode(code), steps={"chassis-control"}):
            output = await call.ipmitool(*IPMITOOL, "power", "on")
            assert output == (1, f"Set Chassis Power Control to Up/On failed: {told}\n")


@stranger("ipmitool", "ipmipower")
async def test_an_order_that_is_ignored_is_a_success_to_everybody() -> None:
    async with caller() as (fleet, call):
        with fleet.faults.on(OrderIgnored()):
            assert await call.ipmitool(*IPMITOOL, "power", "on") == (0, "Chassis Power Control: Up/On\n")
            assert await call.freeipmi("ipmipower", *IPMIPOWER, "--on") == (0, "127.0.0.1: ok\n")
        assert fleet["n1"].machine.power is Power.OFF


@stranger("ipmitool", "ipmipower")
async def test_a_wrong_reading_is_believed() -> None:
    async with caller() as (fleet, call):
        with fleet.faults.on(WrongReading()):
            assert await call.ipmitool(*IPMITOOL, "power", "status") == (0, "Chassis Power is on\n")
            assert await call.freeipmi("ipmipower", *IPMIPOWER, "--stat") == (0, "127.0.0.1: on\n")
        assert fleet["n1"].machine.power is Power.OFF


@stranger("ipmipower")
async def test_a_bmc_that_hangs_cannot_be_told_from_one_that_is_not_there() -> None:
    async with caller() as (fleet, call):
        with fleet.faults.on(Hang(Span.of(3600)), steps={"auth-capabilities"}, times=1):
            code, output = await call.freeipmi("ipmipower", *IPMIPOWER, "--stat")
            assert (code, output) == (1, "127.0.0.1: connection timeout\n")


@stranger("ipmitool")
async def test_faults_that_strike_together_add_up() -> None:
    async with caller() as (fleet, call):
        with ExitStack() as stack:
            stack.enter_context(fleet.faults.on(Busy(), steps={"chassis-status"}, times=1))
            stack.enter_context(fleet.faults.on(WrongReading(), times=1))
            assert (await call.ipmitool(*IPMITOOL, "power", "status"))[0] == 1
            assert await call.ipmitool(*IPMITOOL, "power", "status") == (0, "Chassis Power is on\n")
        assert await call.ipmitool(*IPMITOOL, "power", "status") == (0, "Chassis Power is off\n")
