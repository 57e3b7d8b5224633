"""The driver pyghmi against simulated BMCs over real UDP."""

import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import trio

from bmcsim import Fleet, MemoryLog, Profile, User, running
from powerfsm.bmc import Bmc
from powerfsm.credentials import Login, UnknownCredentials
from powerfsm.drivers import FenceUnanswered, LoginRefused, Unreachable, Unsupported
from powerfsm.drivers.driver import Driver
from powerfsm.drivers.pyghmi import PyghmiDriver
from powerfsm.power import Command, Power

# pyghmi leaves sockets and event loops of its own to the garbage collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.xdist_group("pyghmi"),
]


class OneLogin:
    """The same login for every name but `nobody`."""

    def __init__(self, password: bytes) -> None:
        self._password = password

    def lookup(self, name: str) -> Login:
        if name == "nobody":
            raise UnknownCredentials(name)
        return Login("admin", self._password)


@pytest.fixture
async def fleet() -> AsyncGenerator[Fleet]:
    profile = Profile(users=(User("admin", "secret"),))
    async with running(Fleet.of("n1", profile, log=MemoryLog())) as fleet:
        yield fleet


def _bmc(fleet: Fleet, credentials: str = "default") -> Bmc:
    host, port = fleet.addresses["n1"]
    return Bmc(host, port, credentials)


def _driver(password: bytes = b"secret") -> Driver:
    return PyghmiDriver(OneLogin(password))


async def test_a_session_reads_commands_and_is_closed_with_an_answer(fleet: Fleet) -> None:
    session = await _driver().open(_bmc(fleet))
    assert await session.read_power() is Power.OFF
    await session.command(Command.ON)
    log = fleet.log
    assert isinstance(log, MemoryLog)
    with trio.fail_after(20):
        await log.until(lambda event: event["event"] == "power")
    assert await session.read_power() is Power.ON
    await session.close()
    assert [event["command"] for event in log.named("command")] == ["on"]
    assert len(log.named("session-opened")) == len(log.named("session-closed"))


LEAVES_A_SESSION_OPEN = """
import os, sys
from pyghmi.ipmi.command import Command
session = Command(bmc=sys.argv[1], port=int(sys.argv[2]), userid="admin", password="secret").ipmi_session
print(session.sessionid, flush=True)
os._exit(0)
"""


async def test_a_session_of_a_dead_process_is_closed_by_its_id(fleet: Fleet) -> None:
    host, port = fleet.addresses["n1"]
    dead = await trio.run_process(
        [sys.executable, "-c", LEAVES_A_SESSION_OPEN, host, str(port)], capture_stdout=True
    )
    left_open = int(dead.stdout)
    driver = _driver()
    await driver.fence(_bmc(fleet), left_open)
    log = fleet.log
    assert isinstance(log, MemoryLog)
    assert left_open in {event["session"] for event in log.named("session-closed")}
    await driver.fence(_bmc(fleet), left_open)


async def test_a_reset_is_refused_because_pyghmi_may_repeat_it(fleet: Fleet) -> None:
    session = await _driver().open(_bmc(fleet))
    with pytest.raises(Unsupported, match="use the driver ipmi"):
        await session.command(Command.RESET, once=True)
    await session.close()
    log = fleet.log
    assert isinstance(log, MemoryLog)
    assert not log.named("command")


async def test_a_wrong_password_is_told_as_a_refused_login_without_showing_it(fleet: Fleet) -> None:
    with pytest.raises(LoginRefused, match="check the credentials 'default'") as told:
        await _driver(b"not-the-secret").open(_bmc(fleet))
    assert "not-the-secret" not in str(told.value)
    assert not told.value.transient


async def test_credentials_that_are_not_configured_are_named(fleet: Fleet) -> None:
    with pytest.raises(LoginRefused, match="'nobody'"):
        await _driver().open(_bmc(fleet, "nobody"))


async def test_silence_is_told_as_unreachable_and_leaves_the_fence_unanswered() -> None:
    # A bound socket that nobody reads: datagrams vanish, as they do before a dead BMC.
    with trio.socket.socket(trio.socket.AF_INET, trio.socket.SOCK_DGRAM) as silent:
        await silent.bind(("127.0.0.1", 0))
        bmc = Bmc("127.0.0.1", silent.getsockname()[1])
        with pytest.raises(Unreachable, match="did not answer the login"):
            await _driver().open(bmc)
        with pytest.raises(FenceUnanswered):
            await _driver().fence(bmc, 1)


def test_its_limits_are_stated_where_users_read_them() -> None:
    text = (Path(__file__).parents[2] / "docs" / "drivers.md").read_text(encoding="utf-8")
    assert "pyghmi" in text
    assert "cannot be cancelled" in text
