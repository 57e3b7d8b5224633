"""What is wrongly asked is refused whole, by name, to whoever asked it, and the fleet notices nothing."""

from contextlib import suppress
from typing import Any

import pytest
import trio

from command_line import run_here
from real_site import Bmcs, Json, Served, Site

JSON = {"Content-Type": "application/json"}
STALE = {"If-Match": '"9"'}


async def state_of(bmcs: Bmcs, daemon: Served) -> tuple[Json, list[Json], int]:
    """All that a request could have touched: the fleet, the journal, and what came to the BMCs."""
    return await daemon.get("/v1/nodes"), await daemon.journal(), len(bmcs.events())


async def test_what_is_wrongly_asked_on_the_command_line_changes_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    bmcs, daemon = await site.start("n[1-3]")
    monkeypatch.setenv("POWERFSM_URL", daemon.url)
    assert await daemon.does("on", "n1", "--wait") == "succeeded: n1\n"
    first, port = site.addresses(bmcs)[0], str(bmcs.port)
    before = await state_of(bmcs, daemon)

    for words, code, told in (
        (("off", "n[1-3],nowhere"), 2, "'nowhere'"),
        (("off", "n[1-"), 2, "hostlist 'n[1-'"),
        (("off", "n[3-1]"), 2, "hostlist 'n[3-1]'"),
        (("off", "n1", "--if-generation", "7"), 1, "node 'n1' is at generation 1, not 7"),
        (("nodes", "add", "n1", "--bmc", "127.0.0.1"), 1, "'n1'"),
        (("nodes", "add", "twin", "--bmc", first, "--port", port), 1, f"{first}:{port}"),
        (("nodes", "add", "m[1-3]", "--bmc", "127.0.0.[1-2]"), 2, "3"),
        (("operations", "4711", "--wait"), 2, "4711"),
    ):
        # Within this process, for a program of its own would tell nothing more and take a second.
        refused = await trio.to_thread.run_sync(run_here, *words)
        assert (refused.code, refused.out) == (code, ""), words
        assert refused.err.startswith("powerfsm: "), words
        assert told in refused.err, words
        assert "Traceback" not in refused.err

    assert await state_of(bmcs, daemon) == before
    assert await daemon.does("off", "n1", "--wait") == "succeeded: n1\n"


async def test_what_is_wrongly_asked_over_http_changes_nothing(site: Site) -> None:
    bmcs, daemon = await site.start("n[1-3]")
    before = await state_of(bmcs, daemon)
    own = {"host": site.addresses(bmcs)[0], "port": bmcs.port}

    cases: list[tuple[str, str, dict[str, Any], int, str]] = [
        ("POST", "/v1/nodes/nowhere/power", {"json": {"ask": "on"}}, 404, "unknown-node"),
        ("POST", "/v1/power", {"json": {"nodes": "n[1-3],nowhere", "ask": "on"}}, 404, "unknown-node"),
        ("POST", "/v1/power", {"json": {"nodes": "n[1-", "ask": "on"}}, 422, "bad-hostlist"),
        ("POST", "/v1/power", {"json": {"nodes": "n1", "ask": "explode"}}, 422, "invalid-request"),
        ("POST", "/v1/power", {"json": {"nodes": "n1", "ask": "on", "forse": True}}, 422, "invalid-request"),
        ("POST", "/v1/power", {"content": b"{", "headers": JSON}, 400, "malformed-body"),
        (
            "POST",
            "/v1/nodes/n1/power",
            {"json": {"ask": "on"}, "headers": STALE},
            412,
            "stale-generation",
        ),
        ("POST", "/v1/nodes", {"json": {"names": "twin", "bmc": own}}, 409, "duplicate-address"),
        ("POST", "/v1/nodes", {"json": {"names": "n1", "bmc": {"host": "127.0.0.1"}}}, 409, "duplicate-node"),
        ("POST", "/v1/nodes", {"json": {"names": "a/b", "bmc": {"host": "127.0.0.1"}}}, 422, "invalid-request"),
        ("PATCH", "/v1/nodes/n2", {"json": {"bmc": own}}, 409, "duplicate-address"),
        ("DELETE", "/v1/nodes?names=n1,nowhere", {}, 404, "unknown-node"),
        ("GET", "/v1/nodes?names=n[1-", {}, 422, "bad-hostlist"),
        ("GET", "/v1/operations/4711", {}, 404, "unknown-operation"),
        ("PUT", "/v1/nodes/n1", {}, 405, "method-not-allowed"),
        ("GET", "/v2", {}, 404, "not-found"),
    ]
    async with daemon.api() as api:
        for method, path, body, status, problem in cases:
            answer = await api.request(method, path, **body)
            assert answer.status_code == status, (method, path, answer.text)
            assert answer.headers["Content-Type"] == "application/problem+json"
            told = answer.json()
            assert told["type"] == f"/problems/{problem}", (method, path, told)
            assert told["detail"]
            assert (await api.get(told["type"])).status_code == 200

    assert await state_of(bmcs, daemon) == before


async def test_garbage_on_the_port_of_the_api_disturbs_nobody(site: Site) -> None:
    daemon = await site.daemon().start()
    for garbage in (b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00\x01", b"\x00" * 4096, b"POST /v1/power HT"):
        stream = await trio.open_tcp_stream("127.0.0.1", int(daemon.url.rpartition(":")[2]))
        async with stream:
            await stream.send_all(garbage)
            await stream.send_eof()
            with suppress(trio.BrokenResourceError), trio.move_on_after(1):
                await stream.receive_some()
        assert (await daemon.get("/healthz")) == {"status": "ok"}
    assert "Traceback" not in daemon.said()
    await daemon.stop()
