"""Fleets on real sockets."""

import errno
import os
import socket
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import trio

from bmcsim import CannotBindError, FileLog, Fleet, Hardware, MemoryLog, Profile, Span, on_ports, running
from bmcsim.binding import Unbound
from bmcsim.records import read_events
from powerfsm.ipmi.wire.asf import Ping, Pong


class Client:
    """A UDP socket that pings."""

    def __init__(self) -> None:
        self._socket = trio.socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    async def ping(self, address: tuple[str, int], tag: int = 1) -> bytes:
        await self._socket.sendto(Ping(tag).encode(), address)
        answer, source = await self._socket.recvfrom(100)
        assert source == address
        return bytes(answer)

    def close(self) -> None:
        self._socket.close()

    async def shout(self, datagram: bytes, address: tuple[str, int]) -> None:
        await self._socket.sendto(datagram, address)


@pytest.fixture
async def client() -> AsyncGenerator[Client]:
    """A socket that is closed in the end."""
    made = Client()
    yield made
    made.close()


async def test_every_bmc_answers_at_its_own_port(client: Client) -> None:
    log = MemoryLog()
    async with running(Fleet.of("n[1-100]", log=log)) as fleet:
        assert len(set(fleet.addresses.values())) == 100
        for tag, address in enumerate(fleet.addresses.values()):
            assert await client.ping(address, tag) == Pong(tag).encode()
    assert [(event["node"], (event["host"], event["port"])) for event in log.named("started")] == list(
        fleet.addresses.items()
    )


async def test_garbage_on_the_socket_leaves_it_serving(client: Client) -> None:
    async with running(Fleet.of("n1")) as fleet:
        for datagram in (b"", b"\x06", os.urandom(1400), os.urandom(9000)):
            await client.shout(datagram, fleet.addresses["n1"])
        assert await client.ping(fleet.addresses["n1"]) == Pong(1).encode()


async def test_an_answer_to_where_nobody_is_leaves_it_serving(client: Client) -> None:
    async with running(Fleet.of("n1")) as fleet:
        for _ in range(3):
            gone = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            gone.sendto(Ping(1).encode(), fleet.addresses["n1"])
            gone.close()
        assert await client.ping(fleet.addresses["n1"]) == Pong(1).encode()


async def test_the_log_has_it_before_the_client_is_answered(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "events"
    async with running(Fleet.of("n1", log=FileLog(path))) as fleet:
        await client.shout(b"garbage", fleet.addresses["n1"])
        await client.ping(fleet.addresses["n1"])
        assert [event["event"] for event in read_events(path)] == ["started", "dropped"]


async def test_the_power_changes_when_it_is_due_though_nobody_asks() -> None:
    log = MemoryLog()
    profile = Profile(hardware=Hardware(boot_delay=Span.of(0.05)))
    async with running(Fleet.of("n1", profile, log=log)) as fleet:
        fleet.press_power_button("n1")
        with trio.fail_after(30):
            event = await log.until(lambda event: event["event"] == "power")
    assert (event["to"], event["cause"]) == ("on", "operator")


async def test_an_address_in_use_is_told_with_its_node_and_nothing_is_served() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        _, port = taken.getsockname()
        fleet = Fleet.of("n[1-2]")
        addresses = {"n1": ("127.0.0.1", 0), "n2": ("127.0.0.1", port)}
        with pytest.raises(CannotBindError, match=rf"^n2 at 127\.0\.0\.1:{port}: Address already in use"):
            async with running(fleet, addresses):
                pytest.fail("served")
        assert fleet.addresses == {}


async def test_of_many_addresses_that_cannot_be_bound_the_first_are_told_and_the_rest_counted() -> None:
    names = [f"n{number}" for number in range(30)]
    fleet = Fleet(dict.fromkeys(names, Profile()))
    with pytest.raises(CannotBindError, match=r"n9 at 192\.0\.2\.1:\d+: .*and 20 more$") as caught:
        async with running(fleet, on_ports(names, "192.0.2.1", 7000)):
            pytest.fail("served")
    assert len(caught.value.unbound) == 30


@pytest.mark.parametrize("number", [errno.EACCES, errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EMFILE])
def test_what_can_be_done_about_it_is_said(number: int) -> None:
    told = str(Unbound("n1", ("127.0.0.1", 623), OSError(number, "x")))
    assert told.startswith(f"n1 at 127.0.0.1:623: {os.strerror(number)} (")


def test_ports_follow_each_other() -> None:
    assert on_ports(["a", "b"], "127.0.0.1", 6000) == {"a": ("127.0.0.1", 6000), "b": ("127.0.0.1", 6001)}
    assert on_ports(["a", "b"], "127.0.0.1", 0) == {"a": ("127.0.0.1", 0), "b": ("127.0.0.1", 0)}


def test_too_many_for_the_ports_there_are_is_told() -> None:
    with pytest.raises(ValueError, match="the last is 65535"):
        on_ports(["a", "b"], "127.0.0.1", 65535)


@pytest.mark.parametrize("hostlist", ["n[1-", "", "n[3-1]"])
def test_what_is_no_hostlist_is_told(hostlist: str) -> None:
    with pytest.raises(ValueError, match="hostlist"):
        Fleet.of(hostlist)
