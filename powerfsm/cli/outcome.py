"""Many operations in a few lines: those that succeeded folded, the others named with their reason."""

from collections.abc import Iterable

from powerfsm.cli.screen import Line, explained
from powerfsm.client import Operation
from powerfsm.hostlist import fold
from powerfsm.operation import Status

_NOT_ENDED = "not ended"
_ORDER = ("succeeded", "superseded", "failed", _NOT_ENDED)


def lines_of(operations: Iterable[Operation]) -> list[Line]:
    """A line for each outcome; below, for each reason, who ended so."""
    groups: dict[str, dict[str, list[Operation]]] = {}
    for operation in operations:
        label = operation.status.value if operation.status.ended else _NOT_ENDED
        reason = "" if operation.status is Status.SUCCEEDED else operation.reason or ""
        groups.setdefault(label, {}).setdefault(reason, []).append(operation)
    return [_line(label, groups[label]) for label in _ORDER if label in groups]


def _line(label: str, reasons: dict[str, list[Operation]]) -> Line:
    names = _whose(one for alike in reasons.values() for one in alike)
    whose = {reason: _whose(alike) for reason, alike in reasons.items() if reason}
    return Line(label, names, explained(names, whose))


def _whose(operations: Iterable[Operation]) -> str:
    """The nodes, each once, in the order in which they came: that of the request."""
    return fold(dict.fromkeys(operation.node for operation in operations))


def folded_ids(ids: Iterable[int]) -> str:
    """Ids of operations as ranges: `17-40,57`."""
    return fold(map(str, ids)).strip("[]")
