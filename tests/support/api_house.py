"""A daemon without sockets: the real API, registry, actions and store, over BMCs that do as they are told.

It runs in real time, because the store works in threads; nothing in it waits for long.
"""

import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import trio
from fastapi import FastAPI

from powerfsm.actions import Workshop
from powerfsm.actions.limits import Limits
from powerfsm.api import create_app
from powerfsm.api.access import Role, Tokens, make_token, read_tokens
from powerfsm.api.crowd import Room
from powerfsm.api.metrics import Commits
from powerfsm.api.server import Server
from powerfsm.bmc import Bmc
from powerfsm.node import Drift, Node
from powerfsm.operation import Operation
from powerfsm.power import Ask, Command, Power
from powerfsm.recovery import recover
from powerfsm.registry.fleet import Fleet
from powerfsm.registry.registry import Registry
from powerfsm.registry.requests import PowerRequest
from powerfsm.spec import load
from powerfsm.store.batch import Batch
from powerfsm.store.errors import StoreUnavailable
from powerfsm.store.store import Store, open_store

ROOM = Room()
TIMINGS = {"settle": 0.0, "poll": 0.01, "patience": 1000.0, "backoff": 0.01}


@dataclass
class Gate:
    """Holds something up until a test lets it go."""

    _event: trio.Event | None = None

    def shut(self) -> None:
        self._event = self._event or trio.Event()

    def open(self) -> None:
        if self._event is not None:
            self._event.set()
            self._event = None

    async def passed(self) -> None:
        while self._event is not None:
            await self._event.wait()
        await trio.lowlevel.checkpoint()


class ObedientSession:
    def __init__(self, driver: "ObedientDriver", host: str) -> None:
        self._driver = driver
        self._host = host
        driver.sessions += 1
        self.id = driver.sessions

    async def read_power(self) -> Power:
        await self._driver.reading.passed()
        return self._driver.power.get(self._host, Power.OFF)

    async def command(self, command: Command, *, once: bool = False) -> None:
        await trio.lowlevel.checkpoint()
        off = command in (Command.OFF, Command.SOFT_OFF)
        self._driver.power[self._host] = Power.OFF if off else Power.ON

    async def close(self) -> None:
        await trio.lowlevel.checkpoint()


@dataclass
class ObedientDriver:
    """BMCs that act at once; `reading` holds up every reading, and so keeps operations in play."""

    power: dict[str, Power] = field(default_factory=dict)
    sessions: int = 0
    reading: Gate = field(default_factory=Gate)

    async def open(self, bmc: Bmc) -> ObedientSession:
        await trio.lowlevel.checkpoint()
        return ObedientSession(self, bmc.host)

    async def fence(self, bmc: Bmc, session_id: int) -> None:
        await trio.lowlevel.checkpoint()


@dataclass
class Disk:
    """The real store behind a disk that can be full, or slow."""

    store: Store
    full: bool = False
    writing: Gate = field(default_factory=Gate)

    async def commit(self, batch: Batch) -> None:
        await self.writing.passed()
        if self.full:
            raise StoreUnavailable(self.store.path, "the disk is full", advice="make room")
        await self.store.commit(batch)


@dataclass
class House:
    """One daemon, and how to get at each of its parts."""

    app: FastAPI
    registry: Registry
    store: Store
    disk: Disk
    driver: ObedientDriver
    tokens: dict[Role, str]

    def client(self, token: str | None = None, base_url: str = "http://127.0.0.1:8623") -> httpx.AsyncClient:
        """A client whose requests go straight into the application."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app), base_url=base_url, headers=headers, timeout=30
        )

    async def add(self, *names: str) -> None:
        await self.registry.add([Node(name, Bmc(f"{name}-bmc")) for name in names])

    async def ask(self, name: str, ask: Ask = Ask.ON) -> Operation:
        return (await self.registry.request([PowerRequest(name, ask)]))[0]

    async def done(self, name: str, ask: Ask = Ask.ON) -> Operation:
        """Ask, and wait for the end."""
        operation = await self.ask(name, ask)
        return await self.ended(operation.id)

    async def ended(self, operation_id: int) -> Operation:
        try:
            return await self.registry.ended(operation_id)
        except KeyError:
            operation = await self.store.operation(operation_id)
            assert operation is not None
            return operation


@asynccontextmanager
async def served(app: FastAPI, connections: int = 800) -> AsyncGenerator[str]:
    """Serve an application on a free port of the loopback interface; gives its URL."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    async with trio.open_nursery() as nursery:
        await nursery.start(Server(app, connections).run, listening, trio.Event())
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            nursery.cancel_scope.cancel()


def _break(told: str) -> None:
    """A property of the spec that a node breaks ends the daemon, and so the test."""
    raise AssertionError(told)


@asynccontextmanager
async def house(
    directory: Path, *, with_tokens: bool = False, drift: Drift = Drift.FLAG, room: Room = ROOM
) -> AsyncGenerator[House]:
    """Build a daemon in a directory, and run it until the block ends."""
    secret: dict[Role, str] = {}
    tokens: Tokens | None = None
    if with_tokens:
        lines = []
        for role in Role:
            secret[role], line = make_token(f"{role}-er", role)
            lines.append(line)
        (directory / "tokens").write_text("\n".join(lines) + "\n")
        tokens = read_tokens(directory / "tokens")
    async with open_store(directory / "house.db") as store, trio.open_nursery() as nursery:
        spec = load()
        driver = ObedientDriver()
        workshop = Workshop(spec, {"ipmi": driver}, Limits(), trio.current_time, TIMINGS.items())
        disk = Disk(store)
        commits = Commits(disk)
        registry = Registry(spec, commits, Fleet(await store.load()), workshop, alarm=_break)
        over = trio.Event()

        async def serve(*, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
            await registry.serve(task_status=task_status)
            over.set()

        await nursery.start(serve)
        await recover(registry)
        registry.accepting = True
        app = create_app(registry, store, tokens=tokens, drift=drift, commits=commits, room=room)
        try:
            yield House(app, registry, store, disk, driver, secret)
        finally:
            # As the daemon ends: in order, and whatever a test has left shut or full.
            driver.reading.open()
            disk.writing.open()
            registry.close()
            with trio.CancelScope(shield=True):
                await over.wait()
