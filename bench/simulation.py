"""Virtual hours that a simulation gets through in a second, by the size of the fleet, and where the seconds go.

    python bench/simulation.py [--nodes 100 1000 10000] [--minutes 2] [--every 60] [--fast] [--json]

The daemon's real code is played over simulated BMCs, network and disk (`powerfsm.simulation`), in this process and
in one thread: `--minutes` of a fleet of which every node is asked once in `--every` seconds for the opposite of
what it was asked before, then the quiet and the last question that every simulation ends with.  Nothing goes
wrong in it, so that what is measured is the simulation and not a mixture of faults.

Beside it, in the same run: the same fleet of which nobody asks anything meanwhile (the sweep goes round all the
same), and how much slower requests make it.  Where the time goes is sampled a hundred times a second, by the
innermost frame of the stack that belongs to somebody: `sqlite` is apsw, SQLAlchemy, the store and the simulated
disk, `daemon` what else there is of it, its IPMI included.  Ratios and shares mean something on any machine; hours
a second are those of this one, now.
"""

import argparse
import json
import sys
import threading
import time
from collections import Counter
from types import FrameType

from bmcsim import Fidelity
from powerfsm import garbage
from powerfsm.power import Ask
from powerfsm.simulation.judge import judge
from powerfsm.simulation.plan import NodePlan, Plan, Request
from powerfsm.simulation.play import play
from powerfsm.simulation.record import Record

LARGEST_BULK = 1000
BETWEEN_LOOKS = 0.01
"""Seconds."""

WHOSE = {
    "/site-packages/apsw/": "sqlite",
    "/site-packages/sqlalchemy/": "sqlite",
    "/powerfsm/store/": "sqlite",
    "/powerfsm/simulation/disk/": "sqlite",
    "/powerfsm/ipmi/wire/": "",
    "/powerfsm/simulation/": "simulation",
    "/powerfsm/": "daemon",
    "/bmcsim/": "bmcsim",
    "/site-packages/trio/": "trio",
    "/site-packages/outcome/": "trio",
}
"""To whom a frame belongs, by a part of its file's path; the first that fits.  The wire codec, which the daemon
and its BMCs share, and what is not named here, is counted as what has called it."""


def plan(nodes: int, minutes: float, every: float, fidelity: Fidelity, *, asked: bool) -> Plan:
    """A fleet of which every node is asked once in `every` seconds, or never."""
    names = [f"n{number}" for number in range(1, nodes + 1)]
    bulks = max(1, min(int(every), nodes), -(-nodes // LARGEST_BULK))
    deeds = []
    for number in range(int(minutes * 60 / every * bulks) if asked else 0):
        lap, place = divmod(number, bulks)
        some = tuple(names[place::bulks])
        ask = Ask.OFF if lap % 2 else Ask.ON
        deeds.append(Request(at=round(number * every / bulks, 3), by="bench", nodes=some, ask=ask))
    return Plan(
        scenario="bench",
        seed=1,
        chaos=minutes * 60,
        nodes=tuple(NodePlan(name=name) for name in names),
        deeds=tuple(deeds),
        fidelity=fidelity,
    )


class Sampler:
    """Looks at what a simulation is doing, again and again."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()
        self._whose: dict[str, str] = {}

    def watch(self, thread: threading.Thread) -> None:
        """Look until the thread ends."""
        while thread.is_alive():
            thread.join(BETWEEN_LOOKS)
            frame = sys._current_frames().get(thread.ident or 0)  # noqa: SLF001  (there is no other way to another thread's stack)
            if frame is not None:
                self.seen[self._owner(frame)] += 1

    def shares(self) -> dict[str, float]:
        """The share of each, largest first."""
        total = self.seen.total() or 1
        return {name: round(count / total, 3) for name, count in self.seen.most_common()}

    def _owner(self, frame: FrameType) -> str:
        at: FrameType | None = frame
        while at is not None:
            file = at.f_code.co_filename
            if file not in self._whose:
                self._whose[file] = next((whose for part, whose in WHOSE.items() if part in file), "")
            if self._whose[file]:
                return self._whose[file]
            at = at.f_back
        return "other"


class Measured:
    """A plan, played and timed.

    Attributes:
        hours: Virtual.
        seconds: Of wall-clock time.
        sampler: What it was doing meanwhile.
    """

    def __init__(self, which: Plan) -> None:
        """Play it."""
        records: list[Record] = []
        self.sampler = Sampler()
        thread = threading.Thread(target=lambda: records.append(play(which)), name="simulation")
        began = time.perf_counter()
        thread.start()
        self.sampler.watch(thread)
        self.seconds = time.perf_counter() - began
        (record,) = records
        broken = judge(record)
        assert not broken, broken[0]
        self.hours = record.story[-1].at / 3600

    @property
    def rate(self) -> float:
        """Virtual hours a second."""
        return self.hours / self.seconds


def measure(nodes: int, minutes: float, every: float, fidelity: Fidelity) -> dict[str, object]:
    """The figures of one size."""
    idle = Measured(plan(nodes, minutes, every, fidelity, asked=False))
    busy = Measured(plan(nodes, minutes, every, fidelity, asked=True))
    return {
        "nodes": nodes,
        "virtual_hours": round(busy.hours, 4),
        "seconds": round(busy.seconds, 2),
        "virtual_hours_a_second": round(busy.rate, 5),
        "node_hours_a_second": round(busy.rate * nodes, 3),
        "virtual_hours_a_second_without_requests": round(idle.rate, 5),
        "times_as_slow_with_requests": round(idle.rate / busy.rate, 2),
        "shares": busy.sampler.shares(),
        "shares_without_requests": idle.sampler.shares(),
    }


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, nargs="+", default=[100, 1000, 10_000])
    parser.add_argument("--minutes", type=float, default=2, help="of virtual time in which nodes are asked")
    parser.add_argument("--every", type=float, default=60, help="seconds between two requests for a node")
    parser.add_argument("--fast", action="store_true", help="leave cryptography out")
    parser.add_argument("--json", action="store_true", help="tell it in JSON")
    options = parser.parse_args()
    garbage.expect_long_lives()
    fidelity = Fidelity.FAST if options.fast else Fidelity.FULL
    told = []
    for nodes in options.nodes:
        told.append(measure(nodes, options.minutes, options.every, fidelity))
        if not options.json:
            for what, value in told[-1].items():
                print(f"{what.replace('_', ' ')}: {value}")
            print(flush=True)
    if options.json:
        print(json.dumps({"sizes": told}, indent=1))


if __name__ == "__main__":
    main()
