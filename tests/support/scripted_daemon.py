"""A daemon whose fate a test decides: the HTTP API of docs/api.md over a fleet that is only a few dicts.

What operations come to is written down beforehand, node by node, and whatever a real daemon does seldom
(refuse, hang, vanish, talk nonsense) it does on demand.  It listens on loopback, in a thread of its own, so that
a whole command line can be run against it.
"""

import json
import threading
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, cast

import hypercorn.trio
import trio
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from hypercorn.config import Config
from hypercorn.typing import Framework
from starlette.types import Receive, Scope, Send

from powerfsm.client.answers import rfc3339
from powerfsm.hostlist import HostlistError, expand, expand_numbers, fold

Json = dict[str, Any]
BEGIN = datetime(2026, 3, 1, 12, tzinfo=UTC)
TOKEN = "pfsm_the-token-of-these-tests"


class Refusal(Exception):
    """The request is answered with a problem document."""

    def __init__(self, name: str, status: int, detail: str, **members: object) -> None:
        super().__init__(detail)
        self.name = name
        self.status = status
        self.members = members


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of operations on a node: their end and its reason; or, with no status, they hang."""

    status: str | None = "succeeded"
    reason: str | None = None


def node(name: str, state: str = "off", **members: Any) -> Json:
    """A node as the API shows it."""
    shown: Json = {
        "name": name,
        "state": state,
        "desired": state if state in {"on", "off", "ready"} else None,
        "generation": 1,
        "observed": "on" if state == "on" else "off",
        "observed_at": rfc3339(BEGIN),
        "drifted": False,
        "in_play": None,
        "waiting": None,
        "trouble": None,
        "bmc": {
            "host": "127.0.0.1",
            "port": 623,
            "credentials": "default",
            "cipher_suite": None,
            "privilege": "administrator",
        },
        "policy": {
            "driver": "ipmi",
            "drift": "flag",
            "ranking": "off-outranks-on",
            "group": None,
            "timings": {},
        },
    }
    return shown | members


def entry(seq: int, name: str | None = "r1n01", **members: Any) -> Json:
    """An entry of the journal as the API shows it."""
    shown: Json = {
        "seq": seq,
        "at": rfc3339(BEGIN + timedelta(seconds=seq)),
        "kind": "transition",
        "node": name,
        "event": "confirmed",
        "operation": 1,
        "generation": 1,
        "before": "powering-on",
        "after": "on",
        "detail": {},
    }
    return shown | members


@dataclass
class ScriptedDaemon:
    """The script, and what has come of it.  Change it through `change` while it is running.

    Attributes:
        nodes: The fleet, by name.
        fates: What becomes of operations on a node; those of the others succeed.
        operations: All there are, by id.
        entries: The journal.
        refusals: Problems, by method and path, that are answered whatever is asked.
        nonsense: Paths that are answered by something that is no daemon.
        silent: Paths that are not answered at all.
        on_wait: Called whenever somebody begins to wait for operations.
        broken: How many answers more are not given: the connection is cut after the request was carried out.
        asked: What was asked: method, path, query, body, headers.
        url: Where it listens.
    """

    nodes: dict[str, Json] = field(default_factory=dict)
    fates: dict[str, Fate] = field(default_factory=dict)
    operations: dict[int, Json] = field(default_factory=dict)
    entries: list[Json] = field(default_factory=list)
    refusals: dict[tuple[str, str], Refusal] = field(default_factory=dict)
    nonsense: set[str] = field(default_factory=set)
    silent: set[str] = field(default_factory=set)
    broken: int = 0
    recovery: Json = field(default_factory=lambda: {"ready": True, "accepting": True, "nodes": []})
    needs_token: bool = False
    on_wait: Callable[[], None] | None = None
    asked: list[tuple[str, str, Json, Any, dict[str, str]]] = field(default_factory=list)
    url: str = ""
    _keys: dict[str, list[int]] = field(default_factory=dict)
    _changed: trio.Event = field(default_factory=trio.Event)
    _stop: trio.Event = field(default_factory=trio.Event)
    _thread: threading.Thread | None = None
    _token: trio.lowlevel.TrioToken | None = None
    _arrived: threading.Condition = field(default_factory=threading.Condition)

    def fleet(self, hostlist: str, state: str = "off", **members: Any) -> None:
        """Add nodes to the script."""
        for name in expand(hostlist):
            self.nodes[name] = node(name, state, **members)

    def change(self, action: Callable[[], None]) -> None:
        """Change the script of a daemon that is running, and wake whoever waits."""

        def changing() -> None:
            action()
            self.wake()

        assert self._token is not None
        trio.from_thread.run_sync(changing, trio_token=self._token)

    def end(self, name: str, fate: Fate) -> None:
        """End the operations that hang on a node."""

        def ending() -> None:
            for operation in self.operations.values():
                if operation["node"] == name and operation["ended_at"] is None:
                    self._end(operation, fate)

        self.change(ending)

    def wait_until_asked(self, method: str, path: str, body: Json | None = None) -> None:
        """Wait until such a request has come, whose body has at least these members."""

        def has_come() -> bool:
            return any(
                asked[:2] == (method, path) and (body or {}).items() <= (asked[3] or {}).items()
                for asked in self.asked
            )

        with self._arrived:
            assert self._arrived.wait_for(has_come, timeout=100), f"no {method} {path} came"

    def bodies(self, method: str, path: str) -> list[Any]:
        """The bodies of all such requests."""
        return [asked[3] for asked in self.asked if asked[:2] == (method, path)]

    def wake(self) -> None:
        """Let whoever waits look again."""
        self._changed.set()
        self._changed = trio.Event()

    # What the routes do

    def _named(self, hostlist: str | list[str]) -> list[str]:
        try:
            names = expand(hostlist) if isinstance(hostlist, str) else hostlist
        except HostlistError as error:
            raise Refusal("bad-hostlist", 422, str(error), field="nodes") from error
        for name in names:
            if name not in self.nodes:
                raise Refusal("unknown-node", 404, f"there is no node {name!r}", node=name)
        return names

    def list_nodes(self, query: Json, _: Any) -> Json:
        names = sorted(self._named(query["names"])) if "names" in query else sorted(self.nodes)
        chosen = [self.nodes[name] for name in names]
        if query.get("state"):
            chosen = [one for one in chosen if one["state"] in query["state"]]
        if "group" in query:
            chosen = [one for one in chosen if one["policy"]["group"] == query["group"]]
        left = [one for one in chosen if one["name"] > query.get("after", "")]
        page = left[: min(int(query.get("limit", 1000)), 1000)]
        return {"nodes": page, "next": page[-1]["name"] if len(left) > len(page) else None}

    def add_nodes(self, _: Json, body: Json) -> Json:
        names = expand(body["names"]) if isinstance(body["names"], str) else body["names"]
        for name in names:
            if name in self.nodes:
                raise Refusal("duplicate-node", 409, f"there is a node {name!r} already", node=name)
        for name in names:
            shown = node(name, "unknown")
            shown["bmc"] |= body["bmc"]
            shown["policy"] |= body.get("policy", {})
            self.nodes[name] = shown
        return {"added": len(names), "names": fold(names)}

    def change_nodes(self, query: Json, body: Json) -> Json:
        names = self._named(query["names"])
        for name in names:
            self.nodes[name]["bmc"] |= body.get("bmc", {})
            self.nodes[name]["policy"] |= body.get("policy", {})
        return {"changed": len(names), "names": fold(names)}

    def remove_nodes(self, query: Json, _: Any) -> None:
        for name in self._named(query["names"]):
            del self.nodes[name]

    def power(self, body: Json, key: str | None) -> Json:
        if key is not None and key in self._keys:
            return {"operations": [self.operations[number] for number in self._keys[key]]}
        asked: list[Json] = []
        for part in body["requests"]:
            for name in self._named(part["nodes"]):
                generation = self.nodes[name]["generation"]
                if part.get("generation", generation) != generation:
                    detail = f"node {name!r} is at generation {generation}, not {part['generation']}"
                    raise Refusal("stale-generation", 412, detail, node=name)
                asked.append({"node": name, "ask": part["ask"], "generation": generation + 1})
        made = [self._begin(one) for one in asked]
        if key is not None:
            self._keys[key] = [one["id"] for one in made]
        # Answered as they were accepted, whatever their fate.
        return {"operations": [one | {"status": "in-play", "reason": None, "ended_at": None} for one in made]}

    def _begin(self, asked: Json) -> Json:
        number = max(self.operations, default=0) + 1
        operation: Json = asked | {
            "id": number,
            "status": "in-play",
            "asked_at": rfc3339(BEGIN),
            "asked_by": "local",
            "reason": None,
            "ended_at": None,
        }
        self.operations[number] = operation
        self.nodes[operation["node"]]["generation"] = operation["generation"]
        fate = self.fates.get(operation["node"], Fate())
        if fate.status is not None:
            self._end(operation, fate)
        return operation

    def _end(self, operation: Json, fate: Fate) -> None:
        operation |= {
            "status": fate.status,
            "reason": fate.reason,
            "ended_at": rfc3339(BEGIN + timedelta(seconds=3)),
        }
        if fate.status == "succeeded" and operation["ask"] in {"on", "off", "ready"}:
            self.nodes[operation["node"]]["state"] = operation["ask"]

    def list_operations(self, query: Json, _: Any) -> Json:
        chosen = sorted(self.operations.values(), key=lambda one: int(one["id"]), reverse=True)
        if "ids" in query:
            wanted = expand_numbers(query["ids"])
            for number in wanted:
                if number not in self.operations:
                    raise Refusal("unknown-operation", 404, f"there is no operation {number}", operation=number)
            chosen = [one for one in chosen if one["id"] in wanted]
        if "nodes" in query:
            names = self._named(query["nodes"])
            chosen = [one for one in chosen if one["node"] in names]
        if query.get("status"):
            chosen = [one for one in chosen if one["status"] in query["status"]]
        left = [one for one in chosen if one["id"] < int(query.get("before", 2**63))]
        page = left[: int(query.get("limit", 100))]
        return {"operations": page, "next": page[-1]["id"] if len(left) > len(page) else None}

    async def wait(self, body: Json) -> Json:
        if self.on_wait is not None:
            self.on_wait()
        with trio.move_on_after(body["timeout"]):
            while not any(self.operations[number]["ended_at"] for number in body["ids"]):
                await self._changed.wait()
        ended = [self.operations[number] for number in body["ids"] if self.operations[number]["ended_at"]]
        done = {one["id"] for one in ended}
        return {"ended": ended, "pending": [number for number in body["ids"] if number not in done]}

    def entries_for(self, query: Json) -> tuple[int, bool]:
        """Behind which entry a stream begins, and whether it goes on behind the present."""
        last = int(query.get("last", 0))
        after = int(query["after"]) if "after" in query else max(0, len(self.entries) - last)
        return after, query.get("follow") != "false"

    def next_change(self) -> trio.Event:
        """What will be set at the next change from now on."""
        return self._changed

    def note(self, request: Request, query: Json, body: Any) -> None:
        """Take down what was asked."""
        with self._arrived:
            self.asked.append((request.method, request.url.path, query, body, dict(request.headers)))
            self._arrived.notify_all()

    @contextmanager
    def running(self, port: int = 0) -> Generator[None]:
        """Listen on loopback until the end of the block, or until it is halted."""
        ready = threading.Event()
        failed: list[BaseException] = []
        self._thread = threading.Thread(target=self._run, args=(port, ready, failed), daemon=True)
        self._thread.start()
        ready.wait(100)
        assert self._token is not None, failed
        try:
            yield
        finally:
            self.halt()
            assert not failed, failed

    def halt(self) -> None:
        """Stop listening, and cut the connections that are open."""
        if self._token is not None and self._thread is not None:
            with suppress(trio.RunFinishedError):
                trio.from_thread.run_sync(self._stop.set, trio_token=self._token)
            self._thread.join(100)
            assert not self._thread.is_alive()
        self._token = None

    @property
    def port(self) -> int:
        """The port that it listens on, or has listened on."""
        return int(self.url.rpartition(":")[2])

    def _run(self, port: int, ready: threading.Event, failed: list[BaseException]) -> None:
        try:
            trio.run(self._serve, port, ready)
        except BaseException as error:  # noqa: BLE001  (told to the test's own thread)
            failed.append(error)
        finally:
            ready.set()

    async def _serve(self, port: int, ready: threading.Event) -> None:
        self._stop = trio.Event()
        self._changed = trio.Event()
        config = Config()
        config.bind = [f"127.0.0.1:{port}"]
        config.errorlog = None
        config.graceful_timeout = 0.1
        app = cast("Framework", make_app(self))
        async with trio.open_nursery() as nursery:
            serve = lambda **task: hypercorn.trio.serve(app, config, shutdown_trigger=self._stop.wait, **task)  # noqa: E731
            (self.url,) = await nursery.start(serve)
            self._token = trio.lowlevel.current_trio_token()
            ready.set()


def make_app(daemon: ScriptedDaemon) -> FastAPI:
    """The routes."""
    app = FastAPI(openapi_url=None)

    async def answer(request: Request) -> Response:
        query: Json = dict(request.query_params)
        for name in ("state", "status", "kind"):
            if name in query:
                query[name] = request.query_params.getlist(name)
        content = await request.body()
        body = json.loads(content) if content else None
        method, path = request.method, request.url.path
        daemon.note(request, query, body)
        if path in daemon.silent:
            await trio.sleep_forever()
        if path in daemon.nonsense:
            return Response("<html>It works!</html>", media_type="text/html")
        try:
            if daemon.needs_token and request.headers.get("Authorization") != f"Bearer {TOKEN}":
                raise Refusal("unauthorized", 401, "no token, or one that nobody knows")
            if (method, path) in daemon.refusals:
                raise daemon.refusals[method, path]
            response = await _route(daemon, request, query, body)
        except Refusal as refusal:
            problem = {
                "type": f"/problems/{refusal.name}",
                "title": refusal.name,
                "status": refusal.status,
                "detail": str(refusal),
                "instance": path,
            }
            return JSONResponse(problem | refusal.members, refusal.status, media_type="application/problem+json")
        if daemon.broken:
            daemon.broken -= 1
            return StreamingResponse(_cut(), headers={"Content-Length": "9999"})
        return response

    app.add_route("/{path:path}", answer, methods=["GET", "POST", "PATCH", "DELETE"])
    return app


class EventStream(Response):
    """The stream of events; ends with its client."""

    def __init__(self, daemon: ScriptedDaemon, query: Json) -> None:
        super().__init__(media_type="text/event-stream")
        del self.headers["content-length"]
        self._daemon = daemon
        self._query = query

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send entries until there is nobody who reads them."""
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._tell, send, nursery.cancel_scope)
            while (await receive())["type"] != "http.disconnect":
                pass
            nursery.cancel_scope.cancel()

    async def _tell(self, send: Send, everything: trio.CancelScope) -> None:
        after, follow = self._daemon.entries_for(self._query)
        while True:
            changed = self._daemon.next_change()
            for one in self._daemon.entries:
                if one["seq"] > after:
                    after = one["seq"]
                    if one["kind"] in self._query.get("kind", [one["kind"]]):
                        await self._say(send, f"id: {after}\nevent: {one['kind']}\ndata: {json.dumps(one)}")
            if not follow:
                data = {"reason": "caught-up", "detail": "that is all there is", "after": after}
                await self._say(send, f"event: end\ndata: {json.dumps(data)}", more=False)
                everything.cancel()
                return
            await self._say(send, ": here")
            await changed.wait()

    async def _say(self, send: Send, text: str, *, more: bool = True) -> None:
        await send({"type": "http.response.body", "body": f"{text}\n\n".encode(), "more_body": more})


async def _cut() -> AsyncGenerator[bytes]:
    yield b"{"
    raise ConnectionAbortedError


async def _route(daemon: ScriptedDaemon, request: Request, query: Json, body: Any) -> Response:
    match request.method, request.url.path:
        case "GET", "/v1/nodes":
            return JSONResponse(daemon.list_nodes(query, body))
        case "POST", "/v1/nodes":
            return JSONResponse(daemon.add_nodes(query, body), HTTPStatus.CREATED)
        case "PATCH", "/v1/nodes":
            return JSONResponse(daemon.change_nodes(query, body))
        case "DELETE", "/v1/nodes":
            daemon.remove_nodes(query, body)
            return Response(status_code=HTTPStatus.NO_CONTENT)
        case "POST", "/v1/power":
            return JSONResponse(daemon.power(body, request.headers.get("Idempotency-Key")), HTTPStatus.ACCEPTED)
        case "GET", "/v1/operations":
            return JSONResponse(daemon.list_operations(query, body))
        case "POST", "/v1/operations/wait":
            return JSONResponse(await daemon.wait(body))
        case "GET", "/v1/events":
            return EventStream(daemon, query)
        case "GET", "/v1/recovery":
            return JSONResponse(daemon.recovery)
        case method, path:
            raise Refusal("not-found", 404, f"there is no {method} {path}")
