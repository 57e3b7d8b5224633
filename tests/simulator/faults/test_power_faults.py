"""Power orders that go astray and readings that are not true, as a client feels them."""

import pytest
import trio
import trio.testing

from bmcsim import Hardware, Profile, Span
from bmcsim.events import Event
from bmcsim.faults import Bounce, OrderIgnored, OrderLate, OrderTwice, StaleReading, Step, WrongReading
from bmcsim.faults.power import OrderFault
from bmcsim.machine import Order
from bmcsim.machine import Power as MachinePower
from driven_fleet import Driven, driven
from powerfsm.power import Command, Power


def changes(scene: Driven) -> list[tuple[float, str]]:
    """Return when the power of n1 changed, and to what."""
    return [(event["t"], event["to"]) for event in scene.log.named("power")]


async def test_on_is_accepted_and_nothing_is_done(autojump_clock: trio.testing.MockClock) -> None:
    async with driven() as scene, scene.session() as session:
        with scene.fleet.faults.on(OrderIgnored(), times=1):
            await session.command(Command.ON)
            await trio.sleep(30)
            assert await session.read_power() is Power.OFF
            await session.command(Command.ON)
            assert await session.read_power() is Power.ON
    assert [event["command"] for event in scene.log.named("command")] == ["on", "on"]


async def test_only_orders_of_one_kind_are_ignored(autojump_clock: trio.testing.MockClock) -> None:
    async with driven() as scene, scene.session() as session:
        with scene.fleet.faults.on(OrderIgnored(frozenset({Order.OFF}))):
            await session.command(Command.ON)
            await session.command(Command.OFF)
            assert await session.read_power() is Power.ON
        assert len(scene.struck("order-ignored")) == 1


async def test_a_late_on_acts_after_an_off_that_was_confirmed(autojump_clock: trio.testing.MockClock) -> None:
    async with driven() as scene:
        late = OrderLate(frozenset({Order.ON}), by=Span.of(60))
        with scene.fleet.faults.on(late):
            async with scene.session() as session:
                await session.command(Command.ON)
                ordered = trio.current_time()
                await session.command(Command.OFF)
                assert await session.read_power() is Power.OFF
        on = await scene.log.until(lambda event: event["event"] == "power")
        assert (on["to"], on["t"]) == ("on", ordered + 60)


async def test_one_reset_resets_twice(autojump_clock: trio.testing.MockClock) -> None:
    async with driven() as scene, scene.session() as session:
        await session.command(Command.ON)
        with scene.fleet.faults.on(OrderTwice(lag=Span.of(3))):
            await session.command(Command.RESET)
            ordered = trio.current_time()
            await trio.sleep(10)
        assert [event["t"] for event in scene.log.named("reset")] == [ordered, ordered + 3]


@pytest.mark.parametrize(("stays", "seen"), [(False, [0, 5, 7]), (True, [0, 5])])
async def test_after_off_it_bounces(
    autojump_clock: trio.testing.MockClock, seen: list[int], *, stays: bool
) -> None:
    profile = Profile(hardware=Hardware(power=MachinePower.ON))
    async with driven(profile) as scene, scene.session() as session:
        with scene.fleet.faults.on(Bounce(after=Span.of(5), lasting=Span.of(2), stays=stays)):
            await session.command(Command.OFF)
            ordered = trio.current_time()
            assert await session.read_power() is Power.OFF
            await trio.sleep(6)
            assert await session.read_power() is Power.ON
            await trio.sleep(20)
            assert await session.read_power() is (Power.ON if stays else Power.OFF)
        times = zip(seen, ("off", "on", "off"), strict=False)
        assert changes(scene) == [(ordered + after, power) for after, power in times]


async def test_on_does_not_bounce(autojump_clock: trio.testing.MockClock) -> None:
    async with driven() as scene, scene.session() as session:
        with scene.fleet.faults.on(Bounce()):
            await session.command(Command.ON)
            await trio.sleep(30)
        assert [power for _, power in changes(scene)] == ["on"]


async def test_a_reading_is_wrong_for_a_while_after_a_command(autojump_clock: trio.testing.MockClock) -> None:
    async with driven() as scene, scene.session() as session:
        with scene.fleet.faults.on(WrongReading(after_order=10)):
            assert await session.read_power() is Power.OFF
            await session.command(Command.ON)
            assert await session.read_power() is Power.OFF
            assert scene.truth() is Power.ON
            await trio.sleep(10)
            assert await session.read_power() is Power.ON


async def test_a_reading_is_wrong_whenever_it_is_asked_for(autojump_clock: trio.testing.MockClock) -> None:
    async with driven() as scene, scene.session() as session:
        with scene.fleet.faults.on(WrongReading(), times=1):
            assert await session.read_power() is Power.ON
            assert await session.read_power() is Power.OFF


async def test_a_stale_reading_is_what_was_true_some_time_ago(autojump_clock: trio.testing.MockClock) -> None:
    async with driven() as scene, scene.session() as session:
        with scene.fleet.faults.on(StaleReading(seconds=10)):
            assert await session.read_power() is Power.OFF
            await session.command(Command.ON)
            on = trio.current_time()
            await trio.sleep_until(on + 4)
            await session.command(Command.OFF)
            for after, power in ((9, Power.OFF), (11, Power.ON), (13, Power.ON), (15, Power.OFF)):
                await trio.sleep_until(on + after)
                assert await session.read_power() is power, after


@pytest.mark.parametrize("fault", [OrderIgnored(), OrderLate(by=Span.of(5)), OrderTwice(lag=Span.of(5))])
async def test_orders_go_astray_whichever_door_they_come_in_by(
    autojump_clock: trio.testing.MockClock, fault: OrderFault
) -> None:
    async with driven() as scene:
        bmc = scene.fleet["n1"]
        with scene.fleet.faults.on(fault, steps={"reset"}):
            bmc.order(Order.ON, trio.current_time(), step=Step.CHASSIS_CONTROL)
            assert scene.struck(fault.name) == []
            bmc.order(Order.OFF, trio.current_time(), step=Step.RESET)
            assert [event["step"] for event in scene.struck(fault.name)] == ["reset"]


async def test_readings_are_wrong_whichever_door_they_are_asked_for_at(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async with driven() as scene:
        bmc = scene.fleet["n1"]
        with scene.fleet.faults.on(WrongReading(), steps={"get-system"}):
            assert bmc.read_power(trio.current_time()) is MachinePower.OFF
            assert bmc.read_power(trio.current_time(), Step.GET_SYSTEM) is MachinePower.ON


async def test_what_the_machine_does_by_itself_is_no_order(autojump_clock: trio.testing.MockClock) -> None:
    def on(event: Event) -> bool:
        return bool(event["event"] == "power")

    async with driven() as scene:
        with scene.fleet.faults.on(OrderIgnored()):
            scene.fleet.press_power_button("n1")
            assert (await scene.log.until(on))["to"] == "on"
