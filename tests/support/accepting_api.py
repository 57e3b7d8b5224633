"""A daemon's API without a daemon: it accepts, coalesces nothing, and dies when it is told to."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from json import loads
from typing import Any

import httpx
import trio

_PENDING = ("waiting", "in-play")


@dataclass
class AcceptingApi(httpx.AsyncBaseTransport):
    """What a requester sees of a daemon.

    Attributes:
        operations: Every operation by id, in the API's JSON.
        keys: What was answered, by idempotency key.
        asked: Each arrival: its key, and (node, ask) for each request in it.
        faults: One for each request to come: called, before it arrives or after, to raise what the network does.
        shared: Nodes whose requests get one operation as long as it has not ended.
    """

    operations: dict[int, dict[str, Any]] = field(default_factory=dict)
    keys: dict[str, list[int]] = field(default_factory=dict)
    asked: list[tuple[str, list[tuple[str, str]]]] = field(default_factory=list)
    faults: list[Callable[[str], None]] = field(default_factory=list)
    shared: set[str] = field(default_factory=set)
    ids: "count[int]" = field(default_factory=lambda: count(1))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer as the API does."""
        fault = self.faults.pop(0) if self.faults and request.url.path == "/v1/power" else None
        if fault:
            fault("before")
        body = loads(request.content) if request.content else {}
        # A wait for operations takes its time where none has ended.
        await trio.sleep(0.01)
        answer = self._answer(request, body)
        if fault:
            fault("after")
        return answer

    def end(self, number: int, status: str, reason: str = "as it was told") -> None:
        """Have an operation end."""
        self.operations[number] |= {"status": status, "reason": reason, "ended_at": "2026-03-01T12:00:01.000Z"}

    def _answer(self, request: httpx.Request, body: dict[str, Any]) -> httpx.Response:
        if request.url.path == "/v1/power":
            key = request.headers["Idempotency-Key"]
            wanted = [(node, part["ask"]) for part in body["requests"] for node in part["nodes"]]
            self.asked.append((key, wanted))
            if key not in self.keys:
                self.keys[key] = [self._accept(node, ask) for node, ask in wanted]
            return httpx.Response(202, json={"operations": [self.operations[id_] for id_ in self.keys[key]]})
        missing = [id_ for id_ in body["ids"] if id_ not in self.operations]
        if missing:
            problem = {"type": "/problems/unknown-operation", "status": 404, "operation": missing[0]}
            return httpx.Response(404, json=problem, headers={"Content-Type": "application/problem+json"})
        known = [self.operations[id_] for id_ in body["ids"]]
        ended = [operation for operation in known if operation["status"] not in _PENDING]
        pending = [operation["id"] for operation in known if operation["status"] in _PENDING]
        return httpx.Response(200, json={"ended": ended, "pending": pending})

    def _accept(self, node: str, ask: str) -> int:
        for number, operation in self.operations.items():
            if node in self.shared and operation["node"] == node and operation["status"] in _PENDING:
                return number
        number = next(self.ids)
        self.operations[number] = {
            "id": number,
            "node": node,
            "ask": ask,
            "generation": 1,
            "status": "in-play",
            "asked_at": "2026-03-01T12:00:00.000Z",
            "asked_by": "local",
            "reason": None,
            "ended_at": None,
        }
        return number
