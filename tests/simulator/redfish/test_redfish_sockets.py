"""HTTP and HTTPS on real sockets."""

import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest
import trio

from bmcsim import CannotBindError, FileLog, Fleet, MemoryLog, Span, running
from bmcsim.faults.http import HttpHalfBody, HttpSlow, HttpTimeout
from bmcsim.records import read_events
from bmcsim.redfish.sockets import MOST_CONNECTIONS, opened

SYSTEM = "/redfish/v1/Systems/1"
BASIC = ("admin", "password")
ROOT_REQUEST = b"GET /redfish/v1/ HTTP/1.1\r\nHost: bmc\r\n\r\n"


def client(fleet: Fleet, name: str = "n1", *, verify: ssl.SSLContext | bool = True) -> httpx.AsyncClient:
    """Return a client of one BMC."""
    return httpx.AsyncClient(base_url=fleet.urls[name], auth=BASIC, verify=verify, timeout=30)


async def connect(fleet: Fleet, name: str = "n1") -> trio.SocketStream:
    """Return a bare connection to one BMC."""
    host, _, port = fleet.urls[name].rpartition("//")[2].partition(":")
    return await trio.open_tcp_stream(host, int(port))


async def everything(stream: trio.abc.ReceiveStream) -> bytes:
    """Return all that comes until the connection ends, and close it."""
    received = bytearray()
    with trio.fail_after(30):
        try:
            async for chunk in stream:
                received += chunk
        except trio.BrokenResourceError:
            pass
    await stream.aclose()
    return bytes(received)


async def test_each_bmc_has_a_url_and_a_machine_of_its_own() -> None:
    async with running(Fleet.of("n[1-20]", log=MemoryLog()), redfish=True) as fleet:
        assert len(set(fleet.urls.values())) == 20
        fleet.press_power_button("n7")
        for name in fleet.urls:
            async with client(fleet, name) as http:
                found = (await http.get(SYSTEM)).json()
            assert (found["Name"], found["PowerState"]) == (name, "On" if name == "n7" else "Off")


async def test_without_redfish_there_are_no_urls() -> None:
    async with running(Fleet.of("n1")) as fleet:
        assert fleet.urls == {}


async def test_one_connection_carries_many_requests() -> None:
    async with running(Fleet.of("n1", log=MemoryLog()), redfish=True) as fleet, client(fleet) as http:
        ports = set()
        for _ in range(5):
            response = await http.get(SYSTEM)
            ports.add(response.extensions["network_stream"].get_extra_info("client_addr"))
        assert (response.http_version, len(ports)) == ("HTTP/1.1", 1)


async def test_requests_sent_at_once_are_answered_in_their_order() -> None:
    async with running(Fleet.of("n1"), redfish=True) as fleet:
        stream = await connect(fleet)
        last = b"HEAD /redfish/ HTTP/1.1\r\nHost: bmc\r\nConnection: close\r\n\r\n"
        await stream.send_all(ROOT_REQUEST + b"GET /redfish HTTP/1.1\r\nHost: bmc\r\n\r\n" + last)
        received = await everything(stream)
        assert received.count(b"HTTP/1.1 200 OK") == 3
        assert received.index(b"RootService") < received.index(b'{"v1"')
        assert received.endswith(b"\r\n\r\n"), "HEAD has a body"


async def test_http_1_0_is_answered_and_closed() -> None:
    async with running(Fleet.of("n1"), redfish=True) as fleet:
        stream = await connect(fleet)
        await stream.send_all(b"GET /redfish HTTP/1.0\r\n\r\n")
        assert b'{"v1": "/redfish/v1/"}' in await everything(stream)


async def test_a_client_that_checks_it_trusts_the_certificate_that_the_fleet_shows() -> None:
    async with running(Fleet.of("n[1-2]"), redfish=True, tls=True) as fleet:
        assert all(url.startswith("https://") for url in fleet.urls.values())
        trusting = ssl.create_default_context(cadata=fleet.certificate.decode())
        for name in fleet.urls:
            async with client(fleet, name, verify=trusting) as http:
                assert (await http.get(SYSTEM)).status_code == 200


async def test_a_client_that_does_not_know_the_certificate_is_warned_off_and_the_next_is_served() -> None:
    async with running(Fleet.of("n1"), redfish=True, tls=True) as fleet:
        with pytest.raises(httpx.ConnectError):
            async with client(fleet) as http:
                await http.get(SYSTEM)
        async with client(fleet, verify=False) as http:
            assert (await http.get(SYSTEM)).status_code == 200


async def test_every_port_speaks_both_whatever_its_url_says() -> None:
    async with running(Fleet.of("n1"), redfish=True) as fleet:
        plain = fleet.urls["n1"]
        for url in (plain, plain.replace("http:", "https:")):
            async with httpx.AsyncClient(base_url=url, auth=BASIC, verify=False) as http:
                assert (await http.get(SYSTEM)).status_code == 200


async def test_doors_opened_one_after_the_other_show_one_certificate_that_is_good_for_all() -> None:
    fleet = Fleet.of("n[1-2]")
    first, second = ({name: (f"127.0.0.{number}", 0)} for number, name in enumerate(("n1", "n2"), 1))
    with opened(fleet, first, tls=True) as serve_first, opened(fleet, second, tls=False) as serve_second:
        fleet.urls["n2"] = fleet.urls["n2"].replace("http:", "https:")
        trusting = ssl.create_default_context(cadata=fleet.certificate.decode())
        async with trio.open_nursery() as nursery:
            nursery.start_soon(serve_first)
            nursery.start_soon(serve_second)
            for name in fleet.urls:
                async with client(fleet, name, verify=trusting) as http:
                    assert (await http.get(SYSTEM)).status_code == 200
            nursery.cancel_scope.cancel()


async def test_the_log_has_it_before_the_client_is_answered(tmp_path: Path) -> None:
    path = tmp_path / "events"
    async with running(Fleet.of("n1", log=FileLog(path)), redfish=True) as fleet, client(fleet) as http:
        await http.post(f"{SYSTEM}/Actions/ComputerSystem.Reset", json={"ResetType": "On"})
        assert [event["event"] for event in read_events(path)] == ["started", "command", "power", "request"]


async def test_an_address_in_use_is_told_with_its_node() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = taken.getsockname()
        with pytest.raises(CannotBindError, match=rf"^n1 at 127\.0\.0\.1:{address[1]}: Address already in use"):
            async with running(Fleet.of("n1"), redfish={"n1": address}):
                pytest.fail("served")


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        (b"GET /\r\n\r\n", b"400"),
        (b"GET /redfish HTTP/1.1\r\n\r\n", b"400"),
        (b"\r\n\r\n\r\n\x00\xff\r\n\r\n", b"400"),
        (b"GET /redfish HTTP/1.1\r\nHost: bmc\r\nX: " + b"x" * 200_000, b"431"),
        (b"POST /redfish HTTP/1.1\r\nHost: bmc\r\nContent-Length: nine\r\n\r\n", b"400"),
    ],
    ids=["no version", "no host", "garbage", "too long", "no length"],
)
async def test_what_is_no_http_is_answered_so_and_leaves_it_serving(request_line: bytes, status: bytes) -> None:
    async with running(Fleet.of("n1"), redfish=True) as fleet:
        stream = await connect(fleet)
        await stream.send_all(request_line)
        received = await everything(stream)
        assert received.startswith(b"HTTP/1.1 " + status)
        assert b"GeneralError" in received
        async with client(fleet) as http:
            assert (await http.get(SYSTEM)).status_code == 200


async def for_ever(stream: trio.SocketStream, said: bytes) -> None:
    """Say it again and again."""
    while True:
        await stream.send_all(said)


async def test_a_body_that_is_too_large_is_413_and_one_without_end_is_cut_off() -> None:
    async with running(Fleet.of("n1"), redfish=True) as fleet:
        async with client(fleet) as http:
            response = await http.patch(
                SYSTEM, content=b"x" * 100_000, headers={"content-type": "application/json"}
            )
            assert response.status_code == 413
        stream = await connect(fleet)
        await stream.send_all(b"PATCH /redfish HTTP/1.1\r\nHost: bmc\r\nTransfer-Encoding: chunked\r\n\r\n")
        with trio.fail_after(30), pytest.raises(trio.BrokenResourceError):
            await for_ever(stream, b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
        await stream.aclose()


async def test_a_client_may_ask_whether_to_send_its_body() -> None:
    async with running(Fleet.of("n1"), redfish=True) as fleet:
        stream = await connect(fleet)
        head = b"POST /redfish HTTP/1.1\r\nHost: bmc\r\nExpect: 100-continue\r\nContent-Length: 2\r\n"
        await stream.send_all(head + b"Connection: close\r\n\r\n")
        with trio.fail_after(30):
            assert bytes(await stream.receive_some(100)).startswith(b"HTTP/1.1 100")
        await stream.send_all(b"{}")
        assert (await everything(stream)).startswith(b"HTTP/1.1 405")


async def leave(stream: trio.SocketStream) -> None:
    await stream.aclose()


async def slam(stream: trio.SocketStream) -> None:
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    await stream.aclose()


@pytest.mark.parametrize("go", [leave, slam])
@pytest.mark.parametrize(
    "said",
    [b"", b"GET /red", b"\x16", b"\x16\x03\x01\x00\x05hello", ROOT_REQUEST],
    ids=lambda said: repr(said[:8]),
)
async def test_clients_that_go_away_at_any_moment_leave_it_serving(
    said: bytes, go: Callable[[trio.SocketStream], Awaitable[None]]
) -> None:
    async with running(Fleet.of("n1"), redfish=True) as fleet:
        for _ in range(2 * MOST_CONNECTIONS):
            stream = await connect(fleet)
            if said:
                await stream.send_all(said)
            await go(stream)
        async with client(fleet) as http:
            with trio.fail_after(30):
                while True:
                    # Those that have gone may not have been noticed yet.
                    try:
                        assert (await http.get(SYSTEM)).status_code == 200
                    except (httpx.ReadError, httpx.RemoteProtocolError, httpx.ConnectError):
                        await trio.sleep(0.01)
                    else:
                        break


async def test_a_bmc_takes_only_so_many_connections_and_more_once_some_have_gone() -> None:
    log = MemoryLog()
    async with running(Fleet.of("n1", log=log), redfish=True) as fleet:
        streams = [await connect(fleet) for _ in range(MOST_CONNECTIONS)]
        for stream in streams:
            await stream.send_all(ROOT_REQUEST)
            await stream.receive_some(10000)
        assert await everything(await connect(fleet)) == b""
        for stream in streams:
            await stream.send_all(ROOT_REQUEST.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
            await everything(stream)
        async with client(fleet) as http:
            assert (await http.get(SYSTEM)).status_code == 200


async def test_half_a_body_ends_the_connection_in_the_middle_of_what_was_promised() -> None:
    async with running(Fleet.of("n1"), redfish=True) as fleet:
        with fleet.faults.on(HttpHalfBody(share=0.25)):
            stream = await connect(fleet)
            await stream.send_all(ROOT_REQUEST)
            head, _, body = (await everything(stream)).partition(b"\r\n\r\n")
        promised = int(head.lower().partition(b"content-length: ")[2].split()[0])
        assert len(body) == promised // 4


async def test_a_silent_bmc_keeps_nobody_else_waiting() -> None:
    async with running(Fleet.of("n[1-2]"), redfish=True) as fleet:
        with fleet.faults.on(HttpTimeout(), nodes="n1"):
            stream = await connect(fleet)
            await stream.send_all(ROOT_REQUEST)
            async with client(fleet, "n2") as http:
                assert (await http.get(SYSTEM)).status_code == 200
            await stream.aclose()


async def test_a_slow_answer_comes_late_and_whole() -> None:
    async with running(Fleet.of("n1"), redfish=True) as fleet, client(fleet) as http:
        with fleet.faults.on(HttpSlow(by=Span.of(0.2))):
            begun = trio.current_time()
            assert (await http.get(SYSTEM)).json()["PowerState"] == "Off"
            assert trio.current_time() - begun >= 0.2
