"""What requests send: the bodies of the routes, and the names in them.

What is sent is taken at its word: unknown members are refused, and a text that looks like a number is none.
"""

import ipaddress
import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from powerfsm.api.problems import Problem
from powerfsm.hostlist import LONGEST_NAME, HostlistError, expand
from powerfsm.node import Drift
from powerfsm.power import Ask

TAGS = frozenset({"as-text", "as-list", "as-number", "as-one", "as-many"})
"""Words that tell the forms of a union apart; they stand in pydantic's locations, and in no message of ours."""

_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9._-]{0,251}[A-Za-z0-9_.])?", re.ASCII)

MOST_ASKED = 100_000
"""Nodes or operations that one request may name."""

MOST_MEMBERS = 64
"""Members of one JSON object; none here has a quarter of them."""


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _few_members(cls, value: Any) -> Any:
        # Each member that is not known would be a mistake of its own, and there may be a million of them.
        if isinstance(value, dict) and len(value) > MOST_MEMBERS:
            raise ValueError(f"an object with {len(value)} members, expected {MOST_MEMBERS} at most")
        return value


def _form(value: Any) -> str:
    match value:
        case list():
            return "as-list"
        case int():
            return "as-number"
        case _:
            return "as-text"


_Text = Annotated[str, Field(min_length=1, max_length=2**23)]

Names = Annotated[
    Annotated[_Text, Tag("as-text")]
    | Annotated[list[_Text], Tag("as-list"), Field(min_length=1, max_length=MOST_ASKED, fail_fast=True)],
    Discriminator(lambda value: "as-list" if isinstance(value, list) else "as-text"),
    Field(description="A hostlist, or a list of names that are taken literally.", examples=["r1n[01-40],login1"]),
]

Generation = Annotated[int, Field(strict=True, ge=0, lt=2**63)]

_Port = Annotated[int, Field(strict=True, ge=1, le=65535)]
_Ports = Annotated[
    Annotated[_Port, Tag("as-number")]
    | Annotated[list[_Port], Tag("as-list"), Field(min_length=1, max_length=MOST_ASKED, fail_fast=True)]
    | Annotated[str, Tag("as-text"), Field(max_length=2**20)],
    Discriminator(_form),
    Field(description="One UDP port for all, a list of ports, or ranges as text, such as `6001-6040`."),
]
_CipherSuite = Annotated[Literal[3, 17] | None, Field(description="Null: 17, then 3.")]
_Name = Annotated[str, Field(min_length=1, max_length=128)]
_Seconds = Annotated[float, Field(strict=True, ge=0, le=1e9, allow_inf_nan=False)]
_Timings = Annotated[
    dict[str, _Seconds],
    Field(max_length=MOST_MEMBERS, description="Seconds by name, where they differ from the spec's."),
]


class AddBmc(_Body):
    """Where the BMCs are, and how to log in to them."""

    host: Annotated[Names, Field(description="Paired with the names; or one for all; or a pattern with `{node}`.")]
    port: _Ports = 623
    credentials: _Name = "default"
    cipher_suite: _CipherSuite = None
    privilege: Literal["administrator", "operator"] = "administrator"


class ChangeBmc(_Body):
    """What to change of where the BMCs are and how to log in to them."""

    host: Names = ""
    port: _Ports = 623
    credentials: _Name = "default"
    cipher_suite: _CipherSuite = None
    privilege: Literal["administrator", "operator"] = "administrator"


class PolicyBody(_Body):
    """How nodes are to be treated; what is left out has its default, or stays as it is."""

    driver: Literal["ipmi", "pyghmi"] = "ipmi"
    drift: Annotated[Drift, Field(description="What is left out: as in the daemon's configuration.")] = Drift.FLAG
    ranking: _Name = "off-outranks-on"
    group: _Name | None = None
    timings: _Timings = Field(default_factory=dict)


class AddNodes(_Body):
    """Nodes to add."""

    names: Names
    bmc: AddBmc
    policy: PolicyBody = PolicyBody()


class ChangeNodes(_Body):
    """What to change of nodes; members that are left out stay as they are."""

    bmc: ChangeBmc = ChangeBmc()
    policy: PolicyBody = PolicyBody()


class AskOne(_Body):
    """What is asked of one node."""

    ask: Ask


class AskMany(_Body):
    """The same asked of many nodes."""

    nodes: Names
    ask: Ask
    generation: Annotated[Generation | None, Field(description="Only where the nodes are at this generation.")] = (
        None
    )


class AskEach(_Body):
    """Several things asked in one request, accepted whole or not at all."""

    requests: Annotated[list[AskMany], Field(min_length=1, max_length=MOST_ASKED, fail_fast=True)]


BulkAsk = Annotated[
    Annotated[AskMany, Tag("as-one")] | Annotated[AskEach, Tag("as-many")],
    Discriminator(lambda value: "as-many" if isinstance(value, dict) and "requests" in value else "as-one"),
]


class WaitFor(_Body):
    """Operations to wait for."""

    ids: Annotated[
        list[Annotated[int, Field(strict=True, ge=1, lt=2**63)]], Field(max_length=MOST_ASKED, fail_fast=True)
    ]
    timeout: Annotated[float, Field(strict=True, ge=0, le=300, allow_inf_nan=False)] = 30
    until: Annotated[Literal["any", "all"], Field(description="Whether one end is enough.")] = "any"


def names_in(names: str | list[str], field: str, *, most: int = MOST_ASKED) -> list[str]:
    """The names that a member stands for.

    Raises:
        Problem: It is no hostlist, or stands for too many names.
    """
    if isinstance(names, str):
        try:
            names = expand(names, most=most)
        except HostlistError as error:
            raise Problem("bad-hostlist", f"{field}: {error}", field=field) from None
    if len(names) > most:
        raise Problem("bad-hostlist", f"{field}: it names more than {most:,} nodes", field=field)
    if max(map(len, names)) > LONGEST_NAME:
        raise Problem("bad-hostlist", f"{field}: a name has more than {LONGEST_NAME} characters", field=field)
    return names


def host(text: str) -> str:
    """A BMC's host in the one spelling by which addresses are compared.

    Raises:
        ValueError: It is neither an address nor a name.
    """
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        pass
    if not _HOST.fullmatch(text):
        raise ValueError(f"{text[:80]!r} is neither an IP address nor a host name")
    return text.lower()
