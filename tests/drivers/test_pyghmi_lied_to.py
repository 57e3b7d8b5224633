"""The driver pyghmi before BMCs that pyghmi cannot read or never hears the end of: errors of ours, and in time."""

import threading
from collections.abc import AsyncGenerator

import pytest
import trio

from bmcsim import Fleet, MemoryLog, Profile, User, running
from bmcsim.faults import Drop, RmcpStatus, Way, WrongLength
from hostile_udp import answering
from powerfsm.bmc import Bmc
from powerfsm.credentials import Login
from powerfsm.drivers import DriverError, FenceUnanswered, LoginRefused, Unanswered
from powerfsm.drivers import pyghmi as driver_module
from powerfsm.drivers.pyghmi import PyghmiDriver
from powerfsm.ipmi import codes
from powerfsm.power import Command, Power

# pyghmi leaves sockets and event loops of its own to the garbage collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.xdist_group("pyghmi"),
]

GENEROUS = 20.0
"""Seconds in which a driver whose limits are set to one second has to have ended."""


class OneLogin:
    """The same for every name."""

    def lookup(self, _: str) -> Login:
        return Login("admin", b"kept-to-itself")


@pytest.fixture
async def fleet() -> AsyncGenerator[Fleet]:
    profile = Profile(users=(User("admin", "kept-to-itself"),))
    async with running(Fleet.of("n1", profile, log=MemoryLog())) as fleet:
        yield fleet


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> PyghmiDriver:
    """A driver that waits a second for a login."""
    monkeypatch.setattr(driver_module, "LONGEST_LOGIN", 1.0)
    return PyghmiDriver(OneLogin())


def bmc_of(fleet: Fleet) -> Bmc:
    return Bmc(*fleet.addresses["n1"])


@pytest.mark.parametrize(
    "garbage",
    [
        "0600ff07",
        "0600ff0706",
        "0600ff070000000000000000000008811c6320003800",
    ],
)
async def test_what_cannot_be_read_is_an_error_of_ours(
    garbage: str, hasty: PyghmiDriver, nursery: trio.Nursery
) -> None:
    with answering(nursery, "127.0.0.1", lambda _: [bytes.fromhex(garbage)]) as (host, port):
        with pytest.raises(DriverError) as told, trio.fail_after(GENEROUS):
            await hasty.open(Bmc(host, port))
        assert f"{host}:{port}" in str(told.value)
        assert told.value.advice
        with pytest.raises(FenceUnanswered), trio.fail_after(GENEROUS):
            await hasty.fence(Bmc(host, port), 1)


@pytest.mark.parametrize("step", ["rakp1", "rakp3"])
async def test_a_bmc_that_falls_silent_in_the_middle_of_a_login_does_not_hold_us_for_ever(
    step: str, hasty: PyghmiDriver, fleet: Fleet
) -> None:
    with fleet.faults.on(Drop(Way.OUT), steps={step}), pytest.raises(DriverError) as told:
        with trio.fail_after(GENEROUS):
            await hasty.open(bmc_of(fleet))
    assert told.value.transient


async def test_no_free_slot_is_no_silence_and_may_go_away(hasty: PyghmiDriver, fleet: Fleet) -> None:
    with fleet.faults.on(RmcpStatus(0x01)), pytest.raises(LoginRefused) as told:
        await hasty.open(bmc_of(fleet))
    assert told.value.name == codes.STATUS[0x01].name
    assert told.value.transient
    assert told.value.advice


async def test_an_answer_without_data_is_neither_a_reading_nor_an_acknowledgement(fleet: Fleet) -> None:
    session = await PyghmiDriver(OneLogin()).open(bmc_of(fleet))
    assert await session.read_power() is Power.OFF
    with fleet.faults.on(WrongLength(0), steps={"chassis-status"}):
        with pytest.raises(Unanswered, match="IndexError"):
            await session.read_power()
        # It reads before it commands.
        with pytest.raises(Unanswered, match="IndexError"):
            await session.command(Command.ON)
    await session.close()


async def test_a_call_that_does_not_come_back_is_given_up_and_is_no_fence(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = PyghmiDriver(OneLogin())
    session = await driver.open(bmc_of(fleet))
    stuck = threading.Event()
    with monkeypatch.context() as patch:
        patch.setattr(driver_module, "LONGEST_CALL", 0.3)
        patch.setattr(session._command, "raw_command", lambda **_: stuck.wait())
        patch.setattr(session._command, "get_power", stuck.wait)
        patch.setattr(session._command, "set_power", lambda _: stuck.wait())
        with trio.fail_after(GENEROUS):
            with pytest.raises(Unanswered, match="no end"):
                await session.read_power()
            with pytest.raises(Unanswered, match="no end"):
                await session.command(Command.ON)
            with pytest.raises(FenceUnanswered, match="no end"):
                await session.close_by_id(session.id)
        assert driver._threads.borrowed_tokens == 3
        stuck.set()
        # What was left to itself gives its place back when it ends.
        with trio.fail_after(GENEROUS):
            for _ in range(driver_module.AT_ONCE):
                await driver._threads.acquire_on_behalf_of(object())
    driver._threads.total_tokens += 1
    await session.close()


@pytest.mark.parametrize(
    "error", [KeyError("password"), AssertionError(), OSError(5, "kept-to-itself"), ValueError()]
)
async def test_whatever_the_library_raises_is_an_error_of_ours_that_does_not_repeat_its_words(
    error: Exception, fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await PyghmiDriver(OneLogin()).open(bmc_of(fleet))

    def fail(*_: object, **__: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        for call in ("get_power", "set_power", "raw_command"):
            patch.setattr(session._command, call, fail)
        for attempt, kind in (
            (session.read_power, Unanswered),
            (lambda: session.command(Command.ON), Unanswered),
            (lambda: session.close_by_id(7), FenceUnanswered),
        ):
            with pytest.raises(kind, match=type(error).__name__) as told:
                await attempt()
            assert "kept-to-itself" not in str(told.value)
    await session.close()
