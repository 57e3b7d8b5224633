"""What idle nodes cost: memory for each, and the time from start to ready.

    python bench/idle.py [--nodes 100000]

Starts the real daemon as its own process, once on an empty database and once on one with that many nodes at rest.
Memory is the difference of the two processes' resident set (Pss of /proc/PID/smaps_rollup) once both have
been ready for a moment, over the number of nodes.  The sweep is slowed down so that nodes are really idle.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import trio

from powerfsm.bmc import Bmc
from powerfsm.node import Node, Policy
from powerfsm.power import Desired, Power
from powerfsm.store.batch import Batch
from powerfsm.store.store import open_store


async def fill(database: Path, nodes: int) -> None:
    """Put nodes at rest, read on a while ago, into a database."""
    policy = Policy()
    async with open_store(database) as store:
        for first in range(0, nodes, 10_000):
            batch = Batch()
            for number in range(first, min(first + 10_000, nodes)):
                name = f"r{number // 40:04}n{number % 40:02}"
                bmc = Bmc(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
                batch.nodes[name] = Node(
                    name, bmc, policy, "on", Desired.ON, 1, Power.ON, time.time(), drifted=False
                )
            await store.commit(batch)


def resident(pid: int) -> int:
    """Bytes of memory that are a process's own (Pss)."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise LookupError("no Pss in smaps_rollup")


def start(where: Path, database: Path) -> tuple[float, int]:
    """Start a daemon; gives seconds until it is ready, and its memory a moment later."""
    ready = where / f"{database.stem}.ready"
    command = [sys.executable, "-m", "powerfsm", "serve", "--listen", "127.0.0.1:0"]
    command += ["--database", str(database), "--ready-file", str(ready)]
    environment = {**os.environ, "POWERFSM_TIMINGS_SWEEP": "1000000"}
    began = time.perf_counter()
    daemon = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        while not ready.exists():
            if daemon.poll() is not None:
                raise RuntimeError(f"the daemon ended with {daemon.returncode}")
            time.sleep(0.005)
        took = time.perf_counter() - began
        time.sleep(1)
        return took, resident(daemon.pid)
    finally:
        daemon.terminate()
        daemon.wait()


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder)
        trio.run(fill, where / "full.db", options.nodes)
        trio.run(fill, where / "empty.db", 0)
        empty_seconds, empty_bytes = start(where, where / "empty.db")
        full_seconds, full_bytes = start(where, where / "full.db")
    figures = {
        "nodes": options.nodes,
        "bytes_a_node": (full_bytes - empty_bytes) / options.nodes,
        "empty_bytes": empty_bytes,
        "seconds_to_ready": full_seconds,
        "seconds_to_ready_empty": empty_seconds,
    }
    if options.json:
        print(json.dumps(figures))
        return
    print(f"{options.nodes:,} idle nodes: {figures['bytes_a_node']:,.0f} bytes each")
    print(f"ready in {full_seconds:.2f} s; {full_seconds / empty_seconds:.1f} times an empty daemon's")


if __name__ == "__main__":
    main()
