"""The driver against the project's own simulated BMCs, on a network as bad as they come, in virtual time.

Walked is the least that the protocol asks for: open, command, read, close, and say that it is done only once
the close was answered; where it was not, wait until everything must be dead.  Judged is by the BMCs' own log.
"""

from random import Random

import pytest
import trio
import trio.testing

import bmcsim
from bmcsim import Fleet, MemoryLog, Network, Profile, SequenceCheck, Span, Way, in_memory
from bmcsim.check import judge
from bmcsim.records import Claim
from ipmi_bench import Logins
from powerfsm.bmc import Bmc
from powerfsm.credentials import Login
from powerfsm.drivers import DriverError, FenceUnanswered
from powerfsm.drivers.ipmi import IpmiDriver
from powerfsm.ipmi.transport import open_transport
from powerfsm.power import Command, Power

# Copies come up to twenty seconds late: long after the session they belong to was closed.
HOSTILE = Network.alike(Way(loss=0.2, duplicate=0.2, duplicate_lag=Span(0, 20), delayed=0.5, delay=Span(0, 0.5)))

# The longest that a datagram is under way, and the longest that a BMC keeps a session that nobody uses.
EVERYTHING_IS_DEAD = 21 + 60 + 5


class Walker:
    """Drives one BMC, noting what it was asked and what it says it has done."""

    def __init__(self, driver: IpmiDriver, name: str, bmc: Bmc) -> None:
        self.driver = driver
        self.name = name
        self.bmc = bmc
        self.claims: list[Claim] = []
        self.errors: list[DriverError] = []

    async def to_and_fro(self, times: int) -> None:
        for number in range(times):
            power = (Power.ON, Power.OFF)[number % 2]
            self._claim(power, number, declared=False)
            while not await self._drive(power):
                pass
            # The log rounds to microseconds; what is told must not come before what it is about.
            await trio.sleep(0.001)
            self._claim(power, number, declared=True)
            await trio.sleep(30)

    async def _drive(self, power: Power) -> bool:
        """Try once; return whether the power was read as wanted, and the session is closed."""
        try:
            session = await self.driver.open(self.bmc)
        except DriverError as error:
            self.errors.append(error)
            await trio.sleep(1)
            return False
        reached = False
        try:
            await session.command(Command.ON if power is Power.ON else Command.OFF)
            reached = await session.read_power() is power
        except DriverError as error:
            self.errors.append(error)
        try:
            await session.close()
        except FenceUnanswered as error:
            self.errors.append(error)
            await trio.sleep(EVERYTHING_IS_DEAD)
            return False
        return reached

    def _claim(self, power: Power, number: int, *, declared: bool) -> None:
        wanted = bmcsim.Power(power.value)
        self.claims.append(Claim(trio.current_time(), self.name, wanted, declared, str(number)))


# The clock is an argument of each test, as pytest-trio wants it.
@pytest.mark.parametrize("check", SequenceCheck)
@pytest.mark.parametrize("seed", range(3))
async def test_on_a_hostile_network_no_copy_of_a_command_acts_behind_the_fence(
    autojump_clock: trio.testing.MockClock, nursery: trio.Nursery, seed: int, check: SequenceCheck
) -> None:
    log = MemoryLog()
    profile = Profile(sequence_check=check)
    fleet = Fleet.of("n[1-10]", profile, network=HOSTILE, seed=seed, log=log, clock=trio.current_time)
    logins = Logins({"default": Login("admin", b"password")})
    async with in_memory(fleet) as network:
        with open_transport(nursery, network.link(), random=Random(seed).randbytes) as transport:
            driver = IpmiDriver(transport, logins)
            # On the judge's clock, what is asked comes after the BMCs have started.
            await trio.sleep(1)
            walkers = [Walker(driver, name, Bmc(*address)) for name, address in fleet.addresses.items()]
            async with trio.open_nursery() as walking:
                for walker in walkers:
                    walking.start_soon(walker.to_and_fro, 6)
            await trio.sleep(EVERYTHING_IS_DEAD)
    verdict = judge(log, [claim for walker in walkers for claim in walker.claims])
    assert verdict.holds, verdict
    assert (verdict.nodes, verdict.requests, verdict.declared) == (10, 60, 60)
    assert all(error.transient for walker in walkers for error in walker.errors)
    # Otherwise the network was not hostile, and nothing was proven.
    assert verdict.duplicates or check is SequenceCheck.STRICT
    assert sum(verdict.commands.values()) > 60
    assert transport.dropped["no-such-session"] > 0


async def test_more_logins_than_slots_are_refused_as_transient_and_leave_none_taken(
    autojump_clock: trio.testing.MockClock, nursery: trio.Nursery
) -> None:
    fleet = Fleet.of("n1", Profile(slots=2), clock=trio.current_time)
    async with in_memory(fleet) as network:
        with open_transport(nursery, network.link()) as transport:
            driver = IpmiDriver(transport, Logins({"default": Login("admin", b"password")}))
            bmc = Bmc(*fleet.addresses["n1"])
            sessions = [await driver.open(bmc) for _ in range(2)]
            with pytest.raises(DriverError) as caught:
                await driver.open(bmc)
            assert (caught.value.name, caught.value.transient) == ("no-session-slot", True)
            for session in sessions:
                await session.close()
            sessions = [await driver.open(bmc) for _ in range(2)]
