"""Virtual time without cryptography: the same datagrams in shape, the same events, the same verdicts."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import trio

import seeded_site
from bmcsim import Fidelity, Fleet, MemoryLog, Profile, Rule, in_memory
from bmcsim.faults import Corrupt
from bmcsim.memory import MemoryLink
from bmcsim.serve import running
from bmcsim.virtual import noise
from ipmi_bench import Logins
from powerfsm.bmc import Bmc
from powerfsm.credentials import Login
from powerfsm.drivers.errors import LoginRefused
from powerfsm.drivers.ipmi import IpmiDriver
from powerfsm.ipmi.link import Address
from powerfsm.ipmi.transport import open_transport
from powerfsm.power import Command

FAST = Profile(fidelity=Fidelity.FAST)


def test_both_fidelities_give_the_same_verdict_and_the_same_events() -> None:
    broken = 0
    for seed in range(4):
        full, fast = (seeded_site.play(seed, fidelity) for fidelity in (Fidelity.FULL, Fidelity.FAST))
        assert fast.verdict == full.verdict
        assert fast.events == full.events
        assert fast.claims == full.claims
        assert full.verdict.declared > 20
        broken += not full.verdict.holds
    # Faults that make a BMC lie are among them: a judge that sees nothing would be no judge.
    assert broken


class Tapped:
    """A link that keeps what passes."""

    def __init__(self, link: MemoryLink) -> None:
        self._link = link
        self.out: list[bytes] = []
        self.into: list[bytes] = []

    async def resolve(self, host: str, port: int) -> Address:
        return await self._link.resolve(host, port)

    def send(self, datagram: bytes, to: Address) -> None:
        self.out.append(datagram)
        self._link.send(datagram, to)

    async def run(self, deliver: Callable[[bytes, Address], None]) -> None:
        def keep(datagram: bytes, source: Address) -> None:
            self.into.append(datagram)
            deliver(datagram, source)

        await self._link.run(keep)


async def _a_session(
    fleet: Fleet, *, pretend: bool, password: bytes = b"password", suite: int | None = None
) -> Tapped:
    """Log in, turn the node on, log out."""
    async with in_memory(fleet) as network, trio.open_nursery() as nursery:
        link = Tapped(network.link())
        with open_transport(nursery, link, random=noise(0), pretend=pretend) as transport:
            driver = IpmiDriver(transport, Logins({"default": Login("admin", password)}))
            host, port = fleet.addresses["n1"]
            session = await driver.open(Bmc(host, port, cipher_suite=suite))
            await session.command(Command.ON)
            await session.close()
    return link


@pytest.mark.parametrize("suite", [3, 8, 17])
async def test_datagrams_have_the_same_number_length_and_headers(
    suite: int, autojump_clock: trio.testing.MockClock
) -> None:
    links = []
    for fidelity in (Fidelity.FULL, Fidelity.FAST):
        profile = Profile(suites=(suite,), fidelity=fidelity)
        fleet = Fleet.of("n1", profile, clock=trio.current_time)
        links.append(await _a_session(fleet, pretend=fidelity is Fidelity.FAST, suite=suite))
    for full, fast in zip(links[0].out + links[0].into, links[1].out + links[1].into, strict=True):
        assert len(fast) == len(full)
        assert fast[:16] == full[:16]
    assert links[0].out != links[1].out


async def test_a_wrong_password_is_refused_just_the_same(autojump_clock: trio.testing.MockClock) -> None:
    fleet = Fleet.of("n1", FAST, clock=trio.current_time)
    with pytest.RaisesGroup(LoginRefused, flatten_subgroups=True):
        await _a_session(fleet, pretend=True, password=b"wrong")


async def test_a_corrupted_packet_is_dropped_just_the_same(autojump_clock: trio.testing.MockClock) -> None:
    log = MemoryLog()
    fleet = Fleet.of("n1", FAST, clock=trio.current_time, log=log)
    fleet.faults.add(Rule(Corrupt(), steps=frozenset({"chassis-control"}), times=2))
    await _a_session(fleet, pretend=True)
    assert len(log.named("command")) == 1
    assert {event["reason"] for event in log.named("dropped")} <= {"wrong-auth-code", "bad-trailer", "no-session"}


async def test_who_does_not_pretend_cannot_log_in(autojump_clock: trio.testing.MockClock) -> None:
    fleet = Fleet.of("n1", FAST, clock=trio.current_time)
    with pytest.RaisesGroup(LoginRefused, flatten_subgroups=True):
        await _a_session(fleet, pretend=False)


async def test_it_is_not_served_to_strangers() -> None:
    fleet = Fleet.of("n1", replace(FAST, slots=2))
    with pytest.raises(ValueError, match="fidelity"):
        async with running(fleet):
            pass


async def test_nothing_pretends_unless_it_is_told_to(autojump_clock: trio.testing.MockClock) -> None:
    fleet = Fleet.of("n1", clock=trio.current_time)
    with pytest.RaisesGroup(LoginRefused, flatten_subgroups=True):
        await _a_session(fleet, pretend=True)
