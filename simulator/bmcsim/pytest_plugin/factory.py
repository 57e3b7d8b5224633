"""Makes the fleets of one test, and ends them with it."""

import json
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, replace

from bmcsim.check import Verdict, judge
from bmcsim.events import Event, MemoryLog
from bmcsim.faults import Fault, Rule, make
from bmcsim.fleet import Fleet, expand
from bmcsim.profile import Profile
from bmcsim.profiles import FAMILIES
from bmcsim.pytest_plugin.handles import SimulatedBmc, SimulatedFleet
from bmcsim.pytest_plugin.thread import Clock, FleetThread
from bmcsim.records import Claim
from bmcsim.serve import on_ports
from bmcsim.sessions import Address

_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a fleet is to be, where a call does not say it; the fields of the marker `bmcsim`.

    Attributes:
        nodes: Hostlist of its nodes.
        profile: What kind of BMC they have: a profile, or the name of a family of `bmcsim.profiles`.
        faults: What goes wrong: rules, or faults or names of faults, which then strike always and everywhere.
        hosts: Hostlist of addresses, one for each node, all with the same port; None is one address for all,
            with a port for each.
        port: The UDP port, or the first of them; 0 is any that is free.
        tls: Whether URLs of Redfish begin with https; every port speaks both.
        seed: The same seed gives the same randomness.
    """

    nodes: str = "bmc"
    profile: Profile | str | None = None
    faults: Iterable[Fault | Rule | str] = ()
    hosts: str | None = None
    port: int = 0
    tls: bool = False
    seed: int = 0


class BmcFleets:
    """The fixture `bmc_fleet`: call it for a fleet, as often as a test likes."""

    def __init__(self, wishes: Wishes) -> None:
        """Make fleets as `wishes` says, where a call does not say otherwise."""
        self.wishes = wishes
        self._fleets: list[SimulatedFleet] = []
        self._usual: SimulatedFleet | None = None

    def __call__(self, nodes: str | None = None, **wishes: object) -> SimulatedFleet:
        """Make a fleet that is served until the test ends: `bmc_fleet("n[1-100]", profile=...)`.

        Without any argument it is that of the test's marker, the same one each time.

        Args:
            nodes: Hostlist of its nodes.
            wishes: `profile`, `faults`, `hosts`, `port`, `tls`, `seed`: see `Wishes`.

        Raises:
            ValueError: Not a hostlist, too few hosts, or one of the nodes is in another fleet of this test.
            TypeError: There is no such wish.
            CannotBindError: Some addresses cannot be bound.
        """
        if nodes is None and not wishes:
            if self._usual is None:
                self._usual = self._make(self.wishes)
            return self._usual
        if nodes is not None:
            wishes["nodes"] = nodes
        return self._make(replace(self.wishes, **wishes))  # type: ignore[arg-type]  # replace refuses what is wrong

    @property
    def first(self) -> SimulatedBmc:
        """The first BMC of the marker's fleet: the fixture `bmc`."""
        return next(iter(self()))

    @property
    def log(self) -> list[Event]:
        """What has happened in all fleets of this test, oldest first."""
        return sorted(
            (event for fleet in self._fleets for event in fleet.log), key=lambda event: float(event["t"])
        )

    @property
    def lines(self) -> list[str]:
        """The log as `bmcsim check` reads it."""
        return [json.dumps(event, separators=(",", ":")) for event in self.log]

    def check(self, claims: Iterable[Claim] = ()) -> Verdict:
        """Have the log judged, with what the code under test claims: `assert bmc_fleet.check().holds`.

        Raises:
            UnreadableError: There is no BMC yet, or the claims make no sense.
        """
        return judge(self.log, claims)

    def close(self) -> None:
        """End all fleets; what is in their logs stays."""
        with ExitStack() as stack:
            for fleet in self._fleets:
                stack.callback(fleet.thread.close)

    def _make(self, wishes: Wishes) -> SimulatedFleet:
        names = expand(wishes.nodes)
        twice = [name for name in names if any(bmc.name == name for fleet in self._fleets for bmc in fleet)]
        if twice:
            raise ValueError(f"{twice[0]} is in another fleet of this test already; give it another name")
        log = MemoryLog()
        clock = Clock()
        profiles = dict.fromkeys(names, _profile(wishes.profile))
        fleet = Fleet(profiles, seed=wishes.seed, log=log, clock=clock)
        for fault in wishes.faults:
            fleet.faults.add(_rule(fault))
        made = SimulatedFleet(FleetThread(fleet, log, clock, _addresses(names, wishes), tls=wishes.tls))
        self._fleets.append(made)
        return made


def _profile(wanted: Profile | str | None) -> Profile:
    if isinstance(wanted, str):
        if wanted not in FAMILIES:
            raise ValueError(f"there is no family {wanted!r} of BMCs, only {', '.join(FAMILIES)}")
        return FAMILIES[wanted]
    return wanted or Profile()


def _rule(fault: Fault | Rule | str) -> Rule:
    if isinstance(fault, Rule):
        return fault
    return Rule(make(fault) if isinstance(fault, str) else fault)


def _addresses(names: list[str], wishes: Wishes) -> dict[str, Address]:
    if wishes.hosts is None:
        return on_ports(names, _LOOPBACK, wishes.port)
    hosts = expand(wishes.hosts)
    if len(hosts) != len(names):
        raise ValueError(f"{len(hosts)} hosts for {len(names)} nodes; give each node one")
    return {name: (host, wishes.port) for name, host in zip(names, hosts, strict=True)}
