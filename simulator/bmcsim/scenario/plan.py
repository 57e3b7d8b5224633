"""A scenario made ready to run: profiles, addresses, rules and what is going to happen."""

import dataclasses
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from bmcsim.agenda import Act
from bmcsim.deeds import do
from bmcsim.dice import Dice
from bmcsim.events import EventLog
from bmcsim.faults import Rule
from bmcsim.fleet import Fleet, expand
from bmcsim.network import Network
from bmcsim.profile import Profile, User
from bmcsim.scenario.declared import Changes
from bmcsim.scenario.families import FAMILIES
from bmcsim.scenario.mistakes import Mistake, ScenarioError
from bmcsim.scenario.reading import ReadScenario
from bmcsim.scenario.schema import (
    IPMI_PORT,
    AddressesModel,
    ControlModel,
    GroupModel,
    HappeningModel,
    RedfishModel,
)
from bmcsim.scenario.text import Path as Place
from bmcsim.serve import on_ports
from bmcsim.sessions import Address

_LOCALHOST = "127.0.0.1"
_HTTP_PORT = 80
_HTTPS_PORT = 443
_SHOWN = 5
_LONGEST_KG = 20

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that is needed to run a scenario.

    Attributes:
        profiles: Node to what kind of BMC it has, in the order of the file.
        addresses: Node to where its IPMI door is; port 0 is any.
        redfish: Node to where its Redfish door is, of those that have one.
        tls: Those whose Redfish URL begins with https.
        network: What lies between clients and BMCs.
        networks: The same for single nodes.
        rules: Faults.
        events: What happens at times.
        seed: Where randomness comes from.
        log: Where events are written, or None.
        datagrams: Datagrams are written there too.
        control: The control API, or None.
        token: What its callers have to bring, or None.
    """

    profiles: Mapping[str, Profile]
    addresses: Mapping[str, Address]
    redfish: Mapping[str, Address]
    tls: frozenset[str]
    network: Network
    networks: Mapping[str, Network]
    rules: tuple[Rule, ...]
    events: tuple[HappeningModel, ...]
    seed: int
    log: Path | None
    datagrams: bool
    control: ControlModel | None
    token: str | None = dataclasses.field(default=None, repr=False)

    def fleet(self, log: EventLog, clock: Callable[[], float] = time.monotonic) -> Fleet:
        """Build the fleet, with its faults in force and its events set down from now on."""
        fleet = Fleet(self.profiles, network=self.network, seed=self.seed, log=log, clock=clock)
        fleet.networks.update(self.networks)
        for rule in self.rules:
            fleet.faults.add(rule)
        begun = clock()
        for number, event in enumerate(self.events):
            for name in self.profiles if event.nodes is None else expand(event.nodes):
                dice = Dice(self.seed, name, "event", str(number))
                fleet.at(begun + dice.seconds(event.at), _happen(fleet, name, event, dice, event.times))
        return fleet


def _happen(fleet: Fleet, name: str, event: HappeningModel, dice: Dice, left: int | None) -> Act:
    """Return what happens when it is time; what happens again sets the next time down."""

    def happen(now: float) -> None:
        do(fleet, name, event.do, now, lasting=dice.seconds(event.lasting))
        again = None if left is None else left - 1
        if event.every is not None and again != 0:
            fleet.at(now + event.every, _happen(fleet, name, event, dice, again))

    return happen


def _places(addresses: AddressesModel, names: list[str], usual: int) -> Mapping[str, Address]:
    """Return where a door of each node is; `usual` is the port where each has an address of its own."""
    if addresses.hosts is None:
        return on_ports(names, addresses.host or _LOCALHOST, addresses.port or 0)
    hosts = expand(addresses.hosts)
    if len(hosts) != len(names):
        raise ValueError(f"{len(hosts)} hosts for {len(names)} nodes, expected one for each")
    port = usual if addresses.port is None else addresses.port
    return {name: (host, port) for name, host in zip(names, hosts, strict=True)}


def _changed(changes: Changes | None, before: Made) -> Made:
    after: Made = before if changes is None else changes.apply(before)
    return after


def plan(read: ReadScenario) -> Plan:
    """Make a scenario ready to run: names and addresses expanded, secrets fetched, everything held together.

    Raises:
        ScenarioError: It cannot run; with every mistake.
    """
    return _Planner(read).plan()


class _Planner:
    """Makes a plan, and notes what is wrong on the way."""

    def __init__(self, read: ReadScenario) -> None:
        self._read = read
        self._scenario = read.scenario
        self._mistakes: list[Mistake] = []
        self._profiles: dict[str, Profile] = {}
        self._addresses: dict[str, Address] = {}
        self._redfish: dict[str, Address] = {}
        self._tls: set[str] = set()
        self._networks: dict[str, Network] = {}

    def plan(self) -> Plan:
        scenario = self._scenario
        for number, group in enumerate(scenario.nodes):
            self._add(group, ("nodes", number))
        self._twice_at_one_address(self._addresses)
        self._twice_at_one_address(self._redfish)
        for number, event in enumerate(scenario.events):
            self._known(event.nodes, ("events", number, "nodes"))
        for number, rule in enumerate(scenario.faults):
            self._known(rule.nodes, ("faults", number, "nodes"))
        token = None
        if scenario.control is not None and scenario.control.token is not None:
            token = self._try(("control", "token"), partial(scenario.control.token.reveal, self._read.directory))
        if self._mistakes:
            raise ScenarioError(self._mistakes)
        log = scenario.log
        return Plan(
            profiles=self._profiles,
            addresses=self._addresses,
            redfish=self._redfish,
            tls=frozenset(self._tls),
            network=scenario.network.network(),
            networks=self._networks,
            rules=scenario.faults,
            events=scenario.events,
            seed=scenario.seed,
            log=None if log is None else self._read.directory / log.file,
            datagrams=log is not None and log.datagrams,
            control=scenario.control,
            token=token,
        )

    def _try(self, place: Place, make: Callable[[], Made]) -> Made | None:
        """Return what `make` makes; where it cannot, note why."""
        try:
            return make()
        except (ValueError, TypeError) as error:
            self._tell(place, str(error))
            return None

    def _tell(self, place: Place, text: str) -> None:
        self._mistakes.append(self._read.text.mistake(place, text))

    def _known(self, hostlist: str | None, place: Place) -> None:
        """Note names that no group has."""
        unknown = [name for name in ([] if hostlist is None else expand(hostlist)) if name not in self._profiles]
        if unknown:
            shown = ", ".join(unknown[:_SHOWN]) + (", ..." if len(unknown) > _SHOWN else "")
            self._tell(place, f"there are no nodes {shown}, expected names that `nodes` has")

    def _add(self, group: GroupModel, place: Place) -> None:
        names = expand(group.names)
        if twice := [name for name in names if name in self._profiles]:
            self._tell((*place, "names"), f"{twice[0]} is in another group already, expected each node once")
            return
        profile = self._profile(group, place)
        at = self._try((*place, "addresses"), partial(_places, group.addresses, names, IPMI_PORT))
        if group.redfish is not None and at is not None:
            self._add_redfish(group.redfish, group.addresses, names, place)
        if profile is None or at is None:
            profile, at = Profile(), dict.fromkeys(names, (_LOCALHOST, 0))
        self._profiles.update(dict.fromkeys(names, profile))
        self._addresses.update(at)
        if group.network is not None:
            self._networks.update(dict.fromkeys(names, group.network.network()))

    def _add_redfish(self, door: RedfishModel, addresses: AddressesModel, names: list[str], place: Place) -> None:
        usual = _HTTPS_PORT if door.tls else _HTTP_PORT
        moved = addresses.model_copy(update={"port": door.port})
        self._redfish.update(self._try((*place, "redfish"), partial(_places, moved, names, usual)) or {})
        if door.tls:
            self._tls.update(names)

    def _twice_at_one_address(self, places: Mapping[str, Address]) -> None:
        taken: dict[Address, str] = {}
        for name, address in places.items():
            if address[1] and (other := taken.setdefault(address, name)) != name:
                host, port = address
                told = f"{name} and {other} are both at {host}:{port}, expected an address or a port for each"
                self._tell(("nodes",), told)
                return

    def _profile(self, group: GroupModel, place: Place) -> Profile | None:
        """Return the profile of a group: its family's, with what is different."""
        profile = FAMILIES[group.profile]
        hardware = self._try((*place, "machine"), partial(_changed, group.machine, profile.hardware))
        users = self._users(group, place)
        kg = (
            None if group.kg is None else self._try((*place, "kg"), partial(group.kg.reveal, self._read.directory))
        )
        if hardware is None or users is None:
            return None
        changes: dict[str, Any] = {"hardware": hardware, **({"users": users} if users else {})}
        if kg is not None:
            changes["kg"] = kg.encode()
        where = "kg" if kg is not None and len(kg.encode()) > _LONGEST_KG else "bmc"
        return self._try((*place, where), lambda: dataclasses.replace(_changed(group.bmc, profile), **changes))

    def _users(self, group: GroupModel, place: Place) -> tuple[User, ...] | None:
        """Return the accounts; none where those of the profile stay, None where one cannot be."""
        made: list[User | None] = []
        for number, user in enumerate(group.users or ()):
            at = (*place, "users", number)
            password = self._try((*at, "password"), partial(user.password.reveal, self._read.directory))
            if password is None:
                made.append(None)
            else:
                made.append(self._try(at, partial(User, user.name, password, user.privilege)))
        good = tuple(user for user in made if user is not None)
        return good if len(good) == len(made) else None
