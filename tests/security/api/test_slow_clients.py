"""Nobody holds a connection by being slow, deaf or talkative: over real sockets, and with or without a token."""

import socket

import pytest
import trio

from api_house import House
from powerfsm.api import connection, gate
from powerfsm.api.access import Role
from powerfsm.api.server import Server
from powerfsm.journal import Kind
from raw_http import RawClient, raw

SOON = 0.2
"""Seconds, in the place of those that clients have; what is waited for comes however long it takes."""

HEAD = b"POST /v1/operations/wait HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


def bearer(house: House, role: Role = Role.READ) -> bytes:
    return f"Authorization: Bearer {house.tokens[role]}\r\n".encode()


async def trickle(client: RawClient, data: bytes) -> None:
    """Send a byte now and then, for ever."""
    while True:
        await client.say(data)
        await trio.sleep(SOON / 10)


async def test_headers_that_come_byte_by_byte_are_given_up(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HEAD_SECONDS", SOON)
    async with raw(url) as client, trio.open_nursery() as nursery:
        await client.say(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
        nursery.start_soon(trickle, client, b"x")
        answer = await client.answer()
        assert answer.status == 408
        assert answer.problem()["type"] == "/problems/too-slow"
        nursery.cancel_scope.cancel()


async def test_a_connection_that_says_nothing_is_closed(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HEAD_SECONDS", SOON)
    async with raw(url) as client:
        assert await client.until_closed() == b""


async def test_a_connection_that_is_kept_and_not_used_is_closed(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HEAD_SECONDS", SOON)
    async with raw(url) as client:
        await client.say(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert (await client.answer()).status == 200
        assert await client.until_closed() == b""


async def test_a_body_that_comes_byte_by_byte_is_given_up(
    guarded: House, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "BODY_SECONDS", SOON)
    async with raw(url) as client, trio.open_nursery() as nursery:
        await client.say(HEAD + bearer(guarded) + b"Content-Length: 100000\r\n\r\n")
        nursery.start_soon(trickle, client, b" ")
        answer = await client.answer()
        assert answer.status == 408
        assert answer.problem()["detail"].startswith("the body did not come")
        await client.until_closed()
        nursery.cancel_scope.cancel()


async def test_a_body_may_take_its_time_while_it_is_within_it(
    guarded: House, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Shorter than the body's time: what has begun to come is not a head any more.
    monkeypatch.setattr(connection, "HEAD_SECONDS", SOON)
    async with raw(url) as client:
        body = b'{"ids": [], "timeout": 0}'
        await client.say(HEAD + bearer(guarded) + b"Content-Length: %d\r\n\r\n" % len(body))
        for byte in body:
            await client.say(bytes([byte]))
            await trio.sleep(2 * SOON / len(body))
        assert (await client.answer()).status == 200


async def test_a_client_that_reads_nothing_is_cut_off(guarded: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "ANSWER_SECONDS", SOON)
    for number in range(300):
        guarded.registry.note(Kind.DAEMON, None, f"noted-{number}", detail={"padding": "x" * 100_000})
    await guarded.registry.change([])  # has committed what was noted
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = Server(guarded.app, 10)
    async with trio.open_nursery() as nursery:
        await nursery.start(server.run, listening, trio.Event())
        async with raw(f"http://127.0.0.1:{listening.getsockname()[1]}") as client:
            await client.say(b"GET /v1/events?after=0 HTTP/1.1\r\nHost: x\r\n" + bearer(guarded) + b"\r\n")
            with trio.fail_after(60):
                while not server.connections:  # noqa: ASYNC110  (a server tells nobody)
                    await trio.sleep(0.01)
                while server.connections:  # noqa: ASYNC110
                    await trio.sleep(0.01)
            assert not guarded.registry.feed.listeners
            assert guarded.app.state.service.listeners.present == 0
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize("method", [b"GET", b"POST"])
@pytest.mark.parametrize("path", [b"/healthz", b"/readyz", b"/v1/power", b"/v1/events", b"/nowhere"])
async def test_who_sends_more_than_anybody_reads_leaves_nothing_behind(
    method: bytes, path: bytes, guarded: House
) -> None:
    """A body in many small pieces fills what waits for the application, which has answered and reads no more."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = Server(guarded.app, 10)
    async with trio.open_nursery() as nursery:
        await nursery.start(server.run, listening, trio.Event())
        async with raw(f"http://127.0.0.1:{listening.getsockname()[1]}") as client:
            await client.say(b"%s %s HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" % (method, path))
            await client.say(b"1\r\nx\r\n" * 5000)
            answer = await client.answer()
            assert answer.headers["connection"] == "close"
        with trio.fail_after(60):
            while server.connections:  # noqa: ASYNC110  (a server tells nobody)
                await trio.sleep(0.01)
        nursery.cancel_scope.cancel()


async def test_who_is_refused_while_he_sends_may_send_on_for_a_moment(
    guarded: House, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were the connection reset at once, some would never get to read the answer that came before."""
    monkeypatch.setattr(connection, "LINGER_SECONDS", 60)
    async with raw(url) as client:
        await client.say(HEAD + bearer(guarded) + b"Content-Length: %d\r\n\r\n" % (gate.LARGEST_BODY + 1))
        answer = await client.answer()
        assert (answer.status, answer.problem()["limit"]) == (413, gate.LARGEST_BODY)
        assert await client.until_closed() == b""
        for _ in range(10):
            assert await client.say(b" " * 2**16)
