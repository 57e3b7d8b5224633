"""A site as its operators have it: simulated BMCs and a daemon, each a process of its own, over real sockets.

Nothing here looks into a process: what a daemon did is known from its answers, its output and its files, and what
reached a BMC from the simulator's own event log.  BMCs get addresses in a loopback network of the site's own, so
sites do not meet, and a BMC that is started again is found where it was.
"""

import json
import os
import signal
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from random import SystemRandom
from typing import Any, Self

import httpx
import pytest
import trio
import yaml

from bmcsim import expand
from bmcsim.events import Event
from command_line import PATIENCE, Ran
from powerfsm.demo.processes import Child, program, write_private

Json = dict[str, Any]

QUICK: Mapping[str, float] = {
    "settle": 0.1,
    "soft-settle": 0.2,
    "retransmit": 0.3,
    "poll": 0.05,
    "backoff": 0.1,
    "backoff-most": 0.5,
    # Nobody reads the nodes at rest: what a BMC sees is what was asked for.
    "sweep": 3600,
}
"""Timings for BMCs that do what they are told at once; those that only end in failure stay as they are."""

_LOOK = 0.02


async def until(happened: Callable[[], object], what: str) -> None:
    """Wait for something that only looking can tell."""
    with trio.move_on_after(PATIENCE):
        while not happened():  # noqa: ASYNC110  (files tell nobody)
            await trio.sleep(_LOOK)
        return
    raise AssertionError(f"in {PATIENCE:g} s there was no {what}")


def forget_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take out of the environment what powerfsm or bmcsim would take from whoever runs the tests."""
    for name in os.environ:
        if name.startswith(("POWERFSM_", "BMCSIM_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "100")


async def run(*command: str | Path, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> Ran:
    """Run a program to its end, with these variables on top of the environment."""
    with trio.fail_after(PATIENCE):
        done = await trio.run_process(
            list(map(str, command)),
            cwd=cwd,
            env=os.environ | dict(env or {}),
            capture_stdout=True,
            capture_stderr=True,
            check=False,
        )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


class Bmcs(Child):
    """Simulated BMCs; their power and their sessions do not outlive the process, their addresses and log do.

    Attributes:
        hosts: Their addresses as a hostlist, in the order of the nodes.
        port: The UDP port of all of them.
        log: The event log.
    """

    USER = "admin"

    def __init__(self, directory: Path, nodes: str, options: Sequence[str], *, net: str, port: int = 6230) -> None:
        super().__init__(f"bmcsim for {nodes}", directory / "bmcsim.out")
        self.names = expand(nodes)
        self.hosts = f"{net}.[1-{len(self.names)}]" if len(self.names) > 1 else f"{net}.1"
        self.port = port
        self.log = directory / "bmcs.jsonl"
        self._ready_file = directory / "bmcsim.ready"
        self._command = [
            program("bmcsim"),
            "serve",
            f"--nodes={nodes}",
            f"--addresses={self.hosts}",
            f"--port={port}",
            f"--log={self.log}",
            f"--ready-file={self._ready_file}",
            f"--username={self.USER}",
            *options,
        ]

    async def start(self, *options: str) -> None:
        """Start them, and wait until all are there; these options outrank those they were made with."""
        self._ready_file.unlink(missing_ok=True)
        await self.run([*self._command, *options])
        await self.ready(self._ready_file)

    def events(self, *wanted: str, node: str | None = None) -> list[Event]:
        """What happened so far, of these kinds and at this node or all of them."""
        if not self.log.exists():
            return []
        # The line that is being written is for the next look.
        lines = self.log.read_text(encoding="utf-8").rpartition("\n")[0].splitlines()
        events: list[Event] = [json.loads(line) for line in lines]
        return [
            event for event in events if (not wanted or event["event"] in wanted) and node in (None, event["node"])
        ]

    def commands(self, node: str) -> list[str]:
        """The power commands that a node's BMC accepted, in order."""
        return [event["command"] for event in self.events("command", node=node)]

    def power(self, node: str) -> str:
        """What a node's power is by the log."""
        last = self.events("power", "started", node=node)[-1]
        return str(last["to"] if last["event"] == "power" else last["power"])

    def open_sessions(self) -> set[tuple[str, int]]:
        """(node, session) of those that are open by the log."""
        open_: set[tuple[str, int]] = set()
        for event in self.events("session-opened", "session-closed", "started"):
            if event["event"] == "session-opened":
                open_.add((event["node"], event["session"]))
            elif event["event"] == "session-closed":
                open_.discard((event["node"], event["session"]))
            else:
                open_ = {(node, session) for node, session in open_ if node != event["node"]}
        return open_

    async def until(self, *wanted: str, node: str | None = None) -> Event:
        """Wait for the first event of these kinds."""
        await until(lambda: self.events(*wanted, node=node), f"{' or '.join(wanted)} of {node or 'any node'}")
        return self.events(*wanted, node=node)[0]


class Served(Child):
    """A daemon on a database and a configuration of its own, which may be started again and again.

    Attributes:
        directory: Where its files are; all of them can be named relative to it.
        settings: What its configuration file is made from, at each start.
        url: Where its API is, once it has been started; the same after each start.
    """

    def __init__(self, directory: Path, credentials: Mapping[str, object], settings: Mapping[str, object]) -> None:
        super().__init__("the daemon", directory / "daemon.out")
        self.directory = directory
        self.database = directory / "powerfsm.db"
        self.configuration = directory / "powerfsm.yaml"
        self.url = ""
        self.settings: dict[str, Any] = {
            "listen": "127.0.0.1:0",
            "database": self.database.name,
            "credentials": "credentials.yaml",
            "timings": dict(QUICK),
            "log": {"format": "json"},
            **settings,
        }
        self._ready_file = directory / "daemon.ready"
        write_private(directory / "credentials.yaml", yaml.safe_dump(dict(credentials)))

    async def start(self) -> Self:
        """Start it, and wait until it accepts requests."""
        self._ready_file.unlink(missing_ok=True)
        await self.run([*self._serve(), f"--ready-file={self._ready_file}"])
        ready = await self.ready(self._ready_file)
        assert ready["pid"] == self.pid
        self.url = ready["url"]
        self.settings["listen"] = self.url.removeprefix("http://")
        return self

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    async def refusal(self, *options: str) -> Ran:
        """Start it where it cannot run, and wait for its end."""
        return await run(*self._serve(), *options)

    def _serve(self) -> list[str]:
        self.configuration.write_text(yaml.safe_dump(self.settings), encoding="utf-8")
        return [program("powerfsm"), "serve", f"--config={self.configuration}"]

    async def ask(self, *words: str, **env: str) -> Ran:
        """Give a command of the command line, on its behalf."""
        return await run(program("powerfsm"), *words, env={"POWERFSM_URL": self.url} | env)

    async def does(self, *words: str, **env: str) -> str:
        """Give a command that has to go well; what it printed."""
        ran = await self.ask(*words, **env)
        assert ran.code == 0, f"{words} ended with {ran.code}: {ran.out}{ran.err}"
        return ran.out

    def api(self, **options: Any) -> httpx.AsyncClient:
        """A client of its HTTP API."""
        return httpx.AsyncClient(base_url=self.url, trust_env=False, timeout=PATIENCE, **options)

    async def get(self, path: str, **query: Any) -> Json:
        """GET something that is there."""
        async with self.api() as api:
            answer = await api.get(path, params=query)
        assert answer.status_code == 200, answer.text
        got: Json = answer.json()
        return got

    async def node(self, name: str) -> Json:
        """A node as the API shows it."""
        return await self.get(f"/v1/nodes/{name}")

    async def journal(self, *nodes: str) -> list[Json]:
        """The journal so far, of these nodes or all of it."""
        async with self.api() as api:
            query = {"after": "0", "follow": "false"} | ({"nodes": ",".join(nodes)} if nodes else {})
            answer = await api.get("/v1/events", params=query)
        assert answer.status_code == 200, answer.text
        data = [line.removeprefix("data:") for line in answer.text.splitlines() if line.startswith("data:")]
        return [entry for entry in map(json.loads, data) if "seq" in entry]

    def said(self) -> str:
        """All that it has printed, in all its lives."""
        return self.output.read_text(encoding="utf-8") if self.output.exists() else ""

    def logged(self, event: str) -> list[Json]:
        """The lines of its log that tell of an event."""
        lines = [json.loads(line) for line in self.said().splitlines() if line.startswith("{")]
        return [line for line in lines if line["event"] == event]


class Site:
    """Makes BMCs and daemons in a directory, and ends them when the test ends."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.net = f"127.{SystemRandom().randrange(16, 250)}.{SystemRandom().randrange(250)}"
        self._children: list[Child] = []

    def bmcs(self, nodes: str, *options: str, port: int = 6230) -> Bmcs:
        """BMCs for these nodes, not yet started."""
        made = Bmcs(self.directory, nodes, options, net=self.net, port=port)
        self._children.append(made)
        return made

    def daemon(
        self,
        *,
        directory: Path | None = None,
        credentials: Mapping[str, object] | None = None,
        settings: Mapping[str, object] | None = None,
    ) -> Served:
        """A daemon, not yet started; `settings` are those of its configuration file."""
        login = {"username": Bmcs.USER, "password": "password"}
        made = Served(
            self.directory if directory is None else directory,
            {"default": login} if credentials is None else credentials,
            settings or {},
        )
        self._children.append(made)
        return made

    async def start(
        self,
        nodes: str,
        *options: str,
        credentials: Mapping[str, object] | None = None,
        settings: Mapping[str, object] | None = None,
    ) -> tuple[Bmcs, Served]:
        """BMCs with these options and a daemon that owns their nodes, both running."""
        bmcs, daemon = self.bmcs(nodes, *options), self.daemon(credentials=credentials, settings=settings)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(bmcs.start)
            nursery.start_soon(daemon.start)
        await self.add(daemon, bmcs, nodes)
        return bmcs, daemon

    async def add(self, daemon: Served, bmcs: Bmcs, nodes: str) -> None:
        """Add nodes to a daemon; their BMCs are the first of those."""
        names = expand(nodes)
        await add_nodes(daemon, names, {"host": self.addresses(bmcs)[: len(names)], "port": bmcs.port})

    @staticmethod
    def addresses(bmcs: Bmcs) -> list[str]:
        """The addresses of BMCs, in the order of their nodes."""
        return expand(bmcs.hosts)

    async def close(self) -> None:
        """End whatever still runs, the hard way."""
        with trio.CancelScope(shield=True):
            for child in self._children:
                if child.running:
                    await child.kill()


@asynccontextmanager
async def a_site(directory: Path) -> AsyncGenerator[Site]:
    """A site that ends with the block."""
    site = Site(directory)
    try:
        yield site
    finally:
        await site.close()


async def add_nodes(daemon: Served, names: Sequence[str], bmc: Json, **policy: object) -> None:
    """Add nodes as the API takes them."""
    async with daemon.api() as api:
        answer = await api.post("/v1/nodes", json={"names": names, "bmc": bmc, "policy": policy})
    assert answer.status_code == 201, answer.text


def names_of(ended: Iterable[Json], status: str) -> list[str]:
    """The nodes of the operations that have this status, in order."""
    return sorted(operation["node"] for operation in ended if operation["status"] == status)
