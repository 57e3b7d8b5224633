"""The trace of a run of the model: one line for each thing that happens, in the words of the spec.

    @1 request off
    @1 node powering-on request cancelling
    @1 send on 2

`@` and the node's number (from 1; 0 is the daemon itself), a verb, and its words.  Blank lines and such as begin
with `#` are passed over.  Each verb is a record; its fields, in their order, are the words that follow.  What
is printed is read back as it was: `parse(str(trace)) == trace`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import ClassVar, get_type_hints

from powerfsm.power import Ask, Command, Power


class TraceError(ValueError):
    """A line is none of a trace.

    Attributes:
        line: Its number, from 1.
    """

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(f"line {line}: {problem}")
        self.line = line


class Other(StrEnum):
    """What is under way between a daemon and a BMC beside power commands."""

    CLOSE = "close"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class Packet:
    """What is under way.

    Attributes:
        what: A power command, a Close Session, or an answer to either.
        session: In which session, or which one it is to close.
    """

    what: Command | Other
    session: int

    def __str__(self) -> str:
        """The words of a trace."""
        return f"{self.what} {self.session}"


@dataclass(frozen=True, slots=True)
class Heard:
    """What a BMC has heard.

    Attributes:
        what: A power command or a Close Session; None where the trace does not say, as it has just arrived.
        session: In which session, or which one it was to close.
    """

    what: Command | Other | None
    session: int

    def __str__(self) -> str:
        """The words of a trace."""
        return f"{self.session}" if self.what is None else f"{self.what} {self.session}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    node: int
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Happening(_Line):
    """Something that happens; the classes below are the verbs.

    Attributes:
        node: The number of the node, from 1; 0 where it is the daemon.
        line: Where it stands in the text, from 1; 0 where it was not read.
    """

    verb: ClassVar[str] = ""

    def __str__(self) -> str:
        """The line as it stands in a trace."""
        words = [str(getattr(self, each.name)) for each in fields(self) if each.name not in ("node", "line")]
        return " ".join([f"@{self.node}", self.verb, *words])


@dataclass(frozen=True, slots=True)
class Request(Happening):
    """A request is decided and durable."""

    verb: ClassVar[str] = "request"
    ask: Ask


@dataclass(frozen=True, slots=True)
class Answer(Happening):
    """The requester gets his operation."""

    verb: ClassVar[str] = "answer"


@dataclass(frozen=True, slots=True)
class _Step(Happening):
    before: str
    event: str
    after: str


@dataclass(frozen=True, slots=True)
class NodeStep(_Step):
    """The machine `node` stepped."""

    verb: ClassVar[str] = "node"


@dataclass(frozen=True, slots=True)
class DriveStep(_Step):
    """The machine `drive` stepped."""

    verb: ClassVar[str] = "drive"


@dataclass(frozen=True, slots=True)
class Start(Happening):
    """An action of that ask starts."""

    verb: ClassVar[str] = "start"
    ask: Ask


@dataclass(frozen=True, slots=True)
class Cancel(Happening):
    """The action in play is told to cancel."""

    verb: ClassVar[str] = "cancel"


@dataclass(frozen=True, slots=True)
class _OfSession(Happening):
    session: int


@dataclass(frozen=True, slots=True)
class Open(_OfSession):
    """A session is open at the BMC."""

    verb: ClassVar[str] = "open"


@dataclass(frozen=True, slots=True)
class Record(_OfSession):
    """A session's id is durable."""

    verb: ClassVar[str] = "record"


@dataclass(frozen=True, slots=True)
class Send(Happening):
    """A command's first datagram leaves."""

    verb: ClassVar[str] = "send"
    command: Command
    session: int


@dataclass(frozen=True, slots=True)
class Close(_OfSession):
    """A Close Session leaves, in the session itself or naming it by its id."""

    verb: ClassVar[str] = "close"


@dataclass(frozen=True, slots=True)
class _OfPacket(Happening):
    packet: Packet


@dataclass(frozen=True, slots=True)
class Deliver(_OfPacket):
    """A copy arrives at the BMC, and is under way no more."""

    verb: ClassVar[str] = "deliver"


@dataclass(frozen=True, slots=True)
class Copy(_OfPacket):
    """One more copy is under way: the network made it, or a retransmission is it."""

    verb: ClassVar[str] = "copy"


@dataclass(frozen=True, slots=True)
class Lose(_OfPacket):
    """What was under way is lost."""

    verb: ClassVar[str] = "lose"


@dataclass(frozen=True, slots=True)
class _OfCommand(Happening):
    command: Command


@dataclass(frozen=True, slots=True)
class Latch(_OfCommand):
    """The BMC has accepted a command and will act on it."""

    verb: ClassVar[str] = "latch"


@dataclass(frozen=True, slots=True)
class Act(Happening):
    """The BMC acts on what it has accepted: the power is as told, now."""

    verb: ClassVar[str] = "act"
    power: Power


@dataclass(frozen=True, slots=True)
class _OfHeard(Happening):
    heard: Heard


@dataclass(frozen=True, slots=True)
class Ignore(_OfHeard):
    """The BMC drops it: that session is closed."""

    verb: ClassVar[str] = "ignore"


@dataclass(frozen=True, slots=True)
class Refuse(_OfHeard):
    """The BMC answers that it did not do it."""

    verb: ClassVar[str] = "refuse"


@dataclass(frozen=True, slots=True)
class Answered(_OfSession):
    """The action gets the answer to its command."""

    verb: ClassVar[str] = "answered"


@dataclass(frozen=True, slots=True)
class Closed(_OfSession):
    """The action gets the answer to its close."""

    verb: ClassVar[str] = "closed"


@dataclass(frozen=True, slots=True)
class _OfPower(Happening):
    power: Power


@dataclass(frozen=True, slots=True)
class Sample(_OfPower):
    """The BMC samples its power for a reading."""

    verb: ClassVar[str] = "sample"


@dataclass(frozen=True, slots=True)
class Read(_OfPower):
    """The action gets a reading."""

    verb: ClassVar[str] = "read"


@dataclass(frozen=True, slots=True)
class SweepSample(_OfPower):
    """The BMC samples its power for the sweep."""

    verb: ClassVar[str] = "sweep-sample"


@dataclass(frozen=True, slots=True)
class SweepRead(_OfPower):
    """The sweep gets its reading."""

    verb: ClassVar[str] = "sweep-read"


@dataclass(frozen=True, slots=True)
class Idle(_OfSession):
    """The BMC drops a session that nobody uses."""

    verb: ClassVar[str] = "idle"


@dataclass(frozen=True, slots=True)
class Button(_OfPower):
    """An operator turns the machine on, or off."""

    verb: ClassVar[str] = "button"


@dataclass(frozen=True, slots=True)
class Reboot(Happening):
    """The BMC restarts; its sessions and what it had latched are gone."""

    verb: ClassVar[str] = "reboot"


@dataclass(frozen=True, slots=True)
class Restore(_OfPower):
    """The power as the BMC has it after its restart."""

    verb: ClassVar[str] = "restore"


@dataclass(frozen=True, slots=True)
class Crash(Happening):
    """The daemon dies and starts again: what is volatile is gone, recovery is decided."""

    verb: ClassVar[str] = "crash"


@dataclass(frozen=True, slots=True)
class Broken(Happening):
    """A property of the spec does not hold now."""

    verb: ClassVar[str] = "broken"
    property: str


@dataclass(frozen=True, slots=True)
class Witness(Happening):
    """A property of the spec is put to the test now."""

    verb: ClassVar[str] = "witness"
    property: str


@dataclass(frozen=True, slots=True)
class Rejected(Happening):
    """The machine `node` rejects an event: a defect."""

    verb: ClassVar[str] = "rejected"
    state: str
    event: str


@dataclass(frozen=True, slots=True)
class Trace:
    """What happened, in its order."""

    happenings: tuple[Happening, ...]

    def __str__(self) -> str:
        """As text that `parse` reads."""
        return "".join(f"{each}\n" for each in self.happenings)

    def __iter__(self) -> Iterator[Happening]:
        """In the order in which they happened."""
        return iter(self.happenings)

    def __len__(self) -> int:
        """How many there are."""
        return len(self.happenings)

    @property
    def nodes(self) -> tuple[int, ...]:
        """The numbers of the nodes to which something happens, in their order."""
        return tuple(sorted({each.node for each in self.happenings} - {0}))

    @property
    def broken(self) -> tuple[Broken, ...]:
        """The properties that are broken at the end."""
        return tuple(each for each in self.happenings if isinstance(each, Broken))


_VERBS: Mapping[str, type[Happening]] = {
    kind.verb: kind
    for kind in (
        Request, Answer, NodeStep, DriveStep, Start, Cancel, Open, Record, Send, Close, Deliver, Copy, Lose, Latch,
        Act, Ignore, Refuse, Answered, Closed, Sample, Read, SweepSample, SweepRead, Idle, Button, Reboot, Restore,
        Crash, Broken, Witness, Rejected,
    )
}  # fmt: skip


def _words_of(kind: type[Happening]) -> list[tuple[str, type]]:
    hints = get_type_hints(kind)
    return [(each.name, hints[each.name]) for each in fields(kind) if each.name not in ("node", "line")]


_WORDS: Mapping[str, list[tuple[str, type]]] = {verb: _words_of(kind) for verb, kind in _VERBS.items()}


def parse(text: str) -> Trace:
    """Read a trace.

    Raises:
        TraceError: A line is none; says which, and what was expected.
    """
    return Trace(
        tuple(_parse_line(number, line) for number, line in enumerate(text.splitlines(), 1) if _tells(line))
    )


def _tells(line: str) -> bool:
    stripped = line.strip()
    return bool(stripped) and not stripped.startswith("#")


class _Words:
    """The words of one line, taken one after the other."""

    def __init__(self, number: int, line: str) -> None:
        self.number = number
        self._line = line.strip()
        self._words = self._line.split()
        self._taken = 0

    def take(self, expected: str) -> str:
        if self._taken == len(self._words):
            raise self.wrong(f"the line ends where {expected} is expected")
        self._taken += 1
        return self._words[self._taken - 1]

    def one_of(self, kind: type[Ask | Command | Power], expected: str) -> Ask | Command | Power:
        word = self.take(f"{expected} ({', '.join(kind)})")
        if word not in set(kind):
            raise self.wrong(f"{word!r} stands where {expected} is expected: {', '.join(kind)}")
        return kind(word)

    def number_of(self, expected: str) -> int:
        word = self.take(expected)
        if not (word.isascii() and word.isdigit()):
            raise self.wrong(f"{word!r} stands where {expected} is expected, a number such as 2")
        return int(word)

    @property
    def rest(self) -> str:
        """What was not taken."""
        return " ".join(self._words[self._taken :])

    def end(self) -> None:
        if self._taken < len(self._words):
            raise self.wrong(f"{self.rest!r} stands where the line should end")

    def wrong(self, problem: str) -> TraceError:
        return TraceError(self.number, f"{problem} ({self._line!r})")


def _parse_line(number: int, line: str) -> Happening:
    words = _Words(number, line)
    whose = words.take("@ and the number of a node")
    if not (whose[0] == "@" and whose[1:].isascii() and whose[1:].isdigit()):
        raise words.wrong(f"{whose!r} stands where @ and the number of a node are expected, such as @1")
    verb = words.take("a verb")
    kind = _VERBS.get(verb)
    if kind is None:
        raise words.wrong(f"{verb!r} stands where a verb is expected: {', '.join(_VERBS)}")
    node = int(whose[1:])
    if (node == 0) is not (kind is Crash):
        raise words.wrong(f"{verb} is said of {'the daemon, @0' if kind is Crash else 'a node, from @1 on'}")
    values = {name: _READERS[typ](words) for name, typ in _WORDS[verb]}
    words.end()
    return kind(**values, node=node, line=number)


def _heard(words: _Words) -> Heard:
    if words.rest.isdigit():
        return Heard(None, words.number_of("the number of a session"))
    packet = _packet(words)
    return Heard(packet.what, packet.session)


def _packet(words: _Words) -> Packet:
    known: dict[str, Command | Other] = {
        **{each.value: each for each in Command},
        **{each.value: each for each in Other},
    }
    expected = f"what is under way ({', '.join(known)})"
    word = words.take(expected)
    if word not in known:
        raise words.wrong(f"{word!r} stands where {expected} is expected")
    return Packet(known[word], words.number_of("the number of a session"))


_READERS: Mapping[type, Callable[[_Words], object]] = {
    Ask: lambda words: words.one_of(Ask, "what is asked"),
    Command: lambda words: words.one_of(Command, "a command"),
    Power: lambda words: words.one_of(Power, "a power"),
    int: lambda words: words.number_of("the number of a session"),
    str: lambda words: words.take("a name of the spec"),
    Packet: _packet,
    Heard: _heard,
}
