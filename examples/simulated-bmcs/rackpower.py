"""Turns machines on and off by ipmitool, and believes only what it has read afterwards.

    IPMI_PASSWORD=... python rackpower.py on admin 10.0.1.1 10.0.1.2

Prints `ok` for a machine that was so before, `changed` for one that is so now, and exits 1 where one is neither.
"""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from os import environ


class PowerError(Exception):
    """The power is not as it was asked for, or cannot be told."""


@dataclass(frozen=True)
class Machine:
    """Where a BMC is, and who logs in there."""

    host: str
    user: str
    password: str
    port: int = 623


def ipmitool(machine: Machine, *command: str) -> str:
    """Run ipmitool and return what it prints.

    Raises:
        PowerError: It failed, with what it said.
    """
    there = ("-I", "lanplus", "-C", "17", "-N", "1", "-R", "2", "-H", machine.host, "-p", str(machine.port))
    env = environ | {"IPMI_PASSWORD": machine.password}
    ran = subprocess.run(
        ["ipmitool", *there, "-U", machine.user, "-E", *command],
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise PowerError(f"{machine.host}: {ran.stderr.strip() or ran.stdout.strip()}")
    return ran.stdout


def is_on(machine: Machine) -> bool:
    """Read the power."""
    return ipmitool(machine, "power", "status").strip().endswith(" on")


def ensure(machine: Machine, power: str, tries: int = 5, pause: float = 2.0) -> bool:
    """See to it that the power is `on` or `off`; return whether that was a change.

    Raises:
        PowerError: It is not, after so many tries with a pause in seconds between them.
    """
    wanted = power == "on"
    ordered = False
    trouble = "it takes the command, and the power stays as it was"
    for attempt in range(tries):
        if attempt:
            time.sleep(pause)
        try:
            if is_on(machine) is wanted:
                return ordered
            ordered = True
            ipmitool(machine, "power", power)
            if is_on(machine) is wanted:
                return True
        except PowerError as error:
            trouble = str(error)
    raise PowerError(f"{machine.host} is not {power} after {tries} tries: {trouble}")


def main() -> int:
    """Do it for all machines of the command line at once."""
    power, user, *hosts = sys.argv[1:]
    machines = [Machine(host, user, environ["IPMI_PASSWORD"]) for host in hosts]

    def report(machine: Machine) -> bool:
        try:
            changed = ensure(machine, power)
        except PowerError as error:
            print(error, file=sys.stderr)
            return False
        print(f"{machine.host}: {'changed' if changed else 'ok'}")
        return True

    with ThreadPoolExecutor(32) as pool:
        return 0 if all(list(pool.map(report, machines))) else 1


if __name__ == "__main__":
    sys.exit(main())
