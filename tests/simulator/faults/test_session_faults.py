"""What BMCs do wrong about sessions, as a client feels it."""

import pytest
import trio
import trio.testing

from bmcsim import Profile
from bmcsim.faults import CloseUnanswered, NullSessionId, ReusedSessionId, SequenceJump, SessionLeak
from console import Console
from driven_fleet import driven
from powerfsm.bmc import Bmc
from powerfsm.drivers.errors import FenceUnanswered, LoginRefused, Unanswered
from powerfsm.ipmi import codes
from powerfsm.ipmi.wire.datagram import decode
from powerfsm.ipmi.wire.numbers import ChassisCommand, NetFn
from powerfsm.ipmi.wire.packet import Packet
from powerfsm.power import Command, Power


async def test_session_id_0_is_no_session(autojump_clock: trio.testing.MockClock) -> None:
    async with driven() as scene:
        with scene.fleet.faults.on(NullSessionId()):
            refused = await scene.refusal()
        assert isinstance(refused, LoginRefused)
        assert refused.name == codes.NULL_SESSION_ID.name
        assert await scene.read() is Power.OFF


async def test_an_id_that_is_given_again_ends_the_session_that_had_it(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async with driven(Profile(slots=2)) as scene:
        with scene.fleet.faults.on(ReusedSessionId()):
            first = await scene.open()
            second = await scene.open()
            assert first.id == second.id
            assert await second.read_power() is Power.OFF
            with pytest.raises(Unanswered):
                await first.read_power()
            await second.close()
        closed = [(event["session"], event["by"]) for event in scene.log.named("session-closed")]
        assert closed == [(first.id, "crash"), (first.id, "own")]
        # The id is gone: that is as good as closed.
        await first.close()


@pytest.mark.parametrize(("by", "heard"), [(9, True), (15, True), (16, False), (17, False)])
async def test_a_client_hears_answers_that_jump_ahead_as_far_as_its_window_goes(
    autojump_clock: trio.testing.MockClock, by: int, *, heard: bool
) -> None:
    async with driven() as scene, scene.session() as session:
        assert await session.read_power() is Power.OFF
        with scene.fleet.faults.on(SequenceJump(by), steps={"chassis-status"}, times=1):
            # Where the answer is dropped, the client asks again, and what comes then is as far ahead.
            if heard:
                assert await session.read_power() is Power.OFF
            else:
                with pytest.raises(Unanswered, match="replayed"):
                    await session.read_power()


async def test_a_jump_is_as_far_as_was_asked_for(autojump_clock: trio.testing.MockClock) -> None:
    async with driven() as scene:
        console = Console(scene.fleet["n1"]).login()

        def answered() -> int:
            answer = console.say(console.sealed(NetFn.CHASSIS, ChassisCommand.GET_STATUS))
            assert answer is not None
            packet = decode(answer)
            assert isinstance(packet, Packet)
            return packet.sequence

        before = answered()
        with scene.fleet.faults.on(SequenceJump(9)):
            assert answered() == before + 9
        assert answered() == before + 10


async def test_a_leaked_session_is_closed_for_its_client_and_takes_a_slot_until_the_idle_limit(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async with driven(Profile(slots=2, idle_timeout=60)) as scene:
        with scene.fleet.faults.on(SessionLeak()):
            for _ in range(2):
                async with scene.session() as session:
                    await session.command(Command.ON)
            last = trio.current_time()
            assert (await scene.refusal()).name == codes.STATUS[0x01].name
            await trio.sleep_until(last + 61)
            assert await scene.read() is Power.ON
        assert [event["by"] for event in scene.log.named("session-closed")][:2] == ["idle", "idle"]


async def test_a_leaked_session_takes_nothing_any_more(autojump_clock: trio.testing.MockClock) -> None:
    async with driven() as scene:
        console = Console(scene.fleet["n1"]).login()
        late = console.sealed(NetFn.CHASSIS, ChassisCommand.CONTROL, b"\x01")
        with scene.fleet.faults.on(SessionLeak()):
            assert console.close() == 0
        assert console.say(late) is None
        assert scene.truth() is Power.OFF
        assert scene.log.named("dropped")[-1]["reason"] == "no-session"


async def test_a_session_that_leaks_as_another_one_closes_it_takes_nothing_any_more(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async with driven() as scene:
        first = await scene.open()
        with scene.fleet.faults.on(SessionLeak(), times=1):
            # Both are told that it is closed; the one that has asked is so as well, and really.
            await scene.driver.fence(Bmc(*scene.fleet.addresses["n1"]), first.id)
        with pytest.raises(Unanswered):
            await first.read_power()
        assert {event["session"] for event in scene.log.named("dropped")} == {first.id}


async def test_close_is_not_answered_after_a_reset_and_is_otherwise(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async with driven() as scene:
        with scene.fleet.faults.on(CloseUnanswered()):
            async with scene.session() as session:
                await session.command(Command.ON)
            assert scene.struck("close-unanswered") == []
            session = await scene.open()
            await session.command(Command.RESET)
            start = trio.current_time()
            # The session is gone; the driver has to log in once more to learn so.
            await session.close()
            assert trio.current_time() - start > 2
            assert len(scene.struck("close-unanswered")) == 1


async def test_a_close_that_is_never_answered_leaves_the_fence_open(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async with driven() as scene:
        with scene.fleet.faults.on(CloseUnanswered(only_after_reset=False)):
            session = await scene.open()
            with pytest.raises(FenceUnanswered):
                await session.close()
