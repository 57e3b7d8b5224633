"""OpenIPMI's own programs; `ipmicmd` is another name of `openipmicmd`, under which it takes no LAN arguments."""

import subprocess
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
import trio

from bmcsim import Fleet, MemoryLog, Power, running
from strangers import KG, PASSWORD, Caller, profile, stranger

STATUS = "0f 00 00 01"
POWER_ON = "0f 00 00 02 01"


@stranger("openipmicmd")
@pytest.mark.parametrize(
    ("kind", "suites"),
    [
        ((), (3, 17)),
        (("-A", "rmcp+"), (3, 17)),
        (("-A", "md5"), (3, 17)),
        (("-A", "straight"), (3, 17)),
    ],
    ids=["its choice", "RMCP+", "IPMI 1.5 with MD5", "IPMI 1.5 with a password"],
)
async def test_openipmicmd_reads_and_drives_the_power(kind: tuple[str, ...], suites: tuple[int, ...]) -> None:
    async with running(Fleet.of("n1", profile(suites=suites))) as fleet:
        host, port = fleet.addresses["n1"]
        there = ("lan", "-U", "admin", "-P", PASSWORD, "-p", str(port), *kind, host)
        call = Caller(fleet)
        code, output = await call.run("openipmicmd", "-k", STATUS, *there)
        assert code == 0, output
        assert "0f 01 00 01 00 " in output
        code, output = await call.run("openipmicmd", "-k", POWER_ON, *there)
        assert "0f 01 00 02 00" in output
        assert fleet["n1"].machine.power is Power.ON


@stranger("openipmicmd")
async def test_openipmicmd_with_kg() -> None:
    async with running(Fleet.of("n1", profile(kg=KG))) as fleet:
        host, port = fleet.addresses["n1"]
        there = ("lan", "-U", "admin", "-P", PASSWORD, "-p", str(port), "-Rk", KG.decode(), host)
        code, output = await Caller(fleet).run("openipmicmd", "-k", STATUS, *there)
        assert code == 0, output
        assert "0f 01 00 01 00 " in output


class Shell:
    """An openipmish that is told things and answers."""

    def __init__(self, process: trio.Process) -> None:
        self._process = process
        self.printed = ""

    async def tell(self, command: str, until: str) -> str:
        """Give it a command, and return what it prints up to and with `until`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        start = len(self.printed)
        await self._process.stdin.send_all(f"{command}\n".encode())
        while until not in self.printed[start:]:
            more = await self._process.stdout.receive_some()
            assert more, self.printed
            self.printed += bytes(more).decode()
        return self.printed[start:]


@asynccontextmanager
async def an_openipmish() -> AsyncGenerator[Shell]:
    """Start one; it is gone in the end."""
    pipe = subprocess.PIPE
    process = await trio.lowlevel.open_process(["openipmish"], stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT)
    try:
        yield Shell(process)
    finally:
        process.kill()
        await process.wait()


@stranger("openipmish")
@pytest.mark.parametrize("kind", ["rmcp+", "md5"])
async def test_openipmish_makes_a_domain_of_it_and_turns_its_power_control(kind: str) -> None:
    log = MemoryLog()
    async with running(Fleet.of("n1", profile(), log=log)) as fleet, an_openipmish() as shell:
        host, port = fleet.addresses["n1"]
        there = f"lan -U admin -P {PASSWORD} -p {port} -A {kind} {host}"
        await shell.tell(f"domain open x -noall -wait_til_up {there}", until="Domain Created: x")
        assert "x(0.20)" in await shell.tell("mc list x", until="x(0.20)")
        await shell.tell("control set x(23.1).power 1", until="Set done: x(23.1).power")
        assert fleet["n1"].machine.power is Power.ON
        await shell.tell("control get x(23.1).power", until="Value: 1")
        await shell.tell("domain close x", until="Domain closed: x")
        assert [event["command"] for event in log.named("command")] == ["on"]
        closed = await log.until(lambda event: event["event"] == "session-closed")
        assert closed["by"] == "own"
