"""The decisions: guards and durable effects of the machine `node`, by their names in the spec.

This is where coalesce, supersede and wait are decided.  Nothing here does I/O or awaits: a decision reads a
draft and writes into it.  Which guards are asked and which effects follow stands in `spec/power.yaml` alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from powerfsm.actions.ledger import NO_FACTS, Facts
from powerfsm.journal import Kind
from powerfsm.node import Drift, Node
from powerfsm.operation import Operation, Status
from powerfsm.power import Ask, Desired, Power
from powerfsm.registry.draft import Draft
from powerfsm.spec import Machine, Ranking, Spec, Step


class Decision:
    """One event at one node, being decided in a draft.

    The part of the node that decisions change is laid out in fields of its own, and put together again once, in
    `decided`: a storm makes tens of thousands of decisions a second.

    Attributes:
        operation: The operation that the requester gets.
    """

    __slots__ = (
        "desired",
        "draft",
        "drifted",
        "facts",
        "generation",
        "in_play",
        "name",
        "node",
        "observed",
        "observed_at",
        "operation",
        "ranking",
        "trouble",
        "waiting",
    )

    def __init__(self, draft: Draft, node: Node, facts: Facts, ranking: Ranking) -> None:
        self.draft = draft
        self.facts = facts
        self.ranking = ranking
        self.node = node
        self.name = node.name
        self.operation: Operation | None = None
        self.desired = node.desired
        self.generation = node.generation
        self.observed = node.observed
        self.observed_at = node.observed_at
        self.drifted = node.drifted
        self.in_play = None if node.in_play is None else draft.operation(node.in_play)
        self.waiting = None if node.waiting is None else draft.operation(node.waiting)
        self.trouble = node.trouble

    def decided(self, state: str) -> Node:
        """The node as the effects leave it."""
        return Node(
            self.name,
            self.node.bmc,
            self.node.policy,
            state,
            self.desired,
            self.generation,
            self.observed,
            self.observed_at,
            self.drifted,
            None if self.in_play is None else self.in_play.id,
            None if self.waiting is None else self.waiting.id,
            self.trouble,
        )

    # Guards.

    def joins(self) -> bool:
        ask = self.facts.ask
        if self.waiting is not None and self.waiting.ask is ask:
            return True
        return self.node.state != "cancelling" and self.in_play is not None and self.in_play.ask is ask

    def outranks(self) -> bool:
        return self.in_play is not None and self.ranking.outranks(self._asked(), self.in_play.ask)

    def leads_on(self) -> bool:
        if self.facts.ask is not None:
            return self.facts.ask.legs[0] is Power.ON
        return _leads_on(self.waiting or self.in_play)

    def drives_on(self) -> bool:
        return _leads_on(self.in_play)

    def releases(self) -> bool:
        return self.in_play is not None and self.in_play.ask is Ask.READY

    def enforce(self) -> bool:
        return self.node.policy.drift is Drift.ENFORCE and self.desired is not None

    def adopt(self) -> bool:
        return self.node.policy.drift is Drift.ADOPT

    # Durable effects.

    def persist_desired(self) -> None:
        self._desire(self._asked().desired)

    def put_in_play(self) -> None:
        self.operation = self.in_play = self._begin(self._asked(), Status.IN_PLAY, self.facts.asked_by)
        self.trouble = None

    def put_waiting(self) -> None:
        self.operation = self.waiting = self._begin(self._asked(), Status.WAITING, self.facts.asked_by)

    def overtake(self) -> None:
        if self.waiting is not None:
            by = f"overtaken, before it began, by a later request for {self._asked()} ({self.facts.asked_by})"
            self.draft.end(self.waiting, Status.SUPERSEDED, by)
            self.waiting = None

    def join(self) -> None:
        if self.waiting is not None and self.waiting.ask is self.facts.ask:
            self.operation = self.waiting
        else:
            self.overtake()
            self.operation = self.in_play

    def supersede(self) -> None:
        self._end_in_play(Status.SUPERSEDED, self._superseded_by())

    def promote(self) -> None:
        if self.waiting is None:
            raise LookupError(f"node {self.name}: nothing waits that could be promoted")
        self.in_play = replace(self.waiting, status=Status.IN_PLAY)
        self.draft.alter(self.in_play)
        self.waiting = self.trouble = None

    def take_leg(self) -> None:
        if self.in_play is None:
            raise LookupError(f"node {self.name}: no operation is in play whose leg could be done")
        self.in_play = replace(self.in_play, leg=self.in_play.leg + 1)
        self.draft.alter(self.in_play)

    def declare(self) -> None:
        self.note_reading()

    def succeed(self) -> None:
        self._end_in_play(Status.SUCCEEDED, self.facts.reason)

    def fail(self) -> None:
        self._end_in_play(Status.FAILED, self.facts.reason)
        self.trouble = self.facts.reason

    def note_reading(self) -> None:
        self.observed = self.facts.reading
        self.observed_at = self.facts.read_at
        self.drifted = False

    def flag_drift(self) -> None:
        self.drifted = True

    def adopt_reading(self) -> None:
        self._desire(Desired.ON if self.facts.reading is Power.ON else Desired.OFF)

    def enforce_desired(self) -> None:
        if self.desired is None:
            raise LookupError(f"node {self.name}: nothing is desired that could be enforced")
        self.in_play = self._begin(Ask(self.desired), Status.IN_PLAY, "drift policy")

    def adopt_newest(self) -> None:
        if self.waiting is not None:
            self._end_in_play(Status.SUPERSEDED, f"{self._superseded_by()}, after a restart of the daemon")
            self.promote()

    def take_next(self) -> None:
        """Nothing here: `Decisions.decide` raises `next` once the state has changed."""

    # What several of them share.

    def _asked(self) -> Ask:
        if self.facts.ask is None:
            raise LookupError(f"node {self.name}: the event carries no request")
        return self.facts.ask

    def _desire(self, desired: Desired) -> None:
        if desired is not self.desired:
            self.desired = desired
            self.generation += 1

    def _begin(self, ask: Ask, status: Status, asked_by: str) -> Operation:
        return self.draft.begin(self.name, self.generation, ask, status, asked_by)

    def _superseded_by(self) -> str:
        return (
            "superseded"
            if self.waiting is None
            else f"superseded by operation {self.waiting.id} ({self.waiting.ask})"
        )

    def _end_in_play(self, status: Status, reason: str) -> None:
        if self.in_play is not None:
            self.draft.end(self.in_play, status, reason)
            self.in_play = None


def _leads_on(operation: Operation | None) -> bool:
    return operation is not None and operation.ask.legs[operation.leg] is Power.ON


_GUARDS: dict[str, Callable[[Decision], bool]] = {
    "joins": Decision.joins,
    "outranks": Decision.outranks,
    "leads-on": Decision.leads_on,
    "drives-on": Decision.drives_on,
    "releases": Decision.releases,
    "enforce": Decision.enforce,
    "adopt": Decision.adopt,
}

_DURABLE: dict[str, Callable[[Decision], None]] = {
    "persist-desired": Decision.persist_desired,
    "put-in-play": Decision.put_in_play,
    "put-waiting": Decision.put_waiting,
    "overtake": Decision.overtake,
    "join": Decision.join,
    "supersede": Decision.supersede,
    "promote": Decision.promote,
    "take-leg": Decision.take_leg,
    "declare": Decision.declare,
    "succeed": Decision.succeed,
    "fail": Decision.fail,
    "note-reading": Decision.note_reading,
    "flag-drift": Decision.flag_drift,
    "adopt-reading": Decision.adopt_reading,
    "enforce-desired": Decision.enforce_desired,
    "adopt-newest": Decision.adopt_newest,
    "take-next": Decision.take_next,
}

LIVE = frozenset({"answer", "start", "cancel"})
"""The effects that the registry itself sees to, once the batch is committed."""


class UnimplementedSpec(Exception):
    """The spec names a guard or an effect that no code stands behind, or the other way round."""


class Decisions:
    """The machine `node`, with the code behind its guards and effects."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.machine: Machine = spec.node
        self._last_facts: Facts = NO_FACTS
        self._last_told: Mapping[str, object] = {}
        declared = {*self.machine.declared.guards, *self.machine.declared.effects}
        written = {*_GUARDS, *_DURABLE, *LIVE}
        if declared != written:
            raise UnimplementedSpec(
                f"the machine `node` declares {sorted(declared - written)} without code behind it, "
                f"and the code knows {sorted(written - declared)} that it does not declare"
            )

    def decide(
        self, draft: Draft, node: Node, event: str, facts: Facts = NO_FACTS
    ) -> tuple[Step, Operation | None]:
        """Take one event at one node into the draft.

        Returns:
            The step of the declared machine (a rejected one has changed nothing), and the operation that a
            requester gets (effect `answer`).
        """
        decision = Decision(draft, node, facts, self.spec.rankings[node.policy.ranking])
        machine = self.machine
        holding = frozenset([guard for guard in machine.guards(node.state, event) if _GUARDS[guard](decision)])
        step = machine.step(node.state, event, holding)
        if step.kind != "transition":
            draft.note(Kind.TRANSITION, node, event, node.in_play, step.before, None, {step.kind: step.reason})
            return step, None
        for effect in step.effects:
            durable = _DURABLE.get(effect)
            if durable is not None:
                durable(decision)
            elif effect != "answer":
                draft.live.append((effect, node.name))
        after = decision.decided(step.after)
        draft.put(after)
        operation = decision.operation
        number = operation.id if operation is not None else node.in_play or after.in_play
        draft.note(Kind.TRANSITION, after, event, number, step.before, step.after, self._told(facts))
        if "take-next" in step.effects and after.waiting is not None:
            self.decide(draft, after, "next")
        return step, operation if "answer" in step.effects else None

    def _told(self, facts: Facts) -> Mapping[str, object]:
        """What the journal tells of the facts; the requests of one bulk share theirs."""
        if facts is not self._last_facts:
            self._last_facts, self._last_told = facts, _told(facts)
        return self._last_told


def _told(facts: Facts) -> dict[str, object]:
    told: dict[str, object] = {}
    if facts.ask is not None:
        told["ask"] = facts.ask
        told["by"] = facts.asked_by
    if facts.reading is not None:
        told["reading"] = facts.reading
        told["read_at"] = facts.read_at
    if facts.reason:
        told["reason"] = facts.reason
    return told
