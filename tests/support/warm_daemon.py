"""A daemon that starts in a few hundredths of a second, so that it can be killed two hundred times in a test."""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import trio

from powerfsm.demo.conditions import Conditions
from powerfsm.demo.processes import Daemon, Process, ProcessTrouble

ZYGOTE = Path(__file__).with_name("zygote.py")


class Zygote:
    """The process that forks daemons (see `zygote`)."""

    def __init__(self, process: trio.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._input = process.stdin
        self._output = process.stdout
        self._heard = b""

    async def fork(self, arguments: Sequence[str], output: Path, disk: float) -> "Forked":
        """Have it fork a daemon, whose commits are slower by `disk` seconds."""
        wanted = {"arguments": list(arguments), "output": str(output), "disk": disk}
        await self._input.send_all(json.dumps(wanted).encode() + b"\n")
        return Forked(int(await self.line()))

    async def line(self) -> bytes:
        """The next thing it says."""
        while b"\n" not in self._heard:
            more = await self._output.receive_some()
            if not more:
                raise ProcessTrouble("the zygote has ended")
            self._heard += more
        line, _, self._heard = self._heard.partition(b"\n")
        return line


@asynccontextmanager
async def zygote() -> AsyncGenerator[Zygote]:
    """A zygote that has imported everything; when it ends, its daemons do."""
    async with trio.open_nursery() as nursery:
        process: trio.Process = await nursery.start(
            partial(
                trio.run_process,
                [sys.executable, str(ZYGOTE)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                check=False,
            )
        )
        made = Zygote(process)
        await made.line()
        yield made
        nursery.cancel_scope.cancel()


class Forked:
    """A process that is not our child, held by a descriptor, so that its id cannot come to mean another one."""

    returncode = None

    def __init__(self, pid: int) -> None:
        self.pid = pid
        try:
            self._descriptor: int | None = os.pidfd_open(pid)
        except ProcessLookupError:
            self._descriptor = None

    def poll(self) -> int | None:
        """0 once it has ended: how is not known."""
        if self._descriptor is not None and select.select([self._descriptor], [], [], 0)[0]:
            os.close(self._descriptor)
            self._descriptor = None
        return 0 if self._descriptor is None else None

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def send_signal(self, number: signal.Signals, /) -> None:
        """Send a signal, if it runs."""
        if self.poll() is None and self._descriptor is not None:
            signal.pidfd_send_signal(self._descriptor, number)

    async def wait(self) -> int:
        """Wait for its end."""
        while self.poll() is None and self._descriptor is not None:
            await trio.lowlevel.wait_readable(self._descriptor)
        return 0


class WarmDaemon(Daemon):
    """The daemon; `cold` lives are run by the command itself, all others forked from a zygote.

    Attributes:
        cold: How the next life begins.
        disk: By how many seconds commits are slower in it; not in cold ones.
    """

    def __init__(
        self, zygote: Zygote, directory: Path, conditions: Conditions, password_file: Path, port: int
    ) -> None:
        super().__init__(directory, conditions, password_file, port)
        self.cold = True
        self.disk = 0.0
        self._zygote = zygote

    async def spawn(self, command: Sequence[str], environment: dict[str, str] | None) -> Process:
        """Begin a life."""
        if self.cold:
            return await super().spawn(command, environment)
        return await self._zygote.fork(command[1:], self.output, self.disk)
