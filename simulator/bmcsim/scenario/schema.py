"""The shape of a scenario file.

Every key but `nodes` has a default; the smallest scenario is one line, `nodes: n[1-10]`.  A key that nobody
knows is a mistake: a misspelt fault that is silently left out would make every test against it worthless.
"""

import ipaddress
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from bmcsim.deeds import Deed
from bmcsim.dice import Span
from bmcsim.hardware import Hardware
from bmcsim.network import Network, Way
from bmcsim.profile import DEFAULT_USER, Profile
from bmcsim.scenario.declared import Changes, Overrides
from bmcsim.scenario.families import DEFAULT_FAMILY, FamilyName
from bmcsim.scenario.fields import (
    ByName,
    Described,
    Hostlist,
    Ipv4,
    Port,
    Probability,
    SecretField,
    SpanField,
    nonempty,
)
from bmcsim.scenario.rules import RuleField
from powerfsm.ipmi.wire.numbers import Privilege

IPMI_PORT = 623


class WayModel(Described):
    """What becomes of datagrams in one direction."""

    loss: Probability = 0.0
    """Probability that a datagram is lost."""
    duplicate: Probability = 0.0
    """Probability that it arrives twice."""
    duplicate_lag: SpanField = Span(0, 1)
    """How much later the second one is."""
    delay: SpanField = Span.of(0)
    """How late datagrams are; a range also reorders them."""
    delayed: Probability = 1.0
    """Probability that a datagram is delayed so."""

    def way(self) -> Way:
        """Return what it says."""
        delayed = self.delayed if self.delay.high else 0.0
        return Way(self.loss, self.duplicate, self.duplicate_lag, delayed, self.delay)


class NetworkModel(WayModel):
    """What lies between clients and BMCs: both directions alike, or each by itself."""

    to_bmc: WayModel | None = None
    """From clients to BMCs, where it differs."""
    from_bmc: WayModel | None = None
    """Back, where it differs."""

    def network(self) -> Network:
        """Return what it says."""
        both = self.way()
        return Network(
            both if self.to_bmc is None else self.to_bmc.way(),
            both if self.from_bmc is None else self.from_bmc.way(),
        )


class AddressesModel(Described):
    """Where BMCs are: an address for each, or one address and a port for each."""

    host: Ipv4 | None = None
    """One address for all, with a port for each; 127.0.0.1 where neither this nor `hosts` is given."""
    hosts: Hostlist | None = None
    """An address for each, in the order of the names: a hostlist such as 127.1.0.[1-40]."""
    port: Port | None = None
    """With `host` the first port, the others follow (0, the default: any that are free); with `hosts` that
    of all (623 by default)."""

    @model_validator(mode="after")
    def _either(self) -> Self:
        if self.host is not None and self.hosts is not None:
            raise ValueError("either one host for all or hosts for each, not both")
        return self


class RedfishModel(Described):
    """The Redfish door of BMCs; every port speaks HTTP and HTTPS."""

    port: Port | None = None
    """As with addresses: the first of many ports (by default any that are free), or with `hosts` that of all (by
    default 443 with TLS and 80 without)."""
    tls: bool = False
    """URLs that are told begin with https, and a certificate is made for them."""


class UserModel(Described):
    """One account."""

    name: str = DEFAULT_USER
    """At most 16 bytes."""
    password: SecretField
    """At most 20 bytes, as text, `{env: VARIABLE}` or `{file: PATH}`."""
    privilege: Annotated[Privilege, ByName(Privilege)] = Privilege.ADMINISTRATOR
    """The highest privilege that it may have."""


def _redfish(value: object) -> object:
    return ({} if value else None) if isinstance(value, bool) else value


class GroupModel(Described):
    """Nodes that are alike."""

    names: Hostlist
    """Which nodes."""
    profile: FamilyName = DEFAULT_FAMILY
    """The family that they are of."""
    bmc: Annotated[Changes, Overrides(Profile, without=("hardware", "users", "kg"))] | None = None
    """What is different about their BMCs."""
    machine: Annotated[Changes, Overrides(Hardware)] | None = None
    """What is different about the machines behind them."""
    addresses: AddressesModel = AddressesModel()
    """Where they are."""
    redfish: Annotated[
        RedfishModel | None, BeforeValidator(_redfish, json_schema_input_type=bool | RedfishModel | None)
    ] = None
    """Their Redfish door, at the same addresses: true, or a mapping; none by default."""
    users: Annotated[tuple[UserModel, ...], AfterValidator(nonempty)] | None = None
    """Their accounts; without it those of the profile (admin, password)."""
    kg: SecretField | None = None
    """The BMC key Kg, at most 20 bytes; none by default."""
    network: NetworkModel | None = None
    """The network in front of them, where it differs from that of all."""


class HappeningModel(Described):
    """Something that people or fate do, at a time."""

    at: SpanField
    """When, in seconds since the start; a range is drawn for each node."""
    do: Deed
    """What."""
    nodes: Hostlist | None = None
    """To which nodes; by default to all."""
    lasting: SpanField = Span.of(0)
    """Of plug-out and bmc-reboot: after how many seconds it is over (plug-out: 0 is never)."""
    every: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    """Again and again, so many seconds apart."""
    times: Annotated[int, Field(ge=1)] | None = None
    """With `every`: how often in all; without end by default."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.lasting.high and self.do not in (Deed.PLUG_OUT, Deed.BMC_REBOOT):
            raise ValueError(f"{self.do} does not last; lasting is for plug-out and bmc-reboot")
        if self.times is not None and self.every is None:
            raise ValueError("times says how often in all, and needs every")
        return self


class LogModel(Described):
    """Where events are written."""

    file: Path
    """JSON lines are appended to it; a relative path starts from the scenario's directory."""
    datagrams: bool = False
    """Write every datagram down, too, decoded."""


class ControlModel(Described):
    """The HTTP control API and metrics."""

    listen: Annotated[str, Field(examples=["127.0.0.1:8700"])]
    """Address and port; port 0 is any that is free."""
    token: SecretField | None = None
    """What callers have to bring (`Authorization: Bearer ...`); needed where the address is no loopback one."""

    @field_validator("listen")
    @classmethod
    def _address(cls, value: str) -> str:
        host, colon, port = value.rpartition(":")
        if not colon or not port.isascii() or not port.isdigit() or int(port) > 65535:
            raise ValueError(f"{value!r} is no address and port such as 127.0.0.1:8700")
        ipaddress.ip_address(host.strip("[]"))
        return value

    @model_validator(mode="after")
    def _guarded(self) -> Self:
        if self.token is None and not ipaddress.ip_address(self.host).is_loopback:
            raise ValueError(f"{self.host} can be reached from elsewhere: give a token, or listen on 127.0.0.1")
        return self

    @property
    def host(self) -> str:
        """The address."""
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The port."""
        return int(self.listen.rpartition(":")[2])


def _groups(value: object) -> object:
    return [{"names": value}] if isinstance(value, str) else value


def _log(value: object) -> object:
    return {"file": value} if isinstance(value, str) else value


def _control(value: object) -> object:
    return {"listen": value} if isinstance(value, str) else value


Groups = Annotated[
    tuple[GroupModel, ...],
    AfterValidator(nonempty),
    BeforeValidator(_groups, json_schema_input_type=str | tuple[GroupModel, ...]),
]


class Scenario(Described):
    """A fleet, what goes wrong with it and what happens to it."""

    nodes: Groups
    """The nodes: a hostlist such as n[1-10], or a list of groups of nodes that are alike."""
    seed: int = 0
    """The same seed gives the same randomness."""
    network: NetworkModel = NetworkModel()
    """What lies between clients and all BMCs."""
    faults: tuple[RuleField, ...] = ()
    """What goes wrong, and when; `bmcsim list-faults` tells what there is."""
    events: tuple[HappeningModel, ...] = ()
    """What people and fate do, at times."""
    log: Annotated[LogModel | None, BeforeValidator(_log, json_schema_input_type=str | LogModel | None)] = None
    """The event log: a file, or a mapping."""
    control: Annotated[
        ControlModel | None, BeforeValidator(_control, json_schema_input_type=str | ControlModel | None)
    ] = None
    """The control API: address and port, or a mapping; none by default."""
