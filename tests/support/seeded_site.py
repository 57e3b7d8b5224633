"""A site in virtual time, from a seed: BMCs with faults, and the daemon's IPMI driver turning nodes on and off.

As a program it writes the site's event log and the driver's claims, for a comparison between processes:

    python seeded_site.py LOG CLAIMS SEED FIDELITY
"""

import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import trio

from bmcsim import Fidelity, Fleet, Hardware, Profile, Rule, Span, in_memory
from bmcsim.check import Verdict, judge
from bmcsim.events import Event, EventLog, FileLog, MemoryLog
from bmcsim.faults import (
    Busy,
    Corrupt,
    Drop,
    Duplicate,
    OrderIgnored,
    Reboot,
    Reorder,
    SessionLeak,
    SlotsExhausted,
    WrongReading,
)
from bmcsim.machine import Power
from bmcsim.records import Claim
from bmcsim.virtual import noise, run
from ipmi_bench import Logins
from powerfsm.bmc import Bmc
from powerfsm.credentials import Login
from powerfsm.drivers.errors import DriverError
from powerfsm.drivers.ipmi import IpmiDriver
from powerfsm.drivers.ipmi.session import IpmiSession
from powerfsm.ipmi.transport import open_transport
from powerfsm.power import Command
from powerfsm.power import Power as Reading

NODES = 6
ROUNDS = 4

_BOOTING = Profile(hardware=Hardware(boot_delay=Span(2, 9), off_delay=Span(0, 3), latch=Span(0, 2)))

_RULES = (
    Rule(Drop(), probability=0.05),
    Rule(Duplicate(), probability=0.1),
    Rule(Reorder(), probability=0.05),
    Rule(Corrupt(), probability=0.03),
    Rule(Busy(), probability=0.2),
    Rule(SlotsExhausted(), nodes="n1", probability=0.3),
    Rule(SessionLeak(), nodes="n2", probability=0.2),
    Rule(OrderIgnored(), nodes="n[3-4]", probability=0.2),
    Rule(WrongReading(), nodes="n5", probability=0.1),
    Rule(Reboot(), nodes="n6", since=100, until=200, times=1),
)


@dataclass(frozen=True, slots=True)
class Record:
    """What came of it.

    Attributes:
        claims: What the driver was asked and what it declared.
        verdict: The judge's, over log and claims.
        events: The log, where it was kept.
    """

    claims: list[Claim]
    verdict: Verdict
    events: list[Event]


def play(seed: int, fidelity: Fidelity) -> Record:
    """Play the site to its end, and have it judged."""
    log = MemoryLog()
    claims = _play(seed, fidelity, log)
    events = list(log)
    return Record(claims, judge(events, claims), events)


def _play(seed: int, fidelity: Fidelity, log: EventLog) -> list[Claim]:
    claims: list[Claim] = []

    async def main() -> None:
        profile = replace(_BOOTING, fidelity=fidelity)
        fleet = Fleet.of(f"n[1-{NODES}]", profile, seed=seed, log=log, clock=trio.current_time)
        for rule in _RULES:
            fleet.faults.add(rule)
        logins = Logins({"default": Login("admin", b"password")})
        async with in_memory(fleet) as network, trio.open_nursery() as nursery:
            pretend = fidelity is Fidelity.FAST
            with open_transport(nursery, network.link(), random=noise(seed), pretend=pretend) as transport:
                driver = IpmiDriver(transport, logins)
                async with trio.open_nursery() as users:
                    for name in fleet.addresses:
                        users.start_soon(_use, driver, name, Bmc(*fleet.addresses[name]), claims)

    run(main, seed=seed)
    return claims


async def _use(driver: IpmiDriver, node: str, bmc: Bmc, claims: list[Claim]) -> None:
    """Turn a node on and off a few times; declare what was then read."""
    # The judge puts requests before whatever happens at the same instant, the start of the BMC too.
    await trio.sleep(1)
    for number in range(ROUNDS):
        for command, power in ((Command.ON, Power.ON), (Command.OFF, Power.OFF)):
            request = f"{node}.{number}.{power}"
            claims.append(Claim(trio.current_time(), node, power, declared=False, id=request))
            if await _bring(driver, bmc, command):
                claims.append(Claim(trio.current_time(), node, power, declared=True, id=request))
            await trio.sleep(20)


async def _bring(driver: IpmiDriver, bmc: Bmc, command: Command) -> bool:
    """Command until the power reads so, a few times; return whether it did."""
    wanted = Reading.ON if command is Command.ON else Reading.OFF
    for _ in range(6):
        try:
            session = await driver.open(bmc)
        except DriverError:
            await trio.sleep(5)
            continue
        try:
            await session.command(command)
            for _ in range(10):
                await trio.sleep(2)
                if await session.read_power() == wanted:
                    return True
        except DriverError:
            await trio.sleep(5)
        finally:
            await _close(session)
    return False


async def _close(session: IpmiSession) -> None:
    try:
        await session.close()
    except DriverError:
        await trio.sleep(1)


def main() -> None:
    """Write log and claims."""
    log_path, claims_path, seed, fidelity = sys.argv[1:]
    log = FileLog(Path(log_path))
    claims = _play(int(seed), Fidelity(fidelity), log)
    log.close()
    lines = [json.dumps([claim.t, claim.node, claim.power, claim.declared, claim.id]) for claim in claims]
    Path(claims_path).write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
