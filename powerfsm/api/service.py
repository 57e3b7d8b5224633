"""What the routes work with, and who may use them."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Annotated

import trio
from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes

from powerfsm.api.access import Caller, Role
from powerfsm.api.crowd import Crowd
from powerfsm.api.metrics import Metrics
from powerfsm.api.problems import Problem
from powerfsm.node import Drift
from powerfsm.operation import Operation
from powerfsm.registry.refusals import UnknownNode
from powerfsm.registry.registry import Registry
from powerfsm.store.store import Store

_STRETCH = 2000
"""Operations read from the store in one go."""


@dataclass(slots=True)
class Service:
    """One daemon, as its routes see it.

    Attributes:
        registry: Whom everything is asked.
        store: What has ended, and the journal.
        drift: The drift policy of nodes that do not say it themselves.
        metrics: What is counted.
        listeners: Event streams that are open.
        waiting: Requests that wait for operations to end.
        probed: An entry was submitted to see whether a store that failed works again.
        configuring: Held while a change of nodes is read, made and committed, so that none is lost.
    """

    registry: Registry
    store: Store
    drift: Drift
    metrics: Metrics
    listeners: Crowd
    waiting: Crowd
    probed: bool = False
    configuring: trio.Lock = field(default_factory=trio.Lock)

    async def operations(self, ids: Collection[int]) -> list[Operation]:
        """The operations of these ids, in their order, as they stand now.

        Raises:
            Problem: One of them was never given.
        """
        present = {number: self.registry.operations.get(number) for number in ids}
        ended = [number for number, operation in present.items() if operation is None]
        if ended:
            present |= await self._ended(ended)
        found = []
        for number in ids:
            operation = present[number]
            if operation is None:
                raise Problem("unknown-operation", f"there is no operation {number}", operation=number)
            found.append(operation)
        return found

    async def _ended(self, ids: Collection[int]) -> dict[int, Operation]:
        """Those of these ids that the store has, by id.

        What was asked together has ids next to each other, so they are read in stretches, the newest first.
        """
        found: dict[int, Operation] = {}
        left = sorted(ids)
        while left:
            newest, width = left[-1], left[-1] - left[0] + 1
            limit = min(width, _STRETCH) if len(left) > 1 else 1
            stretch = await self.store.operations(before=newest + 1, limit=limit)
            found |= {operation.id: operation for operation in stretch}
            oldest = stretch[-1].id if len(stretch) == limit else 0
            left = [number for number in left if number < oldest]
        return found

    def check_names(self, names: Collection[str]) -> None:
        """Hold names against the fleet.

        Raises:
            UnknownNode: The first that is no node.
        """
        for name in names:
            if name not in self.registry.nodes:
                raise UnknownNode(name)


async def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


Daemon = Annotated[Service, Depends(_service)]

_bearer = HTTPBearer(
    scheme_name="bearer",
    description="A token from the daemon's file of tokens. The role that a route needs stands beside the scheme.",
    auto_error=False,
)


async def _allowed(
    request: Request,
    scopes: SecurityScopes,
    _: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Caller:
    caller: Caller = request.state.caller
    needed = Role(scopes.scopes[0])
    if not caller.role.covers(needed):
        raise Problem(
            "forbidden",
            f"the token {caller.name!r} has the role {caller.role}, and this needs {needed}; use another token",
            role=caller.role,
            needed=needed,
        )
    return caller


Reader = Annotated[Caller, Security(_allowed, scopes=[Role.READ.value])]
"""A caller who may look."""

Operator = Annotated[Caller, Security(_allowed, scopes=[Role.OPERATE.value])]
"""A caller who may ask for power."""

Admin = Annotated[Caller, Security(_allowed, scopes=[Role.ADMIN.value])]
"""A caller who may change nodes."""
