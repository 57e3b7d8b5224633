"""Whatever goes wrong together: the simulator serves on, and is sound again when nothing goes wrong any more."""

import contextlib
import json
from random import Random

import pytest
import trio
import trio.testing

from bmcsim import CATALOGUE, Profile, Rule
from bmcsim.faults import Fault, Point
from driven_fleet import Driven, driven
from powerfsm.drivers.errors import DriverError
from powerfsm.power import Command, Power

KINDS = [kind for kind in CATALOGUE.values() if kind.point is not Point.HTTP]


async def live_through(scene: Driven, random: Random) -> None:
    """Log in, command and read, and send what nobody can read."""
    link = scene.network.link()
    for _ in range(60):
        link.send(random.randbytes(random.randrange(60)), scene.fleet.addresses["n1"])
        try:
            async with scene.session() as session:
                await session.command(random.choice(list(Command)))
                await session.read_power()
        except DriverError:
            await trio.sleep(random.uniform(0, 30))


@pytest.mark.parametrize("seed", range(3))
async def test_with_every_fault_at_once_it_serves_on_and_gets_well(
    autojump_clock: trio.testing.MockClock, seed: int
) -> None:
    async with driven(Profile(slots=60), seed=seed, suite=3) as scene:
        rules = [scene.fleet.faults.add(Rule(kind(), probability=0.02)) for kind in KINDS]
        await live_through(scene, Random(seed))
        struck = {event["kind"] for event in scene.log.named("fault")}
        assert len(struck) > len(KINDS) / 2
        for rule in rules:
            scene.fleet.faults.remove(rule)
        await trio.sleep(1000)
        for command, power in ((Command.ON, Power.ON), (Command.OFF, Power.OFF)):
            async with scene.session() as session:
                await session.command(command)
                assert await session.read_power() is power
        assert json.dumps(scene.log.entries)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
async def test_with_each_fault_alone_and_always_it_serves_on_and_gets_well(
    autojump_clock: trio.testing.MockClock, kind: type[Fault]
) -> None:
    async with driven(suite=3) as scene:
        with scene.fleet.faults.on(kind()):
            for _ in range(3):
                with contextlib.suppress(DriverError):
                    async with scene.session() as session:
                        await session.command(Command.RESET if scene.truth() is Power.ON else Command.ON)
                        await session.read_power()
        await trio.sleep(1000)
        async with scene.session() as session:
            await session.command(Command.OFF)
            assert await session.read_power() is Power.OFF
