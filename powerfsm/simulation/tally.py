"""What happened in a simulation, counted: so that one sees whether the swarm swarms."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, fields

from powerfsm.journal import Kind
from powerfsm.power import Command
from powerfsm.simulation.plan import Deed, Ill, Kill
from powerfsm.simulation.record import (
    Answered,
    Asked,
    Began,
    Committed,
    Did,
    Died,
    End,
    Happening,
    Record,
    Seen,
    Sent,
    Unanswered,
)
from powerfsm.spec import Machine
from powerfsm.spec.schema import branches

_COMMANDS = frozenset(command.value for command in Command)
_BY_FORCE = frozenset({End.KILLED, End.POWER})
AT_REST = "no drive"
"""Where a daemon was killed while nothing was driven."""

Transition = tuple[str, str, str]
"""State before, event, state after."""


@dataclass(slots=True)
class Tally:
    """Counts of one simulation, or of many together.

    Attributes:
        seconds: Virtual time.
        requests: Asked, each once however often it was repeated.
        answered: Of them.
        refused: Of them, by the error that their requester was left with.
        ends: Operations by status at the end.
        sent: Datagrams that carried a power command, by command; retransmissions are among them.
        accepted: Power commands that BMCs accepted.
        processes: How processes of the daemon came to their end.
        kills: What each node's drive was in when a process was killed, as far as that had come to its disk.
        faults: What BMCs and the network did wrong, by name.
        deeds: What else was done, by kind.
        planned: In how many plans a fault stands.
        transitions: Steps of the machine `node`.
    """

    seconds: float = 0.0
    requests: int = 0
    answered: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    sent: Counter[str] = field(default_factory=Counter)
    accepted: Counter[str] = field(default_factory=Counter)
    processes: Counter[str] = field(default_factory=Counter)
    kills: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    deeds: Counter[str] = field(default_factory=Counter)
    planned: Counter[str] = field(default_factory=Counter)
    transitions: Counter[Transition] = field(default_factory=Counter)

    def add(self, other: "Tally") -> None:
        """Count what another one has counted, too."""
        for each in fields(self):
            mine, theirs = getattr(self, each.name), getattr(other, each.name)
            if isinstance(mine, Counter):
                mine.update(theirs)
            else:
                setattr(self, each.name, mine + theirs)


def tally(record: Record, drive: Machine) -> Tally:
    """Count what a record tells; `drive` is the machine of that name in the spec."""
    told = Tally()
    told.planned.update({fault.fault for fault in record.plan.faults})
    told.seconds = record.story[-1].at if record.story else 0.0
    told.ends.update(operation.status.value for operation in record.operations.values())
    told.transitions.update(
        (entry.before, entry.event, entry.after)
        for entry in record.journal
        if entry.kind is Kind.TRANSITION and entry.before is not None and entry.after is not None
    )
    asked: set[int] = set()
    answered: set[int] = set()
    left: dict[int, str] = {}
    drives = _Drives(drive)
    for happening in record.story:
        match happening:
            case Asked():
                asked.add(happening.number)
            case Answered():
                answered.add(happening.number)
                left.pop(happening.number, None)
            case Unanswered(last=True):
                left[happening.number] = happening.why
            case Sent(what=what) if what in _COMMANDS:
                told.sent[what] += 1
            case Seen(event={"event": "command", "command": command}):
                told.accepted[command] += 1
            case Seen(event={"event": "fault", "kind": kind}):
                told.faults[kind] += 1
            case Did(deed=deed):
                told.deeds[deed_name(deed)] += 1
            case Died(how=how):
                told.processes[how.value] += 1
                if how in _BY_FORCE:
                    told.kills.update(list(drives.phases()) or [AT_REST])
        drives.follow(happening)
    told.requests, told.answered = len(asked), len(answered)
    told.refused.update(left.values())
    return told


def deed_name(deed: Deed) -> str:
    """What a deed is, in a word or two."""
    match deed:
        case Ill(how=how):
            return f"disk {how}"
        case Kill(power=True):
            return "power cut"
        case Kill(writes=int()):
            return "kill between writes"
        case _:
            return deed.do


def declared_transitions(node: Machine) -> Iterator[Transition]:
    """Every step of the machine `node` that a daemon can take, in the order of the file.

    A start takes up what was outstanding and nothing else: a node at rest is not told of it.
    """
    seen: set[Transition] = set()
    for state, event in node.pairs():
        if event == "restarted" and node.kind(state) == "resting":
            continue
        for branch in branches(node.outcome(state, event)):
            step = (state, event, branch.to)
            if step not in seen:
                seen.add(step)
                yield step


class _Drives:
    """Where the drive of each node is, by what its daemon has committed."""

    def __init__(self, drive: Machine) -> None:
        self._initial = drive.initial
        self._final = {state for state in drive.states if drive.kind(state) == "final"}
        self._at: dict[str, tuple[int | None, str]] = {}

    def phases(self) -> Iterator[str]:
        """The phases, one for each node that is driven."""
        return (phase for _, phase in self._at.values())

    def follow(self, happening: Happening) -> None:
        """Take note of what happened."""
        match happening:
            case Began() | Died():
                self._at.clear()
            case Committed():
                for entry in happening.journal:
                    if entry.kind is Kind.PHASE and entry.node is not None and entry.after is not None:
                        # A leg may follow on one that is done, and begins where every drive begins.
                        phase = self._initial if entry.after in self._final else entry.after
                        self._at[entry.node] = (entry.operation, phase)
                for node in happening.nodes:
                    if node.in_play is None:
                        self._at.pop(node.name, None)
                    elif self._at.get(node.name, (None, ""))[0] != node.in_play:
                        self._at[node.name] = (node.in_play, self._initial)
