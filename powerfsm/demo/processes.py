"""The processes of a demonstration: simulated BMCs, and the daemon that is killed and started again.

Each is the command that a user would type, in a session of its own, so that Ctrl-C on the terminal reaches us
alone and we end them in order.  What they print goes to files in the directory of the run.
"""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

import trio
import yaml

from powerfsm.demo.conditions import Conditions

Address = tuple[str, int]

PREFERRED_PORT = 8623
"""Where `powerfsm` looks for a daemon, so that it finds this one from another terminal."""

_START = 60.0
"""Seconds until a process that is not ready is given up; it takes one or two, on a busy machine more."""
_STOP = 30.0
_LOOK = 0.02
_PORTS = 200
_TAIL = 15


class ProcessTrouble(Exception):
    """A process does not do what it should; says which one, and what it printed last."""


class Process(Protocol):
    """A process as `trio.Process` and its like show it."""

    @property
    def pid(self) -> int:
        """Its id."""

    @property
    def returncode(self) -> int | None:
        """Its exit code; None while it runs, or where nobody knows."""

    def poll(self) -> int | None:
        """Its exit code; None while it runs."""

    def kill(self) -> None:
        """Send SIGKILL."""

    def send_signal(self, number: signal.Signals, /) -> None:
        """Send a signal."""

    async def wait(self) -> int:
        """Wait for its end."""


class Child:
    """One process of ours; `run` it, then `stop` or `kill` it, as often as needed.

    Args:
        name: What to call it in messages.
        output: File to which all that it prints is appended.
    """

    def __init__(self, name: str, output: Path) -> None:
        self.name = name
        self.output = output
        self._process: Process | None = None

    @property
    def running(self) -> bool:
        """Whether there is a process that has not ended."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The process's id."""
        if self._process is None:
            raise ProcessTrouble(f"{self.name} was not started")
        return self._process.pid

    async def run(self, command: Sequence[str], environment: dict[str, str] | None = None) -> None:
        """Start the process."""
        self._process = await self.spawn(command, environment)

    async def spawn(self, command: Sequence[str], environment: dict[str, str] | None) -> Process:
        """Make a process that runs `command`."""
        with self.output.open("ab") as output:
            return await trio.lowlevel.open_process(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                env=os.environ | (environment or {}),
            )

    async def kill(self) -> None:
        """End it as a power cut would: SIGKILL, nothing is written or closed any more."""
        if self._process is not None:
            self._process.kill()
            await self._process.wait()

    async def stop(self, patience: float = _STOP) -> None:
        """Ask it to end in order, and see that it does.

        Raises:
            ProcessTrouble: It had to be killed, or ended with an error.
        """
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        with trio.move_on_after(patience) as waiting:
            await self._process.wait()
        if waiting.cancelled_caught:
            await self.kill()
            raise ProcessTrouble(f"{self.name} did not end within {patience:g} s of SIGTERM;{self._tail()}")
        if self._process.returncode:
            raise ProcessTrouble(f"{self.name} ended with exit code {self._process.returncode};{self._tail()}")

    def check(self) -> None:
        """See that it runs.

        Raises:
            ProcessTrouble: It has ended by itself.
        """
        if not self.running:
            raise ProcessTrouble(f"{self.name} has ended by itself;{self._tail()}")

    async def ready(self, file: Path) -> Any:
        """Wait for its ready file, and read it.

        Raises:
            ProcessTrouble: It ended, or takes too long.
        """
        with trio.move_on_after(_START):
            while self.running:
                with suppress(FileNotFoundError):
                    return json.loads(await trio.Path(file).read_text(encoding="utf-8"))
                await trio.sleep(_LOOK)
        if self.running:
            raise ProcessTrouble(f"{self.name} was not ready within {_START:g} s;{self._tail()}")
        raise ProcessTrouble(f"{self.name} ended before it was ready;{self._tail()}")

    def _tail(self) -> str:
        lines = self.output.read_text(encoding="utf-8", errors="replace").splitlines()[-_TAIL:]
        return "\n".join([f" the end of {self.output}:", *(f"    {line}" for line in lines)])


class Simulator(Child):
    """A fleet of simulated BMCs on free ports of the loopback interface.

    Attributes:
        log: Its event log.
        addresses: Where each BMC is, by node; after `start`.
    """

    USER = "admin"

    def __init__(
        self, directory: Path, nodes: str, conditions: Conditions, seed: int, password_file: Path
    ) -> None:
        super().__init__("the simulator", directory / "simulator.out")
        self.log = directory / "events.jsonl"
        self.addresses: dict[str, Address] = {}
        self._ready_file = directory / "simulator.ready"
        self._command = [
            program("bmcsim"),
            "serve",
            f"--nodes={nodes}",
            f"--seed={seed}",
            f"--log={self.log}",
            f"--ready-file={self._ready_file}",
            f"--username={self.USER}",
            f"--password-file={password_file}",
            *conditions.options(),
        ]

    async def start(self) -> None:
        """Start it, and wait until all BMCs are there.

        Raises:
            ProcessTrouble: It does not start.
        """
        await self.run(self._command)
        places = await self.ready(self._ready_file)
        self.addresses = {node: (place["host"], place["port"]) for node, place in places.items()}


class Daemon(Child):
    """The daemon, on one database, however often it is killed.

    Attributes:
        url: Where its API is; the same after each start.
    """

    def __init__(self, directory: Path, conditions: Conditions, password_file: Path, port: int) -> None:
        super().__init__("the daemon", directory / "daemon.out")
        self.database = directory / "powerfsm.db"
        self.url = f"http://127.0.0.1:{port}"
        self._configuration = directory / "powerfsm.yaml"
        self._credentials = directory / "credentials.yaml"
        self._ready_file = directory / "daemon.ready"
        self._conditions = conditions
        self._password_file = password_file

    async def start(self) -> None:
        """Start it, the first time and again, and wait until it accepts requests.

        Raises:
            ProcessTrouble: It does not start.
        """
        await self.launch()
        await self.accepting()

    async def launch(self) -> None:
        """Start it, and wait for nothing."""
        self._configure()
        self._ready_file.unlink(missing_ok=True)
        files = [f"--config={self._configuration}", f"--ready-file={self._ready_file}"]
        await self.run([program("powerfsm"), "serve", *files])

    async def accepting(self) -> None:
        """Wait until it accepts requests.

        Raises:
            ProcessTrouble: It ended, or takes too long.
        """
        await self.ready(self._ready_file)

    def defects(self) -> list[str]:
        """The lines of its log, over all its lives, that tell a defect: an event of that name or below it."""
        lines = self.output.read_text(encoding="utf-8", errors="replace").splitlines()
        return [line for line in lines if _event(line).startswith("defect.")]

    def _configure(self) -> None:
        login = {"username": Simulator.USER, "password-file": str(self._password_file)}
        write_private(self._credentials, yaml.safe_dump({"default": login}))
        configuration = {
            "listen": self.url.removeprefix("http://"),
            "database": str(self.database),
            "credentials": str(self._credentials),
            "timings": self._conditions.timings(),
            "log": {"format": "json"},
        }
        self._configuration.write_text(yaml.safe_dump(configuration), encoding="utf-8")


def _event(line: str) -> str:
    """The name of the event in a line of the log; empty where it is none, or was cut off by a kill."""
    try:
        told = json.loads(line)
    except ValueError:
        return ""
    return str(told.get("event", "")) if isinstance(told, dict) else ""


def program(name: str) -> str:
    """One of our commands, as it is installed beside this Python."""
    return str(Path(sys.executable).with_name(name))


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


@contextmanager
def held_port(preferred: int) -> Iterator[int]:
    """Hold a TCP port of the loopback interface: the first free one from the preferred one upwards.

    It is bound, and nobody listens: the daemon can, each time it starts, and in between no other run takes it
    for free.  Ports that the kernel would give are not taken: it also gives them to clients.

    Raises:
        ProcessTrouble: There is none near.
    """
    for port in range(preferred, preferred + _PORTS):
        with socket.socket() as held:
            try:
                held.bind(("127.0.0.1", port))
            except OSError:
                continue
            # Only now, so that ours is the only one that was free: whoever listens may be bound beside us.
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            yield port
            return
    raise ProcessTrouble(f"no TCP port from {preferred} to {preferred + _PORTS - 1} is free on 127.0.0.1")
