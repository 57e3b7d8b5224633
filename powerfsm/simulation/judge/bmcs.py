"""What BMCs and machines really did, and what went over the wire: from the simulator's log and the datagrams.

A session is known here as the BMC knows it: by its id, which a BMC may give again once it is closed.  It is
*fenced* from the answer to a Close Session on that is heard after the BMC has dropped it; a close that the BMC
refuses, or that is not answered, fences nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from powerfsm.operation import Operation
from powerfsm.power import Command, Power
from powerfsm.simulation.judge.disk import Disk
from powerfsm.simulation.judge.listener import Listener
from powerfsm.simulation.judge.times import INSTANT, Times
from powerfsm.simulation.record import Began, Heard, Seen, Sent

COMMANDS: Final = frozenset(map(str, Command))
_OURS: Final = frozenset({"command", "latch", "soft-off"})
_REFUSALS: Final = frozenset({"busy", "busy-after-order", "completion-code", "booting-code"})
_FALSE_CLOSES: Final = frozenset({"completion-code", "session-leak"})
_LIES: Final = frozenset({"wrong-reading", "stale-reading"})


@dataclass(slots=True, eq=False)
class Order:
    """A power command from its first datagram on, its retransmissions included.

    Attributes:
        process: Who sends it.
        session: In which.
        what: Which command.
        at: When the first datagram left.
        operation: What was durably in play then, or None.
        answered: Which moment its answer came at, or 0.
        accepted: How often the BMC has taken it.
        denied: The BMC has refused it, or one of its copies.
    """

    process: int
    session: "Session"
    what: Command
    at: float
    operation: Operation | None
    answered: int = 0
    accepted: int = 0
    denied: bool = False


@dataclass(slots=True, eq=False)
class Session:
    """A session of ours, as its BMC has it.

    Attributes:
        node: Whose BMC.
        id: The BMC's id of it.
        number: How many were opened before it, over all BMCs.
        process: Which process ran when it was opened.
        opened_at: When.
        alive: The BMC takes what comes in it.
        closed_by: Who or what ended it, as the BMC has it.
        used: Something other than a login was sent in it.
        close_sent: Its own process has asked to close it.
        fenced_at: When a close of it was answered that was closed; or None.
        doubted: The BMC has answered closes with what is not so; whether it is fenced cannot be known.
        last_sent: When the last datagram was sent in it.
        orders: Power commands that were sent in it.
        accepted: The moment at which the BMC took the last one, or 0.
        spent: What a soft-off in it can do is done: the power was read off since.
    """

    node: str
    id: int
    number: int
    process: int
    opened_at: float
    alive: bool = True
    closed_by: str = ""
    used: bool = False
    close_sent: bool = False
    fenced_at: float | None = None
    doubted: bool = False
    last_sent: float = 0.0
    orders: list[Order] = field(default_factory=list)
    accepted: int = 0
    spent: bool = False
    asked: list[tuple[float, int]] = field(default_factory=list)
    """When, and at which moments, the power was asked for of late."""

    def harmless_at(self, times: Times, goal: Power | None) -> float:
        """When nothing that was sent in it can undo `goal` any more; None is whatever there is to undo."""
        fenced = self.fenced_at
        if self.doubted:
            return self.opened_at
        if fenced is None:
            return self.last_sent + times.quarantine
        if not self.orders or self.orders[-1].what.direction is goal:
            return fenced
        soft = not self.spent and any(order.what is Command.SOFT_OFF for order in self.orders)
        return fenced + (times.soft_settle if soft else times.settle)

    def over(self, times: Times, at: float) -> bool:
        """Whether it is fenced, or must be dead."""
        return self.doubted or self.fenced_at is not None or at >= self.last_sent + times.quarantine - INSTANT


@dataclass(frozen=True, slots=True)
class Reading:
    """A Get Chassis Status that was answered.

    Attributes:
        process: By whom it was made.
        session: In which session.
        since: The earliest moment at which the BMC can have said it.
        sent_at: When it was last asked for.
        sent: The moment of that.
        at: When the answer came.
        said: What the BMC can have said: one of these.
    """

    process: int
    session: Session
    since: int
    sent_at: float
    sent: int
    at: float
    said: frozenset[Power]


@dataclass(slots=True, eq=False)
class Bmc:
    """A BMC with its machine.

    Attributes:
        power: What the power is.
        sessions: All that had an id, oldest first, by that id.
        live: Those that it has open.
        commanded: Those in which commands were sent, until nothing of them can act any more.
        order: The last power command that was sent to it.
        reading: The last one that came to an end.
        meddled: The last moment at which somebody else changed the power.
        was: The last moment at which the power was on, and off.
        lied: The last moment at which it was made to tell a power that may not be so.
        troubled_at: When something last went wrong with it, or with a datagram to or from it.
        silent_at: When it was last made to fall silent.
    """

    power: Power
    sessions: dict[int, list[Session]] = field(default_factory=dict)
    live: list[Session] = field(default_factory=list)
    commanded: list[Session] = field(default_factory=list)
    order: Order | None = None
    reading: Reading | None = None
    meddled: int = 0
    was: dict[Power, int] = field(default_factory=dict)
    lied: int = 0
    troubled_at: float = float("-inf")
    silent_at: float = float("-inf")

    def said_since(self, moment: int) -> frozenset[Power]:
        """What it can have said about the power from that moment until now."""
        if self.lied >= moment:
            return frozenset(Power)
        return frozenset(power for power in Power if self.power is power or self.was.get(power, 0) >= moment)


@dataclass(frozen=True, slots=True)
class Taken:
    """A BMC has accepted a power command; `order` is what was sent, if that is known."""

    session: Session
    what: str
    order: Order | None


@dataclass(frozen=True, slots=True)
class Effect:
    """The power has changed.

    Attributes:
        power: To what.
        session: By what was sent in it; None where it was somebody else's doing, or nobody can be blamed.
    """

    power: Power
    session: Session | None


class Bmcs(Listener):
    """Follows all BMCs.

    Attributes:
        moment: Grows with every happening that is followed.
        taken: What the last event of the simulator's log was: a command that was accepted, or None.
        effect: Or a change of power, or None.
        opened: Or a session that was opened, or None.
        begun: The power command that the last datagram was the first one of, or None.
        previous: The last power command of that node before it, or None.
        left: The sessions that the process which runs has found on record, by node.
    """

    def __init__(self, times: Times, disk: Disk, *, tardy: bool) -> None:
        """Know of nothing yet; where machines are `tardy`, nobody is blamed for what they do late."""
        self.moment = 0
        self.taken: Taken | None = None
        self.effect: Effect | None = None
        self.opened: Session | None = None
        self.begun: Order | None = None
        self.previous: Order | None = None
        self.left: dict[str, list[Session]] = {}
        self._opened = 0
        self._times = times
        self._disk = disk
        self._tardy = tardy
        self._bmcs: dict[str, Bmc] = {}

    def __getitem__(self, node: str) -> Bmc:
        """The BMC of a node."""
        return self._bmcs[node]

    def __iter__(self) -> Iterator[tuple[str, Bmc]]:
        """All of them with their nodes' names."""
        return iter(self._bmcs.items())

    def began(self, happening: Began) -> None:
        self.left = {}
        for each in happening.sessions:
            for session in self._bmcs[each.node].sessions.get(each.id, ())[-1:]:
                self.left.setdefault(each.node, []).append(session)
                # What a dead process has heard its successor does not know: the fence counts from here on.
                session.fenced_at = None

    def seen(self, happening: Seen) -> None:
        self.moment += 1
        self.taken = self.effect = self.opened = None
        event, at = happening.event, happening.at
        node = str(event["node"])
        if event["event"] == "started":
            self._bmcs[node] = Bmc(Power(event["power"]))
            return
        bmc = self._bmcs[node]
        match event["event"]:
            case "session-opened":
                self._open(node, bmc, int(event["session"]), at)
            case "session-closed":
                for session in bmc.sessions.get(int(event["session"]), ())[-1:]:
                    self._drop(bmc, session, str(event["by"]))
            case "command":
                self._take(bmc, int(event["session"]), str(event["command"]))
            case "power":
                self._change(bmc, Power(event["to"]), event)
            case "fault":
                self._fail(bmc, event, at)
            case "refused" | "dropped":
                bmc.troubled_at = at
                if event["event"] == "refused" and "session" in event:
                    self._deny(bmc)

    def sent(self, happening: Sent) -> None:
        self.moment += 1
        self.begun = None
        bmc = self._bmcs[happening.node]
        carrier = self._session(bmc, happening.carrier)
        if happening.what == "close":
            for session in bmc.sessions.get(happening.session, ()):
                session.close_sent |= session.process == happening.process
        if carrier is None:
            return
        carrier.used = True
        carrier.last_sent = happening.at
        if happening.what == "status":
            carrier.asked.append((happening.at, self.moment))
        elif happening.what in COMMANDS:
            self._command(bmc, carrier, happening)

    def heard(self, happening: Heard) -> None:
        self.moment += 1
        bmc = self._bmcs[happening.node]
        if happening.what == "close":
            for session in bmc.sessions.get(happening.session, ()):
                if not session.alive and session.fenced_at is None:
                    session.fenced_at = happening.at
            return
        carrier = self._session(bmc, happening.carrier)
        if carrier is None:
            return
        if happening.what == "status":
            self._read(bmc, carrier, happening)
        for order in carrier.orders[-1:]:
            if order.what == happening.what and order.process == happening.process and not order.answered:
                order.answered = self.moment

    def _session(self, bmc: Bmc, number: int) -> Session | None:
        known = bmc.sessions.get(number)
        return known[-1] if known else None

    def _open(self, node: str, bmc: Bmc, number: int, at: float) -> None:
        session = self.opened = Session(node, number, self._opened, self._disk.process, at, last_sent=at)
        self._opened += 1
        bmc.sessions.setdefault(number, []).append(session)
        bmc.live.append(session)

    def _drop(self, bmc: Bmc, session: Session, by: str) -> None:
        session.alive = False
        session.closed_by = session.closed_by or by
        if session in bmc.live:
            bmc.live.remove(session)

    def _command(self, bmc: Bmc, session: Session, sent: Sent) -> None:
        last = session.orders[-1] if session.orders else None
        if last is not None and last.what == sent.what and last.process == sent.process and not last.answered:
            return
        operation = self._disk.in_play(sent.node)
        order = Order(sent.process, session, Command(sent.what), sent.at, operation)
        session.orders.append(order)
        if session not in bmc.commanded:
            bmc.commanded.append(session)
        self.begun, self.previous = order, bmc.order
        bmc.order = order

    def _take(self, bmc: Bmc, number: int, what: str) -> None:
        session = next((each for each in bmc.live if each.id == number), None)
        if session is None:
            return
        order = next((order for order in reversed(session.orders) if order.what == what), None)
        if order is not None:
            order.accepted += 1
        session.accepted = self.moment
        self.taken = Taken(session, what, order)

    def _change(self, bmc: Bmc, power: Power, event: Mapping[str, object]) -> None:
        bmc.was[bmc.power] = self.moment
        bmc.power = power
        number = event.get("session")
        session: Session | None = None
        if event["cause"] in _OURS and isinstance(number, int) and not self._tardy:
            session = next((each for each in reversed(bmc.sessions.get(number, ())) if each.accepted), None)
        # Whoever was told a lie about a soft-off may think that it is done.
        if session is not None and event["cause"] == "soft-off" and bmc.lied > session.accepted:
            session = None
        if session is None:
            bmc.meddled = self.moment
        self.effect = Effect(power, session)

    def _fail(self, bmc: Bmc, event: Mapping[str, object], at: float) -> None:
        kind = event["kind"]
        bmc.troubled_at = at
        if kind in _LIES:
            bmc.lied = self.moment
        elif kind in ("reboot", "hang", "death-on-repeat"):
            bmc.silent_at = at
        if kind in _REFUSALS and event.get("step") == "chassis-control":
            self._deny(bmc)
        if kind in _FALSE_CLOSES and event.get("step") == "close-session":
            for each in bmc.live:
                each.doubted = True

    def _deny(self, bmc: Bmc) -> None:
        if bmc.order is not None:
            bmc.order.denied = True

    def _read(self, bmc: Bmc, session: Session, heard: Heard) -> None:
        # One request, with its retransmissions, takes no longer; which of them was answered is not known.
        asked = [each for each in session.asked if each[0] >= heard.at - self._times.answer - INSTANT]
        session.asked = asked
        if not asked:
            return
        if bmc.reading is not None and session.number < bmc.reading.session.number:
            # A late copy, of a session that is over.
            return
        since, (last_at, last) = asked[0][1], asked[-1]
        said = bmc.said_since(since)
        bmc.reading = Reading(heard.process, session, since, last_at, last, heard.at, said)
        if Power.OFF in said:
            for each in bmc.commanded:
                each.spent = True
