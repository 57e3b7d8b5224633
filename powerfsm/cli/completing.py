"""What a shell proposes for a HOSTLIST: names of nodes, asked of the daemon while somebody waits for them."""

import os

import trio

from powerfsm.cli.options import DEFAULT_URL
from powerfsm.client import Client, ClientError

_WORTH_WAITING = 1.0
"""Seconds; a daemon that takes longer has nothing to propose."""

_MOST = 64


def node_names(incomplete: str) -> list[str]:
    """Names that go on as the last name of an unfinished hostlist begins; none, if there is any trouble."""
    before, comma, begun = incomplete.rpartition(",")
    if "[" in begun:
        return []
    try:
        names = trio.run(_names, begun)
    except ClientError:
        return []
    return [f"{before}{comma}{name}" for name in names if name.startswith(begun)]


async def _names(begun: str) -> list[str]:
    token = os.environ.get("POWERFSM_TOKEN", "").strip() or None
    with trio.move_on_after(_WORTH_WAITING):
        async with Client(os.environ.get("POWERFSM_URL", DEFAULT_URL), token=token) as client:
            return [node.name for node in await client.nodes(after=begun or None, limit=_MOST)]
    return []
