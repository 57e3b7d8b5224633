"""The journal of one node that has been through a good deal, as a database and as JSON lines."""

from pathlib import Path

import trio

from powerfsm.api import rendering
from powerfsm.journal import Entry, Kind
from powerfsm.store.batch import Batch
from powerfsm.store.store import open_store

NODE = "r1n01"
OPERATION = 17
"""The operation whose phases are in the journal; it is cancelled by the next one."""

BEGAN = 1_795_000_000.0
"""When the first entry was written; each one after it a second later."""

_STEPS: tuple[tuple[Kind, str, int | None, str, str | None], ...] = (
    (Kind.TRANSITION, "read-off", None, "unknown", "off"),
    (Kind.TRANSITION, "request", OPERATION, "off", "powering-on"),
    (Kind.PHASE, "fenced", OPERATION, "fencing", "settling"),
    (Kind.PHASE, "settled", OPERATION, "settling", "opening"),
    (Kind.PHASE, "failure", OPERATION, "opening", "resting"),
    (Kind.PHASE, "rested", OPERATION, "resting", "fencing"),
    (Kind.PHASE, "fenced", OPERATION, "fencing", "settling"),
    (Kind.TRANSITION, "read-off", OPERATION, "powering-on", None),
    (Kind.TRANSITION, "request", OPERATION, "powering-on", "powering-on"),
    (Kind.TRANSITION, "request", 18, "powering-on", "cancelling"),
    (Kind.PHASE, "broken-off", OPERATION, "settling", "withdrawing"),
    (Kind.PHASE, "left", OPERATION, "withdrawing", "withdrawn"),
    (Kind.TRANSITION, "cancelled", OPERATION, "cancelling", "powering-off"),
    (Kind.PHASE, "fenced", 18, "fencing", "settling"),
    (Kind.TRANSITION, "restarted", 18, "powering-off", "unknown"),
    (Kind.TRANSITION, "recover", 18, "unknown", "powering-off"),
    (Kind.TRANSITION, "confirmed", 18, "powering-off", "off"),
    (Kind.TRANSITION, "request", 19, "off", "powering-on"),
)
_IGNORED = {"ignored": "a reading from outside the action in play proves nothing"}


def entries() -> list[Entry]:
    """All of it: the node's entries between those of the daemon and of another node."""
    told = [Entry(1, BEGAN, Kind.DAEMON, None, "started")]
    for kind, event, operation, before, after in _STEPS:
        seq = len(told) + 1
        detail = _IGNORED if after is None else {}
        told.append(Entry(seq, BEGAN + seq - 1, kind, NODE, event, operation, 1, before, after, detail))
    seq = len(told) + 1
    told.append(Entry(seq, BEGAN + seq - 1, Kind.TRANSITION, "r1n02", "read-on", None, 0, "unknown", "on"))
    return told


def as_database(path: Path) -> Path:
    """A store that holds the journal; gives its path."""

    async def write() -> None:
        async with open_store(path) as store:
            await store.commit(Batch(journal=entries()))

    trio.run(write)
    return path


def as_lines(path: Path) -> Path:
    """A file with the JSON of every entry, as the API writes it; gives its path."""
    path.write_text("".join(f"{rendering.text(rendering.entry(entry))}\n" for entry in entries()), "utf-8")
    return path
