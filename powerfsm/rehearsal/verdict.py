"""The verdict over a rehearsal: how far the code followed, and what it broke.

What was broken is judged from the simulator's own log, from the journal and from the disk.  The trace is not
asked: it says what the model did.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bmcsim.check import judge
from bmcsim.events import Event
from bmcsim.machine import Power as Rails
from bmcsim.records import Claim
from powerfsm.journal import Entry, Kind
from powerfsm.model.trace import Trace
from powerfsm.power import Ask, Command
from powerfsm.spec import Spec


@dataclass(frozen=True, slots=True)
class Departure:
    """Where the code did something else than the trace says.

    Attributes:
        line: The line of the trace, as text.
        number: Its number there, from 1; 0 where the trace was not read from text.
        expected: What the model did.
        happened: What the code did instead.
    """

    line: str
    number: int
    expected: str
    happened: str

    def __str__(self) -> str:
        """As sentences."""
        where = f"line {self.number} ({self.line})" if self.number else self.line
        return f"{where}: the model says that {self.expected}; {self.happened}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a rehearsal.

    Attributes:
        trace: What was rehearsed.
        followed: How many of its lines the code followed, from the first on.
        departure: Where it did not, or None.
        broken: Promises that were broken, as sentences, in the order in which they were.
        misreadings: Lines at which a BMC had to say another power than it had.
        log: The simulator's event log.
        journal: The daemon's journal.
    """

    trace: Trace
    followed: int
    departure: Departure | None
    broken: tuple[str, ...]
    misreadings: tuple[int, ...] = ()
    log: Sequence[Event] = field(default=(), repr=False)
    journal: Sequence[Entry] = field(default=(), repr=False)

    @property
    def confirmed(self) -> bool:
        """Whether the real code did what the trace says, to its end, and broke a promise."""
        return self.departure is None and bool(self.broken)

    def __str__(self) -> str:
        """For people: what the code did, and what came of it."""
        lines = [f"The real code followed {self.followed} of {len(self.trace)} lines."]
        if self.departure is not None:
            lines.append(f"It departs at {self.departure}.")
        if self.misreadings:
            numbers = ", ".join(map(str, self.misreadings))
            lines.append(f"A BMC said another power than it had, as the trace wants it: lines {numbers}.")
        if self.broken:
            lines += [
                "Before the simulated BMCs it broke what is promised:",
                *(f"  {each}" for each in self.broken),
            ]
        else:
            lines.append("Before the simulated BMCs it broke nothing that is promised.")
        return "\n".join(lines)


def claims(spec: Spec, asked: Iterable[tuple[float, str, Ask, int]], journal: Iterable[Entry]) -> list[Claim]:
    """What was asked (when, of which node, what, which operation), and what the journal says was declared."""
    told = [
        Claim(_as_logged(at), node, Rails(ask.desired.power), declared=False, id=str(number), way=_way(ask))
        for at, node, ask, number in asked
    ]
    for entry in journal:
        if entry.kind is not Kind.TRANSITION or entry.node is None or entry.after is None:
            continue
        declared = spec.node.declares(entry.after)
        # A state that declares on stays behind when it is left: only then is it declared anew.
        if declared is None or (entry.before == entry.after and entry.event != "confirmed"):
            continue
        told.append(Claim(_as_logged(entry.at), entry.node, Rails(declared), declared=True))
    return sorted(told, key=lambda claim: claim.t)


def broken(
    spec: Spec, asked: Sequence[tuple[float, str, Ask, int]], log: Sequence[Event], journal: Sequence[Entry]
) -> list[str]:
    """What log and journal show to be broken, as sentences with their time."""
    verdict = judge(log, claims(spec, asked, journal))
    found = sorted((*verdict.overlaps, *verdict.contradictions), key=lambda violation: violation.t)
    return [f"{each.t:.4f} {each.node} {each.what}" for each in found] + _sent_twice(journal)


def _as_logged(at: float) -> float:
    """A time as the simulator's log has it: what is compared is rounded alike."""
    return round(at, 6)


def _way(ask: Ask) -> str | None:
    return ask.value if ask in (Ask.CYCLE, Ask.RESET) else None


def _sent_twice(journal: Iterable[Entry]) -> list[str]:
    """Operations for which a reset was sent more often than the BMC told that it had not done it."""
    sent, refused, nodes = Counter[int](), Counter[int](), dict[int, str]()
    for entry in journal:
        if entry.kind is Kind.COMMAND and entry.event == Command.RESET and entry.operation and entry.node:
            nodes[entry.operation] = entry.node
            sent[entry.operation] += entry.detail.get("outcome") == "sent"
            refused[entry.operation] += entry.detail.get("outcome") == "refused"
    return [
        f"{nodes[number]} was sent reset {sent[number]} times for operation {number}"
        for number in sent
        if sent[number] - refused[number] > 1
    ]
