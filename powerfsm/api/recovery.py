"""The recovery listing: what is outstanding, with what is wanted and what was last seen."""

from fastapi import APIRouter, Response

from powerfsm.api import rendering
from powerfsm.api.answers import RecoveryAnswer
from powerfsm.api.problems import ASKING, answers
from powerfsm.api.service import Daemon, Reader
from powerfsm.node import Node
from powerfsm.registry.registry import Registry

router = APIRouter(prefix="/v1", tags=["recovery"])


@router.get("/recovery", response_model=RecoveryAnswer, responses=answers(*ASKING))
async def list_outstanding(daemon: Daemon, _: Reader) -> Response:
    """List nodes with work that has not ended, in error, or with a session not shown to be closed."""
    registry = daemon.registry
    return rendering.answer(
        {
            "ready": registry.ready,
            "accepting": registry.accepting,
            "nodes": [
                _outstanding(registry, node) for node in sorted(registry.outstanding(), key=lambda node: node.name)
            ],
        }
    )


def _outstanding(registry: Registry, node: Node) -> dict[str, object]:
    shape = rendering.node(node)
    return {
        key: shape[key] for key in ("name", "state", "desired", "generation", "observed", "observed_at", "trouble")
    } | {
        "in_play": _operation(registry, node.in_play),
        "waiting": _operation(registry, node.waiting),
        "sessions": [rendering.session(session) for session in registry.sessions(node.name).values()],
    }


def _operation(registry: Registry, operation_id: int | None) -> dict[str, object] | None:
    operation = None if operation_id is None else registry.operations.get(operation_id)
    return None if operation is None else rendering.operation(operation)
