"""A simulation from its beginning to its end: the chaos, the quiet in which everything converges, a last question.

The daemon's real code runs in one process with the simulator's BMCs, network and requesters, in virtual time.
The same plan gives the same record, byte for byte, in any process.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog
import trio

from bmcsim.virtual import run
from powerfsm.bmc import Bmc
from powerfsm.node import Node, Policy
from powerfsm.power import Ask, Desired
from powerfsm.simulation.assembly import Assembly
from powerfsm.simulation.chaos import Chaos
from powerfsm.simulation.plan import NodePlan, Plan, Request
from powerfsm.simulation.record import Phase, Record, Turned
from powerfsm.simulation.requesters import Requesters
from powerfsm.simulation.site import Site
from powerfsm.simulation.supervisor import Supervisor
from powerfsm.spec import Spec
from powerfsm.store.store import open_store

_LOOK = 1.0
"""Seconds between two looks whether everything is at rest."""

_LAPS = 2.2
"""Laps of the sweep after which every node has been read twice."""

Progress = Callable[[float], None]
"""Told how far it is, in virtual seconds."""


class _Restless(Exception):
    """Something has not come to rest."""


def play(plan: Plan, assembly: Assembly | None = None, progress: Progress | None = None) -> Record:
    """Play a plan to its end.

    Args:
        plan: What to play.
        assembly: How the daemon is put together; as it is, by default.
        progress: Told how far it is, now and then.
    """
    with TemporaryDirectory(prefix="powerfsm-simulation-") as scratch:
        site = Site(plan, Assembly() if assembly is None else assembly, Path(scratch))
        with _listening(site.alarm):
            run(partial(_play, site, progress), seed=plan.seed)
    return site.record


async def _play(site: Site, progress: Progress | None) -> None:
    supervisor = Supervisor(site)
    async with trio.open_nursery() as world, site.serve():
        # Also where nobody listens: it is one of the tasks whose order the seed gives.
        world.start_soon(_tell_progress, progress)
        world.start_soon(supervisor.run)
        await trio.testing.wait_all_tasks_blocked()
        requesters = Requesters(site, supervisor, world)
        try:
            await _course(site, supervisor, requesters)
        except _Restless as error:
            site.record.restless = str(error)
        await supervisor.end()
        _turn(site, Phase.END)
        await _take_stock(site)
        world.cancel_scope.cancel()


async def _course(site: Site, supervisor: Supervisor, requesters: Requesters) -> None:
    plan, spec = site.plan, site.assembly.spec
    process = await supervisor.serving()
    await process.add([_node(each, Bmc(*site.fleet.addresses[each.name], each.name)) for each in plan.nodes])
    _turn(site, Phase.CHAOS)
    await Chaos(site, supervisor, requesters).rage()
    _turn(site, Phase.QUIET)
    rest = partial(_rest, supervisor, requesters, plan.patience)
    await rest()
    # What has drifted is seen, and driven back; what was late acts, and would be seen to undo what was declared.
    await trio.sleep(_lull(plan, spec))
    await rest()
    _turn(site, Phase.PROBE)
    process = await supervisor.serving()
    for node in process.nodes:
        ask = Ask.OFF if node.desired is Desired.ON else Ask.ON
        requesters.ask(Request(at=trio.current_time(), by="probe", nodes=(node.name,), ask=ask))
    await rest()
    timings = {**spec.timings, **plan.timings}
    await trio.sleep(timings["packet-lifetime"] + timings["settle"])
    await rest()


def _turn(site: Site, phase: Phase) -> None:
    site.tell(Turned(trio.current_time(), phase))


def _node(plan: NodePlan, bmc: Bmc) -> Node:
    return Node(plan.name, bmc, Policy(drift=plan.drift, ranking=plan.ranking, group=plan.rack))


def _lull(plan: Plan, spec: Spec) -> float:
    """How long nothing is done before the last question, in seconds."""
    timings = {**spec.timings, **plan.timings}
    laps = _LAPS * timings["sweep"] + timings["packet-lifetime"] + timings["settle"]
    soft = any(request.ask is Ask.SOFT_OFF for request in plan.requests())
    return laps + (timings["soft-settle"] if soft else 0.0)


async def _rest(supervisor: Supervisor, requesters: Requesters, patience: float) -> None:
    """Wait until nothing is under way.

    Raises:
        _Restless: Something is, for longer than there is patience.
    """
    with trio.move_on_after(patience):
        while True:
            process = await supervisor.serving()
            if not process.busy and not requesters.waiting:
                return
            await trio.sleep(_LOOK)
    process = supervisor.process
    waiting = f"{requesters.waiting} requesters wait" if requesters.waiting else "nobody waits"
    busy = "the daemon is down" if process.dead.is_set() else process.busy or "nothing is under way"
    raise _Restless(f"after {patience:g} s without faults {busy}; {waiting}")


async def _take_stock(site: Site) -> None:
    """Put on record how everything is at the end."""
    record, mount = site.record, site.disk.mount()
    names = [node.name for node in site.plan.nodes]
    record.power = {name: site.power(name) for name in names}
    record.open = {name: site.open_sessions(name) for name in names}
    async with open_store(mount.path, clock=site.clock.now, medium=mount.medium) as store:
        snapshot = await store.load()
        record.nodes = {node.name: node for node in snapshot.nodes}
        record.sessions = tuple(snapshot.sessions)
        record.operations = {each.id: each for each in await store.operations(limit=snapshot.last_operation + 1)}
        record.journal = tuple(await store.journal(limit=snapshot.last_seq + 1))
    mount.kill()


async def _tell_progress(progress: Progress | None) -> None:
    while True:
        if progress is not None:
            progress(trio.current_time())
        await trio.sleep(_LOOK)


@contextmanager
def _listening(alarm: Callable[[str], None]) -> Iterator[None]:
    """Hear what the daemon logs as a defect of its own; nothing is printed meanwhile."""

    def hear(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        if str(event["event"]).startswith("defect"):
            alarm(" ".join(f"{name}={event[name]}" for name in sorted(event) if name != "exc_info"))
        raise structlog.DropEvent

    before = structlog.get_config()
    structlog.configure(processors=[hear], cache_logger_on_first_use=False)
    try:
        yield
    finally:
        structlog.configure(**before)
