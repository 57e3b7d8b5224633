"""What happened to a node before a promise was broken, line by line, for whoever has to understand it."""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from itertools import islice

from bmcsim.events import Event
from powerfsm.journal import Entry, Kind
from powerfsm.operation import Operation
from powerfsm.simulation.plan import Deed, Ill, Jump, Kill, Press, Rotate, Stop
from powerfsm.simulation.record import (
    Alarm,
    Answered,
    Asked,
    Began,
    Committed,
    Did,
    Died,
    Ended,
    Happening,
    Heard,
    Record,
    Seen,
    Sent,
    Serving,
    Turned,
    Unanswered,
)

MOST = 40
"""Lines."""

_MOST_NAMES = 6
_LATE = 0.1
"""Seconds; what comes no later than this is not worth a line."""


def extract(record: Record, node: str | None, at: float, most: int = MOST) -> tuple[str, ...]:
    """The last lines of a node's story until a moment.

    Args:
        record: What happened.
        node: Whose story, or None: that of all.
        at: Until when, in virtual seconds.
        most: How many lines at most.
    """
    requests = {asked.number for asked in record.all(Asked) if node in {None, *asked.nodes}}
    backwards = (happening for happening in reversed(record.story) if happening.at <= at)
    lines = (
        f"{happening.at:12.3f}  {text}"
        for happening in backwards
        for text in reversed(list(_told(happening, node, requests)))
    )
    return tuple(reversed(list(islice(lines, most))))


def _told(happening: Happening, node: str | None, requests: AbstractSet[int]) -> Iterator[str]:
    """What there is to say of it where it concerns the node, or one of these requests."""
    match happening:
        case Seen(event=event):
            if node in {None, event["node"]} and not _jitter(event):
                yield f"BMC {event['node']}: {_event(event)}"
        case Sent() | Heard():
            if node in {None, happening.node}:
                yield _datagram(happening)
        case Asked():
            if happening.number in requests:
                again = f", attempt {happening.attempt}" if happening.attempt > 1 else ""
                names = _names(happening.nodes)
                yield f"{happening.by} asks {happening.ask.value} of {names} (request {happening.number}{again})"
        case Answered():
            for operation in happening.operations:
                if node in {None, operation.node}:
                    yield f"daemon {happening.process} answers request {happening.number}: {_operation(operation)}"
        case Unanswered():
            if happening.number in requests:
                yield f"request {happening.number} is not answered: {happening.why}{_because(happening.told)}"
        case Ended(operation=operation):
            if node in {None, operation.node}:
                yield f"daemon {happening.process} tells: {_operation(operation)}"
        case Committed():
            yield from _committed(happening, node)
        case Did(deed=deed):
            if _concerns(deed, node):
                yield f"-- {_deed(deed)}"
        case Began() | Serving() | Died() | Alarm() | Turned():
            yield _life(happening)


def _life(happening: Began | Serving | Died | Alarm | Turned) -> str:
    match happening:
        case Began():
            sessions = ", ".join(f"{each.node} {each.id:#x}" for each in happening.sessions) or "none"
            return f"== daemon {happening.process} begins; sessions on record: {sessions}"
        case Serving():
            return f"== daemon {happening.process} serves"
        case Died():
            return f"== daemon {happening.process} ends: {happening.how.value}{_because(happening.why)}"
        case Alarm():
            return f"!! daemon {happening.process}: {happening.told}"
        case Turned():
            return f"== {happening.phase.value}"


def _because(why: str) -> str:
    return f" ({why.strip().splitlines()[-1]})" if why.strip() else ""


def _datagram(happening: Sent | Heard) -> str:
    verb = f"sends {happening.node}" if isinstance(happening, Sent) else f"hears {happening.node} answer"
    session = f" in session {happening.carrier:#x}" if happening.carrier else ""
    closed = f" of session {happening.session:#x}" if happening.session != happening.carrier else ""
    return f"daemon {happening.process} {verb} {happening.what or 'login'}{closed}{session}"


def _jitter(event: Event) -> bool:
    """Whether it is no more than what every network does to every datagram."""
    return event.get("kind") == "delayed" and float(event["delay"]) < _LATE


def _event(event: Event) -> str:
    details = {name: value for name, value in event.items() if name not in {"t", "node", "event"}}
    if isinstance(details.get("session"), int):
        details["session"] = f"{details['session']:#x}"
    return " ".join([str(event["event"]), *(f"{name}={value}" for name, value in details.items())])


def _operation(operation: Operation) -> str:
    why = f" ({operation.reason})" if operation.reason else ""
    return f"operation {operation.id}, {operation.ask.value} of {operation.node}: {operation.status.value}{why}"


def _committed(happening: Committed, node: str | None) -> Iterator[str]:
    entries = [entry for entry in happening.journal if entry.node is not None and node in {None, entry.node}]
    for entry in entries:
        yield f"daemon {happening.process} commits: {_entry(entry)}"
    written = {entry.node for entry in entries}
    for each in happening.nodes:
        if node in {None, each.name} and each.name not in written:
            yield f"daemon {happening.process} commits: {each.name} {each.state}"


def _entry(entry: Entry) -> str:
    step = f" {entry.before} -> {entry.after}" if entry.kind in {Kind.TRANSITION, Kind.PHASE} else ""
    operation = f" (operation {entry.operation})" if entry.operation is not None else ""
    return f"{entry.node} {entry.kind.value} {entry.event}{step}{operation}"


def _names(nodes: Sequence[str]) -> str:
    more = len(nodes) - _MOST_NAMES
    return ", ".join(nodes[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def _concerns(deed: Deed, node: str | None) -> bool:
    match deed:
        case Press():
            return node in {None, deed.node}
        case Rotate():
            return node in {None, *deed.nodes}
        case _:
            # A request is told as its requester's.
            return deed.do != "ask"


def _deed(deed: Deed) -> str:
    match deed:
        case Press(node=node):
            return f"somebody presses the power button of {node}"
        case Kill():
            when = f"in {deed.steps} steps" if deed.writes is None else f"in {deed.writes} disk operations"
            what = "the power of its machine fails" if deed.power else "it is killed"
            again = f", then after {', '.join(map(str, deed.again))} steps again" if deed.again else ""
            return f"the daemon: {what} {when}{again}; down for {deed.down:g} s"
        case Stop():
            return f"the daemon is told to end; down for {deed.down:g} s"
        case Ill():
            return f"the disk, for {deed.seconds:g} s: {deed.how}"
        case Jump():
            return f"the clock is set by {deed.seconds:+g} s"
        case Rotate():
            return f"{_names(deed.nodes)} get another password, the daemon's file after {deed.lag:g} s"
        case _:
            return deed.do
