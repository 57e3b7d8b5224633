"""What happened in a simulation, in the one order in which it did, as its judge and its log have it.

Nothing here is what the daemon says of itself, but the answers that it gave to requesters, what it sent, and what
was on its disk.  Times are virtual seconds since the beginning, whatever the clock of record said.
"""

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from bmcsim.events import Event
from powerfsm.journal import Entry
from powerfsm.node import Node
from powerfsm.operation import Operation
from powerfsm.power import Ask, Power
from powerfsm.simulation.plan import Deed, Plan
from powerfsm.store.batch import SessionInUse


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened.

    Attributes:
        at: When.
    """

    at: float


@dataclass(frozen=True, slots=True)
class Seen(Happening):
    """The simulator's log tells something (`bmcsim.events`)."""

    event: Event


@dataclass(frozen=True, slots=True)
class Sent(Happening):
    """A datagram of a session left the daemon, retransmissions included; those of logins are not told.

    Attributes:
        process: Number of the process that sent it, from 1.
        node: To whose BMC.
        what: A power command (`on`, `off`, `soft-off`, `reset`), `close`, or `status`.
        session: The BMC's id of the session in which it travels; of a close, of the one that is to be closed.
        carrier: Of the session in which it travels, in any case.
    """

    process: int
    node: str
    what: str
    session: int
    carrier: int


@dataclass(frozen=True, slots=True)
class Heard(Happening):
    """The answer to such a datagram came to the process that had sent it; the attributes are those of `Sent`."""

    process: int
    node: str
    what: str
    session: int
    carrier: int


@dataclass(frozen=True, slots=True)
class Asked(Happening):
    """A request left its requester.

    Attributes:
        number: Which request, from 0; the same at every attempt.
        attempt: From 1.
        by: Who asks.
        nodes: Whom.
        ask: For what.
    """

    number: int
    attempt: int
    by: str
    nodes: tuple[str, ...]
    ask: Ask


@dataclass(frozen=True, slots=True)
class Answered(Happening):
    """It was answered.

    Attributes:
        number: Which request.
        attempt: Which attempt.
        process: Who answered.
        operations: What was answered, in the order of its nodes.
    """

    number: int
    attempt: int
    process: int
    operations: tuple[Operation, ...]


@dataclass(frozen=True, slots=True)
class Unanswered(Happening):
    """It was refused, or not answered at all.

    Attributes:
        number: Which request.
        attempt: Which attempt.
        why: Name of the error, or `gone` where the daemon died meanwhile.
        told: What the requester was told.
        last: He does not ask again.
    """

    number: int
    attempt: int
    why: str
    told: str
    last: bool


@dataclass(frozen=True, slots=True)
class Ended(Happening):
    """Whoever waits was told the end of an operation."""

    process: int
    operation: Operation


@dataclass(frozen=True, slots=True)
class Forgotten(Happening):
    """Whoever waits was told that there is no such operation."""

    process: int
    operation: int


@dataclass(frozen=True, slots=True)
class Began(Happening):
    """A process found this on its disk when it started.

    Attributes:
        process: Its number.
        nodes: All of them.
        operations: Those that had not ended.
        sessions: Those on record.
    """

    process: int
    nodes: tuple[Node, ...]
    operations: tuple[Operation, ...]
    sessions: tuple[SessionInUse, ...]


@dataclass(frozen=True, slots=True)
class Serving(Happening):
    """A process has taken up all outstanding work, and accepts requests."""

    process: int


class End(StrEnum):
    """How a process came to its end."""

    KILLED = "killed"
    POWER = "power"
    """The machine under it lost its power."""
    STOPPED = "stopped"
    FAILED = "failed"
    """By itself: that is a defect, unless its disk was ill."""


@dataclass(frozen=True, slots=True)
class Died(Happening):
    """A process came to its end.

    Attributes:
        process: Its number.
        how: How.
        why: The error and where it was raised, where it failed.
    """

    process: int
    how: End
    why: str = ""


@dataclass(frozen=True, slots=True)
class Committed(Happening):
    """A commit returned: this is durable.  What was in the midst of it when the process died may be, too.

    Attributes:
        process: Whose.
        nodes: Those that changed, as they are now.
        operations: Likewise.
        opened: Sessions put on record.
        closed: Sessions taken off it, as node and id.
        journal: Its entries.
    """

    process: int
    nodes: tuple[Node, ...]
    operations: tuple[Operation, ...]
    opened: tuple[SessionInUse, ...]
    closed: tuple[tuple[str, int], ...]
    journal: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Alarm(Happening):
    """The daemon itself noticed that it is wrong: a property of the spec broken, a defect logged."""

    process: int
    told: str


@dataclass(frozen=True, slots=True)
class Did(Happening):
    """A deed of the plan was done; of one that lasts, begun."""

    deed: Deed


class Phase(StrEnum):
    """The parts of a simulation, in their order."""

    CHAOS = "chaos"
    QUIET = "quiet"
    """Nothing fails any more; what is under way comes to its end."""
    PROBE = "probe"
    """Everything is at rest; every node is asked once more, and must obey."""
    END = "end"
    """The last process has ended in order."""


@dataclass(frozen=True, slots=True)
class Turned(Happening):
    """A part of the simulation begins."""

    phase: Phase


_Kind = TypeVar("_Kind", bound=Happening)


@dataclass(slots=True)
class Record:
    """All of it.

    Attributes:
        plan: What was played.
        story: What happened, in order.
        nodes: As they are on disk at the end.
        operations: All operations on disk at the end, by id.
        sessions: Those on record at the end.
        journal: All of it, as it is on disk at the end.
        power: What the machines' power really is at the end.
        open: Sessions that BMCs have open at the end, by node.
        restless: What had not come to rest when patience was at its end, in words; empty where all had.
    """

    plan: Plan
    story: list[Happening] = field(default_factory=list)
    nodes: Mapping[str, Node] = field(default_factory=dict)
    operations: Mapping[int, Operation] = field(default_factory=dict)
    sessions: Sequence[SessionInUse] = ()
    journal: Sequence[Entry] = ()
    power: Mapping[str, Power] = field(default_factory=dict)
    open: Mapping[str, Sequence[int]] = field(default_factory=dict)
    restless: str = ""

    def all(self, kind: type[_Kind]) -> Iterator[_Kind]:
        """What happened of one kind, in order."""
        return (happening for happening in self.story if isinstance(happening, kind))

    def began(self, phase: Phase) -> float:
        """When a part of the simulation began; infinity where it never did."""
        return next((turn.at for turn in self.all(Turned) if turn.phase is phase), float("inf"))

    def lines(self) -> Iterator[str]:
        """The whole record, one JSON object a line: the same for the same plan in any process."""
        yield _line({"plan": self.plan.model_dump(mode="json")})
        for happening in self.story:
            yield _line({"happening": type(happening).__name__.lower()} | _plain(happening))
        end = {name: _plain(getattr(self, name)) for name in ("nodes", "operations", "sessions", "power", "open")}
        yield _line({"happening": "at-the-end"} | end | {"restless": self.restless})

    def digest(self) -> str:
        """A fingerprint of all of it, in hexadecimal digits."""
        digest = hashlib.sha256()
        for line in self.lines():
            digest.update(line.encode() + b"\n")
        return digest.hexdigest()


_encode = json.JSONEncoder(separators=(",", ":"), sort_keys=True).encode


def _line(record: Mapping[str, Any]) -> str:
    return _encode(record)


def _plain(value: Any) -> Any:
    """The value as JSON knows it; sets do not occur, as they have no order."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: _plain(getattr(value, each.name)) for each in dataclasses.fields(value)}
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value
