"""Faults as users meet them: a stranger is called while a simulated BMC has a fault, and shows the symptom.

A symptom is a short story: calls with what comes of them, time that passes, things that have to have happened.
Time passes for the BMC alone, so that its minutes cost a test nothing, and nothing depends on a slow machine.
"""

import importlib.util
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest

from bmcsim import Profile
from bmcsim.faults import Fault, Rule
from bmcsim.pytest_plugin.factory import BmcFleets
from bmcsim.pytest_plugin.handles import SimulatedBmc
from strangers import SEARCH, missing

SILENCE = r"\A\Z"
"""Nothing at all is printed."""


class Part(Protocol):
    """A part of a story."""

    def play(self, bmc: SimulatedBmc) -> None:
        """Have it happen, and see that it comes out as it should."""


@dataclass(frozen=True)
class Call:
    """A stranger is called; in its arguments stand fields of the BMC, such as `{port}`.

    `code` is its exit code, `says` is found in what it prints.
    """

    command: tuple[str, ...]
    says: str = ""
    code: int = 0
    needs: str = ""

    @property
    def stranger(self) -> str:
        """Which program it is."""
        return self.needs or self.command[0]

    def play(self, bmc: SimulatedBmc) -> None:
        """Call it."""
        command = [filled(argument, bmc) for argument in self.command]
        env = {**os.environ, "PATH": SEARCH}
        # TERM is taken away: readline would print how to switch modes of a terminal that is none.
        env.pop("TERM", None)
        ran = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, env=env
        )
        printed = ran.stdout + ran.stderr
        assert re.search(self.says, printed), printed
        assert ran.returncode == self.code, printed


@dataclass(frozen=True)
class Pass:
    """Time passes for the BMC."""

    seconds: float

    def play(self, bmc: SimulatedBmc) -> None:
        """Skip it."""
        bmc.skip(self.seconds)


@dataclass(frozen=True)
class Happens:
    """Something happens, or has happened by now, so often in all."""

    event: str
    times: int = 1
    to: str | None = None

    def play(self, bmc: SimulatedBmc) -> None:
        """Wait for it."""
        fields: dict[str, Any] = {} if self.to is None else {"to": self.to}
        bmc.wait_for(self.event, times=self.times, patience=30, **fields)


@dataclass(frozen=True)
class Symptom:
    """One line of the table.

    Attributes:
        told: What users tell, in a few words: the test's name.
        fault: What the BMC has.
        story: What happens then.
        steps: Where it strikes.
        times: How often.
        also: Another fault, that brings the first one out.
        profile: What kind of BMC it is.
        accepted: The power commands with which its log begins.
    """

    told: str
    fault: Fault
    story: tuple[Part, ...]
    steps: tuple[str, ...] = ()
    times: int | None = None
    also: Rule | None = None
    profile: Profile = Profile()  # noqa: RUF009  frozen
    accepted: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.fault.name}: {self.told}"

    def shown(self, fleets: BmcFleets) -> None:
        """See it, or skip by the name of a program that is missing."""
        absent = [call.stranger for call in self.story if isinstance(call, Call) and is_missing(call.stranger)]
        if absent:
            pytest.skip(f"not installed: {absent[0]}")
        rules = [Rule(self.fault, None, frozenset(self.steps), times=self.times)]
        if self.also is not None:
            rules.append(self.also)
        bmc = fleets("n1", profile=self.profile, faults=rules)["n1"]
        for part in self.story:
            part.play(bmc)
        assert tuple(bmc.commands[: len(self.accepted)]) == self.accepted
        assert any(event["event"] == "fault" and event["kind"] == self.fault.name for event in bmc.log)


def filled(argument: str, bmc: SimulatedBmc) -> str:
    """Write a BMC's host, port, and so on, for `{host}`, `{port}`."""
    place = bmc.url.partition("//")[2]
    known = {"host": bmc.host, "port": bmc.port, "user": bmc.username, "password": bmc.password}
    for name, value in {**known, "url": bmc.url, "place": place}.items():
        argument = argument.replace(f"{{{name}}}", str(value))
    return argument


def staying(call: Call, bmc: SimulatedBmc) -> "subprocess.Popen[str]":
    """Start a stranger that takes commands; what it prints of either kind comes by its output."""
    command = [filled(argument, bmc) for argument in call.command]
    env = {**os.environ, "PATH": SEARCH}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT, text=True, env=env)


def is_missing(name: str) -> bool:
    """Whether a program or, behind a colon, a package of Python is not installed."""
    kind, colon, package = name.partition(":")
    return importlib.util.find_spec(package) is None if colon else bool(missing(kind))


def ipmitool(*arguments: str, says: str = "", code: int = 0, suite: str = "17", repeats: int = 3) -> Call:
    """Call ipmitool by lanplus; it asks again after a second, `repeats` times in all."""
    chosen = ("-C", suite) if suite else ()
    there = ("-I", "lanplus", "-N", "1", "-R", str(repeats), "-H", "{host}", "-p", "{port}", "-U", "{user}")
    return Call(("ipmitool", *there, "-P", "{password}", *chosen, *arguments), says, code)


def ipmipower(*arguments: str, says: str, code: int = 0) -> Call:
    """Call ipmipower by LAN_2_0; it gives up after a second."""
    there = ("-D", "LAN_2_0", "-h", "{host}:{port}", "-u", "{user}", "-p", "{password}")
    patience = ("--session-timeout", "1000", "--retransmission-timeout", "300")
    return Call(("ipmipower", *there, *patience, *arguments), says, code)


def openipmi(message: str, *arguments: str, says: str, code: int = 0) -> Call:
    """Call openipmicmd, the program behind ipmicmd, with a message to the BMC."""
    there = ("lan", "-U", "{user}", "-P", "{password}", "-p", "{port}")
    return Call(("openipmicmd", "-k", f"0f 00 {message}", *there, *arguments, "{host}"), says, code)


def python(package: str, script: str, *, says: str, code: int = 0) -> Call:
    """Call a script that uses a package of others; it is given host, port, URL, user and password."""
    given = ("{host}", "{port}", "{url}", "{user}", "{password}")
    return Call((sys.executable, "-c", script, *given), says, code, needs=f"python:{package}")


def redfishtool(*arguments: str, says: str, code: int = 0) -> Call:
    """Call redfishtool over plain HTTP."""
    program = str(Path(sys.executable).with_name("redfishtool"))
    there = ("-r", "{place}", "-u", "{user}", "-p", "{password}", "-S", "Never")
    return Call((sys.executable, program, *there, *arguments), says, code, needs=program)
