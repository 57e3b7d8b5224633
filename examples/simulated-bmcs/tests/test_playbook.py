"""A task as Ansible's `until`, `retries` and `delay` do it: the same shell command, until it works."""

import subprocess

from bmcsim.pytest_plugin.handles import SimulatedBmc

TASK = """
bmc() { ipmitool -I lanplus -C 17 -N 1 -R 2 -H "$1" -p "$2" -U "$3" -P "$4" "${@:5}" </dev/null; }
for attempt in 1 2 3 4; do
    bmc "$@" power on && bmc "$@" power status | grep -q "is on$" && exit 0
done
exit 2
"""


def play(bmc: SimulatedBmc) -> int:
    """Run the task and return its exit code."""
    there = (bmc.host, str(bmc.port), bmc.username, bmc.password)
    return subprocess.run(["bash", "-c", TASK, "task", *there], check=False).returncode


def test_the_task_gets_there_through_a_firmware_that_is_busy(bmc: SimulatedBmc) -> None:
    with bmc.faults.on("busy", steps=["chassis-control"], times=3):
        assert play(bmc) == 0
    assert bmc.power == "on"


def test_the_task_fails_where_the_reading_stays_stale(bmc: SimulatedBmc) -> None:
    with bmc.faults.on("wrong-reading"):
        assert play(bmc) == 2
    assert bmc.power == "on"
    assert bmc.commands == ["on"] * 4


def test_a_task_that_is_tried_again_resets_again(bmc: SimulatedBmc) -> None:
    bmc.press_power_button()
    there = (bmc.host, str(bmc.port), bmc.username, bmc.password)
    task = TASK.replace("power on", "power reset").replace("is on$", "is happy$")
    assert subprocess.run(["bash", "-c", task, "task", *there], check=False).returncode == 2
    assert bmc.commands == ["reset"] * 4
