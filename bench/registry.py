"""Durable requests a second: the real registry on the real store, bulk, in process.

    python bench/registry.py [--nodes 10000] [--requests 200000] [--bulk 10000]

Flip-flopping requests over all nodes, each bulk awaited until it is on disk, while one action per node is in play
before a BMC that never answers (so that joins, supersedes and waits are all decided).  Printed beside it, from the
same run: bare SQLite transactions a second on the same disk, and the ratio of the two, which group commit makes.
"""

import argparse
import json
import sqlite3
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import trio

from powerfsm import garbage
from powerfsm.actions import Workshop
from powerfsm.actions.limits import Limits
from powerfsm.bmc import Bmc
from powerfsm.drivers.driver import Session
from powerfsm.node import Node, Policy
from powerfsm.power import Ask
from powerfsm.registry.fleet import Fleet
from powerfsm.registry.registry import Registry
from powerfsm.registry.requests import PowerRequest
from powerfsm.spec import load
from powerfsm.store.store import open_store


class SilentBmcs:
    """BMCs that never answer a login: what is measured is the registry."""

    async def open(self, bmc: Bmc) -> Session:  # noqa: ARG002 (the driver's signature)
        await trio.sleep_forever()
        raise AssertionError

    async def fence(self, bmc: Bmc, session_id: int) -> None:  # noqa: ARG002 (likewise)
        await trio.sleep_forever()


def bare_commits(where: Path, seconds: float = 1.0) -> float:
    """One-row transactions a second of SQLite itself, WAL and synchronous=FULL."""
    connection = sqlite3.connect(where / "bare.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE t (x)")
    count, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        connection.execute("INSERT INTO t VALUES (1)")
        count += 1
    connection.close()
    return count / seconds


async def storm(where: Path, nodes: int, requests: int, bulk: int) -> dict[str, float]:
    """Throw the requests at a registry; gives figures."""
    names = [f"n{number}" for number in range(nodes)]
    async with open_store(where / "bench.db") as store, trio.open_nursery() as nursery:
        spec = load()
        workshop = Workshop(spec, {"ipmi": SilentBmcs()}, Limits(total=nodes), time.time)
        registry = Registry(spec, store, Fleet(await store.load()), workshop)
        await nursery.start(registry.serve)
        registry.accepting = True
        policy = Policy()
        await registry.add([Node(name, Bmc(name), policy) for name in names])
        garbage.expect_long_lives()
        cpu, start, sent = time.process_time(), time.perf_counter(), 0
        asks: Sequence[Ask] = (Ask.ON, Ask.OFF, Ask.OFF, Ask.ON, Ask.CYCLE)
        while sent < requests:
            ask = asks[sent // bulk % len(asks)]
            chunk = [PowerRequest(names[(sent + i) % nodes], ask) for i in range(bulk)]
            await registry.request(chunk)
            sent += bulk
        elapsed = time.perf_counter() - start
        used = time.process_time() - cpu
        journal = registry.journal_length
        nursery.cancel_scope.cancel()
    return {
        "requests": sent,
        "seconds": elapsed,
        "a_second": sent / elapsed,
        "cpu": used / sent,
        "journal": journal,
    }


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, default=10_000)
    parser.add_argument("--requests", type=int, default=200_000)
    parser.add_argument("--bulk", type=int, default=10_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as where:
        floor = bare_commits(Path(where))
        figures = trio.run(storm, Path(where), options.nodes, options.requests, options.bulk)
    figures["bare_commits_a_second"] = floor
    figures["ratio_to_bare_commits"] = figures["a_second"] / floor
    if options.json:
        print(json.dumps(figures))
        return
    print(
        f"{figures['requests']:,.0f} durable requests over {options.nodes:,} nodes in {figures['seconds']:.1f} s"
    )
    print(f"{figures['a_second']:,.0f} a second, {figures['cpu'] * 1e6:.0f} us of CPU each")
    ratio = figures["ratio_to_bare_commits"]
    print(f"{ratio:.1f} times the {floor:,.0f} one-row transactions a second of bare SQLite")


if __name__ == "__main__":
    main()
