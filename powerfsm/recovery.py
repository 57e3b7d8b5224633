"""Recovery: what a start does with what the last process left.

Nothing that was in flight is trusted.  Every node with work outstanding goes to `unknown` and from there into
the drive of what was last asked, which begins, as every drive, by fencing the sessions on record.
Nodes at rest are left at rest: nothing was under way, so what was declared of them still stands, with the
time at which it was read; the sweep reads them again in its own time.
"""

from collections.abc import Sequence

import structlog

from powerfsm.node import Node
from powerfsm.registry.registry import Registry

log = structlog.get_logger(__name__)


def list_outstanding(registry: Registry) -> Sequence[Node]:
    """The nodes whose last request has not ended, as the last process left them."""
    return [node for node in registry.outstanding() if node.in_play is not None or node.waiting is not None]


async def recover(registry: Registry) -> Sequence[Node]:
    """List the outstanding work, and take all of it up in one commit.

    Returns:
        The nodes as the last process left them.
    """
    outstanding = list_outstanding(registry)
    for node in outstanding:
        log.info(
            "recovery.outstanding",
            node=node.name,
            state=node.state,
            observed=node.observed,
            desired=node.desired,
            sessions=len(registry.sessions(node.name)),
        )
    if outstanding:
        await registry.recover([node.name for node in outstanding])
    registry.ready = True
    return outstanding
