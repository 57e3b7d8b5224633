"""What the daemon answers, as frozen dataclasses in the words of `docs/api.md`.

They are not the registry's own records: a client sees what the API shows, times are times of the calendar, and
a member that a newer daemon adds is ignored.  `as_json` gives them back in the API's own JSON.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from pydantic import AwareDatetime, PlainSerializer, TypeAdapter

from powerfsm.bmc import Bmc
from powerfsm.operation import Status
from powerfsm.power import Ask, Desired, Power


def rfc3339(time: datetime) -> str:
    """A time as the API writes it: in UTC with milliseconds, `2026-03-01T12:00:00.250Z`."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Answer = TypeVar("Answer")

Time = Annotated[AwareDatetime, PlainSerializer(rfc3339)]


@dataclass(frozen=True, slots=True)
class Policy:
    """How a node is treated (see `powerfsm.node.Policy`); `timings` are seconds by name."""

    driver: str
    drift: str
    ranking: str
    group: str | None
    timings: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Node:
    """One machine as it stands; its members are those of `powerfsm.node.Node`."""

    name: str
    state: str
    desired: Desired | None
    generation: int
    observed: Power | None
    observed_at: Time | None
    drifted: bool
    in_play: int | None
    waiting: int | None
    trouble: str | None
    bmc: Bmc
    policy: Policy


@dataclass(frozen=True, slots=True)
class NodePage:
    """Nodes in the order of their names, and the name behind which the next page begins."""

    nodes: list[Node]
    next: str | None


@dataclass(frozen=True, slots=True)
class Added:
    """How many nodes were added, and their names as a hostlist."""

    added: int
    names: str


@dataclass(frozen=True, slots=True)
class Changed:
    """How many nodes were changed, and their names as a hostlist."""

    changed: int
    names: str


@dataclass(frozen=True, slots=True)
class Operation:
    """The handle of an accepted request; its members are those of `powerfsm.operation.Operation`."""

    id: int
    node: str
    ask: Ask
    generation: int
    status: Status
    asked_at: Time
    asked_by: str
    reason: str | None
    ended_at: Time | None


@dataclass(frozen=True, slots=True)
class Operations:
    """Operations in the order of the request that they answer."""

    operations: list[Operation]


@dataclass(frozen=True, slots=True)
class OperationPage:
    """Operations, newest first, and the id before which the next page begins."""

    operations: list[Operation]
    next: int | None


@dataclass(frozen=True, slots=True)
class Waited:
    """What a wait for many operations has seen: those that ended, and the ids of the others."""

    ended: list[Operation]
    pending: list[int]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the journal (see `powerfsm.journal.Entry`)."""

    seq: int
    at: Time
    kind: str
    node: str | None
    event: str
    operation: int | None
    generation: int | None
    before: str | None
    after: str | None
    detail: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A BMC session that was not shown to be closed; `command` is what it may have carried, or None."""

    id: int
    command: str | None
    opened_at: Time


@dataclass(frozen=True, slots=True)
class Outstanding:
    """A node with work that has not ended, in error, or with a session not shown to be closed."""

    name: str
    state: str
    desired: Desired | None
    generation: int
    observed: Power | None
    observed_at: Time | None
    in_play: Operation | None
    waiting: Operation | None
    trouble: str | None
    sessions: list[OpenSession]


@dataclass(frozen=True, slots=True)
class Recovery:
    """Whether recovery has taken up all outstanding work, whether requests are accepted, and that work."""

    ready: bool
    accepting: bool
    nodes: list[Outstanding]


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether the daemon is ready, and what was checked for it."""

    status: str
    checks: Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class Version:
    """The daemon's name, its version, and the version of its API."""

    name: str
    version: str
    api: str


_SHAPES: dict[type, TypeAdapter[Any]] = {}


def shape(kind: type[Answer]) -> TypeAdapter[Answer]:
    """What reads and writes the JSON of one kind of answer; made when it is first needed."""
    if kind not in _SHAPES:
        _SHAPES[kind] = TypeAdapter(kind)
    return _SHAPES[kind]


def as_json(answer: object) -> object:
    """An answer, or a list or dict of answers, in the shapes of the API: dicts, lists, texts, numbers."""
    if isinstance(answer, Mapping):
        return {key: as_json(value) for key, value in answer.items()}
    if isinstance(answer, list | tuple):
        return [as_json(value) for value in answer]
    if answer is None or isinstance(answer, str | int | float):
        return answer
    return shape(type(answer)).dump_python(answer, mode="json")
