"""A fleet powered on: `powerfsm on --wait` beside `ipmipower --on --wait-until-on`, until all is *read* on.

    python bench/power_on.py [--nodes 1000] [--runs 3] [--boot-delay 0] [--loss 0]

Each run starts the simulator anew (all nodes off) on loopback addresses, and the two take turns.  Printed: the
median of the ratios of wall time, and of CPU time (of the daemon alone, and of ipmipower).  The simulator runs on
the same machine and costs both the same; on two cores it is the larger part of the wall time of either.
"""

import argparse
import json
import os
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PORT = 8623
IPMIPOWER = shutil.which("ipmipower", path=f"{os.environ['PATH']}:/usr/sbin")


def cpu_seconds(pid: int) -> float:
    """User and system time of a running process."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def running(command: list[str], ready: Path, log: Path, environment: dict[str, str]) -> Iterator[int]:
    """Run a program until the block ends; it is ready once it has written its ready file."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env={**os.environ, **environment})
        try:
            while not ready.exists():
                if process.poll() is not None:
                    raise RuntimeError(f"{command[:4]} ended:\n{log.read_text()}")
                time.sleep(0.01)
            yield process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()
            ready.unlink(missing_ok=True)


def addresses(nodes: int) -> str:
    """Loopback addresses as a hostlist, at most 250 in each range."""
    full, rest = divmod(nodes, 250)
    ranges = [f"127.20.{block}.[1-250]" for block in range(full)]
    return ",".join(ranges + ([f"127.20.{full}.[1-{rest}]"] if rest else []))


def simulator(where: Path, options: argparse.Namespace) -> list[str]:
    """The command that serves the fleet."""
    command = [sys.executable, "-m", "bmcsim", "serve", "--nodes", f"n[1-{options.nodes}]"]
    command += ["--addresses", addresses(options.nodes), "--port", str(PORT)]
    command += ["--boot-delay", str(options.boot_delay), "--loss", str(options.loss)]
    return [*command, "--log", str(where / "sim.log"), "--ready-file", str(where / "sim.ready")]


def ours(where: Path, options: argparse.Namespace) -> tuple[float, float]:
    """Seconds of wall time, and of the daemon's CPU time."""
    for left in where.glob("fleet.db*"):
        left.unlink()
    credentials = where / "credentials.yaml"
    credentials.write_text("default: {username: admin, password: password}\n", encoding="ascii")
    credentials.chmod(0o600)
    ready = where / "daemon.ready"
    daemon = [sys.executable, "-m", "powerfsm", "serve", "--listen", "127.0.0.1:0"]
    daemon += ["--database", str(where / "fleet.db"), "--credentials", str(credentials)]
    daemon += ["--ready-file", str(ready)]
    # Nothing was commanded before, so nothing has to settle; and the sweep would share the BMCs.
    environment = {"POWERFSM_TIMINGS_SETTLE": "0", "POWERFSM_TIMINGS_SWEEP": "100000"}
    with running(daemon, ready, where / "daemon.log", environment) as pid:
        told = json.loads(ready.read_text(encoding="ascii"))
        cli = [sys.executable, "-m", "powerfsm"]
        client = {**os.environ, "POWERFSM_URL": told["url"]}
        names = f"n[1-{options.nodes}]"
        add = [*cli, "nodes", "add", names, "--bmc", addresses(options.nodes), "--port", str(PORT)]
        subprocess.run(add, env=client, check=True, stdout=subprocess.DEVNULL)
        before, start = cpu_seconds(pid), time.perf_counter()
        subprocess.run([*cli, "on", names, "--wait"], env=client, check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - start, cpu_seconds(pid) - before


def theirs(options: argparse.Namespace) -> tuple[float, float]:
    """Seconds of wall time, and of ipmipower's CPU time."""
    hosts = ",".join(f"{host}:{PORT}" for host in addresses(options.nodes).split(","))
    command = [str(IPMIPOWER), "-D", "LAN_2_0", "-u", "admin", "-p", "password", "-I", "17"]
    command += ["-h", hosts, "--on", "--wait-until-on"]
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    took, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--boot-delay", type=float, default=0.0)
    parser.add_argument("--loss", type=float, default=0.0)
    options = parser.parse_args()
    if IPMIPOWER is None:
        raise SystemExit("ipmipower is not installed (Debian: freeipmi-tools)")
    rows: list[tuple[float, float, float, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder)
        for run in range(options.runs):
            with running(simulator(where, options), where / "sim.ready", where / "sim.out", {}):
                mine = ours(where, options)
            with running(simulator(where, options), where / "sim.ready", where / "sim.out", {}):
                other = theirs(options)
            rows.append((*mine, *other))
            print(
                f"run {run + 1}: powerfsm {mine[0]:.2f} s ({mine[1]:.2f} s CPU), "
                f"ipmipower {other[0]:.2f} s ({other[1]:.2f} s CPU)"
            )
    walls = [row[0] / row[2] for row in rows]
    cpus = [row[1] / row[3] for row in rows]
    for what, ratios in (("wall time", walls), ("CPU time", cpus)):
        spread = f"{min(ratios):.2f}..{max(ratios):.2f}"
        print(f"{what}, powerfsm / ipmipower: median {statistics.median(ratios):.2f} ({spread})")


if __name__ == "__main__":
    main()
