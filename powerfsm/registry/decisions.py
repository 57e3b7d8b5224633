"""The decisions: guards and durable effects of the machine `node`, by their names in the spec.

This is where coalesce, supersede and wait are decided.  Nothing here does I/O or awaits: a decision reads a
draft and writes into it.  Which guards are asked and which effects follow stands in `spec/power.yaml` alone.
"""

from collections.abc import Callable
from dataclasses import replace

from powerfsm.actions.ledger import NO_FACTS, Facts
from powerfsm.journal import Kind
from powerfsm.node import Drift, Node
from powerfsm.operation import Operation, Status
from powerfsm.power import Ask, Desired, Power
from powerfsm.registry.draft import Draft
from powerfsm.spec import Machine, Spec, Step


class Decision:
    """One event at one node, being decided in a draft.

    Attributes:
        node: The node as the effects so far leave it.
        operation: The operation that the requester gets.
    """

    __slots__ = ("_decisions", "draft", "facts", "node", "operation")

    def __init__(self, decisions: "Decisions", draft: Draft, node: Node, facts: Facts) -> None:
        self._decisions = decisions
        self.draft = draft
        self.node = node
        self.facts = facts
        self.operation: Operation | None = None

    # Guards.

    def _in_play(self) -> Operation | None:
        return None if self.node.in_play is None else self.draft.operation(self.node.in_play)

    def _waiting(self) -> Operation | None:
        return None if self.node.waiting is None else self.draft.operation(self.node.waiting)

    def joins(self) -> bool:
        waiting = self._waiting()
        if waiting is not None and waiting.ask is self.facts.ask:
            return True
        in_play = self._in_play()
        return self.node.state != "cancelling" and in_play is not None and in_play.ask is self.facts.ask

    def outranks(self) -> bool:
        in_play = self._in_play()
        ranking = self._decisions.spec.rankings[self.node.policy.ranking]
        return in_play is not None and self.facts.ask is not None and ranking.outranks(self.facts.ask, in_play.ask)

    def leads_on(self) -> bool:
        if self.facts.ask is not None:
            return self.facts.ask.legs[0] is Power.ON
        operation = self._waiting() or self._in_play()
        return operation is not None and operation.ask.legs[operation.leg] is Power.ON

    def drives_on(self) -> bool:
        in_play = self._in_play()
        return in_play is not None and in_play.ask.legs[in_play.leg] is Power.ON

    def releases(self) -> bool:
        in_play = self._in_play()
        return in_play is not None and in_play.ask is Ask.READY

    def enforce(self) -> bool:
        return self.node.policy.drift is Drift.ENFORCE and self.node.desired is not None

    def adopt(self) -> bool:
        return self.node.policy.drift is Drift.ADOPT

    # Durable effects.

    def persist_desired(self) -> None:
        ask = self._asked()
        if ask.desired is not self.node.desired:
            self.node = replace(self.node, desired=ask.desired, generation=self.node.generation + 1)

    def put_in_play(self) -> None:
        self.operation = self.draft.begin(self.node, self._asked(), Status.IN_PLAY, self.facts.asked_by)
        self.node = replace(self.node, in_play=self.operation.id, trouble=None)

    def put_waiting(self) -> None:
        self.operation = self.draft.begin(self.node, self._asked(), Status.WAITING, self.facts.asked_by)
        self.node = replace(self.node, waiting=self.operation.id)

    def overtake(self) -> None:
        if self.node.waiting is not None:
            by = f"overtaken, before it began, by a later request for {self._asked()} ({self.facts.asked_by})"
            self.draft.end(self.node.waiting, Status.SUPERSEDED, by)
            self.node = replace(self.node, waiting=None)

    def join(self) -> None:
        waiting = self._waiting()
        if waiting is not None and waiting.ask is self.facts.ask:
            self.operation = waiting
        else:
            self.overtake()
            self.operation = self._in_play()

    def supersede(self) -> None:
        self._end_in_play(Status.SUPERSEDED, self._superseded_by())

    def promote(self) -> None:
        waiting = self._waiting()
        if waiting is None:
            raise LookupError(f"node {self.node.name}: nothing waits that could be promoted")
        self.draft.alter(replace(waiting, status=Status.IN_PLAY))
        self.node = replace(self.node, in_play=waiting.id, waiting=None, trouble=None)

    def take_leg(self) -> None:
        in_play = self._in_play()
        if in_play is None:
            raise LookupError(f"node {self.node.name}: no operation is in play whose leg could be done")
        self.draft.alter(replace(in_play, leg=in_play.leg + 1))

    def declare(self) -> None:
        self.note_reading()

    def succeed(self) -> None:
        self._end_in_play(Status.SUCCEEDED, self.facts.reason)

    def fail(self) -> None:
        self._end_in_play(Status.FAILED, self.facts.reason)
        self.node = replace(self.node, trouble=self.facts.reason)

    def note_reading(self) -> None:
        self.node = replace(self.node, observed=self.facts.reading, observed_at=self.facts.read_at, drifted=False)

    def flag_drift(self) -> None:
        self.node = replace(self.node, drifted=True)

    def adopt_reading(self) -> None:
        desired = Desired.ON if self.facts.reading is Power.ON else Desired.OFF
        if desired is not self.node.desired:
            self.node = replace(self.node, desired=desired, generation=self.node.generation + 1)

    def enforce_desired(self) -> None:
        if self.node.desired is None:
            raise LookupError(f"node {self.node.name}: nothing is desired that could be enforced")
        operation = self.draft.begin(self.node, Ask(self.node.desired), Status.IN_PLAY, "drift policy")
        self.node = replace(self.node, in_play=operation.id)

    def adopt_newest(self) -> None:
        if self.node.waiting is not None:
            self._end_in_play(Status.SUPERSEDED, f"{self._superseded_by()}, after a restart of the daemon")
            self.promote()

    def take_next(self) -> None:
        """Nothing here: `Decisions.decide` raises `next` once the state has changed."""

    # What several of them share.

    def _asked(self) -> Ask:
        if self.facts.ask is None:
            raise LookupError(f"node {self.node.name}: the event carries no request")
        return self.facts.ask

    def _superseded_by(self) -> str:
        waiting = self._waiting()
        return "superseded" if waiting is None else f"superseded by operation {waiting.id} ({waiting.ask})"

    def _end_in_play(self, status: Status, reason: str) -> None:
        if self.node.in_play is not None:
            self.draft.end(self.node.in_play, status, reason)
            self.node = replace(self.node, in_play=None)


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
            requester gets.
        """
        decision = Decision(self, draft, node, facts)
        machine = self.machine
        holding = frozenset(g for g in machine.guards(node.state, event) if _GUARDS[g](decision))
        step = machine.step(node.state, event, holding)
        if step.kind != "transition":
            draft.note(Kind.TRANSITION, node, event, node.in_play, step.before, None, {step.kind: step.reason})
            return step, None
        in_play = node.in_play
        for effect in step.effects:
            durable = _DURABLE.get(effect)
            if durable is not None:
                durable(decision)
            elif effect != "answer":
                draft.live.append((effect, node.name))
        after = decision.node if decision.node.state == step.after else replace(decision.node, state=step.after)
        draft.put(after)
        operation = decision.operation
        draft.note(
            Kind.TRANSITION,
            after,
            event,
            operation.id if operation is not None else in_play if in_play is not None else after.in_play,
            step.before,
            step.after,
            _told(facts),
        )
        if "take-next" in step.effects and after.waiting is not None:
            self.decide(draft, after, "next")
        return step, operation


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
