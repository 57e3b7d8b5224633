"""The client as other programs use it: typed answers, errors with their members, streams that can be left."""

from datetime import UTC, datetime

import httpx
import pytest
import trio

from powerfsm.bmc import Bmc
from powerfsm.client import (
    Client,
    ClientError,
    DaemonUnreachable,
    PowerRequest,
    ProblemError,
    UnexpectedAnswer,
)
from powerfsm.operation import Status
from powerfsm.power import Ask, Desired, Power
from scripted_daemon import TOKEN, Fate, Refusal, ScriptedDaemon, entry


async def test_a_node_is_typed(daemon: ScriptedDaemon) -> None:
    async with Client(daemon.url) as client:
        (node,) = await client.nodes("r1n01")
    assert node.name == "r1n01"
    assert node.desired is Desired.OFF
    assert node.observed is Power.OFF
    assert node.observed_at == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert node.bmc == Bmc("127.0.0.1")
    assert node.policy.timings == {}


async def test_members_that_a_newer_daemon_adds_are_ignored(daemon: ScriptedDaemon) -> None:
    daemon.nodes["r1n01"]["mood"] = "sunny"
    async with Client(daemon.url) as client:
        (node,) = await client.nodes("r1n01")
    assert node.name == "r1n01"


async def test_operations_come_as_they_end(daemon: ScriptedDaemon) -> None:
    daemon.fates = {"r1n02": Fate(None), "r1n03": Fate("failed", "it is broken")}
    async with Client(daemon.url) as client:
        operations = await client.power("r1n[01-03]", Ask.ON)
        assert [operation.status for operation in operations] == [Status.IN_PLAY] * 3
        ends = client.as_they_end(operations)
        first = {(await anext(ends)).node for _ in range(2)}
        assert first == {"r1n01", "r1n03"}
        await trio.to_thread.run_sync(daemon.end, "r1n02", Fate("superseded", "somebody else"))
        last = [(operation.node, operation.status, operation.reason) async for operation in ends]
    assert last == [("r1n02", Status.SUPERSEDED, "somebody else")]


async def test_what_has_ended_already_is_given_without_asking(daemon: ScriptedDaemon) -> None:
    async with Client(daemon.url) as client:
        operations = await client.power("r1n[01-02]", Ask.ON)
        ended = [operation async for operation in client.as_they_end(operations)]
        asked = len(daemon.asked)
        again = [operation async for operation in client.as_they_end(ended)]
    assert again == ended
    assert len(daemon.asked) == asked


async def test_many_requests_go_out_as_one(daemon: ScriptedDaemon) -> None:
    async with Client(daemon.url) as client:
        operations = await client.power_each(
            [PowerRequest("r1n[01-02]", Ask.ON), PowerRequest(["r1n03"], Ask.OFF, generation=1)], key="k"
        )
    assert [(operation.node, operation.ask) for operation in operations] == [
        ("r1n01", Ask.ON),
        ("r1n02", Ask.ON),
        ("r1n03", Ask.OFF),
    ]
    assert daemon.bodies("POST", "/v1/power") == [
        {
            "requests": [
                {"nodes": "r1n[01-02]", "ask": "on"},
                {"nodes": ["r1n03"], "ask": "off", "generation": 1},
            ]
        }
    ]


async def test_a_problem_has_its_members(daemon: ScriptedDaemon) -> None:
    daemon.refusals["POST", "/v1/power"] = Refusal("stale-generation", 412, "too late", node="r1n01", actual=4)
    async with Client(daemon.url) as client:
        with pytest.raises(ProblemError) as caught:
            await client.power("r1n01", Ask.ON)
    problem = caught.value
    assert (problem.name, problem.status, problem.detail) == ("stale-generation", 412, "too late")
    assert problem.type == "/problems/stale-generation"
    assert problem.instance == "/v1/power"
    assert problem.members == {"node": "r1n01", "actual": 4}
    assert str(problem) == "too late"


@pytest.mark.parametrize(
    ("status", "content_type", "content"),
    [
        (200, "text/html", b"<html>"),
        (200, "application/json", b"[]"),
        (200, "application/json", b'{"nodes": [{"name": 7}], "next": null}'),
        (502, "text/html", b"<html>Bad Gateway"),
        (302, "text/html", b""),
        (404, "application/problem+json", b"\xff"),
        (404, "application/problem+json", b"[]"),
    ],
)
async def test_what_is_no_answer_of_this_api_is_told_apart(status: int, content_type: str, content: bytes) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        headers = {"Content-Type": content_type, "Location": "http://127.0.0.1:1/"}
        return httpx.Response(status, headers=headers, content=content)

    async with Client("http://127.0.0.1:1", transport=httpx.MockTransport(answer)) as client:
        with pytest.raises(UnexpectedAnswer, match="does not speak the powerfsm API"):
            await client.nodes()


async def test_a_stream_can_be_left_in_the_middle(daemon: ScriptedDaemon) -> None:
    daemon.entries = [entry(seq) for seq in range(1, 100)]
    async with Client(daemon.url) as client:
        async with client.events(after=0) as stream:
            async for one in stream:
                if one.seq == 7:
                    break
            assert stream.after == 7
        async with client.events(after=stream.after, follow=False) as rest:
            assert [one.seq async for one in rest] == list(range(8, 100))
        assert rest.ended is not None
        assert rest.ended.reason == "caught-up"
        assert rest.after == 99


async def test_a_stream_can_be_cancelled(daemon: ScriptedDaemon) -> None:
    daemon.entries = [entry(1)]
    seen = []
    async with Client(daemon.url) as client:
        with trio.CancelScope() as scope:
            async with client.events(after=0) as stream:
                async for one in stream:
                    seen.append(one.seq)
                    scope.cancel()
        assert scope.cancelled_caught
        assert seen == [1]
        # Its connection is not left behind for the next request.
        assert len(await client.nodes()) == 40


async def test_comments_that_keep_a_stream_alive_are_no_entries(daemon: ScriptedDaemon) -> None:
    daemon.entries = [entry(1)]
    async with Client(daemon.url) as client, client.events(after=0) as stream:
        assert (await anext(stream)).seq == 1
        await trio.to_thread.run_sync(daemon.change, lambda: None)
        await trio.to_thread.run_sync(daemon.change, lambda: daemon.entries.append(entry(2)))
        assert (await anext(stream)).seq == 2


async def test_nobody_there_is_told_with_the_url(daemon: ScriptedDaemon) -> None:
    await trio.to_thread.run_sync(daemon.halt)
    async with Client(daemon.url) as client:
        with pytest.raises(DaemonUnreachable) as caught:
            await client.power("r1n01", Ask.ON)
        assert caught.value.url == daemon.url
        assert not caught.value.sent
        with pytest.raises(DaemonUnreachable):
            async with client.events():
                pytest.fail("nobody answered")


async def test_a_daemon_that_stays_away_ends_a_wait(autojump_clock: trio.testing.MockClock) -> None:
    def refuse(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    told: list[ClientError] = []
    async with Client("http://127.0.0.1:1", transport=httpx.MockTransport(refuse)) as client:
        begun = trio.current_time()
        with pytest.raises(DaemonUnreachable):
            await anext(client.as_they_end([1, 2], patience=60, on_silence=told.append))
    assert 50 < trio.current_time() - begun <= 60
    assert len(told) > 5


@pytest.mark.parametrize(("name", "waited"), [("shutting-down", True), ("unknown-operation", False)])
async def test_only_problems_that_pass_by_themselves_are_waited_out(
    autojump_clock: trio.testing.MockClock, name: str, waited: bool
) -> None:
    def refuse(_: httpx.Request) -> httpx.Response:
        problem = {"type": f"/problems/{name}", "title": name, "status": 503, "detail": "not now"}
        return httpx.Response(503, json=problem, headers={"Content-Type": "application/problem+json"})

    async with Client("http://127.0.0.1:1", transport=httpx.MockTransport(refuse)) as client:
        begun = trio.current_time()
        with pytest.raises(ProblemError, match="not now"):
            await anext(client.as_they_end([1]))
    assert (trio.current_time() > begun) is waited


async def test_the_token_is_sent_and_shown_nowhere(daemon: ScriptedDaemon) -> None:
    daemon.needs_token = True
    client = Client(daemon.url, token=TOKEN)
    assert repr(client) == f"Client({daemon.url!r})"
    async with client:
        assert await client.nodes("r1n01")
    async with Client(daemon.url, token="another") as stranger:
        with pytest.raises(ProblemError) as caught:
            await stranger.nodes()
    assert caught.value.name == "unauthorized"


@pytest.mark.parametrize("url", ["", "localhost:8623", "ftp://a", "http://name:secret@127.0.0.1"])
def test_what_is_no_url_is_refused_without_repeating_a_secret(url: str) -> None:
    with pytest.raises(ClientError) as caught:
        Client(url)
    assert "secret" not in str(caught.value)
