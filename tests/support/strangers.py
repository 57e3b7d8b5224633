"""Programs that nobody here wrote, run against simulated BMCs; a test of a missing one is skipped by name."""

import os
import shutil
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
import trio

from bmcsim import Fleet, Hardware, Profile, User

Test = TypeVar("Test", bound=Callable[..., Any])

PASSWORD = "s3cret"
KG = b"kg-0123456789"

# FreeIPMI and powermand are the system administrator's: Debian has them where others' PATH does not look.
SEARCH = f"{os.environ['PATH']}{os.pathsep}/usr/sbin"


def missing(*programs: str) -> list[str]:
    """Which of these programs are not installed."""
    return [program for program in programs if shutil.which(program, path=SEARCH) is None]


def stranger(*programs: str) -> Callable[[Test], Test]:
    """Mark a test that drives these programs, and skip it by name where one of them is missing."""
    absent = missing(*programs)
    skip = pytest.mark.skipif(bool(absent), reason=f"not installed: {', '.join(absent)}")

    def mark(test: Test) -> Test:
        marked: Test = pytest.mark.stranger(skip(test))
        return marked

    return mark


def profile(hardware: Hardware | None = None, *, kg: bytes = b"", suites: tuple[int, ...] = (3, 17)) -> Profile:
    """An ordinary BMC whose password is no default one."""
    users = (User("admin", PASSWORD),)
    return Profile(hardware=hardware or Hardware(), users=users, kg=kg, suites=suites)


class Caller:
    """Runs programs against the BMCs of a fleet."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet

    async def run(self, *command: str, env: dict[str, str] | None = None) -> tuple[int, str]:
        """Run a program to its end and return its exit code and all that it printed."""
        result = await trio.run_process(
            command,
            capture_stdout=True,
            capture_stderr=True,
            check=False,
            env={**os.environ, "PATH": SEARCH, **(env or {})},
        )
        return result.returncode, (result.stdout + result.stderr).decode()

    async def ipmitool(self, *arguments: str, node: str = "n1", password: str = PASSWORD) -> tuple[int, str]:
        """Run ipmitool by lanplus."""
        host, port = self._fleet.addresses[node]
        there = ("-I", "lanplus", "-H", host, "-p", str(port), "-U", "admin", "-P", password)
        return await self.run("ipmitool", *there, *arguments)

    async def freeipmi(self, program: str, *arguments: str, password: str = PASSWORD) -> tuple[int, str]:
        """Run a program of FreeIPMI by LAN_2_0 against the whole fleet."""
        hosts = ",".join(f"{host}:{port}" for host, port in self._fleet.addresses.values())
        there = ("-D", "LAN_2_0", "-h", hosts, "-u", "admin", "-p", password)
        return await self.run(program, *there, *arguments)
