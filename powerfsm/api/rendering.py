"""Records as the JSON of the API.

A storm answers with tens of thousands of operations at once, so records become plain dicts and text in one go.
Models (`powerfsm.api.answers`) describe the same shapes for the OpenAPI document, and a test holds one against
the other.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache

from starlette.responses import Response

from powerfsm.journal import Entry
from powerfsm.node import Node
from powerfsm.operation import Operation
from powerfsm.store.batch import SessionInUse


def answer(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer with a JSON body."""
    return Response(text(value), status, headers, "application/json")


def text(value: object) -> str:
    """JSON without needless spaces."""
    return json.dumps(value, separators=(",", ":"))


@lru_cache(maxsize=4096)  # what is committed together has the same time
def time(seconds: float) -> str:
    """Seconds since the epoch as RFC 3339 in UTC with milliseconds."""
    # Whole seconds, because what is less than a microsecond would be rounded up, and the milliseconds are cut off.
    return f"{datetime.fromtimestamp(int(seconds), UTC):%Y-%m-%dT%H:%M:%S}.{int(seconds * 1000) % 1000:03d}Z"


def node(node: Node) -> dict[str, object]:
    """The shape `Node`."""
    return {
        "name": node.name,
        "state": node.state,
        "desired": node.desired,
        "generation": node.generation,
        "observed": node.observed,
        "observed_at": None if node.observed_at is None else time(node.observed_at),
        "drifted": node.drifted,
        "in_play": node.in_play,
        "waiting": node.waiting,
        "trouble": node.trouble,
        "bmc": {
            "host": node.bmc.host,
            "port": node.bmc.port,
            "credentials": node.bmc.credentials,
            "cipher_suite": node.bmc.cipher_suite,
            "privilege": node.bmc.privilege,
        },
        "policy": {
            "driver": node.policy.driver,
            "drift": node.policy.drift,
            "ranking": node.policy.ranking,
            "group": node.policy.group,
            "timings": dict(node.policy.timings),
        },
    }


def operation(operation: Operation) -> dict[str, object]:
    """The shape `Operation`."""
    return {
        "id": operation.id,
        "node": operation.node,
        "ask": operation.ask,
        "generation": operation.generation,
        "status": operation.status,
        "asked_at": time(operation.asked_at),
        "asked_by": operation.asked_by,
        "reason": operation.reason,
        "ended_at": None if operation.ended_at is None else time(operation.ended_at),
    }


def entry(entry: Entry) -> dict[str, object]:
    """The shape `Entry`."""
    return {
        "seq": entry.seq,
        "at": time(entry.at),
        "kind": entry.kind,
        "node": entry.node,
        "event": entry.event,
        "operation": entry.operation,
        "generation": entry.generation,
        "before": entry.before,
        "after": entry.after,
        "detail": dict(entry.detail),
    }


def session(session: SessionInUse) -> dict[str, object]:
    """The shape of a session that was not shown to be closed."""
    return {"id": session.id, "command": session.command, "opened_at": time(session.opened_at)}
