"""What becomes of datagrams, in virtual time."""

import json
from collections import Counter

import pytest
import trio
import trio.testing

from bmcsim import GONE, Fleet, Hardware, MemoryLog, Network, Profile, Span, Way, in_memory
from bmcsim.memory import MemoryLink
from powerfsm.ipmi.wire.asf import Ping, Pong
from powerfsm.ipmi.wire.datagram import decode


def fleet_of(way: Way, *, nodes: str = "n1", seed: int = 0, log: MemoryLog | None = None) -> Fleet:
    return Fleet.of(nodes, network=Network.alike(way), seed=seed, log=log, clock=trio.current_time)


async def pongs(link: MemoryLink, seconds: float) -> list[tuple[float, int]]:
    """Collect what arrives: when, and which ping it answers."""
    arrived: list[tuple[float, int]] = []

    def take(datagram: bytes, _: tuple[str, int]) -> None:
        pong = decode(datagram)
        assert isinstance(pong, Pong)
        arrived.append((trio.current_time(), pong.tag))

    with trio.move_on_after(seconds):
        await link.run(take)
    return arrived


async def test_a_perfect_network_answers_at_once(autojump_clock: trio.testing.MockClock) -> None:
    fleet = fleet_of(Way())
    async with in_memory(fleet) as network:
        link = network.link()
        link.send(Ping(1).encode(), fleet.addresses["n1"])
        assert await link.receive() == (Pong(1).encode(), fleet.addresses["n1"])


async def test_losses_each_way_are_as_frequent_as_asked_for_and_logged(
    autojump_clock: trio.testing.MockClock,
) -> None:
    log = MemoryLog()
    fleet = fleet_of(Way(loss=0.2), log=log)
    async with in_memory(fleet) as network:
        link = network.link()
        for tag in range(1000):
            link.send(Ping(tag % 255).encode(), fleet.addresses["n1"])
        answered = len(await pongs(link, 1))
    lost = Counter(event["way"] for event in log.named("fault") if event["kind"] == "lost")
    assert answered == 1000 - lost["in"] - lost["out"]
    assert 150 < lost["in"] < 250
    assert 110 < lost["out"] < 210


async def test_duplicates_arrive_later(autojump_clock: trio.testing.MockClock) -> None:
    log = MemoryLog()
    fleet = fleet_of(Way(), log=log)
    fleet.network = Network(to_bmc=Way(duplicate=1, duplicate_lag=Span.of(7)))
    async with in_memory(fleet) as network:
        link = network.link()
        start = trio.current_time()
        link.send(Ping(1).encode(), fleet.addresses["n1"])
        assert [(at - start, tag) for at, tag in await pongs(link, 100)] == [(0, 1), (7, 1)]
    assert [(event["kind"], event["way"], event["delay"]) for event in log.named("fault")] == [
        ("duplicated", "in", 7)
    ]


async def test_different_delays_reorder(autojump_clock: trio.testing.MockClock) -> None:
    fleet = fleet_of(Way(delayed=1, delay=Span(0, 2)))
    async with in_memory(fleet) as network:
        link = network.link()
        for tag in range(20):
            link.send(Ping(tag).encode(), fleet.addresses["n1"])
        arrived = [tag for _, tag in await pongs(link, 10)]
    assert sorted(arrived) == list(range(20))
    assert arrived != sorted(arrived)


async def test_one_bmc_can_be_cut_off_and_come_back(autojump_clock: trio.testing.MockClock) -> None:
    fleet = fleet_of(Way(), nodes="n[1-2]")
    async with in_memory(fleet) as network:
        link = network.link()
        fleet.networks["n1"] = GONE
        for address in fleet.addresses.values():
            link.send(Ping(1).encode(), address)
        assert len(await pongs(link, 1)) == 1
        del fleet.networks["n1"]
        link.send(Ping(1).encode(), fleet.addresses["n1"])
        assert len(await pongs(link, 1)) == 1


async def test_nobody_at_an_address_is_silence(autojump_clock: trio.testing.MockClock) -> None:
    async with in_memory(fleet_of(Way())) as network:
        link = network.link()
        link.send(Ping(1).encode(), ("10.9.9.9", 623))
        assert await pongs(link, 1) == []


async def test_things_due_happen_without_any_datagram(autojump_clock: trio.testing.MockClock) -> None:
    log = MemoryLog()
    profile = Profile(hardware=Hardware(boot_delay=Span.of(3600)))
    fleet = Fleet.of("n[1-2]", profile, log=log, clock=trio.current_time)
    async with in_memory(fleet):
        start = trio.current_time()
        fleet.press_power_button("n1")
        await trio.sleep(10)
        fleet.press_power_button("n2")
        on = await log.until(lambda event: event["event"] == "power")
        assert (on["node"], on["t"] - start) == ("n1", 3600)
        on = await log.until(lambda event: event["event"] == "power" and event["node"] == "n2")
        assert on["t"] - start == 3610
        assert trio.current_time() == on["t"]


async def test_something_sooner_is_not_slept_through(autojump_clock: trio.testing.MockClock) -> None:
    log = MemoryLog()
    slow, quick = (Profile(hardware=Hardware(boot_delay=Span.of(delay))) for delay in (1000, 10))
    fleet = Fleet({"slow": slow, "quick": quick}, log=log, clock=trio.current_time)
    async with in_memory(fleet):
        start = trio.current_time()
        fleet.press_power_button("slow")
        await trio.sleep(1)
        fleet.press_power_button("quick")
        await log.until(lambda event: event["event"] == "power")
        assert trio.current_time() - start == 11


@pytest.mark.parametrize("seed", [1, 2])
def test_the_same_seed_gives_the_same_log(seed: int) -> None:
    def story() -> str:
        log = MemoryLog()

        async def play() -> None:
            way = Way(loss=0.1, duplicate=0.2, delayed=0.5, delay=Span(0, 1))
            fleet = fleet_of(way, nodes="n[1-5]", seed=seed, log=log)
            async with in_memory(fleet) as network:
                link = network.link()
                start = trio.current_time()
                for tag in range(200):
                    for address in fleet.addresses.values():
                        link.send(Ping(tag).encode(), address)
                    await trio.sleep_until(start + tag * 0.1)

        trio.run(play, clock=trio.testing.MockClock(autojump_threshold=0))
        return json.dumps(log.entries)

    assert story() == story()


@pytest.mark.parametrize("field", ["loss", "duplicate", "delayed"])
def test_what_is_no_probability_is_told(field: str) -> None:
    with pytest.raises(ValueError, match=f"{field} is 1.5"):
        Way(**{field: 1.5})  # type: ignore[arg-type]  # a float, whatever its name
