"""The judge: reads what really happened, and perhaps what a requester claims, and trusts neither's author.

It knows nothing about any program that drives BMCs.  From the event log alone:

1. **overlaps**: a power command was accepted in one session while another session that had carried one was
   still open, or commands of opposite direction were accepted in one session;
4. **unclosed**: sessions that are open at the end.

A Redfish session is no fence as an IPMI session is: HTTP brings requests once and in order, so a command that came
by that door is over with its answer.  It overlaps with an IPMI session that had carried a command and was still
open, and with nothing else; such a session, where there is one, has to be closed all the same.

With the claims of a requester, JSON lines such as these, `t` on the same clock as the log's:

    {"t": 5120.25, "node": "n7", "asked": "on", "id": "a1"}       before the request is sent
    {"t": 5123.50, "node": "n7", "declared": "on", "id": "a1"}    when success has been told

2. **contradictions**: the power was not as declared at that instant, or a command was accepted or the power
   changed contrary to it before the next request for that node;
3. **elsewhere**: nodes that ended otherwise than last asked.

`id` says which request a declaration answers.  It is not judged where an opposite request was made in the
meantime (or one with `"way"`: `cycle` or `reset`): the success told is then true of the past.  Without `id`
the latest request is meant.  Requests for one node have to be made one after the other, or there is no last.

What operators do (`press_power_button`, mains), and the machine by itself, contradicts nobody; it ends what was
declared.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bmcsim.machine import Cause, Order, Power
from bmcsim.records import Claim, UnreadableError

_DIRECTION = {
    Order.ON: Power.ON,
    Order.CYCLE: Power.ON,
    Order.OFF: Power.OFF,
    Order.SOFT_OFF: Power.OFF,
}
"""Where a command leads; reset and diagnostic interrupt lead nowhere."""

_CONTRARY = {
    Power.ON: frozenset(Order) - {Order.ON},
    Power.OFF: frozenset({Order.ON, Order.CYCLE, Order.BUTTON}),
}
"""What nobody sends to a node that was declared to be so."""

_REDFISH = "redfish"
"""The door of a command that is over with its answer."""

_BY_HAND = frozenset({Cause.OPERATOR, Cause.MAINS, Cause.SYSTEM})
_DISTURBING_WAYS = frozenset({"cycle", "reset"})


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that must not be.

    Attributes:
        t: When, in seconds on the log's clock.
        node: Where.
        what: What, in one sentence.
    """

    t: float
    node: str
    what: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came out.

    Attributes:
        nodes: How many BMCs the log has.
        requests: How many requests were claimed.
        declared: How many declarations were judged.
        outdated: How many were not, as an opposite request had been made before they were told.
        by_hand: How often an operator or the mains changed the power.
        commands: Power commands accepted, by node.
        duplicates: How many of them came in a duplicated datagram.
        overlaps: Violations of 1.
        contradictions: Violations of 2.
        elsewhere: Violations of 3.
        unclosed: Violations of 4.
    """

    nodes: int
    requests: int
    declared: int
    outdated: int
    by_hand: int
    commands: Mapping[str, int]
    duplicates: int
    overlaps: tuple[Violation, ...]
    contradictions: tuple[Violation, ...]
    elsewhere: tuple[Violation, ...]
    unclosed: tuple[Violation, ...]

    @property
    def holds(self) -> bool:
        """Whether there is no violation."""
        return not (self.overlaps or self.contradictions or self.elsewhere or self.unclosed)


def judge(events: Iterable[Mapping[str, Any]], claims: Iterable[Claim] = ()) -> Verdict:
    """Judge a log, with the claims of whoever drove the BMCs.

    Raises:
        UnreadableError: Events or claims make no sense, or there is nothing to judge.
    """
    court = Court()
    court.take(events, claims)
    return court.verdict()


@dataclass(slots=True)
class _Session:
    opened: float
    commands: list[Order] = field(default_factory=list)


@dataclass(slots=True)
class _Node:
    """What is known of one node while the records pass by."""

    power: Power
    sessions: dict[int, _Session] = field(default_factory=dict)
    asks: list[Claim] = field(default_factory=list)
    declared: Power | None = None
    changed_by: str = "nothing"
    commands: int = 0

    def overtaken(self, declaration: Claim) -> bool:
        """Whether a request that undoes what is declared was made after the one it answers."""
        asks = self.asks
        if declaration.id is None:
            asks = asks[-1:]
        else:
            ids = [ask.id for ask in asks]
            if declaration.id not in ids:
                raise UnreadableError(
                    f"at {declaration.t}: {declaration.node} declared for request {declaration.id!r}, never made"
                )
            first = ids.index(declaration.id)
            if any(ask.way in _DISTURBING_WAYS for ask in asks[first + 1 :]):
                return True
            asks = asks[first:]
        return any(ask.power is not declaration.power for ask in asks)


class Court:
    """Judges a log that is still being written: part by part, with a verdict on all so far after each."""

    def __init__(self) -> None:
        self._nodes: dict[str, _Node] = {}
        self._end = -math.inf
        self._requests = 0
        self._declared = 0
        self._outdated = 0
        self._by_hand = 0
        self._duplicates = 0
        self._overlaps: list[Violation] = []
        self._contradictions: list[Violation] = []

    def take(self, events: Iterable[Mapping[str, Any]], claims: Iterable[Claim] = ()) -> None:
        """Take the next part of log and claims, all of it later than what was taken before.

        Raises:
            UnreadableError: Events or claims make no sense.
        """
        for record in _in_order(events, claims):
            if isinstance(record, Claim):
                self._hear(record)
            else:
                self._see(record)

    def _see(self, event: Mapping[str, Any]) -> None:
        """Take an event."""
        t, name, what = float(event["t"]), str(event["node"]), event["event"]
        self._end = t
        try:
            if what == "started":
                self._start(t, name, Power(event["power"]))
                return
            node = self._node(name, t)
            if what == "session-opened":
                node.sessions[event["session"]] = _Session(t)
            elif what == "session-closed":
                node.sessions.pop(event["session"], None)
            elif what == "command":
                self._command(t, name, node, event)
            elif what == "power":
                self._power(t, name, node, Power(event["to"]), Cause(event["cause"]))
        except (KeyError, ValueError) as error:
            if isinstance(error, UnreadableError):
                raise
            raise UnreadableError(f"at {t}: {name}: an event {what!r} without a good {error}") from None

    def _hear(self, claim: Claim) -> None:
        """Take a claim."""
        node = self._node(claim.node, claim.t)
        if not claim.declared:
            self._requests += 1
            node.asks.append(claim)
            node.declared = None
            return
        if node.overtaken(claim):
            self._outdated += 1
            return
        self._declared += 1
        node.declared = claim.power
        if node.power is not claim.power:
            self._contradict(claim.t, claim.node, f"was declared {claim.power} while its power was {node.power}")

    def verdict(self) -> Verdict:
        """Pass sentence on what was taken so far.

        Raises:
            UnreadableError: There is nothing to judge.
        """
        if not self._nodes:
            raise UnreadableError("the log has no BMC in it: there is nothing to judge")
        return Verdict(
            nodes=len(self._nodes),
            requests=self._requests,
            declared=self._declared,
            outdated=self._outdated,
            by_hand=self._by_hand,
            commands={name: node.commands for name, node in self._nodes.items()},
            duplicates=self._duplicates,
            overlaps=tuple(self._overlaps),
            contradictions=tuple(self._contradictions),
            elsewhere=tuple(self._elsewhere()),
            unclosed=tuple(self._unclosed()),
        )

    def _node(self, name: str, t: float) -> _Node:
        try:
            return self._nodes[name]
        except KeyError:
            raise UnreadableError(f"at {t}: {name} is mentioned before the log has it started") from None

    def _start(self, t: float, name: str, power: Power) -> None:
        """Have a BMC begin, or begin again: no session outlives that, and a power that differs is by hand."""
        node = self._nodes.get(name)
        if node is None:
            self._nodes[name] = _Node(power)
            return
        node.sessions.clear()
        if node.power is not power:
            self._power(t, name, node, power, Cause.MAINS)

    def _command(self, t: float, name: str, node: _Node, event: Mapping[str, Any]) -> None:
        order = Order(event["command"])
        redfish = event.get("door") == _REDFISH
        session_id = event.get("session") if redfish else event["session"]
        where = f"in session {session_id}" if session_id is not None else "without a session"
        node.commands += 1
        self._duplicates += bool(event.get("duplicate"))
        for other_id, other in node.sessions.items():
            if other_id != session_id and other.commands:
                before = ", ".join(other.commands)
                what = f"took {order} {where} while session {other_id} was open with {before}"
                self._overlaps.append(Violation(t, name, what))
        session = _Session(t) if redfish else node.sessions.setdefault(event["session"], _Session(t))
        direction = _DIRECTION.get(order)
        opposite = [o for o in session.commands if direction and _DIRECTION.get(o, direction) is not direction]
        if opposite:
            what = f"took {order} in session {session_id} after {opposite[-1]} in the same one"
            self._overlaps.append(Violation(t, name, what))
        session.commands.append(order)
        if node.declared is not None and order in _CONTRARY[node.declared]:
            self._contradict(t, name, f"took {order} {where} after it was declared {node.declared}")

    def _power(self, t: float, name: str, node: _Node, power: Power, cause: Cause) -> None:
        node.power = power
        node.changed_by = cause.value
        if cause in _BY_HAND:
            self._by_hand += 1
            node.declared = None
        elif node.declared not in (None, power):
            self._contradict(t, name, f"went {power}, by {cause}, after it was declared {node.declared}")

    def _contradict(self, t: float, name: str, what: str) -> None:
        self._contradictions.append(Violation(t, name, what))

    def _elsewhere(self) -> Iterator[Violation]:
        for name, node in self._nodes.items():
            if node.asks and node.asks[-1].power is not node.power:
                asked = node.asks[-1].power
                what = f"ended {node.power}, last changed by {node.changed_by}, and was last asked to be {asked}"
                yield Violation(self._end, name, what)

    def _unclosed(self) -> Iterator[Violation]:
        for name, node in self._nodes.items():
            for session_id, session in node.sessions.items():
                yield Violation(session.opened, name, f"still had session {session_id} open at the end")


def _in_order(events: Iterable[Mapping[str, Any]], claims: Iterable[Claim]) -> Iterator[Mapping[str, Any] | Claim]:
    """Merge both by time; of one instant requests come before events and declarations after them.

    Within each of the two, records of one instant stay in the order in which they were written.
    """
    waiting = sorted(events, key=lambda event: float(event["t"]))
    heard = 0
    for claim in sorted(claims, key=lambda claim: claim.t):
        while heard < len(waiting) and (
            waiting[heard]["t"] < claim.t or (claim.declared and waiting[heard]["t"] == claim.t)
        ):
            yield waiting[heard]
            heard += 1
        yield claim
    yield from waiting[heard:]
