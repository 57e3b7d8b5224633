"""Telling a log again: its events in order, some of them or all, and what they come to.

This is the story told again, and not the fleet run again: a log says what happened, and not all that clients
sent (nor could it: logins are proven by secrets that never stand in it).  What ran in virtual time can be run
again from its seed.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from bmcsim.events import Event


@dataclass(frozen=True, slots=True)
class Choice:
    """Which events are told.

    Attributes:
        nodes: Only of these, or None: of all.
        events: Only those of these names, or None: all.
        since: Only from this many seconds after the log's first event on.
        until: And only before this many.
    """

    nodes: frozenset[str] | None = None
    events: frozenset[str] | None = None
    since: float = 0.0
    until: float = float("inf")

    def takes(self, event: Event, elapsed: float) -> bool:
        """Return whether an event so many seconds after the first one is told."""
        return (
            self.since <= elapsed < self.until
            and (self.nodes is None or event["node"] in self.nodes)
            and (self.events is None or event["event"] in self.events)
        )


@dataclass(slots=True)
class Summary:
    """What a story comes to.

    Attributes:
        events: How many events of each name.
        nodes: How many events of each node.
        commands: Power commands accepted, by what they were.
        faults: Faults that struck, by kind.
        refused: Logins and power commands refused, by what.
        first: When the first event was, or None.
        last: When the last one was.
    """

    events: Counter[str] = field(default_factory=Counter)
    nodes: Counter[str] = field(default_factory=Counter)
    commands: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    first: float | None = None
    last: float = 0.0

    @property
    def seconds(self) -> float:
        """From the first event to the last."""
        return 0.0 if self.first is None else self.last - self.first

    def take(self, event: Event) -> None:
        """Count one event."""
        name = event["event"]
        self.events[name] += 1
        self.nodes[event["node"]] += 1
        if name == "command":
            self.commands[str(event.get("command"))] += 1
        elif name == "fault":
            self.faults[str(event.get("kind"))] += 1
        elif name == "refused":
            self.refused[str(event.get("what"))] += 1
        self.first = event["t"] if self.first is None else self.first
        self.last = event["t"]


def retell(
    events: Iterable[Event], choice: Choice, *, speed: float | None, sleep: Callable[[float], None]
) -> Iterator[Event]:
    """Yield the events that are chosen, when it is time for them.

    Args:
        events: In the order of the log.
        choice: Which of them.
        speed: How many seconds of the log pass in one; None is all at once.
        sleep: Waits so many seconds.
    """
    begun: float | None = None
    told_at: float | None = None
    for event in events:
        t = float(event["t"])
        begun = t if begun is None else begun
        if not choice.takes(event, t - begun):
            continue
        if speed is not None and told_at is not None and t > told_at:
            sleep((t - told_at) / speed)
        told_at = t if told_at is None else max(t, told_at)
        yield event
