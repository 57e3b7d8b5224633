"""The daemon itself: does it live, is it ready, what does it count, what is it; and what its problems mean."""

from fastapi import APIRouter, Response
from starlette.exceptions import HTTPException

from powerfsm import __version__
from powerfsm.api import rendering
from powerfsm.api.answers import HealthAnswer, ReadyAnswer, VersionAnswer
from powerfsm.api.metrics import CONTENT_TYPE
from powerfsm.api.problems import ASKING, KINDS, Problem, answers
from powerfsm.api.service import Daemon, Reader, Service
from powerfsm.journal import Kind
from powerfsm.store.errors import StoreError

router = APIRouter(tags=["daemon"])


@router.get("/healthz", response_model=HealthAnswer)
async def live() -> Response:
    """The process lives."""
    return rendering.answer({"status": "ok"})


@router.get("/readyz", response_model=ReadyAnswer, responses=answers("not-ready"))
async def ready(daemon: Daemon) -> Response:
    """Outstanding work is taken up, the store can be used, and requests are accepted."""
    checks = {
        "recovery": daemon.registry.ready,
        "store": await _store_works(daemon),
        "accepting": daemon.registry.accepting,
    }
    if all(checks.values()):
        return rendering.answer({"status": "ready", "checks": checks})
    missing = ", ".join(name for name, holds in checks.items() if not holds)
    raise Problem("not-ready", f"the daemon is not ready: {missing}", checks=checks)


async def _store_works(daemon: Service) -> bool:
    """Whether the store can be read and, where its last commit failed, be written again.

    A daemon that is taken out of service gets no requests, and so makes no commits that could show that the disk
    is well again.  So once after a failure an entry is submitted, which the registry commits when it can.
    """
    try:
        await daemon.store.idempotency("")
    except StoreError:
        return False
    if not daemon.metrics.failing:
        daemon.probed = False
        return True
    if not daemon.probed:
        daemon.probed = True
        daemon.registry.note(Kind.DAEMON, None, "store-probed")
    return False


@router.get(
    "/metrics",
    response_class=Response,
    responses=answers(*ASKING)
    | {200: {"description": "Prometheus text.", "content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def metrics(daemon: Daemon, _: Reader) -> Response:
    """Everything that is counted, for Prometheus."""
    return Response(daemon.metrics.text(), media_type=CONTENT_TYPE)


@router.get("/v1/version", response_model=VersionAnswer, responses=answers(*ASKING))
async def version(_: Reader) -> Response:
    """What runs here."""
    return rendering.answer({"name": "powerfsm", "version": __version__, "api": "v1"})


@router.get(
    "/problems/{name}",
    response_class=Response,
    responses=answers("not-found", "invalid-request")
    | {200: {"description": "Text for people.", "content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def problem(name: str) -> Response:
    """What a problem's `type` means, and what to do."""
    kind = KINDS.get(name)
    if kind is None:
        raise HTTPException(404)
    return Response(f"{kind.title} ({kind.status})\n\n{kind.about}\n", media_type="text/plain")
