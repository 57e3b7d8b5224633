"""The options of `bmcsim serve`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bmcsim.machine import Power as MachinePower
from bmcsim.profile import DEFAULT_PASSWORD
from bmcsim.profile import SequenceCheck as Check

PASSWORD_VARIABLE = "BMCSIM_PASSWORD"  # noqa: S105  the name of a variable
IPMI_PORT = 623

_WHERE = "Nodes and addresses"
_ACCESS = "Access"
_SESSIONS = "Sessions"
_MACHINE = "Machines"
_NETWORK = "Network, each way"
_FAULTS = "Faults"
_OUTPUT = "Seed and output"

_SPAN = "SECONDS|LOW-HIGH"
_SHARE = "0..1"


class Limit(StrEnum):
    """Privileges as one writes them."""

    USER = "user"
    OPERATOR = "operator"
    ADMINISTRATOR = "administrator"


Nodes = Annotated[
    str,
    typer.Option(
        help="Names of the nodes: a hostlist such as n[1-50].", metavar="HOSTLIST", rich_help_panel=_WHERE
    ),
]
Host = Annotated[
    str,
    typer.Option(
        "--address",
        help="One IPv4 address for all BMCs, with a port for each.",
        metavar="ADDRESS",
        rich_help_panel=_WHERE,
    ),
]
Hosts = Annotated[
    str | None,
    typer.Option(
        "--addresses",
        help="Instead, an IPv4 address for each BMC: a hostlist such as 127.1.0.[1-50].",
        metavar="HOSTLIST",
        rich_help_panel=_WHERE,
    ),
]
Port = Annotated[
    int | None,
    typer.Option(
        help="With --address the first port, the others follow; 0, the default, takes any that are free."
        f" With --addresses the port of all, by default {IPMI_PORT}.",
        min=0,
        max=65535,
        show_default=False,
        rich_help_panel=_WHERE,
    ),
]
Username = Annotated[str, typer.Option(help="Name of the one user.", rich_help_panel=_ACCESS)]
Privilege = Annotated[
    Limit, typer.Option(help="Highest privilege that this user may have.", rich_help_panel=_ACCESS)
]
PasswordEnv = Annotated[
    str,
    typer.Option(
        help=f"Environment variable with the password; where it is not set, it is {DEFAULT_PASSWORD!r}.",
        metavar="NAME",
        rich_help_panel=_ACCESS,
    ),
]
PasswordFile = Annotated[
    Path | None,
    typer.Option(
        help="File whose first line is the password, instead.",
        exists=True,
        dir_okay=False,
        rich_help_panel=_ACCESS,
    ),
]
KgEnv = Annotated[
    str | None,
    typer.Option(
        help="Environment variable with the BMC key Kg; by default there is none.",
        metavar="NAME",
        rich_help_panel=_ACCESS,
    ),
]
KgFile = Annotated[
    Path | None,
    typer.Option(
        help="File whose first line is Kg, instead.", exists=True, dir_okay=False, rich_help_panel=_ACCESS
    ),
]
Suites = Annotated[
    str,
    typer.Option(
        help="Cipher suites that are accepted, of 0, 3, 8 and 17.", metavar="N,...", rich_help_panel=_ACCESS
    ),
]
Slots = Annotated[
    int, typer.Option(help="Sessions that a BMC can have at once.", min=1, max=63, rich_help_panel=_SESSIONS)
]
IdleTimeout = Annotated[
    float,
    typer.Option(
        help="Seconds of silence after which a BMC closes a session.",
        metavar="SECONDS",
        rich_help_panel=_SESSIONS,
    ),
]
SequenceCheck = Annotated[
    Check,
    typer.Option(
        help="What a BMC does about sequence numbers; none carries duplicates out again, as OpenBMC does.",
        rich_help_panel=_SESSIONS,
    ),
]
Power = Annotated[MachinePower, typer.Option(help="Power at the start.", rich_help_panel=_MACHINE)]
BootDelay = Annotated[
    str,
    typer.Option(
        help="From power-up until the power reads on: 3, or 2-5 for any time in between.",
        metavar=_SPAN,
        rich_help_panel=_MACHINE,
    ),
]
OffDelay = Annotated[
    str,
    typer.Option(help="From power-down until it reads off.", metavar=_SPAN, rich_help_panel=_MACHINE),
]
Latch = Annotated[
    str,
    typer.Option(
        help="For how long a command that was accepted is held before it acts, whatever becomes of its session.",
        metavar=_SPAN,
        rich_help_panel=_MACHINE,
    ),
]
SoftOff = Annotated[
    str,
    typer.Option(
        help="How long the operating system takes to shut down; or it does not.",
        metavar=f"{_SPAN}|ignored|unsupported",
        rich_help_panel=_MACHINE,
    ),
]
Loss = Annotated[
    float,
    typer.Option(
        help="Probability that a datagram is lost.", min=0, max=1, metavar=_SHARE, rich_help_panel=_NETWORK
    ),
]
Duplicate = Annotated[
    float,
    typer.Option(
        help="Probability that it arrives twice.", min=0, max=1, metavar=_SHARE, rich_help_panel=_NETWORK
    ),
]
DuplicateLag = Annotated[
    str, typer.Option(help="How much later the second one is.", metavar=_SPAN, rich_help_panel=_NETWORK)
]
Delay = Annotated[
    str,
    typer.Option(
        help="How late datagrams are; a range also reorders them.", metavar=_SPAN, rich_help_panel=_NETWORK
    ),
]
Delayed = Annotated[
    float,
    typer.Option(
        help="Probability that a datagram is delayed so.",
        min=0,
        max=1,
        metavar=_SHARE,
        rich_help_panel=_NETWORK,
    ),
]
Faults = Annotated[
    list[str] | None,
    typer.Option(
        "--fault",
        help="A fault of bmcsim list-faults, with its parameters and when it strikes: "
        "busy:steps=chassis-control,probability=0.1. May be given several times; / separates several steps.",
        metavar="NAME[:KEY=VALUE,...]",
        rich_help_panel=_FAULTS,
    ),
]
Seed = Annotated[int, typer.Option(help="The same seed gives the same randomness.", rich_help_panel=_OUTPUT)]
Log = Annotated[
    Path | None,
    typer.Option(help="Append what happens to this file, as JSON lines.", dir_okay=False, rich_help_panel=_OUTPUT),
]
ReadyFile = Annotated[
    Path | None,
    typer.Option(
        help="Written once all BMCs are bound: a JSON object, name to host and port. Removed at the end.",
        dir_okay=False,
        rich_help_panel=_OUTPUT,
    ),
]
