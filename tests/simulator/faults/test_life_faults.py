"""BMCs that reboot, hang and take their time, as a client feels them."""

import pytest
import trio
import trio.testing

from bmcsim import Span
from bmcsim.faults import Blocked, Hang, Reboot, Slow
from console import Console
from driven_fleet import driven
from powerfsm.drivers.errors import LoginRefused, Unanswered, Unreachable
from powerfsm.ipmi import codes
from powerfsm.ipmi.wire.asf import Ping
from powerfsm.ipmi.wire.numbers import Completion
from powerfsm.power import Command, Power

NONE = Span.of(0)


async def test_a_bmc_that_reboots_is_silent_then_initialising_and_has_lost_its_sessions(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async with driven() as scene:
        session = await scene.open()
        await session.command(Command.ON)
        with scene.fleet.faults.on(Reboot(Span.of(45), Span.of(20)), steps={"chassis-status"}, times=1):
            with pytest.raises(Unanswered):
                await session.read_power()
            [struck] = scene.struck("reboot")
            assert isinstance(await scene.refusal(), Unreachable)
            await trio.sleep_until(struck["t"] + 45.1)
            refused = await scene.refusal()
            assert isinstance(refused, LoginRefused)
            assert refused.name == codes.GENERIC[Completion.INITIALIZING].name
            await trio.sleep_until(struck["t"] + 65.1)
            # The machine has not noticed.
            assert await scene.read() is Power.ON
            with pytest.raises(Unanswered):
                await session.read_power()
        assert scene.log.named("session-closed")[0]["by"] == "crash"
        assert [event["to"] for event in scene.log.named("power")] == ["on"]


async def test_a_bmc_loses_its_sessions_and_answers_at_once(autojump_clock: trio.testing.MockClock) -> None:
    async with driven() as scene:
        session = await scene.open()
        with scene.fleet.faults.on(Reboot(NONE, NONE), steps={"chassis-status"}, times=1):
            with pytest.raises(Unanswered):
                await session.read_power()
            assert await scene.read() is Power.OFF


async def test_a_bmc_that_hangs_goes_on_with_the_sessions_it_had(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async with driven() as scene, scene.session() as session:
        with scene.fleet.faults.on(Hang(Span.of(30))):
            await trio.sleep(0.1)
            with pytest.raises(Unanswered):
                await session.read_power()
            await trio.sleep_until(31)
            assert await session.read_power() is Power.OFF


async def test_a_slow_bmc_answers_after_a_while_and_clients_that_repeat_themselves_are_heard_twice(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async with driven() as scene, scene.session() as session:
        with scene.fleet.faults.on(Slow(Span.of(0.8)), steps={"chassis-control"}):
            start = trio.current_time()
            await session.command(Command.ON)
            assert trio.current_time() - start == pytest.approx(0.8)
            await trio.sleep(5)
    assert len(scene.log.named("command")) == 2


async def test_one_slow_answer_holds_up_all_others_of_that_bmc_and_of_no_other(
    autojump_clock: trio.testing.MockClock,
) -> None:
    for fault, waited in ((Slow(Span.of(4)), 0), (Blocked(Span.of(4)), 4)):
        async with driven(nodes="n[1-2]") as scene, scene.session() as session:
            links = {node: scene.network.link() for node in ("n1", "n2")}
            with scene.fleet.faults.on(fault, nodes="n1", steps={"chassis-status"}, times=1):
                start = trio.current_time()
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(session.read_power)
                    await trio.testing.wait_all_tasks_blocked()
                    after = {}
                    for node in ("n2", "n1"):
                        links[node].send(Ping(1).encode(), scene.fleet.addresses[node])
                        await links[node].receive()
                        after[node] = trio.current_time() - start
            assert after == {"n1": waited, "n2": 0}


async def test_what_waits_at_a_blocked_bmc_is_served_in_its_order(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async with driven() as scene:
        link = scene.network.link()
        with scene.fleet.faults.on(Blocked(Span.of(1)), steps={"ping"}):
            start = trio.current_time()
            for tag in range(5):
                link.send(Ping(tag).encode(), scene.fleet.addresses["n1"])
            served = []
            for _ in range(5):
                datagram, _source = await link.receive()
                served.append((datagram[9], trio.current_time() - start))
        assert served == [(tag, tag + 1) for tag in range(5)]


async def test_a_bmc_without_mains_stays_dead_when_its_reboot_would_be_over(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async with driven() as scene:
        with scene.fleet.faults.on(Reboot(Span.of(30), NONE), since=10):
            await trio.sleep_until(20)
            scene.fleet["n1"].lose_mains(trio.current_time())
            await trio.sleep_until(50)
            assert not scene.answers()
            scene.fleet["n1"].regain_mains(trio.current_time())
            assert await scene.read() is Power.OFF


async def test_a_bmc_that_initialises_answers_whoever_asks_outside_of_sessions_too(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async with driven() as scene:
        with scene.fleet.faults.on(Reboot(NONE, Span.of(10))):
            await trio.sleep(1)
            console = Console(scene.fleet["n1"], now=1)
            assert console.ask(6, 1).completion == Completion.INITIALIZING
            console.now = 10.5
            assert console.ask(6, 0x38, b"\x8e\x04").completion == 0
