"""A storm: requests that contradict each other as fast as they are answered, over a fleet that is really driven.

    python bench/storm.py [--requests 1000000] [--nodes 10000] [--requesters 200] [--sessions 200] [--calm 100]

The daemon's core (registry, actions, IPMI driver, SQLite on disk) runs in this process, before simulated BMCs in
another one, over real UDP on the loopback interface.  At most 200 sessions are open at once, fewer than the daemon
allows by itself, for these BMCs have no processors of their own.  Half of the nodes rank `off-outranks-on`, half
`latest-wins`.

**The storm.**  So many requesters at once, each of which asks for bulks of 1 to 1,000 nodes drawn at random (sizes
log-uniform, 145 in the mean), `on` and `off` alike and now and then `cycle`, and asks again once all of it is
durable.  Told are requests a second, and how many times the time and the CPU time of its floors it took, which are
measured in this run: bare `sqlite3` that writes as many rows in as many commits, and the driver alone that holds
as many sessions.

**Commands** are counted at the BMCs, and held against what promise 2 leaves room for.  One operation is in play
and at most one waits, so a node's actions run one after the other: all requests that come while one is in play end
in at most one more.  The journal has every start of an action and every second leg of a cycle; each of them
commands once, and once more for each time that a BMC is too slow to answer it.  Hence, for each node,

    commands at the BMC  <=  starts + second legs + unanswered  <=  1 + operations that ended + second legs + ...

and between a command and one of the other direction lie the fence and the settle time, so that in T seconds there
are at most 1 + T / settle changes of direction, however many requests.  A retransmission is the same command in
the same session, before the same fence: such copies are counted apart.

**Latencies** from the moment of a supersede, when the request was durable or when it was asked, where a session
was open: until Close Session is sent, until its answer is there, and until the next command reaches the BMC, by
the BMC's own log; this once as it is, and once without the settle time, from when it was allowed.  They are told
of the storm, in which requests and drives stand in one another's way, and of a calm: `--calm` nodes, ten at a
time, switched on, and off as soon as the on is answered.

The machine's other load is in all of it: ratios mean something, seconds do not.
"""

import argparse
import json
import math
import sqlite3
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from random import Random

import trio

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from bmcs_apart import a_driver, bmcs_apart, kindly
from bmcsim.check import judge
from bmcsim.events import Event
from bmcsim.records import read_events
from powerfsm import garbage, logbook
from powerfsm.actions import Workshop
from powerfsm.actions.limits import Limits
from powerfsm.bmc import Bmc
from powerfsm.drivers.driver import Driver
from powerfsm.lifecycle import in_charge
from powerfsm.node import Node, Policy
from powerfsm.power import Ask, Power
from powerfsm.registry.fleet import Fleet
from powerfsm.registry.registry import Registry
from powerfsm.registry.requests import PowerRequest
from powerfsm.spec import load
from powerfsm.store.store import open_store
from same_rows import Tallied, bare_commits
from stopwatch import Stopwatch, Supersede, complete

ASKS: Mapping[Ask, int] = {Ask.ON: 9, Ask.OFF: 9, Ask.CYCLE: 2}
LARGEST_BULK = 1000
CALM_AT_ONCE = 10
POLICIES = (Policy(ranking="off-outranks-on"), Policy(ranking="latest-wins"))

Figures = dict[str, object]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be measured.

    Attributes:
        requests: How many in all.
        nodes: Of how many nodes.
        requesters: How many ask at once.
        sessions: At most so many are open at once.
        calm: Nodes for the latencies in a calm.
        settle: Seconds, as the daemon's timing.
        boot: Seconds until a machine that is powered on reads so; less than `settle`.
        seed: Of all that is drawn.
    """

    requests: int
    nodes: int
    requesters: int
    sessions: int
    calm: int
    settle: float
    boot: float
    seed: int


class Core:
    """The daemon's core before timed BMCs; made by `running`."""

    def __init__(self, registry: Registry, stopwatch: Stopwatch, names: Sequence[str]) -> None:
        self.registry = registry
        self.stopwatch = stopwatch
        self.names = names

    async def ask(self, who: str, requests: Sequence[PowerRequest]) -> float:
        """Ask for something; gives the seconds until it was durable."""
        asked = self.stopwatch.asked[who] = time.monotonic()
        await self.registry.request(requests, asked_by=who)
        return time.monotonic() - asked

    async def quiet(self) -> None:
        """Wait until nothing is outstanding."""
        while self.registry.operations or self.registry.actions:
            await trio.sleep(0.05)


@asynccontextmanager
async def running(
    wish: Wish, where: Path, addresses: Mapping[str, tuple[str, int]], driver: Driver
) -> AsyncGenerator[tuple[Core, Tallied]]:
    """The core in charge of all nodes, and its store, for as long as the block lasts."""
    spec = load()
    stopwatch = Stopwatch(spec, {address: name for name, address in addresses.items()})
    async with open_store(where / "storm.db") as store:
        tallied = Tallied(store)
        drivers = {"ipmi": stopwatch.timed(driver)}
        limits = Limits(total=wish.sessions)
        workshop = Workshop(spec, drivers, limits, time.time, {"settle": wish.settle}.items(), Random(wish.seed))
        registry = Registry(spec, tallied, Fleet(await store.load()), workshop, alarm=_fail)
        apart = time.monotonic() - trio.current_time()
        soft = workshop.timings(Node("", Bmc(""))).soft_settle

        def settled_at(node: str, goal: Power) -> float:
            return apart + workshop.fences.settled_at(node, goal, wish.settle, soft)

        stopwatch.settled_at = settled_at
        async with in_charge(registry, workshop, {}):
            await registry.add(
                [Node(name, Bmc(*at), POLICIES[n % 2]) for n, (name, at) in enumerate(addresses.items())]
            )
            garbage.expect_long_lives()
            with stopwatch.listen(registry.feed):
                yield Core(registry, stopwatch, list(addresses)), tallied


def _fail(broken: str) -> None:
    raise AssertionError(broken)


async def calm(core: Core, names: Sequence[str]) -> None:
    """Switch nodes on, and off again as soon as that is answered, a few at a time."""
    few = trio.CapacityLimiter(CALM_AT_ONCE)

    async def one(name: str) -> None:
        async with few:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(core.stopwatch.commanded, name)
                await core.ask(name, [PowerRequest(name, Ask.ON)])
            await core.ask(name, [PowerRequest(name, Ask.OFF)])
            operation = core.registry.nodes[name].waiting or core.registry.nodes[name].in_play
            if operation is not None:
                await core.registry.ended(operation)

    async with trio.open_nursery() as nursery:
        for name in names:
            nursery.start_soon(one, name)


async def storm(core: Core, wish: Wish) -> list[float]:
    """Throw the requests at the core; gives the seconds that each bulk waited."""
    left = wish.requests
    waits: list[float] = []

    async def requester(who: str, random: Random) -> None:
        nonlocal left
        while left:
            size = min(left, len(core.names), round(math.exp(random.uniform(0, math.log(LARGEST_BULK)))))
            left -= size
            asks = random.choices(list(ASKS), list(ASKS.values()), k=size)
            names = random.sample(core.names, size)
            waits.append(await core.ask(who, list(map(PowerRequest, names, asks))))

    async with trio.open_nursery() as nursery:
        for number in range(wish.requesters):
            nursery.start_soon(requester, f"requester {number}", Random(f"{wish.seed}/{number}"))
    return waits


async def bare_sessions(driver: Driver, addresses: Sequence[tuple[str, int]], limit: int) -> tuple[float, float]:
    """Seconds, and CPU seconds, that the driver alone takes for a session: a drive's exchanges, and no command."""
    at_once = trio.CapacityLimiter(limit)

    async def one(address: tuple[str, int]) -> None:
        async with at_once:
            session = await driver.open(Bmc(*address))
            for _ in range(3):
                await session.read_power()
            await session.close()

    begun, used = time.perf_counter(), time.process_time()
    async with trio.open_nursery() as nursery:
        for address in addresses:
            nursery.start_soon(one, address)
    return (time.perf_counter() - begun) / len(addresses), (time.process_time() - used) / len(addresses)


def spread(samples: Iterable[float | None]) -> dict[str, float]:
    """How many there are, and by nearest rank the median, the 99th percentile and the largest of them."""
    found = sorted(each for each in samples if each is not None)
    if not found:
        return {"count": 0}
    rank = {"p50": 0.5, "p99": 0.99, "max": 1.0}
    return {"count": len(found)} | {name: found[math.ceil(part * len(found)) - 1] for name, part in rank.items()}


def latencies(supersedes: Sequence[Supersede]) -> Figures:
    """Seconds from a supersede to its fence and to the next command, where a session was open."""
    fenced = [each for each in supersedes if each.session is not None]
    followed = [each for each in fenced if each.commanded is not None]

    def since(moment: str, start: str, among: Sequence[Supersede]) -> dict[str, float]:
        times = ((getattr(each, moment), getattr(each, start)) for each in among)
        return spread(None if at is None else at - begun for at, begun in times)

    return {
        "supersedes": len(supersedes),
        "with_an_open_session": len(fenced),
        "asked_to_durable": since("durable", "asked", fenced),
        "durable_to_close_sent": since("asked_to_close", "durable", fenced),
        "durable_to_closed_at_bmc": since("closed", "durable", fenced),
        "durable_to_close_answered": since("told_closed", "durable", fenced),
        "asked_to_close_answered": since("told_closed", "asked", fenced),
        "durable_to_next_command": since("commanded", "durable", followed),
        "allowed_to_next_command": spread(
            each.commanded - max(each.durable, each.settled) for each in followed if each.commanded is not None
        ),
    }


def commands(log: Iterable[Event], core: Core, seconds: float, settle: float) -> Figures:
    """Power commands that reached the BMCs, and what the journal leaves room for.

    Raises:
        AssertionError: A node got more than that.
    """
    by_node: dict[str, list[tuple[int, str]]] = {name: [] for name in core.names}
    copies = 0
    for event in log:
        if event["event"] == "command":
            command = (event["session"], event["command"])
            copies += command in by_node[event["node"]][-1:]
            if command not in by_node[event["node"]][-1:]:
                by_node[event["node"]].append(command)
    stopwatch = core.stopwatch
    room = {name: stopwatch.starts[name] + stopwatch.turns[name] + stopwatch.vain[name] for name in core.names}
    changes = {name: sum(a[1] != b[1] for a, b in pairwise(told)) for name, told in by_node.items()}
    most_changes = 1 + seconds / settle
    over = [name for name in core.names if len(by_node[name]) > room[name] or changes[name] > most_changes]
    assert not over, f"{len(over)} nodes got more commands than promise 2 leaves room for: {over[:10]}"
    told = [len(each) for each in by_node.values()]
    return {
        "commands": sum(told),
        "copies": copies,
        "commands_a_node": sum(told) / len(told),
        "commands_a_node_most": max(told),
        "actions_a_node": sum(stopwatch.starts.values()) / len(told),
        "in_vain": sum(stopwatch.vain.values()),
        "room_a_node": sum(room.values()) / len(told),
        "commands_of_room": sum(told) / sum(room.values()),
        "changes_of_direction_most": max(changes.values()),
        "room_for_changes_of_direction": most_changes,
    }


def resident() -> int:
    """Bytes of memory that this process holds."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise LookupError("no VmRSS in /proc/self/status")


async def measure(wish: Wish, where: Path) -> Figures:
    """Everything; files go to a directory.

    Raises:
        AssertionError: A promise was broken: what was measured would be worth nothing.
    """
    async with bmcs_apart(where, wish.nodes, kindly(wish.boot)) as simulator, a_driver(where) as driver:
        session = await bare_sessions(driver, list(simulator.addresses.values())[:2000], wish.sessions)
        before = resident()
        async with running(wish, where, simulator.addresses, driver) as (core, tallied):
            stopwatch = core.stopwatch
            await calm(core, core.names[: wish.calm])
            in_calm = stopwatch.supersedes
            stopwatch.forget()
            tallied.sizes.clear()
            cpu, began = time.process_time(), time.monotonic()
            waits = await storm(core, wish)
            asking = time.monotonic() - began
            await core.quiet()
            seconds = time.monotonic() - began
            cpu = time.process_time() - cpu
            grown = resident() - before
            sizes = list(tallied.sizes)
    log = list(read_events(simulator.log))
    verdict = judge(log)
    assert not verdict.overlaps, verdict.overlaps[:3]
    for supersedes in (in_calm, stopwatch.supersedes):
        complete(supersedes, log)
    stormy = [event for event in log if event["t"] >= began]
    sessions = sum(event["event"] == "session-opened" for event in stormy)
    with closing(sqlite3.connect(where / "storm.db")) as written:
        ends = dict(written.execute("SELECT status, count(*) FROM operation GROUP BY status").fetchall())
    commits = await bare_commits(where / "storm.db", sizes, where / "bare.db")
    floor, floor_cpu = ({"commits": commits[which], "sessions": sessions * session[which]} for which in (0, 1))
    return {
        "requests": wish.requests,
        "nodes": wish.nodes,
        "requesters": wish.requesters,
        "seconds_until_all_are_durable": asking,
        "requests_a_second": wish.requests / asking,
        "seconds_until_all_has_ended": seconds,
        "floor_seconds": floor,
        "times_its_floors": seconds / sum(floor.values()),
        "cpu_seconds": cpu,
        "floor_cpu_seconds": floor_cpu,
        "times_the_cpu_of_its_floors": cpu / sum(floor_cpu.values()),
        "commits": len(sizes),
        "rows": sum(map(sum, sizes)),
        "sessions": sessions,
        "sessions_left_to_the_idle_limit": len(verdict.unclosed),
        "operations": ends,
        "bulk_asked_to_durable": spread(waits),
        "commands": commands(stormy, core, seconds, wish.settle),
        "calm": latencies(in_calm),
        "storm": latencies(stopwatch.supersedes),
        "bytes_a_node": grown / wish.nodes,
    }


def tell(figures: Figures) -> None:
    """Print figures for people, nested ones below their name."""
    for name, value in figures.items():
        words = name.replace("_", " ")
        if isinstance(value, dict) and all(isinstance(each, float | int) for each in value.values()):
            print(f"{words}: {', '.join(f'{key} {_short(each)}' for key, each in value.items())}")
        elif isinstance(value, dict):
            print(f"{words}:")
            tell(value)
        else:
            print(f"{words}: {_short(value)}")


def _short(value: object) -> str:
    return f"{value:,.4g}" if isinstance(value, float) and abs(value) < 1000 else f"{value:,.0f}"


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--nodes", type=int, default=10_000)
    parser.add_argument("--requesters", type=int, default=200, help="how many ask at once")
    parser.add_argument("--sessions", type=int, default=200, help="how many may be open at once")
    parser.add_argument("--calm", type=int, default=100, help="nodes for the latencies in a calm")
    parser.add_argument("--settle", type=float, default=3.0, help="seconds")
    parser.add_argument(
        "--boot", type=float, default=1.0, help="seconds until a machine reads on; less than settle"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    options = vars(parser.parse_args())
    as_json = options.pop("json")
    logbook.configure("console", "warning")
    with tempfile.TemporaryDirectory() as folder:
        figures = trio.run(measure, Wish(**options), Path(folder))
    if as_json:
        print(json.dumps(figures))
    else:
        tell(figures)


if __name__ == "__main__":
    main()
