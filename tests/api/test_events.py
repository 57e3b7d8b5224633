"""The event stream, over a real server: from any point on, without gap or duplicate, and cut off with a word."""

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from functools import partial
from typing import Any
from urllib.parse import urlencode, urlsplit

import h11
import httpx
import pytest
import trio.testing

from api_house import House, served
from powerfsm.api import event_stream
from powerfsm.journal import Entry, Kind
from powerfsm.power import Ask

Event = dict[str, str]


class Listener:
    """A client of the event stream that reads when it is told, and not before.

    (An HTTP library would leave its generators to the garbage collector wherever a test stops in mid-stream.)
    """

    def __init__(self, connection: trio.SocketStream) -> None:
        self._connection = connection
        self._http = h11.Connection(h11.CLIENT)
        self._text = ""

    async def begin(self, query: dict[str, Any], headers: dict[str, str]) -> None:
        target = f"/v1/events?{urlencode(query, doseq=True)}"
        request = h11.Request(method="GET", target=target, headers=[("Host", "localhost"), *headers.items()])
        await self._connection.send_all(self._http.send(request) + self._http.send(h11.EndOfMessage()))
        response = await self._next()
        assert isinstance(response, h11.Response)
        assert response.status_code == 200
        assert dict(response.headers)[b"content-type"].startswith(b"text/event-stream")

    async def _next(self) -> object:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            self._http.receive_data(await self._connection.receive_some())
        return event

    async def block(self) -> str | None:
        """The lines up to the next empty one, or None where the stream has ended."""
        with trio.fail_after(60):
            while "\n\n" not in self._text:
                event = await self._next()
                if not isinstance(event, h11.Data):
                    return None
                self._text += bytes(event.data).decode()
        block, _, self._text = self._text.partition("\n\n")
        return block

    async def event(self) -> Event | None:
        """The next event, comments passed over."""
        while (block := await self.block()) is not None:
            fields = dict(line.split(": ", 1) for line in block.split("\n") if not line.startswith(":"))
            if fields:
                return fields
        return None

    async def entries(self, number: int) -> list[dict[str, Any]]:
        """The next entries of the journal."""
        found = []
        for _ in range(number):
            event = await self.event()
            assert event is not None
            entry = json.loads(event["data"])
            assert (event["id"], event["event"]) == (str(entry["seq"]), entry["kind"])
            found.append(entry)
        return found

    async def rest(self) -> list[dict[str, Any]]:
        """Everything up to the end of the stream; the last is why it ended."""
        found = []
        while (event := await self.event()) is not None:
            found.append(json.loads(event["data"]))
        assert "reason" in found[-1]
        return found


@pytest.fixture
async def url(daemon: House) -> AsyncGenerator[str]:
    """The daemon behind a real server."""
    async with served(daemon.app) as at:
        yield at


@asynccontextmanager
async def stream(url: str, headers: dict[str, str] | None = None, **query: Any) -> AsyncGenerator[Listener]:
    port = urlsplit(url).port
    assert port
    async with aclosing(await trio.open_tcp_stream("127.0.0.1", port)) as connection:
        listener = Listener(connection)
        await listener.begin(query, headers or {})
        yield listener


async def all_of(url: str, **query: Any) -> list[dict[str, Any]]:
    """Everything up to the end of a stream that does not follow; the last is why it ended."""
    async with stream(url, follow="false", **query) as listener:
        found = await listener.rest()
    assert found[-1]["reason"] == "caught-up"
    return found


async def test_it_begins_with_what_happens_next(daemon: House, url: str) -> None:
    await daemon.add("n1")
    async with stream(url) as events:
        await daemon.done("n1")
        (first, *_) = await events.entries(3)
    assert first["event"] == "request"
    assert first["node"] == "n1"
    assert first["seq"] == 2


async def test_it_begins_at_the_beginning_where_asked_to(daemon: House, url: str) -> None:
    await daemon.add("n1")
    await daemon.done("n1")
    async with stream(url, after=0) as events:
        present = daemon.registry.journal_length
        entries = await events.entries(present)
        assert [entry["seq"] for entry in entries] == list(range(1, present + 1))
        await daemon.done("n1", Ask.OFF)
        (following,) = await events.entries(1)
        assert following["seq"] == present + 1


@pytest.mark.parametrize("by_header", [True, False])
async def test_a_broken_stream_is_taken_up_without_gap_or_duplicate(
    by_header: bool,
    daemon: House,
    url: str,
) -> None:
    await daemon.add("n1", "n2")
    seen: list[int] = []
    async with trio.open_nursery() as nursery:
        over = trio.Event()

        async def flip_flop() -> None:
            for _ in range(20):
                for ask in (Ask.ON, Ask.OFF):
                    await daemon.done("n1", ask)
                    await daemon.done("n2", ask)
            over.set()

        nursery.start_soon(flip_flop)
        while not over.is_set() or len(seen) < daemon.registry.journal_length:
            after = seen[-1] if seen else 0
            headers = {"Last-Event-ID": str(after)} if by_header else {}
            query = {} if by_header else {"after": after}
            async with stream(url, headers, **query) as events:
                left = daemon.registry.journal_length - len(seen)
                seen += [entry["seq"] for entry in await events.entries(min(max(left, 1), 37))]
    assert seen == list(range(1, daemon.registry.journal_length + 1))


async def test_many_pages_of_the_journal_come_in_order(daemon: House, url: str) -> None:
    for number in range(2500):
        daemon.registry.note(Kind.DAEMON, None, f"noted-{number}")
    await daemon.add("n1")
    entries = await all_of(url, after=0)
    assert [entry["event"] for entry in entries[:2500]] == [f"noted-{number}" for number in range(2500)]


async def test_without_following_it_ends_with_what_there_was(daemon: House, url: str) -> None:
    await daemon.add("n1")
    await daemon.done("n1")
    present = daemon.registry.journal_length
    *entries, end = await all_of(url, after=0)
    assert [entry["seq"] for entry in entries] == list(range(1, present + 1))
    assert end["after"] == present
    assert end["detail"]
    assert await all_of(url, after=present) == [end]
    assert [entry["seq"] for entry in (await all_of(url, last=3))[:-1]] == [present - 2, present - 1, present]
    assert len(await all_of(url, last=10**6)) == present + 1


async def test_only_what_is_wanted_comes(daemon: House, url: str) -> None:
    await daemon.add("n1", "n2", "n3")
    for name in ("n1", "n2", "n3"):
        await daemon.done(name)
    (*entries, _) = await all_of(url, after=0, nodes="n[1-2]")
    assert {entry["node"] for entry in entries} == {"n1", "n2"}
    (*entries, _) = await all_of(url, after=0, kind=["transition", "configuration"], nodes="n1")
    assert {entry["kind"] for entry in entries} == {"transition", "configuration"}
    async with stream(url, kind="transition", nodes="n2") as events:
        await daemon.done("n1", Ask.OFF)
        await daemon.done("n2", Ask.OFF)
        (entry,) = await events.entries(1)
        assert (entry["node"], entry["event"]) == ("n2", "request")


async def test_a_daemon_that_ends_says_so(daemon: House, url: str) -> None:
    await daemon.add("n1")
    async with stream(url, after=0) as events:
        await events.entries(1)
        daemon.registry.feed.close()
        event = await events.event()
        assert event is not None
        assert event["event"] == "end"
        assert json.loads(event["data"])["reason"] == "shutting-down"
        assert json.loads(event["data"])["after"] == 1
        assert await events.event() is None


async def test_a_reader_that_is_too_slow_is_cut_off_with_a_word(
    daemon: House, url: str, client: httpx.AsyncClient
) -> None:
    await daemon.add("n1")
    async with stream(url) as events:
        # Nobody reads while more comes than the connection and the feed can hold.
        detail = {"padding": "x" * 100_000}
        for number in range(600):
            daemon.registry.note(Kind.DAEMON, None, f"noted-{number}", detail=detail)
            if number % 2:
                await daemon.registry.change([])  # has committed what was noted
        *entries, end = await events.rest()
    seen = [entry["seq"] for entry in entries]
    assert end["reason"] == "overrun"
    assert end["after"] == seen[-1]
    assert seen == list(range(2, seen[-1] + 1))
    assert seen[-1] < daemon.registry.journal_length
    (*rest, _) = await all_of(url, after=seen[-1])
    assert [entry["seq"] for entry in rest] == list(range(seen[-1] + 1, daemon.registry.journal_length + 1))
    assert "powerfsm_event_streams_cut_off_total 1.0" in (await client.get("/metrics")).text


async def test_an_idle_stream_is_kept_alive(daemon: House, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert event_stream.SILENCE < 60  # clients give up on a stream that is silent for that long
    monkeypatch.setattr(event_stream, "SILENCE", 0.01)
    async with stream(url) as events:
        block = await events.block()
        assert block is not None
        assert block.startswith(":")


async def test_a_stream_whose_client_has_gone_leaves_nothing_behind(daemon: House, url: str) -> None:
    await daemon.add("n1")
    for after in (None, 0):
        async with stream(url, None, **({} if after is None else {"after": after})):
            with trio.fail_after(60):
                while not daemon.registry.feed.listeners:
                    await trio.lowlevel.checkpoint()
    with trio.fail_after(60):
        while daemon.registry.feed.listeners:
            await daemon.done("n1")
            await daemon.done("n1", Ask.OFF)


async def test_a_wait_whose_client_has_gone_is_given_up(daemon: House, url: str) -> None:
    await daemon.add("n1")
    daemon.driver.reading.shut()
    operation = await daemon.ask("n1")
    async with httpx.AsyncClient(base_url=url) as client, trio.open_nursery() as nursery:
        body = {"ids": [operation.id], "timeout": 300}
        nursery.start_soon(partial(client.post, "/v1/operations/wait", json=body, timeout=300))
        with trio.fail_after(60):
            while not daemon.registry.feed.listeners:
                await trio.lowlevel.checkpoint()
        nursery.cancel_scope.cancel()
    with trio.fail_after(60):
        while daemon.registry.feed.listeners:
            await trio.lowlevel.checkpoint()


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("after=-1", "query.after"),
        ("after=x", "query.after"),
        ("after=99", "query.after"),
        ("after=1&last=1", "query.last"),
        ("kind=x", "query.kind[0]"),
        ("follow=x", "query.follow"),
    ],
)
async def test_a_mistake_is_told_before_the_stream_begins(
    query: str, field: str, daemon: House, client: httpx.AsyncClient
) -> None:
    await daemon.add("n1")
    answer = await client.get(f"/v1/events?{query}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"][0]["field"] == field


async def test_a_bad_hostlist_is_told_before_the_stream_begins(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/events?nodes=n[")
    assert (answer.status_code, answer.json()["field"]) == (422, "query.nodes")


@pytest.mark.parametrize("number", ["x", "-1", "9" * 30])
async def test_a_last_event_id_that_is_none_is_told(number: str, client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/events", headers={"Last-Event-ID": number})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "header.Last-Event-ID")


async def test_what_happens_while_a_listener_is_caught_up_comes_once(
    daemon: House, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await daemon.add("n1")
    read = daemon.store.journal

    async def slowly(after: int = 0, limit: int = 1000, node: str | None = None) -> list[Entry]:
        monkeypatch.setattr(daemon.store, "journal", read)
        await daemon.done("n1")
        return await read(after, limit, node)

    monkeypatch.setattr(daemon.store, "journal", slowly)
    async with stream(url, after=0) as events:
        await events.entries(1)
        await daemon.done("n1", Ask.OFF)
        present = daemon.registry.journal_length
        assert [entry["seq"] for entry in await events.entries(present - 1)] == list(range(2, present + 1))


async def test_who_falls_behind_while_he_is_caught_up_is_caught_up_again(
    daemon: House, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await daemon.add("n1")
    read = daemon.store.journal

    async def very_slowly(after: int = 0, limit: int = 1000, node: str | None = None) -> list[Entry]:
        monkeypatch.setattr(daemon.store, "journal", read)
        page = await read(after, limit, node)
        (listener,) = daemon.registry.feed.listeners
        while not listener.overrun:
            daemon.registry.note(Kind.DAEMON, None, "noted")
            await daemon.registry.change([])  # has committed what was noted
        return page

    monkeypatch.setattr(daemon.store, "journal", very_slowly)
    async with stream(url, after=0) as events:
        (first,) = await events.entries(1)
        assert first["seq"] == 1
        present = daemon.registry.journal_length
        assert present > 256
        assert [entry["seq"] for entry in await events.entries(present - 1)] == list(range(2, present + 1))
        await daemon.done("n1")
        assert (await events.entries(1))[0]["seq"] == present + 1
