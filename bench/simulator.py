"""What one `bmcsim` process serves: power-status sessions a second beside other simulators, memory, start.

    python bench/simulator.py [--sessions 400] [--runs 3] [--nodes 10000] [--json]

**Sessions.**  One client, the daemon's own session code over plain sockets, has `--at-once` sessions under way
with one simulated BMC: log in (suite 3), read the power, log out, each from a socket of its own, as ipmitool does.
`ipmi_sim` (OpenIPMI) asks a script about the power, as it has to be told to; pyghmi's server is its `Bmc` class
with a power that is on.  The three take turns.  Told are ratios of wall time, which the client shares, and of the
server's CPU time with that of its children: what one core of it could answer.

**Memory.**  Private memory (Pss) of a process with `--nodes` BMCs less that of one with a single BMC, by number.

**Start.**  From `exec` until the ready file of `--nodes` BMCs is there, and of one.

The machine's other load is in all of it: ratios mean something, seconds do not.
"""

import argparse
import json
import os
import selectors
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from powerfsm.ipmi.session import ClientSession, Phase, Terms
from powerfsm.ipmi.wire.datagram import decode
from powerfsm.ipmi.wire.numbers import ChassisCommand, NetFn
from powerfsm.ipmi.wire.packet import Packet
from powerfsm.ipmi.wire.suites import SUITE_3

TERMS = Terms(SUITE_3, b"admin", b"password")
PATIENCE = 1.0
IPMI_SIM = shutil.which("ipmi_sim")

LAN_CONF = """\
name "bench"
set_working_mc 0x20
startlan 1
  addr 127.0.0.1 {port}
  priv_limit admin
  allowed_auths_admin none md2 md5 straight
  guid a123456789abcdefa123456789abcdef
endlan
chassis_control "{script}"
user 2 true "admin" "password" admin 10 none md2 md5 straight
"""
SIM_EMU = """\
mc_setbmc 0x20
mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr
mc_enable 0x20
"""
POWER_SCRIPT = "#!/bin/sh\necho power:1\n"

PYGHMI = """\
import sys
from pyghmi.ipmi.bmc import Bmc
class On(Bmc):
    def get_power_state(self):
        return "on"
On({"admin": "password"}, port=int(sys.argv[1]), address="127.0.0.1").listen()
"""

Serve = Callable[[Path, int], list[str]]


def bmcsim(where: Path, port: int, nodes: int = 1) -> list[str]:
    """The command that serves ours; many nodes take any ports."""
    command = [sys.executable, "-m", "bmcsim", "serve", "--nodes", f"n[1-{nodes}]", "--port", str(port)]
    return [*command, "--slots", "63", "--power", "on", "--ready-file", str(where / "ready")]


def ipmi_sim(where: Path, port: int) -> list[str]:
    """The command that serves OpenIPMI's."""
    script = where / "power"
    script.write_text(POWER_SCRIPT, encoding="ascii")
    script.chmod(0o755)
    (where / "lan.conf").write_text(LAN_CONF.format(port=port, script=script), encoding="ascii")
    (where / "sim.emu").write_text(SIM_EMU, encoding="ascii")
    (where / "state").mkdir(exist_ok=True)
    return [
        str(IPMI_SIM),
        "-n",
        "-c",
        str(where / "lan.conf"),
        "-f",
        str(where / "sim.emu"),
        "-s",
        f"{where}/state",
    ]


def pyghmi(where: Path, port: int) -> list[str]:
    """The command that serves pyghmi's."""
    program = where / "server.py"
    program.write_text(PYGHMI, encoding="ascii")
    return [sys.executable, str(program), str(port)]


SERVERS: dict[str, Serve] = {"bmcsim": bmcsim, "ipmi_sim": ipmi_sim, "pyghmi": pyghmi}


@contextmanager
def running(command: list[str], where: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program until the block ends."""
    with (where / "output").open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and of the children that it has waited for."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return sum(int(ticks) for ticks in fields[11:15]) / os.sysconf("SC_CLK_TCK")


class Client:
    """One power-status session after the other, each from a socket of its own."""

    def __init__(self, port: int, poll: selectors.BaseSelector) -> None:
        """Begin the first."""
        self._port = port
        self._poll = poll
        self.answered = 0
        self.given_up = 0
        self._begin()

    def _begin(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect(("127.0.0.1", self._port))
        self._socket.setblocking(False)
        self._poll.register(self._socket, selectors.EVENT_READ, self)
        self._session = ClientSession(TERMS)
        self._read = False
        self.speak()

    def speak(self) -> None:
        """Send what is to be sent, for the first time or again; a session that fails many times is given up."""
        if self._session.sent > 5:
            self.given_up += 1
            self._end()
            return
        self._due = time.monotonic() + PATIENCE
        try:
            self._socket.send(self._session.transmit())
        except OSError:
            return

    def _end(self) -> None:
        self._poll.unregister(self._socket)
        self._socket.close()
        self._begin()

    def overdue(self, now: float) -> bool:
        """Return whether what was sent has gone unanswered for too long."""
        return now > self._due

    def hear(self) -> None:
        """Take a datagram, and go on."""
        try:
            packet = decode(self._socket.recv(2048))
        except OSError:
            return
        if not isinstance(packet, Packet) or not self._session.receive(packet):
            return
        if self._session.phase is Phase.FAILED:
            raise RuntimeError(f"the login failed: {self._session.failure}")
        if self._session.phase is Phase.CLOSED:
            self.answered += 1
            self._end()
            return
        if self._session.phase is Phase.ACTIVE and not self._read:
            self._read = True
            self._session.ask(NetFn.CHASSIS, ChassisCommand.GET_STATUS)
        elif self._session.phase is Phase.ACTIVE:
            assert self._session.response is not None
            assert self._session.response.data[0] & 1, "the power is on"
            self._session.ask_to_close()
        self.speak()


def load(port: int, sessions: int, at_once: int) -> int:
    """Have so many sessions answered; return how many were given up on the way."""
    with selectors.DefaultSelector() as poll:
        clients = [Client(port, poll) for _ in range(at_once)]
        while sum(client.answered for client in clients) < sessions:
            for key, _ in poll.select(0.1):
                key.data.hear()
            now = time.monotonic()
            for client in clients:
                if client.overdue(now):
                    client.speak()
        return sum(client.given_up for client in clients)


def free_port() -> int:
    """A UDP port that nobody has."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True, slots=True)
class Run:
    """What it cost a server: wall and CPU seconds for each session, and sessions that were given up."""

    wall: float
    cpu: float
    given_up: int


def measure(name: str, sessions: int, at_once: int) -> Run:
    """Start a server anew and put it under load, after a few sessions that do not count."""
    with tempfile.TemporaryDirectory() as folder:
        where, port = Path(folder), free_port()
        with running(SERVERS[name](where, port), where) as server:
            load(port, at_once, at_once)
            cpu, began = cpu_seconds(server.pid), time.perf_counter()
            given_up = load(port, sessions, at_once)
            wall = time.perf_counter() - began
            return Run(wall / sessions, (cpu_seconds(server.pid) - cpu) / sessions, given_up)


def start(nodes: int) -> tuple[float, int]:
    """Seconds until a process with so many BMCs is ready, and its private bytes."""
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder)
        began = time.perf_counter()
        with running(bmcsim(where, 0, nodes), where) as process:
            while not (where / "ready").exists():
                if process.poll() is not None:
                    raise RuntimeError((where / "output").read_text(encoding="utf-8"))
                time.sleep(0.005)
            took = time.perf_counter() - began
            for line in Path(f"/proc/{process.pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
                if line.startswith("Pss:"):
                    return took, int(line.split()[1]) * 1024
    raise LookupError("no Pss in smaps_rollup")


def median_and_span(values: list[float]) -> dict[str, float]:
    """What is told of a ratio."""
    return {"median": statistics.median(values), "low": min(values), "high": max(values)}


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=400, help="for each run")
    parser.add_argument("--at-once", type=int, default=8)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--nodes", type=int, default=10_000)
    parser.add_argument("--json", action="store_true", help="tell it in JSON")
    options = parser.parse_args()
    names = [name for name in SERVERS if name != "ipmi_sim" or IPMI_SIM]
    runs: dict[str, list[Run]] = {name: [] for name in names}
    for _ in range(options.runs):
        for name in names:
            runs[name].append(measure(name, options.sessions, options.at_once))
    told: dict[str, object] = {}
    ours = runs["bmcsim"]
    for name in names[1:]:
        pairs = list(zip(runs[name], ours, strict=True))
        told[f"sessions a second, bmcsim / {name}"] = median_and_span([a.wall / b.wall for a, b in pairs])
        told[f"sessions a CPU second, bmcsim / {name}"] = median_and_span([a.cpu / b.cpu for a, b in pairs])
        told[f"sessions given up by {name}"] = sum(run.given_up for run in runs[name])
    told["sessions a CPU second, bmcsim, here and now"] = round(1 / statistics.median(run.cpu for run in ours))
    (one, small), (many, large) = start(1), start(options.nodes)
    told[f"KiB for each BMC at {options.nodes}"] = round((large - small) / (options.nodes - 1) / 1024, 2)
    told[f"seconds to start {options.nodes}, here and now"] = round(many, 2)
    told["times as long as one"] = round(many / one, 1)
    if options.json:
        print(json.dumps(told, indent=1))
        return
    for what, value in told.items():
        text = "{median:.2f} ({low:.2f}..{high:.2f})".format(**value) if isinstance(value, dict) else value
        print(f"{what}: {text}")


if __name__ == "__main__":
    main()
