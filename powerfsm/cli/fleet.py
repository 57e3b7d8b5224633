"""What `powerfsm nodes` does: the fleet's list, its additions, changes and removals."""

from collections.abc import Sequence
from dataclasses import dataclass

from powerfsm.cli.exits import Exit
from powerfsm.cli.fleet_file import FleetEntry
from powerfsm.cli.screen import complain, remark, say, say_json, say_table
from powerfsm.cli.talk import tell
from powerfsm.client import Client, ClientError, Node
from powerfsm.client.answers import as_json
from powerfsm.hostlist import fold

_HEAD = ("NODE", "BMC", "CREDENTIALS", "GROUP", "DRIFT", "OTHERWISE SET")


@dataclass(frozen=True, slots=True)
class Settings:
    """What was given for nodes; None: it was not."""

    host: str | None
    port: int | str | None
    credentials: str | None
    cipher_suite: str | None
    privilege: str | None
    driver: str | None
    drift: str | None
    ranking: str | None
    group: str | None
    timings: dict[str, float] | None
    no_group: bool = False

    @property
    def bmc(self) -> dict[str, object]:
        """The API's `bmc`, with what was given."""
        given = _given(host=self.host, port=self.port, credentials=self.credentials, privilege=self.privilege)
        if self.cipher_suite is not None:
            given["cipher_suite"] = None if self.cipher_suite == "auto" else int(self.cipher_suite)
        return given

    @property
    def policy(self) -> dict[str, object]:
        """The API's `policy`, with what was given."""
        given = _given(
            driver=self.driver, drift=self.drift, ranking=self.ranking, group=self.group, timings=self.timings
        )
        return given | ({"group": None} if self.no_group else {})


def _given(**values: object) -> dict[str, object]:
    return {name: value for name, value in values.items() if value is not None}


async def tell_nodes(
    client: Client, hostlist: str | None, states: Sequence[str], group: str | None, *, names: bool, json: bool
) -> Exit:
    """List nodes: as a table, as JSON, or their names only."""
    nodes = await client.nodes(hostlist, states=states, group=group)
    if json:
        say_json(as_json({"nodes": nodes}))
    elif names:
        say(fold(node.name for node in nodes))
    elif nodes:
        say_table(_HEAD, map(_row, nodes))
    else:
        remark("There are no such nodes; `powerfsm nodes add` adds some.")
    return Exit.OK


async def add_nodes(client: Client, hostlist: str, settings: Settings, *, json: bool) -> Exit:
    """Add the nodes of a hostlist."""
    added = await client.add_nodes(hostlist, settings.bmc, settings.policy)
    if json:
        say_json(as_json(added))
    else:
        say(f"added {added.added}: {added.names}")
    return Exit.OK


async def change_nodes(client: Client, hostlist: str, settings: Settings, *, json: bool) -> Exit:
    """Change the nodes of a hostlist."""
    changed = await client.change_nodes(hostlist, bmc=settings.bmc, policy=settings.policy)
    if json:
        say_json(as_json(changed))
    else:
        say(f"changed {changed.changed}: {changed.names}")
    return Exit.OK


async def remove_nodes(client: Client, hostlist: str) -> Exit:
    """Remove the nodes of a hostlist."""
    await client.remove_nodes(hostlist)
    say(f"removed: {hostlist}")
    return Exit.OK


async def import_nodes(client: Client, entries: Sequence[FleetEntry], *, json: bool) -> Exit:
    """Add the entries of a fleet file, up to the first that is refused."""
    added = []
    code = Exit.OK
    for entry in entries:
        try:
            added.append(await client.add_nodes(entry.names, entry.bmc, entry.policy))
        except ClientError as error:
            complain(f"{entry.place}: not added, nor anything below it")
            code = tell(error)
            break
        if not json:
            say(f"added {added[-1].added}: {added[-1].names}")
    if json:
        say_json(as_json({"added": added}))
    return code


def _row(node: Node) -> tuple[str, ...]:
    bmc, policy = node.bmc, node.policy
    host = f"[{bmc.host}]" if ":" in bmc.host else bmc.host
    others = [f"{name}={value}" for name, value, usual in _others(node) if value != usual]
    others += [f"{name}={seconds:g}" for name, seconds in policy.timings.items()]
    return (
        node.name,
        f"{host}:{bmc.port}",
        bmc.credentials,
        policy.group or "-",
        policy.drift,
        " ".join(others) or "-",
    )


def _others(node: Node) -> list[tuple[str, object, object]]:
    """(name, value, the usual value) of what is seldom set, and so needs no column of its own."""
    return [
        ("driver", node.policy.driver, "ipmi"),
        ("cipher-suite", node.bmc.cipher_suite, None),
        ("privilege", node.bmc.privilege, "administrator"),
        ("ranking", node.policy.ranking, "off-outranks-on"),
    ]
