"""Routes of nodes: list, add, change, remove."""

import heapq
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from powerfsm.api import rendering
from powerfsm.api.answers import AddedAnswer, ChangedAnswer, NodeAnswer, NodesAnswer
from powerfsm.api.bodies import AddNodes, ChangeNodes, names_in
from powerfsm.api.pairing import bmcs, policy
from powerfsm.api.problems import ASKING, BODY, CHANGING, answers, invalid
from powerfsm.api.service import Admin, Daemon, Reader, Service
from powerfsm.hostlist import HostlistError, check_name, fold
from powerfsm.node import Node, Policy
from powerfsm.registry.refusals import UnknownNode

router = APIRouter(prefix="/v1/nodes", tags=["nodes"])

Name = Annotated[str, Path(description="The node's name.", examples=["r1n01"])]
Hostlist = Annotated[str, Query(description="Which nodes: a hostlist.", examples=["r1n[01-40]"])]


@router.get(
    "",
    response_model=NodesAnswer,
    responses=answers(*ASKING, "invalid-request", "bad-hostlist", "unknown-node"),
)
async def list_nodes(
    daemon: Daemon,
    _: Reader,
    names: Annotated[str | None, Query(description="Only these: a hostlist.", examples=["r1n[01-40]"])] = None,
    state: Annotated[list[str] | None, Query(description="Only those in one of these states.")] = None,
    group: Annotated[str | None, Query(description="Only those of this group.")] = None,
    after: Annotated[str | None, Query(description="Only those behind this name: `next` of a page.")] = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
) -> Response:
    """List nodes, by name."""
    registry = daemon.registry
    if state is not None:
        for each in state:
            if each not in registry.spec.node.states:
                raise invalid(
                    "query.state", f"{each!r} is no state; there are {', '.join(registry.spec.node.states)}"
                )
    if names is None:
        candidates = list(registry.nodes.values())
    else:
        wanted = names_in(names, "query.names")
        daemon.check_names(wanted)
        candidates = [registry.nodes[name] for name in wanted]
    found = [
        node
        for node in candidates
        if (after is None or node.name > after)
        and (state is None or node.state in state)
        and (group is None or node.policy.group == group)
    ]
    page = heapq.nsmallest(limit, found, key=lambda node: node.name)
    return rendering.answer(
        {
            "nodes": [rendering.node(node) for node in page],
            "next": page[-1].name if len(found) > limit else None,
        }
    )


@router.post(
    "",
    status_code=201,
    response_model=AddedAnswer,
    responses=answers(*CHANGING, *BODY, "bad-hostlist", "duplicate-node", "duplicate-address"),
)
async def add_nodes(daemon: Daemon, _: Admin, body: AddNodes) -> Response:
    """Add nodes, all or none."""
    names = names_in(body.names, "body.names")
    for name in names:
        try:
            check_name(name)
        except HostlistError as error:
            raise invalid("body.names", str(error)) from None
    alike = policy(daemon.registry.spec, Policy(drift=daemon.drift), body.policy)
    dealt = bmcs(names, [None] * len(names), body.bmc)
    await daemon.registry.add([Node(name, bmc, alike) for name, bmc in zip(names, dealt, strict=True)])
    headers = {"Location": f"/v1/nodes/{names[0]}"} if len(names) == 1 else None
    return rendering.answer({"added": len(names), "names": fold(names)}, 201, headers)


@router.patch(
    "",
    response_model=ChangedAnswer,
    responses=answers(*CHANGING, *BODY, "bad-hostlist", "unknown-node", "node-busy", "duplicate-address"),
)
async def change_nodes(daemon: Daemon, _: Admin, names: Hostlist, body: ChangeNodes) -> Response:
    """Change many nodes, all or none; members that are left out stay as they are."""
    wanted = names_in(names, "query.names")
    await _change(daemon, wanted, body)
    return rendering.answer({"changed": len(wanted), "names": fold(wanted)})


@router.delete(
    "",
    status_code=204,
    responses=answers(*CHANGING, "invalid-request", "bad-hostlist", "unknown-node", "node-busy"),
)
async def remove_nodes(daemon: Daemon, _: Admin, names: Hostlist) -> Response:
    """Remove many nodes, all or none; their power is left as it is."""
    await daemon.registry.remove(names_in(names, "query.names"))
    return Response(status_code=204)


@router.get(
    "/{name}",
    response_model=NodeAnswer,
    responses=answers(*ASKING, "invalid-request", "unknown-node")
    | {200: {"headers": {"ETag": {"schema": {"type": "string"}, "description": "The generation, in quotes."}}}},
)
async def get_node(daemon: Daemon, _: Reader, name: Name) -> Response:
    """One node; `ETag` is its generation, for the `If-Match` of a power request."""
    node = daemon.registry.nodes.get(name)
    if node is None:
        raise UnknownNode(name)
    headers = {"ETag": f'"{node.generation}"', "Cache-Control": "no-store"}
    return rendering.answer(rendering.node(node), headers=headers)


@router.patch(
    "/{name}",
    response_model=NodeAnswer,
    responses=answers(*CHANGING, *BODY, "unknown-node", "node-busy", "duplicate-address"),
)
async def change_node(daemon: Daemon, _: Admin, name: Name, body: ChangeNodes) -> Response:
    """Change one node; members that are left out stay as they are."""
    await _change(daemon, [name], body)
    node = daemon.registry.nodes.get(name)
    if node is None:
        raise UnknownNode(name)
    return rendering.answer(rendering.node(node))


@router.delete(
    "/{name}",
    status_code=204,
    responses=answers(*CHANGING, "invalid-request", "unknown-node", "node-busy"),
)
async def remove_node(daemon: Daemon, _: Admin, name: Name) -> Response:
    """Remove one node; its power is left as it is."""
    await daemon.registry.remove([name])
    return Response(status_code=204)


async def _change(daemon: Service, names: Sequence[str], body: ChangeNodes) -> None:
    # The registry takes whole versions: whoever reads one to change it must be the only one.
    async with daemon.configuring:
        daemon.check_names(names)
        nodes = [daemon.registry.nodes[name] for name in names]
        moved = bmcs(names, [node.bmc for node in nodes], body.bmc)
        policies = {node.policy: policy(daemon.registry.spec, node.policy, body.policy) for node in nodes}
        await daemon.registry.change(
            [replace(node, bmc=bmc, policy=policies[node.policy]) for node, bmc in zip(nodes, moved, strict=True)]
        )
