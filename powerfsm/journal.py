"""The journal: every transition, command, observation and session, appended durably, never changed.

Its vocabulary is the vocabulary of `spec/power.yaml`, so that what ran can be held against what is declared.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple


class Kind(StrEnum):
    """What an entry tells."""

    TRANSITION = "transition"
    PHASE = "phase"
    COMMAND = "command"
    OBSERVATION = "observation"
    SESSION = "session"
    CONFIGURATION = "configuration"
    DAEMON = "daemon"


_NOTHING: Mapping[str, object] = MappingProxyType({})


class Entry(NamedTuple):
    """One line of the journal.

    A tuple, because a storm makes tens of thousands of them a second, in a quarter of a dataclass's time.

    Attributes:
        seq: 1, 2, 3, ... without a gap; also the id of the event in the event stream.
        at: Seconds since the epoch.
        kind: What it tells.
        node: Name of the node, or None (the daemon itself).
        event: Event of the spec, or the command, the reading, or what happened.
        operation: Id of the operation it belongs to, or None.
        generation: The node's generation then.
        before: State (or phase) before, where the entry is a transition.
        after: State (or phase) after.
        detail: Whatever else there is to tell; JSON-serialisable, never a secret.
    """

    seq: int
    at: float
    kind: Kind
    node: str | None
    event: str
    operation: int | None = None
    generation: int | None = None
    before: str | None = None
    after: str | None = None
    detail: Mapping[str, object] = _NOTHING
