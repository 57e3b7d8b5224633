"""What simulated BMCs cost a test suite: fleets made and ended as by the fixture `bmc_fleet`, and pytest's start.

    python bench/pytest_fleets.py [--nodes 1,100,1000] [--runs 9] [--json]

**Fleets.**  From the call of `bmc_fleet` until all BMCs answer, by IPMI and Redfish, each at ports of its own, and
from the end of the test until the thread and the ports are gone; the median of the runs.

**Start.**  Wall time of a pytest that has one empty test, with the plugin and without, in turns; the median each,
and the ratio, which is what a suite pays that never asks for a BMC.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bmcsim.pytest_plugin.factory import BmcFleets, Wishes

_QUIET = ("-q", "-p", "no:cacheprovider", "-p", "no:bmcsim")


def fleets(nodes: int, runs: int) -> dict[str, float]:
    """Return milliseconds to make and to end a fleet."""
    made, ended = [], []
    for _ in range(runs):
        factory = BmcFleets(Wishes())
        begun = time.perf_counter()
        factory(f"n[1-{nodes}]")
        there = time.perf_counter()
        factory.close()
        made.append(there - begun)
        ended.append(time.perf_counter() - there)
    return {"made_ms": 1000 * statistics.median(made), "ended_ms": 1000 * statistics.median(ended)}


def start(runs: int) -> dict[str, float]:
    """Return milliseconds of a pytest with one empty test, with the plugin and without."""
    took: dict[str, list[float]] = {"with": [], "without": []}
    with tempfile.TemporaryDirectory() as directory:
        Path(directory, "test_nothing.py").write_text("def test_nothing():\n    pass\n")
        for _ in range(runs):
            for kind, plugin in ("with", ("-p", "bmcsim.pytest_plugin")), ("without", ()):
                begun = time.perf_counter()
                subprocess.run(
                    [sys.executable, "-m", "pytest", *_QUIET, *plugin],
                    cwd=directory,
                    stdout=subprocess.DEVNULL,
                    check=True,
                )
                took[kind].append(time.perf_counter() - begun)
    with_it, without = (1000 * statistics.median(took[kind]) for kind in ("with", "without"))
    return {"with_ms": with_it, "without_ms": without, "ratio": with_it / without}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nodes", default="1,100,1000", help="sizes of fleets")
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    sizes = [int(size) for size in options.nodes.split(",")]
    fleets(1, 1)  # imports, and the first of everything
    by_size = {size: fleets(size, options.runs) for size in sizes}
    begin = start(options.runs)
    if options.json:
        print(json.dumps({"fleets": by_size, "start": begin}, indent=1))
        return
    for size, cost in by_size.items():
        print(f"{size:>6} BMCs: made in {cost['made_ms']:.1f} ms, ended in {cost['ended_ms']:.1f} ms")
    with_it, without = begin["with_ms"], begin["without_ms"]
    print(f"pytest with an empty test: {with_it:.0f} ms with the plugin, {without:.0f} ms without")


if __name__ == "__main__":
    main()
