"""A start after `kill -9`: 100,000 nodes, of which 10,000 have work outstanding and a session at their BMC.

    python bench/recovery.py [--nodes 100000] [--outstanding 10000] [--json]

**Before.**  A process with the daemon's core adds the nodes, has those at rest read, and switches on those that
are to be outstanding, whose BMCs are simulated in another process.  Each of these is stopped at one of three
places in turn, and when all are, the process is killed: its sessions stay open at the BMCs, and on record.

* recorded: the session is on record, and its `on` was about to be sent;
* commanded: `on` was sent and answered, and is not read yet;
* superseded: `on` was sent and answered, `off` was asked, and the session was about to be asked to close.

**Told** are seconds from the start of `powerfsm serve` until the API answers; until the first session of the dead
process is closed, the first command reaches a BMC, and the last, by the BMCs' own log; and until the last
operation has ended, by the database.  In between the API is asked for a node four times a second: how long that
takes tells how well it is to be talked to meanwhile.  Beside it, measured in the same run:

* an empty daemon's start, and bare `sqlite3` reading what a start reads;
* the driver alone, doing to as many BMCs what recovery has to: close a session by its id, log in, read, close.

Every operation must succeed, and the BMCs' log must be in order: what was measured would be worth nothing else.
The machine's other load is in all of it: ratios mean something, seconds do not.
"""

import argparse
import json
import math
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import httpx
import trio

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from bmcs_apart import a_driver, bmcs_apart, credentials, kindly
from bmcsim.check import judge
from bmcsim.events import Event
from bmcsim.records import read_events
from powerfsm import logbook
from powerfsm.actions import Facts, Workshop
from powerfsm.actions.limits import Limits
from powerfsm.bmc import Bmc
from powerfsm.demo.processes import Child, program
from powerfsm.drivers.driver import Driver, Session
from powerfsm.lifecycle import in_charge
from powerfsm.node import Node, Policy
from powerfsm.power import Ask, Command, Power
from powerfsm.registry.fleet import Fleet
from powerfsm.registry.registry import Registry
from powerfsm.registry.requests import PowerRequest
from powerfsm.spec import load
from powerfsm.store.store import open_store

RECORDED, COMMANDED, SUPERSEDED = range(3)
"""Where a node is stopped: its number modulo three."""

AT_ONCE: Final = 200
"""Sessions at once; fewer than the daemon allows by itself, for these BMCs have no processors of their own."""

NO_SESSION: Final = 1
"""An id that no BMC of ours has given."""

IDLE = 36_000.0
"""Seconds for which a BMC keeps a session that nobody uses: they are to be open yet when the daemon starts."""

ENVIRONMENT = {
    "POWERFSM_TIMINGS_ANSWER": "60",
    "POWERFSM_TIMINGS_FENCE": "60",
    "POWERFSM_TIMINGS_IDLE_LIMIT": str(IDLE),
    "POWERFSM_TIMINGS_SWEEP": "1000000",
    "POWERFSM_LIMITS_TOTAL": str(AT_ONCE),
    "POWERFSM_LOG_LEVEL": "warning",
}
"""These BMCs always answer, in their time.  A fence that is not answered all the same would be waited out for
longer than an operation has, and end the run."""

LOOK = 0.005
PROBE = 0.25
READ_AT_A_START = (
    "SELECT * FROM node",
    "SELECT * FROM operation WHERE status IN ('in-play', 'waiting') ORDER BY id",
    "SELECT * FROM session ORDER BY node, id",
)
UNENDED = "SELECT count(*) FROM operation WHERE status IN ('in-play', 'waiting')"

Figures = dict[str, float]


def place(name: str) -> int:
    """Where a node is stopped."""
    return int(name[1:]) % 3


# The process that is killed.


class Milestones:
    """How far the nodes have come."""

    def __init__(self, names: Sequence[str]) -> None:
        self.commanded = {name: trio.Event() for name in names}
        self.stopped = {name: trio.Event() for name in names}

    async def stop(self, name: str) -> None:
        """Never go on."""
        self.stopped[name].set()
        await trio.sleep_forever()


class StoppingSession:
    """A session that goes no further than it is to."""

    def __init__(self, inner: Session, name: str, milestones: Milestones) -> None:
        self._inner = inner
        self._name = name
        self._milestones = milestones
        self._commanded = False

    @property
    def id(self) -> int:
        return self._inner.id

    async def read_power(self) -> Power:
        if not self._commanded:
            return await self._inner.read_power()
        if place(self._name) == COMMANDED:
            await self._milestones.stop(self._name)
        self._milestones.commanded[self._name].set()
        await trio.sleep_forever()
        raise AssertionError

    async def command(self, command: Command, *, once: bool = False) -> None:
        if place(self._name) == RECORDED:
            await self._milestones.stop(self._name)
        await self._inner.command(command, once=once)
        self._commanded = True

    async def close(self) -> None:
        await self._milestones.stop(self._name)


class StoppingDriver:
    """A driver of such sessions."""

    def __init__(self, inner: Driver, names: Mapping[tuple[str, int], str], milestones: Milestones) -> None:
        self._inner = inner
        self._names = names
        self._milestones = milestones

    async def open(self, bmc: Bmc) -> Session:
        return StoppingSession(await self._inner.open(bmc), self._names[bmc.host, bmc.port], self._milestones)

    async def fence(self, bmc: Bmc, session_id: int) -> None:
        await self._inner.fence(bmc, session_id)


async def live(where: Path, nodes: int) -> None:
    """Be the process that is killed; says by a file when it is time to."""
    addresses: dict[str, tuple[str, int]] = {
        name: (host, port) for name, (host, port) in json.loads((where / "addresses").read_text()).items()
    }
    at_rest = [f"r{number}" for number in range(nodes - len(addresses))]
    policy, spec, milestones = Policy(), load(), Milestones(list(addresses))
    fleet = [Node(name, Bmc(*at), policy) for name, at in addresses.items()]
    fleet += [Node(name, Bmc(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}"), policy) for n, name in enumerate(at_rest)]
    async with open_store(where / "fleet.db") as store, a_driver(where) as driver:
        stopping = StoppingDriver(driver, {at: name for name, at in addresses.items()}, milestones)
        workshop = Workshop(spec, {"ipmi": stopping}, Limits(total=nodes), time.time)
        registry = Registry(spec, store, Fleet(await store.load()), workshop)
        async with in_charge(registry, workshop, {}):
            await registry.add(fleet)
            async with trio.open_nursery() as nursery:
                for name in at_rest:
                    facts = Facts(reading=Power.OFF, read_at=time.time())
                    nursery.start_soon(registry.report, name, "read-off", facts)
            few = trio.CapacityLimiter(AT_ONCE)
            async with trio.open_nursery() as nursery:
                for name in addresses:
                    nursery.start_soon(_leave_at_work, registry, name, milestones, few)
            (where / "stopped").touch()
            await trio.sleep_forever()


async def _leave_at_work(registry: Registry, name: str, milestones: Milestones, few: trio.CapacityLimiter) -> None:
    """Have a node stopped at its place."""
    async with few:
        await registry.request([PowerRequest(name, Ask.ON)])
        if place(name) == SUPERSEDED:
            await milestones.commanded[name].wait()
            await registry.request([PowerRequest(name, Ask.OFF)])
        await milestones.stopped[name].wait()


# The process that recovers, and its floors.


class Daemon(Child):
    """`powerfsm serve` on a database, with the timings of the spec and no sweep."""

    def __init__(self, where: Path, database: Path) -> None:
        super().__init__("the daemon", database.with_suffix(".out"))
        self._ready = database.with_suffix(".ready")
        self._command = [program("powerfsm"), "serve", "--listen=127.0.0.1:0", f"--database={database}"]
        self._command += [f"--credentials={credentials(where)}", f"--ready-file={self._ready}"]
        self.url = ""

    async def start(self) -> float:
        """Start it; gives the seconds until it accepts requests."""
        begun = time.perf_counter()
        await self.run(self._command, ENVIRONMENT)
        while not self._ready.exists():
            self.check()
            await trio.sleep(LOOK)
        seconds = time.perf_counter() - begun
        self.url = json.loads(self._ready.read_text(encoding="utf-8"))["url"]
        return seconds

    def memory(self) -> tuple[int, int]:
        """Bytes that are its own (Pss) now, and that it held at most (resident set)."""
        return _kilobytes(self.pid, "smaps_rollup", "Pss"), _kilobytes(self.pid, "status", "VmHWM")

    def cpu_seconds(self) -> float:
        """User and system time so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _kilobytes(pid: int, file: str, name: str) -> int:
    for line in Path(f"/proc/{pid}/{file}").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise LookupError(f"no {name} in {file}")


async def empty_start(where: Path) -> tuple[float, float, int]:
    """An empty daemon's seconds and CPU seconds until it accepts requests, and its memory."""
    daemon = Daemon(where, where / "empty.db")
    seconds = await daemon.start()
    cpu, (memory, _) = daemon.cpu_seconds(), daemon.memory()
    await daemon.stop()
    return seconds, cpu, memory


def bare_reading(database: Path) -> float:
    """Seconds in which `sqlite3` alone reads what a start reads; whoever opens it first takes up the log."""
    begun = time.perf_counter()
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as bare:
        for statement in READ_AT_A_START:
            bare.execute(statement).fetchall()
    return time.perf_counter() - begun


async def bare_driving(driver: Driver, addresses: Sequence[tuple[str, int]]) -> tuple[float, float]:
    """Seconds, and CPU seconds, in which the driver alone does what recovery does to a BMC, without a command."""
    at_once = trio.CapacityLimiter(AT_ONCE)

    async def one(bmc: Bmc) -> None:
        async with at_once:
            await driver.fence(bmc, NO_SESSION)
            session = await driver.open(bmc)
            for _ in range(3):
                await session.read_power()
            await session.close()

    begun, used = time.perf_counter(), time.process_time()
    async with trio.open_nursery() as nursery:
        for address in addresses:
            nursery.start_soon(one, Bmc(*address))
    return (time.perf_counter() - begun) / len(addresses), (time.process_time() - used) / len(addresses)


async def killed(where: Path, nodes: int, addresses: Mapping[str, tuple[str, int]]) -> float:
    """Run the process that is killed, and kill it; gives the seconds that it lived."""
    (where / "addresses").write_text(json.dumps(dict(addresses)))
    begun = time.perf_counter()
    child = Child("the process to be killed", where / "killed.out")
    try:
        await child.run([sys.executable, __file__, f"--nodes={nodes}", f"--live-in={where}"])
        while not (where / "stopped").exists():
            child.check()
            await trio.sleep(LOOK)
        return time.perf_counter() - begun
    finally:
        with trio.CancelScope(shield=True):
            await child.kill()


async def probe(url: str, waits: list[float]) -> None:
    """Ask for a node now and then, for ever."""
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=300) as api:
        while True:
            begun = time.perf_counter()
            (await api.get("/v1/nodes/n1")).raise_for_status()
            waits.append(time.perf_counter() - begun)
            await trio.sleep(PROBE)


async def ended(database: Path) -> None:
    """Wait until no operation is outstanding."""
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as looking:
        while looking.execute(UNENDED).fetchone()[0]:
            await trio.sleep(1)


async def measure(where: Path, nodes: int, outstanding: int) -> Figures:
    """Everything; files go to a directory.

    Raises:
        AssertionError: Recovery did not do what it promises.
    """
    database = where / "fleet.db"
    async with bmcs_apart(where, outstanding, kindly(boot=0.0, idle=IDLE)) as simulator:
        lived = await killed(where, nodes, simulator.addresses)
        size = sum(each.stat().st_size for each in where.glob("fleet.db*"))
        async with a_driver(where) as driver:
            driving = await bare_driving(driver, list(simulator.addresses.values())[:2000])
        empty_seconds, empty_cpu, empty_memory = await empty_start(where)
        daemon, waits = Daemon(where, database), list[float]()
        began, epoch = time.monotonic(), time.time()
        try:
            ready = await daemon.start()
            async with trio.open_nursery() as nursery:
                nursery.start_soon(probe, daemon.url, waits)
                await ended(database)
                nursery.cancel_scope.cancel()
            (memory, peak), cpu = daemon.memory(), daemon.cpu_seconds() - empty_cpu
            await daemon.stop()
        finally:
            with trio.CancelScope(shield=True):
                await daemon.kill()
        reading = bare_reading(database)
    events = list(read_events(simulator.log))
    verdict = judge(events)
    assert verdict.holds, (verdict.overlaps[:3], verdict.unclosed[:3])
    with closing(sqlite3.connect(database)) as written:
        ends = written.execute("SELECT status, count(*), max(ended_at) FROM operation GROUP BY status").fetchall()
    how = {status: count for status, count, _ in ends}
    assert how == {"succeeded": outstanding, "superseded": (outstanding + 1) // 3}, how
    fences, commands = moments([event for event in events if event["t"] >= began])
    last = max(at for *_, at in ends) - epoch
    floor, floor_cpu = (outstanding * each for each in driving)
    waits.sort()
    return {
        "nodes": nodes,
        "outstanding": outstanding,
        "database_bytes": size,
        "seconds_lived_before": lived,
        "seconds_to_ready": ready,
        "empty_seconds_to_ready": empty_seconds,
        "times_an_empty_start": ready / empty_seconds,
        "bare_reading_seconds": reading,
        "seconds_to_first_fence": fences[0] - began,
        "seconds_to_last_fence": fences[-1] - began,
        "seconds_to_first_command": commands[0] - began,
        "seconds_to_last_command": commands[-1] - began,
        "seconds_to_last_end": last,
        "driving_floor_seconds": floor,
        "times_its_driving_floor": (last - (fences[0] - began)) / floor,
        "cpu_seconds_after_start": cpu,
        "driving_floor_cpu_seconds": floor_cpu,
        "times_the_cpu_of_its_floor": cpu / floor_cpu,
        "api_answer_p50": statistics.median(waits),
        "api_answer_p99": waits[math.ceil(0.99 * len(waits)) - 1],
        "api_answer_most": waits[-1],
        "bytes_a_node_in_the_end": (memory - empty_memory) / nodes,
        "bytes_at_most": peak,
        "commands": len(commands),
    }


def moments(events: Sequence[Event]) -> tuple[list[float], list[float]]:
    """When sessions of the dead process were closed, and when commands came."""
    fences = [event["t"] for event in events if event["event"] == "session-closed" and event["by"] == "other"]
    return fences, [event["t"] for event in events if event["event"] == "command"]


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, default=100_000)
    parser.add_argument("--outstanding", type=int, default=10_000)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--live-in", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    logbook.configure("console", "error")
    if options.live_in is not None:
        trio.run(live, options.live_in, options.nodes)
        return
    if not 3 <= options.outstanding <= options.nodes:
        parser.error("--outstanding: at least 3 (one for each place), and not more than --nodes")
    with tempfile.TemporaryDirectory() as folder:
        figures = trio.run(measure, Path(folder), options.nodes, options.outstanding)
    if options.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name.replace('_', ' ')}: {f'{value:,.4g}' if value < 1000 else f'{value:,.0f}'}")


if __name__ == "__main__":
    main()
