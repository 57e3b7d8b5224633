"""The judge of simulations: a record, held against the ten promises by their numbers.

It trusts what really happened: the simulator's log, the datagrams, the answers that requesters were given, what
was durable and what stands in the end.  It shares no code with the daemon's decisions, only its words and the
spec's ranking tables and timings.  One module for a promise, or a side of it; each says what it cannot judge
exactly, and lets that through: there is no false alarm.
"""

from typing import Final

from powerfsm.simulation.assumptions import beyond
from powerfsm.simulation.judge.bmcs import Bmcs
from powerfsm.simulation.judge.by_the_journal import ByTheJournal
from powerfsm.simulation.judge.coalescing import Coalesce
from powerfsm.simulation.judge.disk import Disk
from powerfsm.simulation.judge.drift import DriftIsSeen
from powerfsm.simulation.judge.durability import DurableIntent
from powerfsm.simulation.judge.ends import NoSilence
from powerfsm.simulation.judge.idempotency import Idempotency
from powerfsm.simulation.judge.inrush import Inrush
from powerfsm.simulation.judge.listener import tell
from powerfsm.simulation.judge.one_at_a_time import OneAtATime
from powerfsm.simulation.judge.promise import Promise, Scene
from powerfsm.simulation.judge.readiness import ReadyOnlyAfterOff
from powerfsm.simulation.judge.recovery import Recovery
from powerfsm.simulation.judge.requests import Requests
from powerfsm.simulation.judge.sessions import OneSession
from powerfsm.simulation.judge.superseding import Supersede
from powerfsm.simulation.judge.times import Times
from powerfsm.simulation.judge.truth import NoEarlySuccess
from powerfsm.simulation.judge.violation import Violation
from powerfsm.simulation.judge.ways import CycleAndReset
from powerfsm.simulation.record import Record
from powerfsm.spec import load

__all__ = ["Violation", "judge"]

_PROMISES: Final[tuple[type[Promise], ...]] = (
    OneAtATime,
    Coalesce,
    Supersede,
    DurableIntent,
    Idempotency,
    Recovery,
    NoEarlySuccess,
    NoSilence,
    OneSession,
    Inrush,
    CycleAndReset,
    ReadyOnlyAfterOff,
    DriftIsSeen,
    ByTheJournal,
)


def judge(record: Record) -> list[Violation]:
    """Hold a record against all promises.

    Returns:
        Where they were broken, in the order of time; empty where all of them were kept.
    """
    spec, plan = load(), record.plan
    times, disk, requests = Times.of(plan, spec.timings), Disk(), Requests()
    bmcs = Bmcs(times, disk, tardy=bool(beyond(plan)))
    promises = [promise(Scene(plan, spec, times, disk, bmcs, requests)) for promise in _PROMISES]
    tell(record, (disk, bmcs, requests, *promises))
    found = [violation for promise in promises for violation in promise.found]
    return sorted(found, key=lambda each: (each.at, each.promise))
