"""A trace told as a story: arrows between parties and notes at them, as few as tell it.

What follows at once from what stands before it is told with it: a datagram that is sent and arrives is one arrow,
the steps that a machine takes in one go are one note, and what repeats itself is told once, with how often.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from powerfsm.model.trace import (
    Act,
    Answer,
    Answered,
    Broken,
    Button,
    Cancel,
    Close,
    Closed,
    Copy,
    Crash,
    Deliver,
    DriveStep,
    Happening,
    Idle,
    Ignore,
    Latch,
    Lose,
    NodeStep,
    Open,
    Other,
    Packet,
    Read,
    Reboot,
    Record,
    Refuse,
    Rejected,
    Request,
    Restore,
    Sample,
    Send,
    Start,
    SweepRead,
    SweepSample,
    Trace,
    Witness,
)

_LONGEST_REFRAIN = 8
"""The most items that are looked at for being repeated as a whole."""


class Party(Enum):
    """Whose lifeline it is, from left to right."""

    REQUESTER = "requester"
    REGISTRY = "registry"
    ACTION = "action"
    NETWORK = "network"
    BMC = "BMC"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Arrow:
    """From one party to another.

    Attributes:
        source: From whom.
        target: To whom.
        label: What.
        back: It is an answer.
        lost: It does not arrive.
    """

    source: Party
    target: Party
    label: str
    back: bool = False
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """What happens at one party."""

    party: Party
    text: str


@dataclass(frozen=True, slots=True)
class Steps:
    """Steps of a machine, in one go.

    Attributes:
        party: Whose machine: the registry's (`node`) or the action's (`drive`).
        node: Of which node.
        states: The states, from the first to the last.
    """

    party: Party
    node: int
    states: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cut:
    """What concerns everybody."""

    text: str


@dataclass(frozen=True, slots=True)
class Refrain:
    """What stands before it happens again.

    Attributes:
        items: How many items are repeated.
        times: How often they are told in all.
    """

    items: int
    times: int

    @property
    def text(self) -> str:
        """For people."""
        again = "once more" if self.times == 2 else f"{self.times - 1} times more"
        return f"the same {again}" if self.items == 1 else f"the last {self.items} of these, {again}"


Item = Arrow | Note | Steps | Cut | Refrain


@dataclass(frozen=True, slots=True)
class Story:
    """A trace, ready to be drawn.

    Attributes:
        parties: The lifelines, from left to right.
        items: What happens, in its order.
        broken: Names of the properties that are broken at the end.
    """

    parties: tuple[Party, ...]
    items: tuple[Item, ...]
    broken: tuple[str, ...]


def story(trace: Trace) -> Story:
    """Tell a trace."""
    several = len(trace.nodes) > 1
    items: list[Item] = []
    for happening, after in _shortened(trace.happenings):
        for item in _told(happening, after, f"n{happening.node} " if several else ""):
            _add(items, item)
    acting = any(isinstance(each, Button) for each in trace)
    parties = tuple(party for party in Party if acting or party is not Party.OPERATOR)
    return Story(parties, tuple(_with_refrains(items)), tuple(each.property for each in trace.broken))


def of_steps(steps: Steps, arrow: str, *, several: bool) -> str:
    """The text of steps; a state that is entered again and again is counted."""
    told: list[str] = []
    count = 0
    for number, state in enumerate(steps.states):
        count += 1
        if number + 1 < len(steps.states) and steps.states[number + 1] == state:
            continue
        told += [state, state][:count]
        if count > 2:
            told[-1] += f" ({count - 1} times)"
        count = 0
    return (f"n{steps.node} " if several else "") + f" {arrow} ".join(told)


def _shortened(happenings: Sequence[Happening]) -> list[tuple[Happening, Happening | None]]:
    """Each happening, with the one right after it where the two are told as one."""
    told: list[tuple[Happening, Happening | None]] = []
    skip = False
    for number, happening in enumerate(happenings):
        if skip:
            skip = False
            continue
        after = happenings[number + 1] if number + 1 < len(happenings) else None
        skip = after is not None and after.node == happening.node and _belong(happening, after)
        told.append((happening, after if skip else None))
    return told


def _belong(first: Happening, second: Happening) -> bool:
    match first, second:
        case (Send(), Deliver()):
            return second.packet == Packet(first.command, first.session)
        case (Close(), Deliver()):
            return second.packet == Packet(Other.CLOSE, first.session)
        case (Sample(power=sampled), Read(power=read)) | (SweepSample(power=sampled), SweepRead(power=read)):
            return sampled is read
        case (Latch(), Act()):
            return first.command.direction is second.power
    return False


def _told(happening: Happening, after: Happening | None, whose: str) -> list[Item]:
    match happening:
        case NodeStep(before=before, after=state):
            return [Steps(Party.REGISTRY, happening.node, (before, state))]
        case DriveStep(before=before, after=state):
            return [Steps(Party.ACTION, happening.node, (before, state))]
        case Crash():
            return [Cut("the daemon dies and starts again")]
        case Broken() | Witness():
            return []
        case Rejected(state=state, event=event):
            return [Note(Party.REGISTRY, f"{whose}rejects {event} in {state}: a defect")]
    item = _arrow(happening, after, whose) or _note(happening, after, whose)
    return [] if item is None else [item]


def _arrow(happening: Happening, after: Happening | None, whose: str) -> Item | None:
    there = Party.NETWORK if after is None else Party.BMC
    match happening:
        case Request(ask=ask):
            return Arrow(Party.REQUESTER, Party.REGISTRY, f"{whose}request {ask}")
        case Answer():
            return Arrow(Party.REGISTRY, Party.REQUESTER, f"{whose}answer", back=True)
        case Start(ask=ask):
            return Arrow(Party.REGISTRY, Party.ACTION, f"{whose}start {ask}")
        case Cancel():
            return Arrow(Party.REGISTRY, Party.ACTION, f"{whose}cancel")
        case Open(session=session):
            return Arrow(Party.ACTION, Party.BMC, f"{whose}open session {session}")
        case Record(session=session):
            return Arrow(Party.ACTION, Party.REGISTRY, f"{whose}record session {session}")
        case Send(command=command, session=session):
            return Arrow(Party.ACTION, there, whose + _named(Packet(command, session)))
        case Close(session=session):
            return Arrow(Party.ACTION, there, whose + _named(Packet(Other.CLOSE, session)))
        case Deliver(packet=packet):
            return Arrow(Party.NETWORK, Party.BMC, whose + _named(packet))
        case Lose(packet=Packet(what=Other.ANSWER) as packet):
            return Arrow(Party.BMC, Party.NETWORK, f"{whose}{_named(packet)} lost", back=True, lost=True)
        case Answered(session=session):
            return Arrow(Party.BMC, Party.ACTION, f"{whose}answered, session {session}", back=True)
        case Closed(session=session):
            return Arrow(Party.BMC, Party.ACTION, f"{whose}closed session {session}", back=True)
        case Read(power=power):
            return Arrow(Party.BMC, Party.ACTION, f"{whose}read {power}", back=True)
        case SweepRead(power=power):
            return Arrow(Party.BMC, Party.REGISTRY, f"{whose}the sweep reads {power}", back=True)
        case Sample(power=power) if after is not None:
            return Arrow(Party.BMC, Party.ACTION, f"{whose}read {power}", back=True)
        case SweepSample(power=power) if after is not None:
            return Arrow(Party.BMC, Party.REGISTRY, f"{whose}the sweep reads {power}", back=True)
        case Button(power=power):
            return Arrow(Party.OPERATOR, Party.BMC, f"{whose}button {power}")
    return None


def _note(happening: Happening, after: Happening | None, whose: str) -> Item | None:
    match happening:
        case Copy(packet=packet):
            return Note(Party.NETWORK, f"{whose}copied: {_named(packet)}")
        case Lose(packet=packet):
            return Note(Party.NETWORK, f"{whose}lost: {_named(packet)}")
        case Latch(command=command):
            acts = f", acts: power {after.power}" if isinstance(after, Act) else ""
            return Note(Party.BMC, f"{whose}accepts {command}{acts}")
        case Act(power=power):
            return Note(Party.BMC, f"{whose}acts: power {power}")
        case Ignore(heard=heard):
            return Note(Party.BMC, f"{whose}drops {heard.what or 'it'}: session {heard.session} is closed")
        case Refuse(heard=heard):
            return Note(Party.BMC, f"{whose}refuses {heard.what or 'it'}")
        case Sample(power=power):
            return Note(Party.BMC, f"{whose}samples {power}")
        case SweepSample(power=power):
            return Note(Party.BMC, f"{whose}samples {power} for the sweep")
        case Idle(session=session):
            return Note(Party.BMC, f"{whose}drops session {session}, idle")
        case Reboot():
            return Note(Party.BMC, f"{whose}restarts, and forgets its sessions")
        case Restore(power=power):
            return Note(Party.BMC, f"{whose}restores power {power}")
    return None


def _named(packet: Packet) -> str:
    if packet.what is Other.CLOSE:
        return f"close session {packet.session}"
    return f"{packet.what}, session {packet.session}"


def _add(items: list[Item], item: Item) -> None:
    """Append an item, to the last one where it goes on from there."""
    last = items[-1] if items else None
    if isinstance(item, Steps) and isinstance(last, Steps):
        same = (last.party, last.node, last.states[-1]) == (item.party, item.node, item.states[0])
        if same:
            items[-1] = Steps(last.party, last.node, (*last.states, *item.states[1:]))
            return
    items.append(item)


def _with_refrains(items: Sequence[Item]) -> list[Item]:
    """Tell what is repeated at once, and word by word, once."""
    told: list[Item] = []
    at = 0
    while at < len(items):
        length, times = _repeated(items, at)
        told += items[at : at + length]
        if times > 1:
            told.append(Refrain(length, times))
        at += length * times
    return told


def _repeated(items: Sequence[Item], at: int) -> tuple[int, int]:
    """How long what begins here and is repeated is, and how often it stands there."""
    for length in range(1, _LONGEST_REFRAIN + 1):
        first = items[at : at + length]
        times = 1
        while items[at + times * length : at + (times + 1) * length] == first:
            times += 1
        # Less would not make it shorter.
        if times * length > length + 1:
            return length, times
    return 1, 1
