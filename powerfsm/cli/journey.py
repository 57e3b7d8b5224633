"""What `powerfsm diagram --journal` draws in: the steps of one node, within the bounds that were given."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import typer

from powerfsm.cli.journal_file import JournalUnreadable, entries
from powerfsm.journal import Entry
from powerfsm.spec import Machine
from powerfsm.spec.diagram.path import Path, path


@dataclass(frozen=True, slots=True)
class Journey:
    """Which steps.

    Attributes:
        journal: File of the journal, or `-`.
        node: Whose steps.
        operation: Only those of this operation, or None.
        since: Number of an entry or a time, as typed, or None: from the beginning.
        last: Only so many, the last ones, or None.
    """

    journal: str
    node: str
    operation: int | None = None
    since: str | None = None
    last: int | None = None


def steps_of(machine: Machine, journey: Journey) -> Path:
    """The steps of a journey.

    Raises:
        typer.BadParameter: The journal cannot be read, or there is no such step in it.
    """
    since = _since(journey.since)
    try:
        found = entries(journey.journal, journey.node)
    except JournalUnreadable as error:
        raise typer.BadParameter(str(error), param_hint="--journal") from error
    if not found:
        raise typer.BadParameter(
            f"the journal has no entry of a node {journey.node!r}; give the name of one that the daemon owns",
            param_hint="--node",
        )
    went = path(machine, _within(found, since, journey.operation), "", journey.last)
    if not went.steps:
        raise typer.BadParameter(
            f"the journal has no step of {journey.node} {_bounds(machine, journey)}; "
            "take --since, --last or --operation wider, or look at `powerfsm events`",
            param_hint="--node",
        )
    return Path(_about(machine, journey, went), went.steps)


def _within(found: list[Entry], since: Callable[[Entry], bool], operation: int | None) -> Iterator[Entry]:
    for entry in found:
        if since(entry) and operation in {None, entry.operation}:
            yield entry


def _since(text: str | None) -> Callable[[Entry], bool]:
    """Whether an entry is late enough.

    Raises:
        typer.BadParameter: The text is neither a number nor a time.
    """
    if text is None:
        return lambda _: True
    if text.isascii() and text.isdecimal():
        number = int(text)
        return lambda entry: entry.seq >= number
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is neither the number of an entry nor a time such as 2026-05-17T08:30:00Z",
            param_hint="--since",
        ) from None
    seconds = (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
    return lambda entry: entry.at >= seconds


def _bounds(machine: Machine, journey: Journey) -> str:
    bounds = [f"in the machine {machine.name}"]
    if journey.operation is not None:
        bounds.append(f"for operation {journey.operation}")
    if journey.since is not None:
        bounds.append(f"since {journey.since}")
    return " ".join(bounds)


def _about(machine: Machine, journey: Journey, went: Path) -> str:
    first, last = went.steps[0].entry, went.steps[-1].entry
    count = len(went.steps)
    operation = "" if journey.operation is None else f" for operation {journey.operation}"
    return (
        f"{journey.node}: {count} step{'s' * (count > 1)} of the machine {machine.name}{operation}, "
        f"{_when(first)} to {_when(last)} (entries {first.seq} to {last.seq})"
    )


def _when(entry: Entry) -> str:
    return f"{datetime.fromtimestamp(entry.at, UTC):%Y-%m-%d %H:%M:%S}Z"
