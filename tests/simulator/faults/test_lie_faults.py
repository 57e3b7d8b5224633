"""Answers that are not what they claim to be, as powerfsm's driver takes them: not at all."""

import contextlib

import pytest
import trio
import trio.testing

from bmcsim import Profile
from bmcsim.faults import (
    FalseLength,
    Fault,
    FaultError,
    Foreign,
    ForeignAnswer,
    ForeignGuid,
    ForeignResponse,
    ForgedCode,
    ForgedProof,
    Misfit,
    ReflectedAnswer,
    UnsealedAnswer,
    WeakerSuite,
    WrongLength,
)
from console import Console
from driven_fleet import driven
from powerfsm.drivers.errors import DriverError, FenceUnanswered, Refused, Unanswered
from powerfsm.ipmi import codes
from powerfsm.ipmi.wire.datagram import decode
from powerfsm.ipmi.wire.numbers import ChassisCommand, NetFn
from powerfsm.ipmi.wire.packet import Packet
from powerfsm.ipmi.wire.suites import SUITE_0
from powerfsm.power import Command, Power

STATUS = {"chassis-status"}


@pytest.mark.parametrize("suite", [0, 3, 8])
async def test_a_weaker_suite_than_was_asked_for_is_not_taken(
    suite: int, autojump_clock: trio.testing.MockClock
) -> None:
    async with driven(suite=17) as scene:
        with scene.fleet.faults.on(WeakerSuite(suite)):
            assert (await scene.refusal()).name == codes.SUITE_CHANGED.name
        assert await scene.read() is Power.OFF


def test_a_suite_that_nobody_knows_cannot_be_named() -> None:
    with pytest.raises(FaultError, match="suite is 5"):
        WeakerSuite(5)


@pytest.mark.parametrize(
    ("fault", "step", "name"),
    [
        (ForeignGuid(), "rakp1", codes.WRONG_PASSWORD.name),
        (ForgedProof(), "rakp1", codes.WRONG_PASSWORD.name),
        (ForgedProof(), "rakp3", codes.WRONG_KG.name),
        (ForeignAnswer(), "open-session", "unreachable"),
        (ForeignAnswer(Foreign.TAG), "rakp1", "login-unanswered"),
        (ForeignAnswer(Foreign.SESSION), "rakp3", "login-unanswered"),
    ],
    ids=str,
)
async def test_a_login_answered_with_a_lie_comes_to_nothing(
    fault: Fault, step: str, name: str, autojump_clock: trio.testing.MockClock
) -> None:
    async with driven() as scene:
        with scene.fleet.faults.on(fault, steps={step}):
            assert (await scene.refusal()).name == name
        await trio.sleep(61)
        assert await scene.read() is Power.OFF


@pytest.mark.parametrize(
    "fault",
    [
        UnsealedAnswer(),
        ForgedCode(),
        ReflectedAnswer(),
        ForeignResponse(),
        ForeignResponse(Misfit.COMMAND),
        ForeignResponse(Misfit.NETFN),
        FalseLength(),
        FalseLength(0),
    ],
    ids=str,
)
async def test_a_reading_that_does_not_prove_itself_is_none(
    fault: Fault, autojump_clock: trio.testing.MockClock
) -> None:
    async with driven() as scene, scene.session() as session:
        with scene.fleet.faults.on(fault, steps=STATUS), pytest.raises(Unanswered, match="dropped"):
            await session.read_power()
        assert await session.read_power() is Power.OFF


@pytest.mark.parametrize("fault", [UnsealedAnswer(), ForgedCode(), ReflectedAnswer(), ForeignResponse()], ids=str)
async def test_a_close_whose_answer_does_not_prove_itself_is_no_fence(
    fault: Fault, autojump_clock: trio.testing.MockClock
) -> None:
    async with driven() as scene:
        session = await scene.open()
        with scene.fleet.faults.on(fault, steps={"close-session"}), pytest.raises(FenceUnanswered):
            await session.close()
        await session.close()


@pytest.mark.parametrize("length", [0, 2])
async def test_a_reading_that_is_too_short_is_refused(length: int, autojump_clock: trio.testing.MockClock) -> None:
    async with driven() as scene, scene.session() as session:
        with scene.fleet.faults.on(WrongLength(length), steps=STATUS), pytest.raises(Refused) as told:
            await session.read_power()
        assert told.value.name == "malformed-answer"


async def test_a_reading_with_more_behind_it_is_a_reading(autojump_clock: trio.testing.MockClock) -> None:
    async with driven() as scene, scene.session() as session:
        await session.command(Command.ON)
        with scene.fleet.faults.on(WrongLength(200), steps=STATUS):
            assert await session.read_power() is Power.ON


async def test_what_bears_no_code_anyway_is_left_as_it_is(autojump_clock: trio.testing.MockClock) -> None:
    """With cipher suite 0 there is nothing to forge."""
    async with driven(Profile(suites=(0,))) as scene:
        console = Console(scene.fleet["n1"], suite=SUITE_0).login()
        with scene.fleet.faults.on(ForgedCode()):
            answer = console.say(console.sealed(NetFn.CHASSIS, ChassisCommand.GET_STATUS))
        assert answer is not None
        packet = decode(answer)
        assert isinstance(packet, Packet)
        assert scene.struck("forged-code") == []


async def test_one_lie_costs_a_retransmission_and_no_more(autojump_clock: trio.testing.MockClock) -> None:
    async with driven() as scene, scene.session() as session:
        for fault in (UnsealedAnswer(), ForgedCode(), ReflectedAnswer(), ForeignResponse(), FalseLength()):
            started = trio.current_time()
            with scene.fleet.faults.on(fault, steps=STATUS, times=1):
                assert await session.read_power() is Power.OFF
            assert trio.current_time() - started < 1


async def test_no_lie_of_these_is_ever_an_exception_of_another_kind(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async with driven() as scene:
        for fault in (FalseLength(0xFFFF), FalseLength(1), FalseLength(40), WrongLength(0), WrongLength(200)):
            with scene.fleet.faults.on(fault), contextlib.suppress(DriverError):
                async with scene.session() as session:
                    await session.read_power()
            assert scene.transport.open_sessions == 0
            await trio.sleep(61)
