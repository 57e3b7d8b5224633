"""A wrong answer never becomes a reading, an acknowledgement or a fence."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

import pytest
import structlog
import trio
import trio.testing

from ipmi_bench import HOST, IpmiBench, ipmi_bench
from lying_site import LyingSite, lying_site
from powerfsm.drivers import FenceUnanswered, Unanswered
from powerfsm.drivers.ipmi import IpmiSession
from powerfsm.ipmi.session import ClientSession, Phase, Terms
from powerfsm.ipmi.wire import datagram
from powerfsm.ipmi.wire.message import Response
from powerfsm.ipmi.wire.numbers import AppCommand, ChassisCommand, NetFn, PayloadType, Privilege
from powerfsm.ipmi.wire.packet import Packet
from powerfsm.ipmi.wire.packet15 import Packet15
from powerfsm.ipmi.wire.suites import SUITE_17
from powerfsm.power import Command, Power
from tiny_bmc import TinyBmc


@dataclass(frozen=True)
class Awaited:
    """What a forger in between can know of the moment.

    Attributes:
        console_id: Our id of the session, which is in clear in every answer.
        sequence: The number that the BMC's next packet would have.
        answer: What he says, as the payload of a packet; the rqSeq he has to guess, and here has guessed right.
        last: The last true answer in the session.
        asked: What the driver has sent last.
        foreign: A true and sealed answer of the same BMC to the same command, from another session.
    """

    console_id: int
    sequence: int
    answer: bytes
    last: bytes
    asked: bytes
    foreign: bytes


Forgery = Callable[[Awaited], bytes]


def readdressed(packet: bytes, console_id: int, sequence: int) -> bytes:
    """Write our session's id and a fresh number into a packet of another session."""
    return packet[:6] + console_id.to_bytes(4, "little") + sequence.to_bytes(4, "little") + packet[14:]


def flagged(awaited: Awaited, flags: int, code: bytes = b"") -> bytes:
    """Claim that an answer in clear is enciphered or authenticated."""
    clear = bytearray(
        Packet(PayloadType.IPMI, awaited.answer, awaited.console_id, awaited.sequence).encode() + code
    )
    clear[5] |= flags
    return bytes(clear)


FORGERIES: dict[str, Forgery] = {
    "in clear": lambda a: flagged(a, 0),
    "in clear, outside of any session": lambda a: Packet(PayloadType.IPMI, a.answer).encode(),
    "enciphered, it says, and without a code": lambda a: flagged(a, 0x80),
    "authenticated, it says, and in clear": lambda a: flagged(a, 0x40, b"\x00\x07" + bytes(16)),
    "with a code of zeros": lambda a: flagged(a, 0xC0, b"\xff\xff\x02\x07" + bytes(16)),
    "with a code of no length": lambda a: flagged(a, 0xC0, b"\x00\x07"),
    "by IPMI 1.5": lambda a: Packet15(a.answer, a.console_id, a.sequence).encode(),
    "by IPMI 1.5, outside of any session": lambda a: Packet15(a.answer).encode(),
    "the last answer again": lambda a: a.last,
    "the last answer under a new number": lambda a: readdressed(a.last, a.console_id, a.sequence),
    "our own packet, reflected": lambda a: a.asked,
    "our own packet, readdressed": lambda a: readdressed(a.asked, a.console_id, a.sequence),
    "the answer of another session": lambda a: a.foreign,
    "the answer of another session, readdressed": lambda a: readdressed(a.foreign, a.console_id, a.sequence),
}

EACH = pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES)


async def true_answer(site: LyingSite, netfn: int, command: int) -> bytes:
    """Return the sealed answer to a command in a session that is over."""
    session = await site.driver.open(site.bmc())
    if (netfn, command) == (NetFn.CHASSIS, ChassisCommand.GET_STATUS):
        await session.read_power()
        answer = site.between.said[-1]
        await session.close()
        return answer
    if command == ChassisCommand.CONTROL and netfn == NetFn.CHASSIS:
        await session.command(Command.OFF)
        answer = site.between.said[-1]
        await session.close()
        return answer
    await session.close()
    return site.between.said[-1]


async def forge(
    site: LyingSite,
    session: IpmiSession,
    response: Response,
    forgery: Forgery,
    foreign: bytes,
    task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Answer everything that the session asks from now on with a forgery; the BMC hears nothing any more."""
    last = site.between.said[-1]
    inside = session._conversation.session
    site.between.deaf = True
    seen = len(site.between.asked)
    task_status.started()
    while True:
        await trio.sleep(0.3)
        for asked in site.between.asked[seen:]:
            answer = Response(response.netfn, response.command, 0, response.data, inside._rq_seq).encode()
            packet = datagram.decode(last)
            assert isinstance(packet, Packet)
            known = Awaited(inside.console_id, packet.sequence + 1, answer, last, asked, foreign)
            site.between.forge(forgery(known), site.fleet.addresses["n1"])
        seen = len(site.between.asked)


@EACH
async def test_a_forged_reading_is_none(forgery: Forgery, autojump_clock: trio.testing.MockClock) -> None:
    async with lying_site() as site, trio.open_nursery() as nursery:
        foreign = await true_answer(site, NetFn.CHASSIS, ChassisCommand.GET_STATUS)
        session = await site.driver.open(site.bmc())
        assert await session.read_power() is Power.OFF
        claim = Response(NetFn.CHASSIS | 1, ChassisCommand.GET_STATUS, 0, b"\x01\x00\x00")
        await nursery.start(forge, site, session, claim, forgery, foreign)
        with pytest.raises(Unanswered):
            await session.read_power()
        nursery.cancel_scope.cancel()


@EACH
async def test_a_forged_acknowledgement_is_none(forgery: Forgery, autojump_clock: trio.testing.MockClock) -> None:
    async with lying_site() as site, trio.open_nursery() as nursery:
        foreign = await true_answer(site, NetFn.CHASSIS, ChassisCommand.CONTROL)
        session = await site.driver.open(site.bmc())
        await session.command(Command.OFF)
        await nursery.start(
            forge, site, session, Response(NetFn.CHASSIS | 1, ChassisCommand.CONTROL), forgery, foreign
        )
        with pytest.raises(Unanswered):
            await session.command(Command.ON)
        nursery.cancel_scope.cancel()


@EACH
async def test_a_forged_answer_to_close_is_no_fence(
    forgery: Forgery, autojump_clock: trio.testing.MockClock
) -> None:
    async with lying_site() as site, trio.open_nursery() as nursery:
        foreign = await true_answer(site, NetFn.APP, AppCommand.CLOSE_SESSION)
        session = await site.driver.open(site.bmc())
        await session.command(Command.ON)
        await nursery.start(
            forge, site, session, Response(NetFn.APP | 1, AppCommand.CLOSE_SESSION), forgery, foreign
        )
        with pytest.raises(FenceUnanswered) as told:
            await session.close()
        assert told.value.advice
        assert site.open_at_bmc() == {session.id}
        nursery.cancel_scope.cancel()


async def test_the_answer_to_one_fence_is_not_that_to_another(autojump_clock: trio.testing.MockClock) -> None:
    """Closing 0DEADBEEh is answered with 87h; the same packets, login included, close nothing else."""
    async with lying_site() as site:
        dead = await site.driver.open(site.bmc())
        dead._conversation.end()
        began = len(site.between.said)
        await site.driver.fence(site.bmc(), 0x0DEADBEE)
        recorded = iter(site.between.said[began:] * 20)
        site.between.deaf = True
        address = site.fleet.addresses["n1"]

        async def answer() -> None:
            seen = len(site.between.asked)
            while True:
                await trio.sleep(0.3)
                for asked in site.between.asked[seen:]:
                    replay = bytearray(next(recorded))
                    if asked[5] == PayloadType.OPEN_SESSION_REQUEST:
                        # Tag and console's id are in clear: he makes them fit.
                        replay[16:17], replay[20:24] = asked[16:17], asked[20:24]
                    site.between.forge(bytes(replay), address)
                seen = len(site.between.asked)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(answer)
            await trio.testing.wait_all_tasks_blocked()
            with pytest.raises(FenceUnanswered):
                await site.driver.fence(site.bmc(), dead.id)
            nursery.cancel_scope.cancel()
        assert dead.id in site.open_at_bmc()


# One session, datagram by datagram.


def logged_in(bmc: TinyBmc) -> ClientSession:
    session = ClientSession(Terms(SUITE_17, b"admin", b"secret", None, Privilege.ADMINISTRATOR))
    while phase(session) is not Phase.ACTIVE:
        for answer in bmc.receive(session.transmit()):
            assert hand(session, answer)
    return session


def phase(session: ClientSession) -> Phase:
    """Give the phase by a call, so that a type checker does not take it for settled."""
    return session.phase


def hand(session: ClientSession, data: bytes) -> bool:
    packet = datagram.decode(data)
    assert isinstance(packet, Packet)
    return session.receive(packet)


@pytest.mark.parametrize("answered", [1, 2, 15])
def test_an_answer_held_back_does_not_answer_the_request_that_bears_its_number_again(answered: int) -> None:
    """There are 64 values of rqSeq.  Held back while few answers come, an old one is in the window, and unseen."""
    bmc = TinyBmc()
    session = logged_in(bmc)
    session.ask(NetFn.CHASSIS, ChassisCommand.GET_STATUS)
    held = bmc.receive(session.transmit())[0]
    assert hand(session, bmc.receive(session.transmit())[0])
    bmc.power = True
    for number in range(1, 64):
        session.ask(NetFn.CHASSIS, ChassisCommand.GET_STATUS)
        if number < answered:
            assert hand(session, bmc.receive(session.transmit())[0])
    session.ask(NetFn.CHASSIS, ChassisCommand.GET_STATUS)
    assert not hand(session, held)
    assert session.dropped["late"] == 1
    assert hand(session, bmc.receive(session.transmit())[0])
    assert session.response is not None
    assert session.response.data[0] & 1


def test_our_own_packet_reflected_is_no_answer_and_costs_no_true_one() -> None:
    """Where the BMC has given the session our own id, our packets open as its own do: the keys are the same."""
    bmc = TinyBmc()
    session = ClientSession(Terms(SUITE_17, b"admin", b"secret", None, Privilege.ADMINISTRATOR))
    bmc._ids = count(session.console_id)
    while phase(session) is not Phase.ACTIVE:
        asked = session.transmit()
        answers = bmc.receive(asked)
        assert not hand(session, asked)
        for answer in answers:
            assert hand(session, answer)
    assert session.bmc_id == session.console_id
    session.ask_to_close()
    asked = session.transmit()
    assert not hand(session, asked)
    assert session.dropped["not-a-response"] > 0
    assert phase(session) is Phase.CLOSING
    assert hand(session, bmc.receive(asked)[0])


@pytest.mark.parametrize("kind", [1, PayloadType.RAKP_4, 0x20])
def test_an_answer_under_another_payload_type_is_none(kind: int) -> None:
    bmc = TinyBmc()
    session = logged_in(bmc)
    session.ask(NetFn.CHASSIS, ChassisCommand.GET_STATUS)
    answer = datagram.decode(bmc.receive(session.transmit())[0])
    assert isinstance(answer, Packet)
    seal = bmc.sessions[session.bmc_id].seal
    assert seal is not None
    assert not hand(session, seal.seal(session.console_id, answer.sequence, seal.open(answer), kind))
    assert session.dropped == {"other-payload": 1}
    assert hand(session, bmc.receive(session.transmit())[0])


# What it costs to be lied to.


async def test_however_many_strangers_answer_only_a_few_are_kept_and_told(
    nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    with ipmi_bench(nursery) as bench, structlog.testing.capture_logs() as logs:
        session = await bench.driver.open(bench.bmc)
        inside = session._conversation.session
        for number in range(10_000):
            forged = Packet(PayloadType.IPMI, b"", inside.console_id, 1).encode()
            bench.network.inject(forged, (f"198.51.{number // 250}.{number % 250}", 623))
        assert len(session._conversation._strangers) <= 8
        assert len([each for each in logs if each["event"] == "answer-from-stranger"]) <= 8
        assert bench.transport.dropped["wrong-source"] == 10_000
        await session.close()


async def test_garbage_from_everywhere_leaves_nothing_behind_and_disturbs_no_session(
    nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    with ipmi_bench(nursery) as bench:
        session = await bench.driver.open(bench.bmc)
        for number in range(20_000):
            source = (HOST, 623) if number & 1 else (f"198.51.{number // 250}.{number % 250}", number)
            bench.network.inject(number.to_bytes(4, "big") * (number % 40), source)
        assert len(bench.transport.dropped) < 10
        assert len(bench.transport._by_address) == 1
        assert await session.read_power() is Power.OFF
        await close(bench, session)


async def close(bench: IpmiBench, session: IpmiSession) -> None:
    await session.close()
    assert bench.transport.open_sessions == 0
    assert bench.tiny.open_sessions == []
