"""Tales for the judge of simulations: records made by hand, one happening after the other.

A tale keeps books of what is on disk and of what machines do, so that each step is one call; every call may be
left out, moved or bent to tell of a daemon that does not do its part.
"""

from collections import Counter
from dataclasses import replace
from typing import Any

from powerfsm.bmc import Bmc
from powerfsm.journal import Entry
from powerfsm.node import Node, Policy
from powerfsm.operation import Operation, Status
from powerfsm.power import Ask, Command, Power
from powerfsm.simulation.judge import Violation, judge
from powerfsm.simulation.plan import Deed, NodePlan, Plan
from powerfsm.simulation.record import (
    Answered,
    Asked,
    Began,
    Committed,
    Did,
    Died,
    End,
    Ended,
    Happening,
    Heard,
    Phase,
    Record,
    Seen,
    Sent,
    Serving,
    Turned,
    Unanswered,
)
from powerfsm.store.batch import SessionInUse

SETTLED = 3.1
"""Seconds after which a machine has acted on what it was sent."""

DEAD = 100.1
"""Seconds after which nothing of a session can live."""


class Tale:
    """What happens, told step by step.

    Attributes:
        now: The time, in seconds.
        nodes: On disk.
        operations: On disk.
        power: As it really is.
        session: The session of ours that was opened last, by node.
    """

    def __init__(self, *nodes: NodePlan, **plan: Any) -> None:
        """Begin with a process that serves these nodes, or one node `n`; nobody has asked anything yet."""
        nodes = nodes or (NodePlan(name="n"),)
        self.plan = Plan(scenario="tale", seed=1, chaos=1000, nodes=nodes, **plan)
        self.now = 0.0
        self.power = {node.name: node.power for node in nodes}
        self.nodes: dict[str, Node] = {}
        self.operations: dict[int, Operation] = {}
        self.session: dict[str, int] = {}
        self.restless = ""
        self.journal: list[Entry] = []
        self._story: list[Happening] = []
        self._on_record: dict[tuple[str, int], SessionInUse] = {}
        self._open: dict[tuple[str, int], None] = {}
        self._process = 0
        self._requests = 0
        self._sessions = 100
        for node in nodes:
            self.see(node.name, "started", power=node.power)
            policy = Policy(drift=node.drift, ranking=node.ranking, group=node.rack)
            fresh = Node(node.name, Bmc(f"192.0.2.{len(self.nodes)}", 623, "all"), policy, state=node.power.value)
            self.nodes[node.name] = replace(fresh, observed=node.power, observed_at=0.0)
        self.start()

    # Processes.

    def start(self, *, serve: bool = True) -> None:
        """The next process starts."""
        self._process += 1
        left = tuple(each for each in self.operations.values() if not each.status.ended)
        sessions = tuple(self._on_record.values())
        self.tell(Began(self.now, self._process, tuple(self.nodes.values()), left, sessions))
        for each in left:
            self.commit(self.node(each.node, state="powering-on" if each.ask is Ask.ON else "powering-off"))
        if serve:
            self.serve()

    def serve(self) -> None:
        """It accepts requests."""
        self.tell(Serving(self.now, self._process))

    def die(self, how: End = End.KILLED, why: str = "") -> None:
        """It comes to its end."""
        self.tell(Died(self.now, self._process, how, why))

    # The disk.

    def node(self, name: str = "n", **changes: Any) -> Node:
        """The next version of a node."""
        return replace(self.nodes[name], **changes)

    def commit(self, *changed: Node | Operation, opened: tuple[SessionInUse, ...] = ()) -> None:
        """Something becomes durable."""
        nodes = tuple(each for each in changed if isinstance(each, Node))
        operations = tuple(each for each in changed if isinstance(each, Operation))
        self.nodes.update({node.name: node for node in nodes})
        self.operations.update({operation.id: operation for operation in operations})
        self._on_record.update({(each.node, each.id): each for each in opened})
        self.tell(Committed(self.now, self._process, nodes, operations, opened, (), ()))

    def off_record(self, session: int, node: str = "n") -> None:
        """A session is taken off the record."""
        del self._on_record[node, session]
        self.tell(Committed(self.now, self._process, (), (), (), ((node, session),), ()))

    # Requesters.

    def asks(self, ask: Ask, node: str = "n", *, by: str = "ann") -> int:
        """Somebody asks; gives the number of his request."""
        self.tell(Asked(self.now, self._requests, 1, by, (node,), ask))
        self._requests += 1
        return self._requests - 1

    def asks_again(self, number: int, attempt: int = 2) -> None:
        """He asks again."""
        before = next(each for each in self._story if isinstance(each, Asked) and each.number == number)
        self.tell(replace(before, at=self.now, attempt=attempt))

    def answer(self, number: int, *operations: Operation, attempt: int = 1) -> None:
        """He is answered."""
        self.tell(Answered(self.now, number, attempt, self._process, operations))

    def refuse(
        self, number: int, why: str, told: str = "ask again", *, last: bool = True, attempt: int = 1
    ) -> None:
        """He is refused, or not answered."""
        self.tell(Unanswered(self.now, number, attempt, why, told, last))

    def begin(self, ask: Ask, node: str = "n", *, status: Status = Status.IN_PLAY, by: str = "ann") -> Operation:
        """A new operation, not durable yet."""
        known = self.nodes[node]
        generation = known.generation + (ask.desired is not known.desired)
        return Operation(len(self.operations) + 1, node, ask, generation, status, self.now, by)

    def put_in_play(self, ask: Ask, node: str = "n") -> Operation:
        """Somebody asks a node at rest; it is durable, and he is answered."""
        number = self.asks(ask, node)
        operation = self.begin(ask, node)
        driven = self._driven(operation)
        self.commit(operation, driven)
        self.answer(number, operation)
        return operation

    def put_waiting(self, ask: Ask, node: str = "n", *, cancels: bool) -> Operation:
        """Somebody asks a node that is driven, for something else."""
        number = self.asks(ask, node)
        operation = self.begin(ask, node, status=Status.WAITING)
        state = "cancelling" if cancels else self.nodes[node].state
        wished = {"desired": ask.desired, "generation": operation.generation}
        self.commit(operation, self.node(node, state=state, waiting=operation.id, **wished))
        self.answer(number, operation)
        return operation

    def hand_over(self, ended: Operation, following: Operation) -> Operation:
        """What was in play ends superseded, and what waits is in play."""
        promoted = replace(following, status=Status.IN_PLAY)
        self.commit(self.ended(ended, Status.SUPERSEDED), promoted, replace(self._driven(promoted), waiting=None))
        return promoted

    def _driven(self, operation: Operation) -> Node:
        goal = operation.ask.legs[0]
        return self.node(
            operation.node,
            state=f"powering-{goal}",
            desired=operation.ask.desired,
            generation=operation.generation,
            in_play=operation.id,
        )

    def ended(self, operation: Operation, status: Status, reason: str = "as it was read") -> Operation:
        """An operation, ended."""
        return replace(self.operations[operation.id], status=status, reason=reason, ended_at=self.now)

    def succeed(self, operation: Operation, **changes: Any) -> None:
        """It succeeds, and its node is at rest."""
        goal = operation.ask.legs[-1]
        state = "ready" if operation.ask is Ask.READY else goal.value
        rest = {"in_play": None, "observed": goal, "observed_at": self.now, "drifted": False, "state": state}
        self.commit(self.ended(operation, Status.SUCCEEDED), self.node(operation.node, **{**rest, **changes}))

    def fail(self, operation: Operation, reason: str = "n: BMC 192.0.2.0: unreachable; check the network") -> None:
        """It fails."""
        self.commit(
            self.ended(operation, Status.FAILED, reason),
            self.node(operation.node, state="error", in_play=None, trouble=reason),
        )

    def read_by_sweep(self, node: str = "n", **changes: Any) -> None:
        """What the sweep has read is durable."""
        seen = {"observed": self.power[node], "observed_at": self.now}
        self.commit(self.node(node, **{**seen, **changes}))

    def is_told(self, operation: Operation) -> None:
        """Whoever waits is told the end of an operation."""
        self.tell(Ended(self.now, self._process, operation))

    # The wire and the BMC.

    def see(self, node: str, event: str, **fields: Any) -> None:
        """The simulator's log tells something."""
        self.tell(Seen(self.now, {"t": self.now, "node": node, "event": event, **fields}))

    def fault(self, kind: str, node: str = "n", **fields: Any) -> None:
        """A fault strikes."""
        self.see(node, "fault", kind=kind, **fields)

    def open(self, node: str = "n", *, command: Command | None = None, record: bool = True) -> int:
        """A session is opened, and put on record."""
        self._sessions += 1
        number = self.session[node] = self._sessions
        self._open[node, number] = None
        self.see(node, "session-opened", session=number, user="admin")
        if record:
            self.commit(opened=(SessionInUse(node, number, command, self.now),))
        return number

    def send(self, what: str, node: str = "n", *, session: int | None = None, carrier: int | None = None) -> None:
        """A datagram leaves the daemon."""
        number = session or self.session[node]
        self.tell(Sent(self.now, self._process, node, what, number, carrier or number))

    def hear(self, what: str, node: str = "n", *, session: int | None = None, carrier: int | None = None) -> None:
        """The answer to one comes to it."""
        number = session or self.session[node]
        self.tell(Heard(self.now, self._process, node, what, number, carrier or number))

    def accept(self, what: str, node: str = "n", *, session: int | None = None) -> None:
        """The BMC accepts a command."""
        self.see(node, "command", command=what, session=session or self.session[node])

    def go(self, power: Power, node: str = "n", *, cause: str = "command", session: int | None = None) -> None:
        """The power changes."""
        self.power[node] = power
        ours = {"session": session or self.session[node]} if cause in ("command", "latch", "soft-off") else {}
        self.see(node, "power", to=power.value, cause=cause, **ours)

    def command(self, what: str, node: str = "n", *, act: bool = True) -> None:
        """A command is sent, accepted and answered, and acts where the power is not so."""
        self.send(what, node)
        self.accept(what, node)
        goal = Command(what).direction
        if act and self.power[node] is not goal:
            self.go(goal, node)
        self.hear(what, node)

    def read(self, node: str = "n") -> None:
        """The power is asked for, and told."""
        self.wait(0.1)
        self.send("status", node)
        self.hear("status", node)

    def closed(self, session: int, node: str = "n", *, by: str = "own") -> None:
        """The BMC closes a session."""
        del self._open[node, session]
        self.see(node, "session-closed", session=session, by=by)

    def close(self, node: str = "n", *, session: int | None = None, carrier: int | None = None) -> None:
        """A session is closed, and the close is answered."""
        number = session or self.session[node]
        self.send("close", node, session=number, carrier=carrier)
        if (node, number) in self._open:
            self.closed(number, node)
        self.hear("close", node, session=number, carrier=carrier)
        if (node, number) in self._on_record:
            self.off_record(number, node)

    def fence(self, session: int, node: str = "n") -> None:
        """A session is closed by its id, from another one."""
        carrier = self.open(node, record=False)
        self.close(node, session=session, carrier=carrier)
        self.close(node, session=carrier)

    # Whole courses.

    def drive(self, *commands: str, node: str = "n") -> None:
        """Settle, open, command, read, close."""
        self.wait(SETTLED)
        self.open(node, command=Command(commands[0]) if commands else None)
        for command in commands:
            self.command(command, node)
        self.read(node)
        self.close(node)

    def carry_out(self, ask: Ask, node: str = "n") -> Operation:
        """A node at rest is asked for something, and it is done as it should be."""
        operation = self.put_in_play(ask, node)
        if ask is Ask.CYCLE:
            self.drive("off", node=node)
            operation = replace(operation, leg=1)
            self.commit(operation, self.node(node, state="powering-on"))
            self.drive("on", node=node)
        else:
            self.drive({Ask.READY: "off"}.get(ask, ask.value), node=node)
        self.succeed(operation)
        return self.operations[operation.id]

    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.now = round(self.now + seconds, 6)

    def do(self, deed: Deed) -> None:
        """A deed of the plan is done."""
        self.tell(Did(self.now, deed))

    def turn(self, phase: Phase) -> None:
        """A part of the simulation begins."""
        self.tell(Turned(self.now, phase))

    def tell(self, happening: Happening) -> None:
        """Something happens."""
        self._story.append(happening)

    # The end.

    def record(self) -> Record:
        """All of it, as it stands now."""
        still: dict[str, list[int]] = {name: [] for name in self.nodes}
        for node, session in self._open:
            still[node].append(session)
        return Record(
            self.plan,
            list(self._story),
            nodes=dict(self.nodes),
            operations=dict(self.operations),
            sessions=tuple(self._on_record.values()),
            journal=self.journal,
            power=dict(self.power),
            open=still,
            restless=self.restless,
        )

    def found(self) -> list[Violation]:
        """What the judge finds in it."""
        return judge(self.record())

    def broken(self) -> dict[int, int]:
        """How often each promise was broken, those that were."""
        return dict(Counter(violation.promise for violation in self.found()))

    def breaks(self, promise: int, *words: str) -> bool:
        """Whether this promise was broken, no other was, and the first violation is told in such words."""
        found = self.found()
        assert {violation.promise for violation in found} == {promise}, found
        assert all(word in found[0].what for word in words), found[0].what
        return True
