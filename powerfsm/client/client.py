"""The client: one method for each thing that the API can be asked."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import quote
from uuid import uuid4

import httpx

from powerfsm.client.answers import (
    Added,
    Changed,
    Node,
    NodePage,
    Operation,
    OperationPage,
    Operations,
    Readiness,
    Recovery,
    Version,
)
from powerfsm.client.asking import DEFAULT_URL, Asking, Query, members
from powerfsm.client.errors import ClientError, DaemonUnreachable
from powerfsm.client.stream import EventStream
from powerfsm.client.waiting import Ends
from powerfsm.operation import Status
from powerfsm.power import Ask

Names = str | Sequence[str]
"""A hostlist such as `r1n[01-40]`, or a list of names, in which nothing is expanded."""

_PAGE = 10_000
_LONGEST_QUERY = 16_000
"""Characters of a hostlist in one URL: servers and proxies take 32 to 64 KiB of headers."""
_STREAM_SILENCE = 60.0
"""Seconds; the daemon comments an idle stream more often than that."""


@dataclass(frozen=True, slots=True)
class PowerRequest:
    """One part of a bulk request: what is asked of which nodes, and at which generation they must be."""

    nodes: Names
    ask: Ask
    generation: int | None = None


class Client:
    """A daemon, asked over HTTP, from trio.  Use it with `async with`; many tasks may share it.

    Args:
        url: Where the daemon is.
        token: The bearer token, if the daemon wants one.
        timeout: Seconds until a silent daemon is given up.
        transport: What carries the requests, where it is not the network (`httpx.ASGITransport`, ...).

    Every method raises `DaemonUnreachable`, `ProblemError` and `UnexpectedAnswer`.

    Raises:
        ClientError: The URL is none.
    """

    def __init__(
        self,
        url: str = DEFAULT_URL,
        *,
        token: str | None = None,
        timeout: float = 30.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._asking = Asking(url, token=token, timeout=timeout, transport=transport)

    def __repr__(self) -> str:
        return f"Client({self._asking.url!r})"

    async def __aenter__(self) -> Self:
        await self._asking.http.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._asking.http.__aexit__(kind, error, traceback)

    @property
    def url(self) -> str:
        """Where the daemon is."""
        return self._asking.url

    # Nodes

    async def node(self, name: str) -> Node:
        """The node of this name."""
        return self._asking.read(await self._asking.ask("GET", _path("nodes", name)), Node)

    async def nodes(
        self,
        names: str | None = None,
        *,
        states: Iterable[str] = (),
        group: str | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> list[Node]:
        """Nodes in the order of their names: of a hostlist, in these states, of this group; or all.

        Args:
            names: A hostlist.
            states: States that they may be in; none: any.
            group: The group that they are to be of.
            after: Only of the names behind this one.
            limit: At most so many.
        """
        nodes: dict[str, Node] = {}
        for part in [None] if names is None else _parts(names):
            query: Query = {"names": part, "state": list(states), "group": group}
            for node in await self._nodes(query, after, limit):
                nodes[node.name] = node
        # A long hostlist is asked in parts, and a name may stand in several.
        return sorted(nodes.values(), key=lambda node: node.name)[:limit]

    async def _nodes(self, query: Query, after: str | None, limit: int | None) -> list[Node]:
        nodes: list[Node] = []
        while limit is None or len(nodes) < limit:
            size = _PAGE if limit is None else min(_PAGE, limit - len(nodes))
            page_query = {**query, "after": after, "limit": size}
            answer = await self._asking.ask("GET", "/v1/nodes", query=page_query)
            page = self._asking.read(answer, NodePage)
            nodes += page.nodes
            after = page.next
            if after is None:
                break
        return nodes

    async def add_nodes(
        self, names: Names, bmc: Mapping[str, object], policy: Mapping[str, object] | None = None
    ) -> Added:
        """Add nodes; `bmc` and `policy` are those of `POST /v1/nodes`, paired with the names in order."""
        body = {"names": _listed(names), "bmc": bmc} | ({"policy": policy} if policy else {})
        return self._asking.read(await self._asking.ask("POST", "/v1/nodes", body=body), Added)

    async def change_nodes(
        self,
        names: str,
        *,
        bmc: Mapping[str, object] | None = None,
        policy: Mapping[str, object] | None = None,
    ) -> Changed:
        """Change members of the `bmc` and `policy` of a hostlist's nodes; all of them or none.

        Members that are not given stay as they are; `bmc` is paired with the names as in `add_nodes`.
        """
        body = ({"bmc": bmc} if bmc else {}) | ({"policy": policy} if policy else {})
        answer = await self._asking.ask("PATCH", "/v1/nodes", query={"names": names}, body=body)
        return self._asking.read(answer, Changed)

    async def remove_nodes(self, names: str) -> None:
        """Remove the nodes of a hostlist; all of them or, if one cannot be removed, none."""
        await self._asking.ask("DELETE", "/v1/nodes", query={"names": names})

    # Power

    async def power(
        self, nodes: Names, ask: Ask, *, generation: int | None = None, key: str | None = None
    ) -> list[Operation]:
        """Ask for power; what is returned is durable, and under way.

        Args:
            nodes: Whom to ask; all are accepted or none.
            ask: What to ask for.
            generation: Accept only where the nodes are still at this generation.
            key: The idempotency key; made up where it is not given.  With it the request is sent again where
                the connection broke before the answer, and is still carried out once.

        Returns:
            An operation for each node, in the order of the request.
        """
        return await self.power_each([PowerRequest(nodes, ask, generation)], key=key)

    async def power_each(self, requests: Sequence[PowerRequest], *, key: str | None = None) -> list[Operation]:
        """Ask for several things in one request, accepted whole or not at all; otherwise as `power`."""
        body = {
            "requests": [
                {"nodes": _listed(request.nodes), "ask": request.ask.value}
                | ({} if request.generation is None else {"generation": request.generation})
                for request in requests
            ]
        }
        headers = {"Idempotency-Key": key or str(uuid4())}
        try:
            answer = await self._asking.ask("POST", "/v1/power", body=body, headers=headers)
        except DaemonUnreachable as error:
            if not error.sent:
                raise
            try:
                answer = await self._asking.ask("POST", "/v1/power", body=body, headers=headers)
            except DaemonUnreachable as again:
                # Whatever befell the second, the first may have arrived.
                raise DaemonUnreachable(self.url, again.why, sent=True) from again
        return self._asking.read(answer, Operations).operations

    # Operations

    async def operation(self, operation_id: int, *, wait: float = 0.0) -> Operation:
        """One operation: when it has ended or, where that takes longer than `wait` seconds, as it stands."""
        path = _path("operations", str(operation_id))
        answer = await self._asking.ask("GET", path, query={"wait": wait}, patience=wait)
        return self._asking.read(answer, Operation)

    async def operations(
        self, nodes: str | None = None, *, statuses: Iterable[Status] = (), limit: int | None = 100
    ) -> list[Operation]:
        """Operations, newest first: of the nodes of a hostlist, of these statuses; at most `limit`."""
        found: dict[int, Operation] = {}
        for part in [None] if nodes is None else _parts(nodes):
            query: Query = {"nodes": part, "status": [status.value for status in statuses]}
            found |= {operation.id: operation for operation in await self._operations(query, limit)}
        newest = sorted(found.values(), key=lambda operation: operation.id, reverse=True)
        return newest[:limit]

    async def _operations(self, query: Query, limit: int | None) -> list[Operation]:
        operations: list[Operation] = []
        before: int | None = None
        while limit is None or len(operations) < limit:
            size = _PAGE if limit is None else min(_PAGE, limit - len(operations))
            page_query = {**query, "before": before, "limit": size}
            answer = await self._asking.ask("GET", "/v1/operations", query=page_query)
            page = self._asking.read(answer, OperationPage)
            operations += page.operations
            before = page.next
            if before is None:
                break
        return operations

    async def operations_by_id(self, ids: str) -> list[Operation]:
        """Operations by their ids, as ranges such as `17-40,57`; newest first."""
        found: dict[int, Operation] = {}
        for part in _parts(ids):
            found |= {one.id: one for one in await self._operations({"ids": part}, None)}
        return sorted(found.values(), key=lambda operation: operation.id, reverse=True)

    def as_they_end(
        self,
        operations: Iterable[Operation | int],
        *,
        patience: float = 60.0,
        on_silence: Callable[[ClientError], None] | None = None,
    ) -> Ends:
        """Wait for many operations (or ids), and give each as it has ended; bound it with `move_on_after`.

        Operations are durable, so a daemon that is restarted meanwhile is waited for.

        Args:
            operations: What to wait for; those that have ended are given at once.
            patience: For how many seconds in a row the daemon may be away.
            on_silence: Told each time it does not answer.
        """
        return Ends(self._asking, operations, patience=patience, on_silence=on_silence)

    # Events, recovery, the daemon itself

    @asynccontextmanager
    async def events(
        self,
        *,
        after: int | None = None,
        last: int | None = None,
        nodes: str | None = None,
        kinds: Iterable[str] = (),
        follow: bool = True,
    ) -> AsyncIterator[EventStream]:
        """Open the stream of events.

        Args:
            after: Begin behind this sequence number (0: at the beginning), or with what happens next.
            last: Begin so many entries before the present.
            nodes: Only of the nodes of this hostlist.
            kinds: Only of these kinds.
            follow: Whether to go on with what happens after the present.
        """
        query = {
            "after": after,
            "last": last,
            "nodes": nodes,
            "kind": list(kinds),
            "follow": None if follow else False,
        }
        request = self._asking.http.build_request(
            "GET",
            "/v1/events",
            params=members(query),
            headers={"Accept": "text/event-stream"},
            timeout=httpx.Timeout(self._asking.timeout, read=_STREAM_SILENCE),
        )
        try:
            response = await self._asking.http.send(request, stream=True)
            if not response.is_success:
                await response.aread()
        except httpx.HTTPError as error:
            raise self._asking.unreachable(error, changing=False) from error
        stream = EventStream(self._asking, response, after)
        try:
            self._asking.refuse(response)
            yield stream
        finally:
            await stream.close()

    async def recovery(self) -> Recovery:
        """The outstanding work: nodes whose work has not ended, in error, or with a session left open."""
        return self._asking.read(await self._asking.ask("GET", "/v1/recovery"), Recovery)

    async def readiness(self) -> Readiness:
        """Whether the daemon is ready; raises `ProblemError` named `not-ready` where it is not."""
        return self._asking.read(await self._asking.ask("GET", "/readyz"), Readiness)

    async def version(self) -> Version:
        """What answers at the URL."""
        return self._asking.read(await self._asking.ask("GET", "/v1/version"), Version)


def _path(kind: str, name: str) -> str:
    return f"/v1/{kind}/{quote(name, safe='')}"


def _listed(names: Names) -> str | list[str]:
    return names if isinstance(names, str) else list(names)


def _parts(hostlist: str) -> list[str]:
    """A hostlist, cut at commas outside of brackets into texts that fit into a URL."""
    if len(hostlist) <= _LONGEST_QUERY:
        return [hostlist]
    parts: list[str] = []
    begin, comma, depth = 0, 0, 0
    for place, character in enumerate(hostlist):
        depth += {"[": 1, "]": -1}.get(character, 0)
        if character == "," and not depth:
            if place - begin > _LONGEST_QUERY and comma > begin:
                parts.append(hostlist[begin:comma])
                begin = comma + 1
            comma = place
    if len(hostlist) - begin > _LONGEST_QUERY and comma > begin:
        parts.append(hostlist[begin:comma])
        begin = comma + 1
    return [*parts, hostlist[begin:]]
