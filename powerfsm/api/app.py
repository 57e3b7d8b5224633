"""The application: routes, gate and failures put together, and described in one OpenAPI document."""

from typing import Any

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline

from powerfsm import __version__
from powerfsm.api import events, failures, health, nodes, operations, power, problems, recovery
from powerfsm.api.access import Tokens
from powerfsm.api.crowd import Crowd, Room
from powerfsm.api.gate import Gate
from powerfsm.api.metrics import Commits, Metrics
from powerfsm.api.service import Service
from powerfsm.node import Drift
from powerfsm.registry.registry import Registry
from powerfsm.store.store import Store

_ROOM = Room()

_ABOUT = """
Owns the power of a fleet of bare-metal machines: one action at a time for each, durable, and never *off* when it
is on.

A power request is answered (202) once it is on disk, with an operation; the operation ends exactly once, as
`succeeded`, `superseded` or `failed`, and says why. Every answer of 400 and above is an RFC 9457 problem document.
"""


def create_app(
    registry: Registry,
    store: Store,
    *,
    tokens: Tokens | None,
    drift: Drift = Drift.FLAG,
    commits: Commits | None = None,
    room: Room = _ROOM,
) -> FastAPI:
    """The HTTP API of one daemon, as an ASGI application for a trio server.

    Args:
        registry: Whom everything is asked.
        store: Where ended operations, idempotency keys and the journal are read.
        tokens: Who may use it, or None: everybody on the loopback interface, who may do everything.
        drift: The drift policy of nodes that are added without one.
        commits: What the registry commits through, for the metrics and `/readyz`.
        room: For how many there is room who stay long.
    """
    app = FastAPIOffline(
        title="powerfsm",
        version=__version__,
        description=_ABOUT,
        redoc_url=None,
        static_url="/docs-assets",
        redirect_slashes=False,
        separate_input_output_schemas=False,
    )
    listeners = Crowd(room.streams, "event streams")
    waiting = Crowd(room.waits, "requests that wait")
    app.state.service = Service(registry, store, drift, Metrics(registry, commits), listeners, waiting)
    for routes in (nodes, power, operations, events, recovery, health):
        app.include_router(routes.router)
    failures.install(app)
    app.add_middleware(Gate, tokens=tokens)
    _describe(app)
    return app


def _describe(app: FastAPI) -> None:
    """Put the schema of problems into the OpenAPI document, and make the document only once."""
    plain = app.openapi

    def described() -> dict[str, Any]:
        document = plain()
        document["components"]["schemas"].setdefault("Problem", dict(problems.SCHEMA))
        return document

    app.openapi = described  # type: ignore[method-assign]  # as FastAPI's documentation has it
