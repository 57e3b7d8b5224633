"""What BMCs answer to commands instead of what they should, as a client feels it."""

import pytest
import trio
import trio.testing

from bmcsim import Profile
from bmcsim.faults import BootingCode, Busy, BusyAfterOrder, CompletionCode
from console import Console
from driven_fleet import driven
from powerfsm.drivers.errors import DriverError, Refused, Unanswered, Unsupported
from powerfsm.ipmi import codes
from powerfsm.ipmi.wire.numbers import ActivateCompletion, CloseCompletion, Completion, NetFn
from powerfsm.ipmi.wire.numbers import PrivilegeCompletion as Raise
from powerfsm.power import Command, Power

GENERIC = sorted(set(Completion) - {Completion.OK})


@pytest.mark.parametrize("code", GENERIC)
async def test_a_status_query_is_refused_with_any_code(
    autojump_clock: trio.testing.MockClock, code: Completion
) -> None:
    async with driven() as scene, scene.session() as session:
        wrong = scene.fleet.faults.on(CompletionCode(code), steps={"chassis-status"}, times=1)
        with wrong, pytest.raises(Refused) as caught:
            await session.read_power()
        assert caught.value.name == codes.GENERIC[code].name
        assert await session.read_power() is Power.OFF


@pytest.mark.parametrize("code", GENERIC)
async def test_a_power_command_is_refused_with_any_code_and_not_carried_out(
    autojump_clock: trio.testing.MockClock, code: Completion
) -> None:
    async with driven() as scene, scene.session() as session:
        wrong = scene.fleet.faults.on(CompletionCode(code), steps={"chassis-control"})
        with wrong, pytest.raises(DriverError) as caught:
            await session.command(Command.ON)
        meaning = codes.GENERIC[code]
        kind = Unanswered if meaning.ambiguous else Unsupported if meaning.unsupported else Refused
        assert type(caught.value) is kind
        assert scene.truth() is Power.OFF
        assert scene.log.named("command") == []


@pytest.mark.parametrize("code", [Completion.TIMEOUT, Completion.NO_RESPONSE_POSSIBLE, Completion.UNSPECIFIED])
async def test_a_code_may_hide_that_the_command_was_carried_out(
    autojump_clock: trio.testing.MockClock, code: Completion
) -> None:
    async with driven() as scene, scene.session() as session:
        wrong = scene.fleet.faults.on(CompletionCode(code, done=True), steps={"chassis-control"})
        with wrong, pytest.raises(Unanswered):
            await session.command(Command.ON)
        assert scene.truth() is Power.ON


@pytest.mark.parametrize("code", [*Raise, *GENERIC])
async def test_the_privilege_is_refused_with_any_code(autojump_clock: trio.testing.MockClock, code: int) -> None:
    async with driven() as scene:
        with scene.fleet.faults.on(CompletionCode(code), steps={"set-privilege"}):
            refused = await scene.refusal()
        meaning = codes.SET_SESSION_PRIVILEGE.get(code) or codes.GENERIC[code]
        assert refused.name == meaning.name


@pytest.mark.parametrize("code", [*ActivateCompletion, *CloseCompletion, Completion.NODE_BUSY])
async def test_every_step_answers_with_the_code_it_is_told(
    autojump_clock: trio.testing.MockClock, code: int
) -> None:
    async with driven() as scene:
        console = Console(scene.fleet["n1"]).login()
        with scene.fleet.faults.on(CompletionCode(code), steps={"close-session"}):
            assert console.close() == code
        assert console.close() == 0
        with scene.fleet.faults.on(CompletionCode(code), steps={"challenge"}):
            assert console.ask(NetFn.APP, 0x39, b"\x02" + b"admin".ljust(16, b"\0")).completion == code


async def test_busy_for_a_while(autojump_clock: trio.testing.MockClock) -> None:
    async with driven() as scene, scene.session() as session:
        with scene.fleet.faults.on(Busy(), steps={"chassis-status"}, since=10, until=20):
            assert await session.read_power() is Power.OFF
            await trio.sleep_until(10)
            with pytest.raises(Refused, match="busy"):
                await session.read_power()
            await trio.sleep_until(20)
            assert await session.read_power() is Power.OFF


async def test_busy_after_each_power_command(autojump_clock: trio.testing.MockClock) -> None:
    async with driven() as scene, scene.session() as session:
        with scene.fleet.faults.on(BusyAfterOrder(seconds=10)):
            for command, power in ((Command.ON, Power.ON), (Command.OFF, Power.OFF)):
                await session.command(command)
                assert scene.truth() is power
                with pytest.raises(Refused, match="busy"):
                    await session.read_power()
                await trio.sleep(10)
                assert await session.read_power() is power


@pytest.mark.parametrize("code", [Completion.UNSPECIFIED, Completion.INITIALIZING])
async def test_the_status_flaps_while_the_host_boots(
    autojump_clock: trio.testing.MockClock, code: Completion
) -> None:
    async with driven(Profile(idle_timeout=1000)) as scene, scene.session() as session:
        with scene.fleet.faults.on(BootingCode(code, seconds=60), steps={"chassis-status"}, probability=0.5):
            assert await session.read_power() is Power.OFF
            await session.command(Command.ON)
            booted = trio.current_time() + 60
            read, refused = 0, set()
            while trio.current_time() < booted:
                try:
                    assert await session.read_power() is Power.ON
                    read += 1
                except Refused as error:
                    refused.add(error.name)
                await trio.sleep(1)
            assert 10 < read < 50
            assert refused == {codes.GENERIC[code].name}
            for _ in range(20):
                assert await session.read_power() is Power.ON
