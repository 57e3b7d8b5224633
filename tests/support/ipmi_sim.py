"""`ipmi_sim`, OpenIPMI's simulator: a BMC that nobody here wrote, started for a test.

It has cipher suite 3 and no 17, answers errors of the login in two bytes, and asks a script about the power.
"""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from powerfsm.bmc import Bmc

PROGRAM = shutil.which("ipmi_sim")

needs_ipmi_sim = pytest.mark.skipif(PROGRAM is None, reason="ipmi_sim (Debian package openipmi) is not installed")

LAN_CONF = """\
name "strange"
set_working_mc 0x20
startlan 1
  addr 127.0.0.1 {port}
  priv_limit admin
  allowed_auths_callback none md2 md5 straight
  allowed_auths_user none md2 md5 straight
  allowed_auths_operator none md2 md5 straight
  allowed_auths_admin none md2 md5 straight
  guid a123456789abcdefa123456789abcdef
endlan
chassis_control "{script}"
user 2 true "admin" "secret" admin 10 none md2 md5 straight
user 3 true "oper" "secret" operator 10 none md2 md5 straight
"""

SIM_EMU = """\
mc_setbmc 0x20
mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr
mc_enable 0x20
"""

# Asked `get power`, or told `set power 1`; the power is in the file beside it, every wish in the log.
CHASSIS = """\
#!/bin/sh
here="{here}"
echo "$@" >> "$here/log"
case "$1 $2" in
  "get power") echo "power:$(cat "$here/power")" ;;
  "set power") echo "$3" > "$here/power" ;;
  "set shutdown") echo 0 > "$here/power" ;;
  "set reset") ;;
  *) exit 1 ;;
esac
"""


@dataclass
class Strange:
    """One `ipmi_sim`: where it is, and what its script was told."""

    bmc: Bmc
    here: Path

    def told(self) -> list[str]:
        """Return what the script was told to set, in order."""
        log = self.here / "log"
        return [line for line in log.read_text().splitlines() if line.startswith("set")] if log.exists() else []


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def an_ipmi_sim(here: Path) -> Iterator[Strange]:
    """Run one that is off; its files are in `here`."""
    port = free_port()
    script = here / "chassis"
    script.write_text(CHASSIS.format(here=here))
    script.chmod(0o755)
    (here / "power").write_text("0\n")
    (here / "lan.conf").write_text(LAN_CONF.format(port=port, script=script))
    (here / "sim.emu").write_text(SIM_EMU)
    (here / "state").mkdir()
    assert PROGRAM is not None
    files = "-c", here / "lan.conf", "-f", here / "sim.emu", "-s", here / "state"
    with (here / "output").open("wb") as output:
        running = subprocess.Popen((PROGRAM, "-n", *files), stdout=output, stderr=output)
    try:
        yield Strange(Bmc("127.0.0.1", port), here)
        assert running.poll() is None, (here / "output").read_text()
    finally:
        running.terminate()
        running.wait()
