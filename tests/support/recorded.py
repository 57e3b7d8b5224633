"""Journals that a laboratory wrote, as a daemon would have: in a database, in an export, or as they are."""

from collections.abc import Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple

import structlog
import trio

from hostile_bmc import Faults
from laboratory import Lab, laboratory, run_in_virtual_time
from powerfsm.api import rendering
from powerfsm.audit import Auditor, Finding
from powerfsm.journal import Entry, Kind
from powerfsm.node import Drift, Node, Policy
from powerfsm.operation import Operation
from powerfsm.power import Ask, Power
from powerfsm.spec import load
from powerfsm.store.batch import Batch, SessionInUse
from powerfsm.store.store import open_store
from scenes import Stage, scene


class Recorded(NamedTuple):
    """What a laboratory has left.

    Attributes:
        journal: All of it, with the starts of the daemon.
        nodes: The table of nodes.
        operations: All operations that there were.
        sessions: Those on record.
    """

    journal: Sequence[Entry]
    nodes: Sequence[Node]
    operations: Sequence[Operation]
    sessions: Sequence[SessionInUse]


def recorded(lab: Lab) -> Recorded:
    """What a laboratory has left so far."""
    fleet = lab.disk.fleet
    return Recorded(
        with_starts(lab.disk.journal, lab.starts),
        list(fleet.nodes.values()),
        [*lab.disk.ended.values(), *fleet.operations.values()],
        [session for of_node in fleet.sessions.values() for session in of_node.values()],
    )


def with_starts(journal: Sequence[Entry], starts: Sequence[int]) -> list[Entry]:
    """The journal of a laboratory with an entry where each process has started, as a daemon writes it."""
    told: list[Entry] = []
    for number, begin in enumerate(starts):
        end = starts[number + 1] if number + 1 < len(starts) else len(journal)
        at = journal[begin - 1].at if begin else 0.0
        told.append(Entry(0, at, Kind.DAEMON, None, "started", detail={"spec": load().digest}))
        told += journal[begin:end]
    return numbered(told)


def numbered(journal: Sequence[Entry]) -> list[Entry]:
    """The entries, numbered anew: somebody who changes a journal would see to that."""
    return [entry._replace(seq=seq) for seq, entry in enumerate(journal, 1)]


@lru_cache(maxsize=4)
def played(seed: int) -> Recorded:
    """What a scene has left."""
    return run_in_virtual_time(partial(_play, seed), seed=0)


async def _play(seed: int) -> Recorded:
    with structlog.testing.capture_logs():
        async with laboratory() as lab:
            await Stage(lab, scene(seed)).play()
            return recorded(lab)


def audited(journal: Sequence[Entry]) -> list[Finding]:
    """What an audit finds in a journal."""
    return Auditor(load()).feed(journal)


def write_database(path: Path, left: Recorded) -> Path:
    """Write what was left into a store; gives its path."""

    async def write() -> None:
        async with open_store(path) as store:
            await store.commit(
                Batch(
                    nodes={node.name: node for node in left.nodes},
                    operations={operation.id: operation for operation in left.operations},
                    opened={(session.node, session.id): session for session in left.sessions},
                    journal=list(left.journal),
                )
            )

    trio.run(write)
    return path


def write_export(path: Path, journal: Sequence[Entry]) -> Path:
    """Write an export; gives its path."""
    path.write_text("".join(f"{rendering.text(rendering.entry(entry))}\n" for entry in journal), "utf-8")
    return path


@lru_cache(maxsize=1)
def story() -> Recorded:
    """A journal with a little of everything: ends, a cancel, a quarantine, a crash, and a sweep."""
    return run_in_virtual_time(_tell_story, seed=0)


async def _tell_story() -> Recorded:
    with structlog.testing.capture_logs():
        async with laboratory() as lab:
            await lab.add("n1", power=Power.ON)
            await lab.add("n2", policy=Policy(drift=Drift.ENFORCE))
            await lab.done("n1", Ask.RESET)
            await lab.done("n1", Ask.CYCLE)
            await lab.ask("n1", Ask.ON)
            await lab.until(lambda: "sent read" in lab.bmc("n1").told()[-3:])
            await lab.done("n1", Ask.OFF)
            lab.bmc("n2").faults = {
                "command": [Faults.lost],
                "close": [Faults.unfenced],
                "fence": [Faults.unfenced],
            }
            await lab.done("n2", Ask.ON)
            await lab.ask("n1", Ask.ON)
            await lab.until(lambda: lab.bmc("n1").commands()[-1:] == ["on"])
            await lab.crash()
            lab.sweeps = True
            await lab.start()
            await lab.quiet()
            lab.bmc("n2").press(Power.OFF)
            await trio.sleep(100)
            await lab.stop_sweeping()
            await lab.quiet()
            await lab.done("n1", Ask.SOFT_OFF)
            return recorded(lab)
