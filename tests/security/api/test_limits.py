"""Sizes and numbers: whatever a request brings too much of is refused in a moment, with a problem that says so."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio

from api_house import House, house, served
from powerfsm.api.access import Role
from powerfsm.api.bodies import MOST_ASKED, MOST_MEMBERS
from powerfsm.api.connection import LARGEST_HEAD
from powerfsm.api.crowd import Room
from powerfsm.api.gate import LARGEST_BODY, MOST_HEADERS
from powerfsm.api.server import RESERVE, Server
from powerfsm.config import LimitsConfiguration
from powerfsm.hostlist import LONGEST_NAME, MOST_BRACKETS
from raw_http import raw

JSON = {"Content-Type": "application/json"}

TOO_MUCH: dict[str, tuple[str, str, bytes, str]] = {
    "an endless range in a query": ("GET", "/v1/nodes?names=n[1-99999999999]", b"", "bad-hostlist"),
    "more names than allowed in a query": ("GET", f"/v1/nodes?names=n[1-{MOST_ASKED + 1}]", b"", "bad-hostlist"),
    "more ids than allowed in a query": ("GET", f"/v1/operations?ids=1-{MOST_ASKED + 1}", b"", "invalid-request"),
    "names to listen to": ("GET", f"/v1/events?nodes=n[1-{MOST_ASKED + 1}]", b"", "bad-hostlist"),
    "names to remove": ("DELETE", f"/v1/nodes?names=n[1-{MOST_ASKED + 1}]", b"", "bad-hostlist"),
    "a range of names": ("POST", "/v1/power", b'{"nodes": "n[1-99999999999]", "ask": "on"}', "bad-hostlist"),
    "a product of ranges": ("POST", "/v1/power", b'{"nodes": "n[1-999][1-999]", "ask": "on"}', "bad-hostlist"),
    "a list of names": (
        "POST",
        "/v1/power",
        b'{"nodes": [' + b'"n",' * MOST_ASKED + b'"n"], "ask": "on"}',
        "invalid-request",
    ),
    "names in several requests": (
        "POST",
        "/v1/power",
        b'{"requests": [{"nodes": "n[1-%d]", "ask": "on"}, {"nodes": "m1", "ask": "on"}]}' % MOST_ASKED,
        "bad-hostlist",
    ),
    "brackets": (
        "POST",
        "/v1/power",
        b'{"nodes": "n' + b"[1]" * (MOST_BRACKETS + 1) + b'", "ask": "on"}',
        "bad-hostlist",
    ),
    "a product of a million ranges": (
        "POST",
        "/v1/power",
        b'{"nodes": "n' + b"[1-9]" * 1_000_000 + b'", "ask": "on"}',
        "bad-hostlist",
    ),
    "the letters of a name": (
        "POST",
        "/v1/power",
        b'{"nodes": "' + b"n" * (LONGEST_NAME + 1) + b'", "ask": "on"}',
        "bad-hostlist",
    ),
    "ports": (
        "POST",
        "/v1/nodes",
        b'{"names": "n1", "bmc": {"host": "h", "port": "1-99999999999"}}',
        "invalid-request",
    ),
    "timings": (
        "POST",
        "/v1/nodes",
        b'{"names": "n1", "bmc": {"host": "h"}, "policy": {"timings": {%s}}}'
        % b",".join(b'"t%d": 1' % number for number in range(MOST_MEMBERS + 1)),
        "invalid-request",
    ),
    "members": (
        "POST",
        "/v1/power",
        b"{%s}" % b",".join(b'"k%d":1' % number for number in range(300_000)),
        "invalid-request",
    ),
    "mistakes": ("POST", "/v1/operations/wait", b'{"ids": [' + b'"",' * 99_999 + b'""]}', "invalid-request"),
    "arrays in arrays": ("POST", "/v1/power", b"[" * 1_000_000, "malformed-body"),
    "objects in objects": ("POST", "/v1/power", b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "malformed-body"),
    "digits of a number": ("POST", "/v1/operations/wait", b'{"ids": [%s]}' % (b"9" * 10**6), "malformed-body"),
    "letters of a body": ("POST", "/v1/power", b" " * (LARGEST_BODY + 1), "body-too-large"),
}


@pytest.mark.parametrize("what", TOO_MUCH)
async def test_too_much_of_anything_is_refused_with_little(what: str, tmp_path: Path) -> None:
    method, path, content, kind = TOO_MUCH[what]
    async with house(tmp_path) as daemon, daemon.client() as client:
        answer = await client.request(method, path, content=content, headers=JSON)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == f"/problems/{kind}", answer.text[:500]
    # Neither is what came given back, nor is each of a million mistakes told.
    assert len(answer.content) < 1000


@pytest.mark.parametrize(
    ("lines", "limit"),
    [
        (b"X-Long: " + b"x" * LARGEST_HEAD, LARGEST_HEAD),
        (b"X-Longer: " + b"x" * 20 * LARGEST_HEAD, LARGEST_HEAD),
        (b"\r\n".join(b"X-%d: 1" % number for number in range(MOST_HEADERS)), MOST_HEADERS),
        (b"\r\n".join(b"X-%d: 1" % number for number in range(100 * MOST_HEADERS)), LARGEST_HEAD),
    ],
    ids=["a long header", "an endless header", "many headers", "very many headers"],
)
async def test_a_head_that_is_too_large_is_refused(lines: bytes, limit: int, url: str) -> None:
    async with raw(url) as client:
        await client.say(b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + lines + b"\r\n\r\n")
        answer = await client.answer()
    assert answer.status == 431
    assert answer.problem()["limit"] == limit


async def test_a_query_that_is_too_long_is_refused(url: str) -> None:
    async with raw(url) as client:
        await client.say(b"GET /healthz?" + b"x" * LARGEST_HEAD + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await client.answer()).problem()["type"] == "/problems/head-too-large"


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
    ],
    ids=["TLS", "half a line", "no host", "two hosts", "a negative length", "two lengths", "a coding"],
)
async def test_what_is_not_http_is_told_so_and_closed(data: bytes, url: str) -> None:
    async with raw(url) as client:
        await client.say(data)
        answer = await client.answer()
        assert answer.status == 400
        assert answer.problem()["type"] == "/problems/malformed-request"
        assert await client.until_closed() == b""


async def test_nobody_changes_to_a_protocol_that_has_other_limits(url: str) -> None:
    async with raw(url) as client:
        await client.say(
            b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
            b"HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n\r\n"
        )
        assert (await client.answer()).body == b'{"status":"ok"}'
    async with raw(url) as client:
        await client.say(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0")
        assert (await client.until_closed()).startswith(b"HTTP/1.1 4")
    async with raw(url) as client:
        await client.say(
            b"GET /v1/events HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        assert (await client.until_closed()).startswith(b"HTTP/1.1 403")


async def test_connections_beyond_the_limit_are_turned_away_with_a_word(guarded: House) -> None:
    async with served(guarded.app, connections=2) as url, raw(url) as first, raw(url) as second:
        for client in (first, second):
            await client.say(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (await client.answer()).status == 200
        async with httpx.AsyncClient(base_url=url) as third:
            answer = await third.get("/healthz")
            assert (answer.status_code, answer.json()["limit"]) == (503, 2)
            assert answer.json()["type"] == "/problems/too-many-connections"
            assert answer.headers["retry-after"]
        await first.say(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert (await first.answer()).status == 200
        assert await first.until_closed() == b""
        with trio.fail_after(60):
            async with httpx.AsyncClient(base_url=url) as third:
                while (await third.get("/healthz")).status_code == 503:  # noqa: ASYNC110
                    await trio.sleep(0.01)


async def test_connections_that_are_turned_away_leave_nothing_behind(guarded: House) -> None:
    async with served(guarded.app, connections=1) as url, raw(url) as only:
        await only.say(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        await only.answer()
        async with trio.open_nursery() as nursery:

            async def knock() -> None:
                async with raw(url) as client:
                    await client.until_closed()

            for _ in range(150):
                nursery.start_soon(knock)


def test_connections_leave_file_descriptors_to_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resource.getrlimit", lambda _: (1024, 4096))

    async def app(*_: object) -> None:
        raise AssertionError

    assert Server(app, 500).most == 500
    assert Server(app, 5000).most == 1024 - RESERVE


async def test_listeners_beyond_the_limit_are_refused(tmp_path: Path) -> None:
    async with (
        house(tmp_path, room=Room(streams=1)) as daemon,
        served(daemon.app) as url,
        httpx.AsyncClient(base_url=url) as client,
    ):
        async with raw(url) as listener:
            await listener.say(b"GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            with trio.fail_after(60):
                while not daemon.registry.feed.listeners:  # noqa: ASYNC110  (a feed tells nobody)
                    await trio.sleep(0.01)
            answer = await client.get("/v1/events?follow=false")
            assert (answer.status_code, answer.json()["limit"]) == (429, 1)
            assert answer.json()["type"] == "/problems/too-many-waiting"
            assert answer.headers["retry-after"]
        # Once he has gone there is room again.
        with trio.fail_after(60):
            while (await client.get("/v1/events?follow=false")).status_code == 429:  # noqa: ASYNC110
                await trio.sleep(0.01)


async def test_waits_beyond_the_limit_are_refused_and_looks_are_not(tmp_path: Path) -> None:
    async with house(tmp_path, room=Room(waits=1)) as daemon, daemon.client() as client:
        await daemon.add("n1")
        daemon.driver.reading.shut()
        operation = await daemon.ask("n1")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(partial(client.get, f"/v1/operations/{operation.id}?wait=300"))
            with trio.fail_after(60):
                while not daemon.app.state.service.waiting.present:  # noqa: ASYNC110
                    await trio.sleep(0.01)
            body: dict[str, Any] = {"ids": [operation.id], "timeout": 300}
            answer = await client.post("/v1/operations/wait", json=body)
            assert (answer.status_code, answer.json()["limit"]) == (429, 1)
            assert answer.headers["retry-after"]
            assert (await client.get(f"/v1/operations/{operation.id}")).status_code == 200
            assert (await client.post("/v1/operations/wait", json=body | {"timeout": 0})).status_code == 200
            daemon.driver.reading.open()
        assert daemon.app.state.service.waiting.present == 0


def test_the_configuration_says_for_how_many_there_is_room() -> None:
    assert Room(*LimitsConfiguration().room) == Room()
    read = LimitsConfiguration.model_validate({"connections": 1, "streams": 2, "waits": 3})
    assert Room(*read.room) == Room(connections=1, streams=2, waits=3)


async def test_a_body_that_a_route_does_not_read_does_no_harm(guarded: House, url: str) -> None:
    headers = {"Authorization": f"Bearer {guarded.tokens[Role.READ]}", **JSON}
    async with httpx.AsyncClient(base_url=url, headers=headers) as client:
        for content in (b"", b"{", json.dumps({"x": "y" * 100_000}).encode()):
            answer = await client.request("GET", "/v1/nodes", content=content)
            assert answer.json() == {"nodes": [], "next": None}
