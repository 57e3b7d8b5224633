"""The driver against `ipmi_sim`, OpenIPMI's simulator: a BMC that nobody here wrote, over real UDP.

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
import trio

from ipmi_bench import Logins
from powerfsm.bmc import Bmc
from powerfsm.credentials import Login
from powerfsm.drivers import FenceUnanswered, LoginRefused, Unanswered
from powerfsm.drivers.ipmi import IpmiDriver, IpmiTimings
from powerfsm.ipmi.transport import open_transport
from powerfsm.power import Command, Power

PROGRAM = shutil.which("ipmi_sim")

pytestmark = [
    pytest.mark.stranger,
    pytest.mark.skipif(PROGRAM is None, reason="ipmi_sim (Debian package openipmi) is not installed"),
]

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

# Short, because nothing is lost on loopback; long enough for a machine that is busy with other tests.
TIMINGS = IpmiTimings(answer=5, retransmit=0.3, fence=5)


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


@pytest.fixture
def strange(tmp_path: Path) -> Iterator[Strange]:
    """An `ipmi_sim` of its own, off."""
    port = free_port()
    script = tmp_path / "chassis"
    script.write_text(CHASSIS.format(here=tmp_path))
    script.chmod(0o755)
    (tmp_path / "power").write_text("0\n")
    (tmp_path / "lan.conf").write_text(LAN_CONF.format(port=port, script=script))
    (tmp_path / "sim.emu").write_text(SIM_EMU)
    (tmp_path / "state").mkdir()
    assert PROGRAM is not None
    files = "-c", tmp_path / "lan.conf", "-f", tmp_path / "sim.emu", "-s", tmp_path / "state"
    with (tmp_path / "output").open("wb") as output:
        running = subprocess.Popen((PROGRAM, "-n", *files), stdout=output, stderr=output)
    try:
        yield Strange(Bmc("127.0.0.1", port), tmp_path)
        assert running.poll() is None, (tmp_path / "output").read_text()
    finally:
        running.terminate()
        running.wait()


@contextmanager
def new_driver(nursery: trio.Nursery) -> Iterator[IpmiDriver]:
    """Give a driver with a socket of its own, as another process would have."""
    logins = Logins(
        {
            "default": Login("admin", b"secret"),
            "operator": Login("oper", b"secret"),
            "wrong-password": Login("admin", b"Secret"),
            "wrong-user": Login("nobody", b"secret"),
            "wrong-kg": Login("admin", b"secret", b"k" * 20),
        }
    )
    with open_transport(nursery) as transport:
        yield IpmiDriver(transport, logins, TIMINGS)


@pytest.fixture
def driver(nursery: trio.Nursery) -> Iterator[IpmiDriver]:
    """The driver over UDP."""
    with new_driver(nursery) as made:
        yield made


async def test_power_goes_on_and_off_and_is_read(driver: IpmiDriver, strange: Strange) -> None:
    session = await driver.open(strange.bmc)
    assert await session.read_power() is Power.OFF
    await session.command(Command.ON)
    assert await session.read_power() is Power.ON
    await session.command(Command.RESET, once=True)
    await session.command(Command.SOFT_OFF)
    assert await session.read_power() is Power.OFF
    await session.command(Command.ON)
    await session.command(Command.OFF)
    assert await session.read_power() is Power.OFF
    await session.close()
    assert strange.told() == ["set power 1", "set reset 1", "set shutdown 1", "set power 1", "set power 0"]


async def test_a_session_may_be_opened_again_and_again(driver: IpmiDriver, strange: Strange) -> None:
    ids = set()
    for _ in range(70):  # more than it has slots
        session = await driver.open(strange.bmc)
        ids.add(session.id)
        await session.close()
    assert len(ids) == 70


@pytest.mark.parametrize("name", ["wrong-password", "wrong-kg"])
async def test_wrong_secrets_are_told_by_their_names(driver: IpmiDriver, strange: Strange, name: str) -> None:
    with pytest.raises(LoginRefused) as caught:
        await driver.open(Bmc("127.0.0.1", strange.bmc.port, credentials=name))
    assert caught.value.name == name
    assert not caught.value.transient


async def test_a_wrong_user_is_told(driver: IpmiDriver, strange: Strange) -> None:
    with pytest.raises(LoginRefused) as caught:
        await driver.open(Bmc("127.0.0.1", strange.bmc.port, credentials="wrong-user"))
    # Versions of it differ in what they say to a user that they do not know.
    assert caught.value.name in ("unauthorized-name", "illegal-parameter")
    assert "'nobody'" in str(caught.value)
    assert "user name" in caught.value.advice


async def test_a_suite_that_it_does_not_have_is_told(driver: IpmiDriver, strange: Strange) -> None:
    with pytest.raises(LoginRefused) as caught:
        await driver.open(Bmc("127.0.0.1", strange.bmc.port, cipher_suite=17))
    assert caught.value.name == "invalid-authentication-algorithm"
    assert "cipher_suite" in caught.value.advice


async def test_the_session_of_another_process_is_fenced_by_its_id(
    driver: IpmiDriver, strange: Strange, nursery: trio.Nursery
) -> None:
    dead = await driver.open(strange.bmc)
    with new_driver(nursery) as successor:
        await successor.fence(strange.bmc, dead.id)
        # Fenced once more: the id is not known any more, which is as good.
        await successor.fence(strange.bmc, dead.id)
    with pytest.raises(Unanswered):
        await dead.command(Command.ON, once=True)
    assert strange.told() == []
    await dead.close()


async def test_an_operator_works_but_cannot_fence_another(
    driver: IpmiDriver, strange: Strange, nursery: trio.Nursery
) -> None:
    operator = Bmc("127.0.0.1", strange.bmc.port, credentials="operator", privilege="operator")
    session = await driver.open(operator)
    await session.command(Command.ON)
    assert await session.read_power() is Power.ON
    with new_driver(nursery) as successor:
        with pytest.raises(FenceUnanswered) as caught:
            await successor.fence(operator, session.id)
        assert caught.value.name == "insufficient-privilege"
    await session.close()


async def test_a_cancelled_open_leaves_no_slot_taken(driver: IpmiDriver, strange: Strange) -> None:
    for _ in range(70):  # more than it has slots
        with trio.CancelScope() as scope:
            scope.cancel()
            await driver.open(strange.bmc)
    session = await driver.open(strange.bmc)
    await session.close()
