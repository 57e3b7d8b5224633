"""The driver against `ipmi_sim`, OpenIPMI's simulator: a BMC that nobody here wrote, over real UDP."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trio

from ipmi_bench import Logins
from ipmi_sim import Strange, an_ipmi_sim, needs_ipmi_sim
from powerfsm.bmc import Bmc
from powerfsm.credentials import Login
from powerfsm.drivers import FenceUnanswered, LoginRefused, Unanswered
from powerfsm.drivers.ipmi import IpmiDriver, IpmiTimings
from powerfsm.ipmi.transport import open_transport
from powerfsm.power import Command, Power

pytestmark = [pytest.mark.stranger, needs_ipmi_sim]

# Short, because nothing is lost on loopback; long enough for a machine that is busy with other tests.
TIMINGS = IpmiTimings(answer=5, retransmit=0.3, fence=5)


@pytest.fixture
def strange(tmp_path: Path) -> Iterator[Strange]:
    """An `ipmi_sim` of its own, off."""
    with an_ipmi_sim(tmp_path) as running:
        yield running


@contextmanager
def new_driver(nursery: trio.Nursery) -> Iterator[IpmiDriver]:
    """Give a driver with a socket of its own, as another process would have."""
    logins = Logins(
        {
            "default": Login("admin", b"secret"),
            "operator": Login("oper", b"secret"),
            "wrong-password": Login("admin", b"Secret"),
            "wrong-user": Login("nobody", b"secret"),
            "wrong-kg": Login("admin", b"secret", b"k" * 20),
        }
    )
    with open_transport(nursery) as transport:
        yield IpmiDriver(transport, logins, TIMINGS)


@pytest.fixture
def driver(nursery: trio.Nursery) -> Iterator[IpmiDriver]:
    """The driver over UDP."""
    with new_driver(nursery) as made:
        yield made


async def test_power_goes_on_and_off_and_is_read(driver: IpmiDriver, strange: Strange) -> None:
    session = await driver.open(strange.bmc)
    assert await session.read_power() is Power.OFF
    await session.command(Command.ON)
    assert await session.read_power() is Power.ON
    await session.command(Command.RESET, once=True)
    await session.command(Command.SOFT_OFF)
    assert await session.read_power() is Power.OFF
    await session.command(Command.ON)
    await session.command(Command.OFF)
    assert await session.read_power() is Power.OFF
    await session.close()
    assert strange.told() == ["set power 1", "set reset 1", "set shutdown 1", "set power 1", "set power 0"]


async def test_a_session_may_be_opened_again_and_again(driver: IpmiDriver, strange: Strange) -> None:
    ids = set()
    for _ in range(70):  # more than it has slots
        session = await driver.open(strange.bmc)
        ids.add(session.id)
        await session.close()
    assert len(ids) == 70


@pytest.mark.parametrize("name", ["wrong-password", "wrong-kg"])
async def test_wrong_secrets_are_told_by_their_names(driver: IpmiDriver, strange: Strange, name: str) -> None:
    with pytest.raises(LoginRefused) as caught:
        await driver.open(Bmc("127.0.0.1", strange.bmc.port, credentials=name))
    assert caught.value.name == name
    assert not caught.value.transient


async def test_a_wrong_user_is_told(driver: IpmiDriver, strange: Strange) -> None:
    with pytest.raises(LoginRefused) as caught:
        await driver.open(Bmc("127.0.0.1", strange.bmc.port, credentials="wrong-user"))
    # Versions of it differ in what they say to a user that they do not know.
    assert caught.value.name in ("unauthorized-name", "illegal-parameter")
    assert "'nobody'" in str(caught.value)
    assert "user name" in caught.value.advice


async def test_a_suite_that_it_does_not_have_is_told(driver: IpmiDriver, strange: Strange) -> None:
    with pytest.raises(LoginRefused) as caught:
        await driver.open(Bmc("127.0.0.1", strange.bmc.port, cipher_suite=17))
    assert caught.value.name == "invalid-authentication-algorithm"
    assert "cipher_suite" in caught.value.advice


async def test_the_session_of_another_process_is_fenced_by_its_id(
    driver: IpmiDriver, strange: Strange, nursery: trio.Nursery
) -> None:
    dead = await driver.open(strange.bmc)
    with new_driver(nursery) as successor:
        await successor.fence(strange.bmc, dead.id)
        # Fenced once more: the id is not known any more, which is as good.
        await successor.fence(strange.bmc, dead.id)
    with pytest.raises(Unanswered):
        await dead.command(Command.ON, once=True)
    assert strange.told() == []
    await dead.close()


async def test_an_operator_works_but_cannot_fence_another(
    driver: IpmiDriver, strange: Strange, nursery: trio.Nursery
) -> None:
    operator = Bmc("127.0.0.1", strange.bmc.port, credentials="operator", privilege="operator")
    session = await driver.open(operator)
    await session.command(Command.ON)
    assert await session.read_power() is Power.ON
    with new_driver(nursery) as successor:
        with pytest.raises(FenceUnanswered) as caught:
            await successor.fence(operator, session.id)
        assert caught.value.name == "insufficient-privilege"
    await session.close()


async def test_a_cancelled_open_leaves_no_slot_taken(driver: IpmiDriver, strange: Strange) -> None:
    for _ in range(70):  # more than it has slots
        with trio.CancelScope() as scope:
            scope.cancel()
            await driver.open(strange.bmc)
    session = await driver.open(strange.bmc)
    await session.close()
