"""`powerfsm nodes list|add|change|remove|import`: whose power the daemon owns, and how it is to treat them."""

# ruff: noqa: PLC0415  (see the preamble of this folder)

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from powerfsm.cli.options import (
    DEFAULT_URL,
    AnyHostlists,
    AsJson,
    Hostlists,
    TokenFile,
    Url,
    joined,
)
from powerfsm.node import Drift

_EXIT_CODES = """\b
Exit codes:
  0  done
  1  refused as things stand: there is such a node already, it is busy, ...
  2  asked wrongly: bad hostlist, unknown node, no permission
  3  no daemon answers
"""

_ADD_EPILOG = f"""\b
Examples:
  powerfsm nodes add 'r1n[01-40]' --bmc '10.0.1.[1-40]' --credentials rack1 --group rack1
  powerfsm nodes add 'r1n[01-40]' --bmc '{{node}}-bmc.example.net' --drift enforce
  powerfsm nodes add 'sim[1-50]' --bmc 127.0.0.1 --port 6001-6050

{_EXIT_CODES}"""

_IMPORT_EPILOG = f"""\b
The file:
  nodes:
    - names: r1n[01-40]
      bmc: {{host: "10.0.1.[1-40]", credentials: rack1}}
      policy: {{group: rack1, drift: enforce, timings: {{settle: 5}}}}
    - names: login1
      bmc: {{host: login1-bmc.example.net}}

{_EXIT_CODES}"""


class CipherSuite(StrEnum):
    """Cipher suites of IPMI 2.0 (table 22-20) that the daemon speaks."""

    AUTO = "auto"
    SHA1 = "3"
    SHA256 = "17"


class Privilege(StrEnum):
    """What a session may do; only an administrator may close another one."""

    ADMINISTRATOR = "administrator"
    OPERATOR = "operator"


class Driver(StrEnum):
    """Who speaks with the BMC."""

    IPMI = "ipmi"
    PYGHMI = "pyghmi"


Credentials = Annotated[
    str | None,
    typer.Option("--credentials", metavar="NAME", help="Name of the BMC's login, as the daemon's file has it."),
]
Suite = Annotated[CipherSuite | None, typer.Option("--cipher-suite", help="RMCP+ cipher suite; auto: 17, then 3.")]
PrivilegeOption = Annotated[Privilege | None, typer.Option("--privilege", help="What the BMC's login may do.")]
DriverOption = Annotated[Driver | None, typer.Option("--driver", help="Who speaks with the BMC.")]
DriftOption = Annotated[
    Drift | None,
    typer.Option("--drift", help="What to do where a BMC reads otherwise than declared and nobody asked."),
]
Group = Annotated[
    str | None, typer.Option("--group", metavar="NAME", help="Rack or feed whose inrush limit the nodes share.")
]
Ranking = Annotated[
    str | None,
    typer.Option("--ranking", metavar="NAME", help="Which request outranks which: a table of the spec."),
]
Timings = Annotated[
    list[str] | None,
    typer.Option(
        "--timing", metavar="NAME=SECONDS", help="A timing that differs from the spec's; may be repeated."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    nodes = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="List, add, change and remove nodes.")
    nodes.command("list", epilog=_EXIT_CODES)(list_nodes)
    nodes.command("add", epilog=_ADD_EPILOG)(add)
    nodes.command("change", epilog=_EXIT_CODES)(change)
    nodes.command("remove", epilog=_EXIT_CODES)(remove)
    nodes.command("import", epilog=_IMPORT_EPILOG)(import_file)
    app.add_typer(nodes, name="nodes")


def list_nodes(
    hostlist: AnyHostlists = None,
    *,
    state: Annotated[
        list[str] | None,
        typer.Option("--state", metavar="STATE", help="Only in this state; may be repeated.", show_default=False),
    ] = None,
    group: Annotated[
        str | None, typer.Option("--group", metavar="NAME", help="Only of this group.", show_default=False)
    ] = None,
    names: Annotated[
        bool, typer.Option("--names", help="Print one hostlist of their names, and no more.")
    ] = False,
    json: AsJson = False,
    url: Url = DEFAULT_URL,
    token_file: TokenFile = None,
) -> None:
    """List nodes: where their BMCs are and how they are treated."""
    from powerfsm.cli.fleet import tell_nodes
    from powerfsm.cli.talk import Target, talk

    talk(
        Target(url, token_file),
        lambda client: tell_nodes(client, joined(hostlist), state or [], group, names=names, json=json),
    )


def add(
    hostlist: Hostlists,
    *,
    bmc: Annotated[
        str,
        typer.Option(
            "--bmc",
            metavar="HOSTLIST",
            help="Addresses of their BMCs: as many as nodes, in the same order; or one for all; "
            "or a pattern with {node} in it.",
            show_default=False,
        ),
    ],
    port: Annotated[
        str, typer.Option("--port", metavar="PORTS", help="UDP port of the BMCs, or as many as nodes: 6001-6040.")
    ] = "623",
    credentials: Credentials = None,
    cipher_suite: Suite = None,
    privilege: PrivilegeOption = None,
    driver: DriverOption = None,
    drift: DriftOption = None,
    ranking: Ranking = None,
    group: Group = None,
    timing: Timings = None,
    json: AsJson = False,
    url: Url = DEFAULT_URL,
    token_file: TokenFile = None,
) -> None:
    """Add nodes: all of them or, if one cannot be added, none.

    What is not given is as `powerfsm nodes list --json` then shows it; the login itself (user name and password)
    stays in the daemon's file of credentials.
    """
    from powerfsm.cli.fleet import Settings, add_nodes
    from powerfsm.cli.talk import Target, talk

    settings = Settings(
        host=bmc,
        port=_ports(port),
        credentials=credentials,
        cipher_suite=cipher_suite,
        privilege=privilege,
        driver=driver,
        drift=drift,
        ranking=ranking,
        group=group,
        timings=_timings(timing),
    )
    talk(Target(url, token_file), lambda client: add_nodes(client, ",".join(hostlist), settings, json=json))


def change(
    hostlist: Hostlists,
    *,
    bmc: Annotated[
        str | None,
        typer.Option(
            "--bmc", metavar="HOSTLIST", help="Addresses of their BMCs, as with `add`.", show_default=False
        ),
    ] = None,
    port: Annotated[
        str | None,
        typer.Option("--port", metavar="PORTS", help="UDP ports of the BMCs, as with `add`.", show_default=False),
    ] = None,
    credentials: Credentials = None,
    cipher_suite: Suite = None,
    privilege: PrivilegeOption = None,
    driver: DriverOption = None,
    drift: DriftOption = None,
    ranking: Ranking = None,
    group: Group = None,
    no_group: Annotated[bool, typer.Option("--no-group", help="Take the nodes out of their group.")] = False,
    timing: Timings = None,
    no_timings: Annotated[bool, typer.Option("--no-timings", help="Use the spec's timings again.")] = False,
    json: AsJson = False,
    url: Url = DEFAULT_URL,
    token_file: TokenFile = None,
) -> None:
    """Change nodes: all of them or, if one cannot be changed, none.

    That is: how they are treated, or where their BMCs are.  What is not given stays as it is.

    The timings that are given replace all that were set before.
    """
    from powerfsm.cli.fleet import Settings, change_nodes
    from powerfsm.cli.talk import Target, talk

    if group is not None and no_group:
        raise typer.BadParameter("it cannot be had with --group", param_hint="--no-group")
    if timing and no_timings:
        raise typer.BadParameter("it cannot be had with --timing", param_hint="--no-timings")
    settings = Settings(
        host=bmc,
        port=None if port is None else _ports(port),
        credentials=credentials,
        cipher_suite=cipher_suite,
        privilege=privilege,
        driver=driver,
        drift=drift,
        ranking=ranking,
        group=group,
        no_group=no_group,
        timings={} if no_timings else _timings(timing),
    )
    if not settings.bmc and not settings.policy:
        raise typer.BadParameter("nothing to change was given; see `powerfsm nodes change --help`")
    talk(Target(url, token_file), lambda client: change_nodes(client, ",".join(hostlist), settings, json=json))


def remove(hostlist: Hostlists, *, url: Url = DEFAULT_URL, token_file: TokenFile = None) -> None:
    """Remove nodes: all of them or, if one cannot be removed, none.  Their power stays as it is."""
    from powerfsm.cli.fleet import remove_nodes
    from powerfsm.cli.talk import Target, talk

    talk(Target(url, token_file), lambda client: remove_nodes(client, ",".join(hostlist)))


def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A YAML file; `-` for standard input.")],
    *,
    json: AsJson = False,
    url: Url = DEFAULT_URL,
    token_file: TokenFile = None,
) -> None:
    """Add the nodes that a YAML file lists.

    Each entry of the file is added whole or not at all; the first one that is refused ends the import.
    """
    from powerfsm.cli.fleet import import_nodes
    from powerfsm.cli.fleet_file import FleetFileError, read_fleet_file
    from powerfsm.cli.talk import Target, talk

    try:
        entries = read_fleet_file(file)
    except FleetFileError as error:
        raise typer.BadParameter(str(error), param_hint="FILE") from error
    talk(Target(url, token_file), lambda client: import_nodes(client, entries, json=json))


def _ports(text: str) -> int | str:
    """One port for all, or as text one for each."""
    return int(text) if text.isascii() and text.isdecimal() else text


def _timings(given: list[str] | None) -> dict[str, float] | None:
    if not given:
        return None
    timings: dict[str, float] = {}
    for text in given:
        name, equals, seconds = text.partition("=")
        try:
            timings[name] = float(seconds)
        except ValueError:
            equals = ""
        if not equals or not name:
            raise typer.BadParameter(f"{text!r} is not such as settle=5", param_hint="--timing")
    return timings
