"""The transport over real UDP sockets on the loopback."""

import socket
import time
from contextlib import ExitStack

import pytest
import trio
import trio.testing

from ipmi_bench import Logins
from powerfsm.bmc import Bmc
from powerfsm.drivers import Unreachable
from powerfsm.drivers.ipmi import IpmiDriver, IpmiTimings
from powerfsm.ipmi.link import UdpLink
from powerfsm.ipmi.session import Terms
from powerfsm.ipmi.transport import Patience, Transport, open_transport
from powerfsm.ipmi.wire.suites import SUITE_17
from powerfsm.power import Command, Power
from tiny_bmc import TinyBmc
from udp_bmcs import udp_bmc

TIMINGS = IpmiTimings(answer=10, retransmit=0.5, fence=10)
TERMS = Terms(SUITE_17, b"admin", b"password")
HASTY = IpmiTimings(answer=0.5, retransmit=0.1, fence=0.5)


def our_port(transport: Transport) -> int:
    """Return the port of our IPv4 socket."""
    assert isinstance(transport.link, UdpLink)
    port: int = transport.link._sockets[socket.AF_INET].getsockname()[1]
    return port


async def drive(driver: IpmiDriver, bmc: Bmc) -> None:
    session = await driver.open(bmc)
    await session.command(Command.ON)
    assert await session.read_power() is Power.ON
    await session.close()


async def test_one_socket_serves_hundreds_of_bmcs_at_once(nursery: trio.Nursery) -> None:
    with ExitStack() as stack:
        bmcs = [stack.enter_context(udp_bmc(nursery)) for _ in range(300)]
        transport = stack.enter_context(open_transport(nursery))
        driver = IpmiDriver(transport, Logins(), TIMINGS)
        async with trio.open_nursery() as driving:
            for bmc, _ in bmcs:
                driving.start_soon(drive, driver, bmc)
        assert all(tiny.power and not tiny.open_sessions for _, tiny in bmcs)
        assert transport.open_sessions == 0


@pytest.mark.skipif(not socket.has_ipv6, reason="Python was built without IPv6")
async def test_ipv6_works_beside_ipv4(nursery: trio.Nursery) -> None:
    with ExitStack() as stack:
        try:
            six, _ = stack.enter_context(udp_bmc(nursery, host="::1"))
        except OSError as error:
            pytest.skip(f"no IPv6 on the loopback: {error}")
        four, _ = stack.enter_context(udp_bmc(nursery))
        driver = IpmiDriver(stack.enter_context(open_transport(nursery)), Logins(), TIMINGS)
        await drive(driver, six)
        await drive(driver, four)


async def test_a_name_is_looked_up(nursery: trio.Nursery) -> None:
    with udp_bmc(nursery) as (bmc, _), open_transport(nursery) as transport:
        link = transport.link
        assert await link.resolve("127.0.0.1", 623) == ("127.0.0.1", 623)
        # Which of its addresses a name gives first is the machine's affair.
        assert (await link.resolve("localhost", bmc.port))[1] == bmc.port


async def test_a_closed_port_disturbs_nobody_elses_session(nursery: trio.Nursery) -> None:
    """The kernel learns of the closed port by ICMP; a connected socket would raise the error at the next."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
        gone.bind(("127.0.0.1", 0))
        closed = Bmc("127.0.0.1", gone.getsockname()[1])
    with udp_bmc(nursery) as (bmc, _), open_transport(nursery) as transport:
        session = await IpmiDriver(transport, Logins(), TIMINGS).open(bmc)
        with pytest.raises(Unreachable):
            await IpmiDriver(transport, Logins(), HASTY).open(closed)
        assert await session.read_power() is Power.OFF
        await session.close()


async def test_garbage_on_our_port_is_dropped_and_counted(nursery: trio.Nursery) -> None:
    garbage = [b"", b"\x06", b"\x06\0\xff\x07", b"\x06\0\xff\x07\x06" + b"\xff" * 40, b"GET / HTTP/1.0\r\n\r\n"]
    with (
        udp_bmc(nursery) as (bmc, _),
        open_transport(nursery) as transport,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger,
    ):
        driver = IpmiDriver(transport, Logins(), TIMINGS)
        session = await driver.open(bmc)
        for datagram in garbage * 20:
            stranger.sendto(datagram, ("127.0.0.1", our_port(transport)))
        assert await session.read_power() is Power.OFF
        # What the loopback has delivered by now lies before the answer just read.
        assert transport.dropped.total() == 100
        assert transport.dropped["not-rmcp"] == 20
        await session.close()


async def test_what_came_instead_of_an_answer_is_told(nursery: trio.Nursery) -> None:
    class Web(TinyBmc):
        def receive(self, data: bytes) -> list[bytes]:
            return [b"HTTP/1.0 400 Bad Request\r\n\r\n"]

    told = r"no Open Session Response after \d+ datagrams \(dropped: \d+ not-rmcp\)"
    with udp_bmc(nursery, Web()) as (bmc, _), open_transport(nursery) as transport:
        driver = IpmiDriver(transport, Logins(), HASTY)
        with pytest.raises(Unreachable, match=told):
            await driver.open(bmc)


async def test_a_bmc_cannot_answer_anothers_session(nursery: trio.Nursery) -> None:
    """The answers of one BMC, sent on by somebody at another address, are not taken."""
    with (
        udp_bmc(nursery) as (bmc, tiny),
        open_transport(nursery) as transport,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as relay,
    ):
        session = await IpmiDriver(transport, Logins(), TIMINGS).open(bmc)
        conversation = session._conversation
        conversation.session.ask(0, 1)
        answer = tiny.receive(conversation.session.transmit())[0]
        relay.sendto(answer, ("127.0.0.1", our_port(transport)))
        assert await session.read_power() is Power.OFF
        # It arrived before the answer just read, and named a session and a request that were right.
        assert transport.dropped == {"wrong-source": 1}
        await session.close()


async def test_leaving_the_transport_ends_its_task_and_closes_its_sockets() -> None:
    async with trio.open_nursery() as nursery:
        with open_transport(nursery) as transport:
            await trio.testing.wait_all_tasks_blocked()
            link = transport.link
            address = await link.resolve("127.0.0.1", 9)
        # Nothing is cancelled from here: the nursery ends only if the receiving task has.
    with pytest.raises(OSError, match="Bad file descriptor"):
        link.send(b"late", address)


async def test_a_transport_that_is_left_at_once_ends_too() -> None:
    async with trio.open_nursery() as nursery:
        with open_transport(nursery):
            pass


async def test_an_answer_that_came_in_time_is_heard_however_late_the_process_reads_it(
    nursery: trio.Nursery,
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bmc, open_transport(nursery) as transport:
        bmc.bind(("127.0.0.1", 0))

        async def answer_and_keep_everybody_waiting(tiny: TinyBmc, until: float) -> None:
            data, source = bmc.recvfrom(2048)
            for answer in tiny.receive(data):
                bmc.sendto(answer, source)
            while trio.current_time() < until:
                time.sleep(0.01)  # noqa: ASYNC251  nothing else may run meanwhile

        # Which of two tasks goes first is left to chance.
        for _ in range(12):
            conversation = transport.converse(TERMS, bmc.getsockname())
            patience = Patience(total=0.03, first=0.03)
            async with trio.open_nursery() as both:
                both.start_soon(answer_and_keep_everybody_waiting, TinyBmc(), trio.current_time() + 0.06)
                await conversation.exchange(patience)
            conversation.end()
