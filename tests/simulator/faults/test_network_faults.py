"""What networks do to datagrams, as a client feels it."""

import pytest
import trio
import trio.testing

from bmcsim import Hardware, Profile, SequenceCheck, Span
from bmcsim.dice import Dice
from bmcsim.faults import (
    CipherSuitesUnanswered,
    Corrupt,
    Delay,
    Drop,
    Duplicate,
    NoPong,
    OneWay,
    Partition,
    Reorder,
    Truncate,
    Way,
)
from bmcsim.faults.network import Transit
from driven_fleet import driven
from powerfsm.drivers.errors import FenceUnanswered, Unanswered, Unreachable
from powerfsm.ipmi.wire.asf import Ping
from powerfsm.ipmi.wire.message import Request
from powerfsm.ipmi.wire.numbers import AppCommand, NetFn
from powerfsm.ipmi.wire.packet15 import Packet15
from powerfsm.power import Command, Power

RESET = {"chassis-control"}


async def test_a_lost_request_is_not_carried_out_and_a_lost_answer_is(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async with driven() as scene, scene.session() as session:
        with scene.fleet.faults.on(Drop(way=Way.IN), steps=RESET), pytest.raises(Unanswered):
            await session.command(Command.ON, once=True)
        assert scene.truth() is Power.OFF
        with scene.fleet.faults.on(Drop(way=Way.OUT), steps=RESET), pytest.raises(Unanswered):
            await session.command(Command.ON, once=True)
        assert scene.truth() is Power.ON
        assert [(event["step"], event["way"]) for event in scene.struck("drop")] == [
            ("chassis-control", "in"),
            ("chassis-control", "out"),
        ]


async def test_a_client_that_repeats_what_was_not_answered_has_it_done_again(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async with driven() as scene, scene.session() as session:
        await session.command(Command.ON)
        with scene.fleet.faults.on(Drop(way=Way.OUT), steps=RESET, times=2) as rule:
            await session.command(Command.RESET)
            assert scene.fleet.faults.struck(rule, "n1") == 2
        assert len(scene.log.named("reset")) == 3


async def test_only_the_step_asked_for_is_hit_though_nobody_can_read_it_on_the_wire(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async with driven() as scene:
        with scene.fleet.faults.on(Drop(), steps={"chassis-status"}):
            async with scene.session() as session:
                await session.command(Command.ON)
                with pytest.raises(Unanswered):
                    await session.read_power()
        assert {event["step"] for event in scene.struck("drop")} == {"chassis-status"}


async def test_a_copy_is_carried_out_again_where_sequence_numbers_are_not_looked_at(
    autojump_clock: trio.testing.MockClock,
) -> None:
    for check, resets in ((SequenceCheck.NONE, 3), (SequenceCheck.STRICT, 1)):
        async with driven(Profile(sequence_check=check)) as scene, scene.session() as session:
            await session.command(Command.ON)
            duplicate = Duplicate(way=Way.IN, copies=3, lag=Span.of(1))
            with scene.fleet.faults.on(duplicate, steps=RESET):
                await session.command(Command.RESET)
                await trio.sleep(5)
            assert len(scene.log.named("reset")) == resets


async def test_reordered_answers_still_find_their_requests(autojump_clock: trio.testing.MockClock) -> None:
    async with driven() as scene:
        link = scene.network.link()
        with scene.fleet.faults.on(Reorder(way=Way.OUT, within=3)):
            for tag in range(20):
                link.send(Ping(tag).encode(), scene.fleet.addresses["n1"])
            tags = [(await link.receive())[0][9] for _ in range(20)]
        assert sorted(tags) == list(range(20))
        assert tags != sorted(tags)


async def test_what_is_late_both_ways_takes_twice_as_long(autojump_clock: trio.testing.MockClock) -> None:
    async with driven() as scene, scene.session() as session:
        with scene.fleet.faults.on(Delay(by=Span.of(0.2))):
            start = trio.current_time()
            await session.read_power()
            assert trio.current_time() - start == pytest.approx(0.4)


@pytest.mark.parametrize("fault", [Corrupt(Way.IN, bits=20), Truncate(Way.IN, keep=0.9), Truncate(Way.IN, keep=0)])
async def test_what_arrives_broken_is_dropped_by_either_end_and_nothing_acts(
    autojump_clock: trio.testing.MockClock, fault: Transit
) -> None:
    async with driven() as scene, scene.session() as session:
        with scene.fleet.faults.on(fault, steps={"chassis-control"}), pytest.raises(Unanswered):
            await session.command(Command.ON)
        assert scene.truth() is Power.OFF
        assert scene.log.named("command") == []
        assert len(scene.log.named("dropped")) == len(scene.struck(fault.name)) >= 3
        # A packet that was broken on the way moved no sequence window: the session is as good as before.
        await session.command(Command.ON)


def test_one_bit_is_one_bit_and_any_bit() -> None:
    dice, found = Dice(1, "bits"), set()
    for _ in range(500):
        [(late, changed)] = Corrupt().fate(bytes(4), dice)
        assert (late, len(changed), int.from_bytes(changed, "little").bit_count()) == (0, 4, 1)
        found.add(changed)
    assert len(found) == 32
    assert Corrupt().fate(b"", dice) == [(0, b"")]


async def test_answers_that_arrive_broken_are_as_good_as_lost(autojump_clock: trio.testing.MockClock) -> None:
    async with driven() as scene, scene.session() as session:
        broken = scene.fleet.faults.on(Corrupt(Way.OUT, bits=20), steps={"chassis-control"})
        with broken, pytest.raises(Unanswered, match="dropped: "):
            await session.command(Command.ON)
        assert scene.truth() is Power.ON


async def test_a_partition_cuts_off_both_ways_and_ends(autojump_clock: trio.testing.MockClock) -> None:
    async with driven(nodes="n[1-2]") as scene:
        with scene.fleet.faults.on(Partition(), nodes="n1", until=60):
            assert isinstance(await scene.refusal(), Unreachable)
            assert await scene.read("n2") is Power.OFF
            await trio.sleep_until(61)
            assert await scene.read() is Power.OFF


@pytest.mark.parametrize(("lost", "power"), [(Way.IN, Power.OFF), (Way.OUT, Power.ON)])
async def test_one_way_the_bmc_acts_or_it_does_not_and_the_client_cannot_tell(
    autojump_clock: trio.testing.MockClock, lost: Way, power: Power
) -> None:
    async with driven() as scene:
        session = await scene.open()
        with scene.fleet.faults.on(OneWay(lost=lost)):
            with pytest.raises(Unanswered):
                await session.command(Command.ON)
            with pytest.raises(FenceUnanswered):
                await session.close()
        assert scene.truth() is power


async def test_no_pong_answers_everything_else(autojump_clock: trio.testing.MockClock) -> None:
    async with driven() as scene:
        with scene.fleet.faults.on(NoPong()):
            link = scene.network.link()
            link.send(Ping(1).encode(), scene.fleet.addresses["n1"])
            with trio.move_on_after(10) as waited:
                await link.receive()
            assert waited.cancelled_caught
            assert await scene.read() is Power.OFF


async def test_cipher_suites_are_asked_for_in_vain(autojump_clock: trio.testing.MockClock) -> None:
    async with driven() as scene:
        asked = Packet15(Request(NetFn.APP, AppCommand.GET_CHANNEL_CIPHER_SUITES, b"\x0e\x00\x80").encode())
        with scene.fleet.faults.on(CipherSuitesUnanswered()):
            link = scene.network.link()
            link.send(asked.encode(), scene.fleet.addresses["n1"])
            with trio.move_on_after(10) as waited:
                await link.receive()
            assert waited.cancelled_caught
            assert await scene.read() is Power.OFF
        link.send(asked.encode(), scene.fleet.addresses["n1"])
        await link.receive()


async def test_faults_of_datagrams_add_up(autojump_clock: trio.testing.MockClock) -> None:
    async with driven(Profile(hardware=Hardware())) as scene:
        link = scene.network.link()
        faults = scene.fleet.faults
        with faults.on(Duplicate(way=Way.IN, lag=Span.of(0))), faults.on(Delay(way=Way.IN, by=Span.of(2))):
            start = trio.current_time()
            link.send(Ping(7).encode(), scene.fleet.addresses["n1"])
            for _ in range(2):
                await link.receive()
            assert trio.current_time() - start == 2
