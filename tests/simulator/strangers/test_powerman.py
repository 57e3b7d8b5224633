"""powermand drives the BMCs through FreeIPMI's ipmipower in interactive mode, and `pm` drives powermand."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bmcsim import Hardware, Profile, Span
from bmcsim.pytest_plugin.factory import BmcFleets
from bmcsim.pytest_plugin.handles import SimulatedFleet
from strangers import SEARCH, stranger

DEVICE = Path("/etc/powerman/ipmipower.dev")
NODES = "n[1-3]"


@dataclass
class Powerman:
    """A powermand, and the BMCs behind it."""

    address: str
    fleet: SimulatedFleet

    def pm(self, *arguments: str) -> tuple[int, str]:
        """Ask it; return exit code and print."""
        command = ("powerman", "-h", self.address, *arguments)
        ran = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        return ran.returncode, ran.stdout + ran.stderr


def free_port(kind: int) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def powerman(fleets: BmcFleets, tmp_path: Path) -> Iterator[Powerman]:
    """A powermand over three slow machines, each at an address of its own, as ipmipower drops the port."""
    if not DEVICE.exists():
        pytest.skip(f"not installed: {DEVICE}")
    net = f"127.{1 + os.getpid() % 250}.{os.getpid() // 250 % 250}"
    slow = Profile(hardware=Hardware(boot_delay=Span(0.1, 0.3)))
    fleet = fleets(NODES, profile=slow, hosts=f"{net}.[1-3]", port=free_port(socket.SOCK_DGRAM))
    listen = f"127.0.0.1:{free_port(socket.SOCK_STREAM)}"
    hosts = ",".join(f"{bmc.host}:{bmc.port}" for bmc in fleet)
    program = shutil.which("ipmipower", path=SEARCH)
    ipmipower = f"{program} -D LAN_2_0 -u admin -p password -h {hosts} --wait-until-on --wait-until-off |&"
    configuration = tmp_path / "powerman.conf"
    configuration.write_text(
        f'include "{DEVICE}"\n'
        f'listen "{listen}"\n'
        f'device "ipmi" "ipmipower" "{ipmipower}"\n'
        f'node "{NODES}" "ipmi" "{net}.[1-3]"\n'
    )
    env = {**os.environ, "PATH": SEARCH}
    with (tmp_path / "output").open("wb") as output:
        daemon = subprocess.Popen(
            ["powermand", "-f", "-c", str(configuration)], stdout=output, stderr=output, env=env
        )
    try:
        made = Powerman(listen, fleet)
        while made.pm("-l")[0]:
            assert daemon.poll() is None, (tmp_path / "output").read_text()
        # ipmipower knows a BMC once it has answered a ping.
        while f"off:     {NODES}" not in made.pm("-q")[1]:
            assert daemon.poll() is None, (tmp_path / "output").read_text()
        yield made
    finally:
        daemon.terminate()
        daemon.wait()


@stranger("powermand", "powerman", "ipmipower")
def test_pm_reads_and_drives_the_power_of_the_fleet(powerman: Powerman) -> None:
    assert powerman.pm("-1", "n[1-2]") == (0, "Command completed successfully\n")
    assert powerman.fleet.powers == {"n1": "on", "n2": "on", "n3": "off"}
    assert powerman.pm("-q")[1] == "on:      n[1-2]\noff:     n3\nunknown: \n"
    assert powerman.pm("-0", "n1") == (0, "Command completed successfully\n")
    assert powerman.fleet.powers == {"n1": "off", "n2": "on", "n3": "off"}
    assert {event["by"] for event in powerman.fleet.log if event["event"] == "session-closed"} == {"own"}


@stranger("powermand", "powerman", "ipmipower")
def test_pm_reports_success_of_what_never_happened(powerman: Powerman) -> None:
    with powerman.fleet.faults.on("busy", steps=["chassis-control"]):
        assert powerman.pm("-1", "n[1-3]") == (0, "Command completed successfully\n")
    assert set(powerman.fleet.powers.values()) == {"off"}
    assert powerman.pm("-q")[1] == f"on:      \noff:     {NODES}\nunknown: \n"
