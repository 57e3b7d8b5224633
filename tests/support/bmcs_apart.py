"""Simulated BMCs in a process of their own, and our driver in front of them, over real UDP on loopback."""

import resource
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import trio

from powerfsm.demo.conditions import Conditions
from powerfsm.demo.processes import Simulator, write_private
from powerfsm.drivers.ipmi import IpmiDriver
from powerfsm.ipmi.transport import open_transport
from powerfsm.secrets_file import SecretsFile

_SPARE = 200


def kindly(boot: float, idle: float = 60.0) -> Conditions:
    """BMCs on a perfect network that do at once what they are told.

    Args:
        boot: Seconds from acting on power-up until the power reads on.
        idle: Seconds of silence after which a BMC closes a session.
    """
    instantly = (0.0, 0.0)
    return Conditions(
        loss=0.0,
        duplicate=0.0,
        delay=instantly,
        boot=(boot, boot),
        off=instantly,
        latch=instantly,
        soft_off=instantly,
        idle=idle,
    )


def credentials(directory: Path) -> Path:
    """Write what logs in to these BMCs to a file; gives the file."""
    path = directory / "credentials.yaml"
    write_private(path, f"default: {{username: {Simulator.USER}, password: password}}\n")
    return path


@asynccontextmanager
async def bmcs_apart(directory: Path, nodes: int, conditions: Conditions) -> AsyncGenerator[Simulator]:
    """BMCs `n1`, `n2`, ... on free ports of 127.0.0.1, for as long as the block lasts.

    Raises:
        SystemExit: A process may not have so many sockets here.
        ProcessTrouble: They do not start.
    """
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if nodes + _SPARE > allowed:
        raise SystemExit(
            f"{nodes} BMCs need as many open files; `ulimit -Hn` says {allowed}: raise it, or ask for fewer"
        )
    password = directory / "bmc-password"
    write_private(password, "password\n")
    simulator = Simulator(directory, f"n[1-{nodes}]", conditions, 0, password)
    try:
        await simulator.start()
        yield simulator
        await simulator.stop()
    finally:
        with trio.CancelScope(shield=True):
            await simulator.kill()


@asynccontextmanager
async def a_driver(directory: Path) -> AsyncGenerator[IpmiDriver]:
    """Our driver with the login of these BMCs, on sockets of its own, for as long as the block lasts.

    Sessions that are open at its end stay open at the BMCs.
    """
    async with trio.open_nursery() as nursery:
        with open_transport(nursery) as transport:
            yield IpmiDriver(transport, SecretsFile(credentials(directory)))
        nursery.cancel_scope.cancel()
