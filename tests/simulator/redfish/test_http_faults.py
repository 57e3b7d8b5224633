"""What Redfish services do wrong, in virtual time."""

import pytest
import trio
import trio.testing

from bmcsim import GONE, Fleet, Hardware, MemoryLog, Power, Profile, Span, in_memory
from bmcsim.faults import Fault
from bmcsim.faults.http import (
    HttpClosed,
    HttpHalfBody,
    HttpSlow,
    HttpStatus,
    HttpTimeout,
    HttpUnavailable,
    TaskFailed,
    TaskStuck,
)
from bmcsim.faults.life import Hang, Reboot, Slow
from bmcsim.faults.login import PasswordRotated
from bmcsim.faults.network import OneWay, Partition, Way
from bmcsim.faults.power import WrongReading
from bmcsim.profile import RedfishWays
from bmcsim.redfish.door import Door
from bmcsim.redfish.memory import DisconnectedError, MemoryClient
from redfish_desk import RESET, SYSTEM, key

ON = {"ResetType": "On"}


class Site:
    """One BMC in virtual time, and a client of its Redfish service."""

    def __init__(
        self, hardware: Hardware | None = None, *, answer_time: float = 0, reset_is_task: bool = False
    ) -> None:
        """Build it; nobody serves it yet."""
        self.log = MemoryLog()
        profile = Profile(
            hardware=hardware or Hardware(),
            answer_time=Span.of(answer_time),
            redfish=RedfishWays(reset_is_task=reset_is_task),
        )
        self.fleet = Fleet.of("n1", profile, log=self.log, clock=trio.current_time)
        self.client = MemoryClient(Door(self.fleet), "n1", "admin", "password")

    @property
    def power(self) -> Power:
        """What the power really is."""
        return self.fleet["n1"].machine.power


@pytest.mark.parametrize(("code", "why"), [(409, "ResourceInUse"), (500, "InternalError"), (418, "GeneralError")])
async def test_an_error_is_answered_and_nothing_is_done(
    autojump_clock: trio.testing.MockClock, code: int, why: str
) -> None:
    site = Site()
    async with in_memory(site.fleet):
        with site.fleet.faults.on(HttpStatus(code=code), steps={"reset"}, times=1):
            refused = await site.client.post(RESET, ON)
            assert (refused.status, key(refused)) == (code, why)
            assert site.power is Power.OFF
            assert (await site.client.post(RESET, ON)).status == 204
    (struck,) = site.log.named("fault")
    assert (struck["kind"], struck["step"]) == ("http-status", "reset")


async def test_a_401_out_of_nowhere_has_a_challenge_as_every_401(autojump_clock: trio.testing.MockClock) -> None:
    site = Site()
    async with in_memory(site.fleet):
        with site.fleet.faults.on(HttpStatus(code=401)):
            response = await site.client.get(SYSTEM)
    assert (response.status, "Www-Authenticate" in response.headers) == (401, True)


async def test_503_says_when_to_come_back(autojump_clock: trio.testing.MockClock) -> None:
    site = Site()
    async with in_memory(site.fleet):
        with site.fleet.faults.on(HttpUnavailable(retry_after=7)):
            response = await site.client.get(SYSTEM)
    assert (response.status, response.headers["Retry-After"]) == (503, "7")
    assert key(response) == "ServiceTemporarilyUnavailable"


@pytest.mark.parametrize("done", [True, False])
async def test_a_request_that_is_never_answered_may_have_been_carried_out(
    autojump_clock: trio.testing.MockClock, *, done: bool
) -> None:
    site = Site()
    async with in_memory(site.fleet):
        with site.fleet.faults.on(HttpTimeout(done=done)), trio.move_on_after(3600) as patience:
            await site.client.post(RESET, ON)
        assert patience.cancelled_caught
        assert (site.power is Power.ON) is done


@pytest.mark.parametrize("done", [True, False])
async def test_a_connection_is_closed_without_an_answer(
    autojump_clock: trio.testing.MockClock, *, done: bool
) -> None:
    site = Site()
    async with in_memory(site.fleet):
        with site.fleet.faults.on(HttpClosed(done=done)), pytest.raises(DisconnectedError):
            await site.client.post(RESET, ON)
        assert (site.power is Power.ON) is done


async def test_half_a_body_comes_and_then_nothing(autojump_clock: trio.testing.MockClock) -> None:
    site = Site()
    async with in_memory(site.fleet):
        whole = (await site.client.get(SYSTEM)).body
        with site.fleet.faults.on(HttpHalfBody(share=0.5)):
            with pytest.raises(DisconnectedError) as caught:
                await site.client.get(SYSTEM)
            assert caught.value.received == whole[: len(whole) // 2]
            with pytest.raises(DisconnectedError):
                await site.client.post(RESET, ON)
        assert site.power is Power.ON


@pytest.mark.parametrize("fault", [HttpSlow(by=Span.of(20)), Slow(by=Span.of(20))], ids=["http", "all of it"])
async def test_an_answer_takes_its_time(autojump_clock: trio.testing.MockClock, fault: Fault) -> None:
    site = Site()
    async with in_memory(site.fleet):
        begun = trio.current_time()
        with site.fleet.faults.on(fault):
            assert (await site.client.get(SYSTEM)).status == 200
        assert trio.current_time() - begun == pytest.approx(20)


async def test_a_bmc_that_works_on_one_thing_at_a_time_does_so_over_http_too(
    autojump_clock: trio.testing.MockClock,
) -> None:
    site = Site(answer_time=2)
    async with in_memory(site.fleet):
        begun = trio.current_time()
        async with trio.open_nursery() as nursery:
            for _ in range(3):
                nursery.start_soon(site.client.get, SYSTEM)
        assert trio.current_time() - begun == pytest.approx(6)


@pytest.mark.parametrize("as_task", [True, False])
@pytest.mark.parametrize("done", [True, False])
async def test_a_task_stays_at_running_for_ever(
    autojump_clock: trio.testing.MockClock, *, done: bool, as_task: bool
) -> None:
    site = Site(reset_is_task=as_task)
    async with in_memory(site.fleet):
        with site.fleet.faults.on(TaskStuck(done=done)):
            accepted = await site.client.post(RESET, ON)
        assert accepted.status == 202
        await trio.sleep(86400)
        monitor = await site.client.get(accepted.headers["Location"])
        assert (monitor.status, monitor.document["TaskState"]) == (202, "Running")
        assert (site.power is Power.ON) is done


async def test_a_task_fails_and_nothing_was_done(autojump_clock: trio.testing.MockClock) -> None:
    site = Site(reset_is_task=True)
    async with in_memory(site.fleet):
        with site.fleet.faults.on(TaskFailed()):
            accepted = await site.client.post(RESET, ON)
        assert accepted.status == 202
        monitor = await site.client.get(accepted.headers["Location"])
        assert (monitor.status, key(monitor)) == (500, "OperationFailed")
        assert site.power is Power.OFF


async def test_wrong_readings_are_wrong_over_redfish(autojump_clock: trio.testing.MockClock) -> None:
    site = Site(Hardware(power=Power.ON))
    async with in_memory(site.fleet):
        with site.fleet.faults.on(WrongReading(), steps={"get-system"}):
            assert (await site.client.get(SYSTEM)).document["PowerState"] == "Off"
        assert (await site.client.get(SYSTEM)).document["PowerState"] == "On"


@pytest.mark.parametrize("fault", [Reboot(silence=Span.of(60)), Hang(lasting=Span.of(60))], ids=["reboot", "hang"])
async def test_a_bmc_that_dies_over_a_request_is_silent_and_comes_back(
    autojump_clock: trio.testing.MockClock, fault: Fault
) -> None:
    site = Site()
    async with in_memory(site.fleet):
        with site.fleet.faults.on(fault, steps={"reset"}, times=1), trio.move_on_after(30) as patience:
            await site.client.post(RESET, ON)
        assert patience.cancelled_caught
        await trio.sleep(31)
        assert (await site.client.get(SYSTEM)).document["PowerState"] == "Off"


async def test_a_password_that_was_rotated_is_wrong_over_redfish_too(
    autojump_clock: trio.testing.MockClock,
) -> None:
    site = Site()
    async with in_memory(site.fleet):
        with site.fleet.faults.on(PasswordRotated(), steps={"login"}):
            assert (await site.client.get(SYSTEM)).status == 401
        assert (await site.client.get(SYSTEM)).status == 200


@pytest.mark.parametrize(
    ("fault", "done"),
    [(Partition(), False), (OneWay(lost=Way.IN), False), (OneWay(lost=Way.OUT), True)],
    ids=["both ways", "in", "out"],
)
async def test_a_network_that_is_cut_is_silent_and_one_way_may_be_open(
    autojump_clock: trio.testing.MockClock, fault: Fault, *, done: bool
) -> None:
    site = Site()
    async with in_memory(site.fleet):
        with site.fleet.faults.on(fault), trio.move_on_after(3600) as patience:
            await site.client.post(RESET, ON)
        assert patience.cancelled_caught
        assert (site.power is Power.ON) is done


async def test_a_cable_that_is_pulled_lets_no_request_through(autojump_clock: trio.testing.MockClock) -> None:
    site = Site()
    async with in_memory(site.fleet):
        site.fleet.network = GONE
        with trio.move_on_after(30) as patience:
            await site.client.post(RESET, ON)
        assert patience.cancelled_caught
        assert site.power is Power.OFF
