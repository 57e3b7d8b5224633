"""The real core of the registry (decisions, draft, fleet), held after every event against a second opinion.

What is told, the core decides and the reference (`node_reference`) works out for itself; they have to agree about
everything that can be seen: state, desired, generation, reading, operations and how they end, what starts and what
is cancelled, and what the journal says.  What must hold whatever was told is held besides.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product

from node_reference import Known, Outcome, after, can_be
from powerfsm.actions.ledger import Facts
from powerfsm.bmc import Bmc
from powerfsm.journal import Kind
from powerfsm.node import Drift, Node, Policy
from powerfsm.operation import Operation, Status
from powerfsm.power import Ask, Power
from powerfsm.registry.decisions import Decisions
from powerfsm.registry.draft import Draft
from powerfsm.registry.fleet import Fleet
from powerfsm.spec import Ranking, Spec, Step
from powerfsm.store.batch import Snapshot

KINDS = {"taken": "transition", "ignored": "ignored", "rejected": "rejected"}


@dataclass(frozen=True)
class Telling:
    """One event as it is told: what is asked, what was read."""

    event: str
    ask: str = ""
    reading: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, (self.event, self.ask)))


def tellings(known: Known, event: str) -> list[Telling]:
    """The ways to tell an event of a node; none where the world cannot tell it now."""
    if not can_be(known, event):
        return []
    match event:
        case "request":
            return [Telling(event, ask=str(ask)) for ask in Ask]
        case "read-on" | "read-off":
            return [Telling(event, reading=event.removeprefix("read-"))]
        case "confirmed" | "turned":
            return [Telling(event, reading="off" if known.in_play is None else known.in_play.goal)]
        case _:
            return [Telling(event)]


class Core:
    """A fleet in memory, a draft that is open on it, and what the reference holds of both.

    Args:
        decisions: The machine `node`, with the code behind it.
        snapshot: What the fleet is made of.
        known: The same, as the reference has it.

    Attributes:
        known: Of the draft that is open.
    """

    def __init__(self, decisions: Decisions, snapshot: Snapshot, known: Mapping[str, Known]) -> None:
        self.fleet = Fleet(snapshot)
        self.known = dict(known)
        self._decisions = decisions
        self._committed = dict(known)
        self._ended: set[int] = set()
        self._now = max([1000.0, *(node.observed_at or 0.0 for node in snapshot.nodes)])
        self._draft = Draft(self.fleet, self._now)

    def tell(self, name: str, telling: Telling) -> Outcome:
        """Tell both, and compare."""
        self._now += 1
        draft, node, known = self._draft, self._node(name), self.known[name]
        draft.now = self._now
        due = after(
            known,
            telling.event,
            ask=telling.ask,
            reading=telling.reading,
            at=self._now,
            fresh=draft.last_operation + 1,
        )
        live, journal, last = len(draft.live), len(draft.batch.journal), draft.last_operation
        already = self._ends()
        step, operation = self._decisions.decide(draft, node, telling.event, self._facts(telling))
        self.known[name] = due.known
        assert step.kind == KINDS[due.kind]
        assert self._picture(name) == _picture(due.known)
        assert draft.live[live:] == [(effect, name) for effect in due.live]
        ends = {number: each for number, each in self._ends().items() if number not in already}
        assert {number: str(each.status) for number, each in ends.items()} == due.ends
        assert all(each.reason and each.ended_at == self._now for each in ends.values())
        for number in range(last + 1, draft.last_operation + 1):
            begun = draft.operation(number)
            assert (begun.generation, begun.asked_at) == (due.known.generation, self._now)
        assert (None if operation is None else operation.id) == due.answer
        assert ("answer" in step.effects) == (due.answer is not None)
        self._hold_journal(journal, step)
        self._hold_promises(node, self._node(name), telling, operation)
        return due

    def commit(self) -> None:
        """Make the draft the present."""
        batch = self._draft.batch
        for number, operation in batch.operations.items():
            assert number not in self._ended, "an operation ends once"
            if operation.status.ended:
                self._ended.add(number)
        self._draft.publish()
        self._committed = dict(self.known)
        held = {
            id_ for node in self.fleet.nodes.values() for id_ in (node.in_play, node.waiting) if id_ is not None
        }
        assert held == set(self.fleet.operations)
        self._draft = Draft(self.fleet, self._now)

    def throw_away(self) -> None:
        """The draft cannot be committed: everything is as it was."""
        self.known = dict(self._committed)
        self._draft = Draft(self.fleet, self._now)

    def crash(self) -> None:
        """Only what is committed is left, and recovery takes it up in one draft."""
        self.throw_away()
        self.fleet = Fleet(self.snapshot())
        self._draft = Draft(self.fleet, self._now)
        for name, known in self._committed.items():
            if known.in_play is not None:
                self.tell(name, Telling("restarted"))
                self.tell(name, Telling("recover"))
        self.commit()

    def treat(self, name: str, policy: Policy) -> None:
        """Give a node at rest another policy."""
        self._draft.put(replace(self._node(name), policy=policy))
        self.known[name] = replace(self.known[name], ranking=policy.ranking, drift=str(policy.drift))

    def snapshot(self) -> Snapshot:
        """What is committed."""
        fleet = self.fleet
        return Snapshot(
            list(fleet.nodes.values()), list(fleet.operations.values()), [], fleet.last_operation, fleet.last_seq
        )

    def _facts(self, telling: Telling) -> Facts:
        match telling.event:
            case "request":
                return Facts(ask=Ask(telling.ask), asked_by="somebody")
            case "confirmed":
                return Facts(reading=Power(telling.reading), read_at=self._now, reason="read after 1 attempt")
            case "turned" | "read-on" | "read-off":
                return Facts(reading=Power(telling.reading), read_at=self._now)
            case "gave-up":
                return Facts(reason="it was tried in vain")
            case _:
                return Facts()

    def _node(self, name: str) -> Node:
        node = self._draft.node(name)
        assert node is not None
        return node

    def _ends(self) -> dict[int, Operation]:
        return {number: each for number, each in self._draft.batch.operations.items() if each.status.ended}

    def _picture(self, name: str) -> dict[str, object]:
        node = self._node(name)
        works = [
            None if number is None else self._draft.operation(number) for number in (node.in_play, node.waiting)
        ]
        return {
            "state": node.state,
            "desired": None if node.desired is None else str(node.desired),
            "generation": node.generation,
            "observed": None if node.observed is None else str(node.observed),
            "read at": node.observed_at,
            "drifted": node.drifted,
            "trouble": node.trouble is not None,
            "works": [None if each is None else (each.id, str(each.ask), each.leg, each.status) for each in works],
        }

    def _hold_journal(self, begun: int, step: Step) -> None:
        entries = self._draft.batch.journal[begun:]
        first = entries[0]
        assert first.kind is Kind.TRANSITION
        assert (first.event, first.before) == (step.event, step.before)
        assert first.after == (step.after if step.kind == "transition" else None)
        assert (step.kind in first.detail) == (step.kind != "transition")
        assert [entry.event for entry in entries[1:]] in ([], ["next"])
        assert [entry.seq for entry in entries] == list(range(first.seq, first.seq + len(entries)))

    def _hold_promises(self, before: Node, node: Node, telling: Telling, answer: Operation | None) -> None:
        machine = self._decisions.machine
        recovering = node.state == "unknown"
        assert (node.in_play is None) == (machine.kind(node.state) == "resting") or recovering
        assert node.waiting is None or node.in_play is not None, "who waits, waits for somebody"
        assert (node.generation - before.generation) == (node.desired is not before.desired)
        assert telling.event == "request" or node.policy.drift is Drift.ADOPT or node.desired is before.desired
        if telling.event == "request":
            assert answer is not None, "whoever asks gets an operation"
            assert answer.ask is Ask(telling.ask)
            assert not answer.status.ended
        declared = machine.declares(node.state)
        if declared is not None and node.in_play is None and not node.drifted:
            assert node.observed is declared
            assert node.desired is None or node.desired.power is declared
        if node.state == "ready" and before.state != "ready":
            assert (node.observed, node.observed_at) == (Power.OFF, self._now), "ready only after a reading of off"
        if node.state != before.state and declared is not None:
            assert node.observed_at == self._now, "nothing is declared but what was read just now"


def _picture(known: Known) -> dict[str, object]:
    statuses = (Status.IN_PLAY, Status.WAITING)
    works = [
        None if work is None else (work.number, work.ask, work.leg, status)
        for work, status in zip((known.in_play, known.waiting), statuses, strict=True)
    ]
    return {
        "state": known.state,
        "desired": known.desired,
        "generation": known.generation,
        "observed": known.observed,
        "read at": known.read_at,
        "drifted": known.drifted,
        "trouble": known.gave_up,
        "works": works,
    }


FIRST_COME = Ranking(
    "first-come", "Nothing is cancelled by what comes later.", {ask: frozenset[Ask]() for ask in Ask}
)
"""A table that no spec ships: under it an off waits behind an on, which under the others it never does."""

POLICIES = [
    Policy(drift=drift, ranking=ranking)
    for ranking, drift in product(("off-outranks-on", "latest-wins", "first-come"), Drift)
]


def decisions_of(spec: Spec) -> Decisions:
    """The core's decisions by a spec, with one more ranking table."""
    return Decisions(replace(spec, rankings={**spec.rankings, FIRST_COME.name: FIRST_COME}))


def known_of(policy: Policy) -> Known:
    """A node that was never read and never asked for anything."""
    return Known(policy.ranking, str(policy.drift))


def new_fleet(names: Mapping[str, Policy]) -> Snapshot:
    """Nodes that were never read and never asked for anything."""
    return Snapshot([Node(name, Bmc(name), policy) for name, policy in names.items()], [], [], 0, 0)


def explore(spec: Spec) -> Iterator[Known]:
    """Tell every event in every situation that a node can come into, each once; gives the situations.

    Two situations that agree in all that decides about what can follow (`Known.situation`) are one.

    Raises:
        AssertionError: Core and reference disagree; says by which way they came there.
    """
    decisions = decisions_of(spec)
    for policy in POLICIES:
        yield from _explore(decisions, policy)


def _explore(decisions: Decisions, policy: Policy) -> Iterator[Known]:
    first = known_of(policy)
    due = deque([(first, new_fleet({"n1": policy}), "")])
    seen = {first.situation}
    while due:
        known, snapshot, way = due.popleft()
        yield known
        for event in decisions.machine.events:
            for telling in tellings(known, event):
                core = Core(decisions, snapshot, {"n1": known})
                further = f"{way}, {telling}" if way else str(telling)
                try:
                    core.tell("n1", telling)
                    core.commit()
                except Exception as error:
                    raise AssertionError(f"{policy.ranking}, {policy.drift}: {further}: {error}") from error
                if core.known["n1"].situation not in seen:
                    seen.add(core.known["n1"].situation)
                    due.append((core.known["n1"], core.snapshot(), further))
