"""Random walks over the machine `node`: whatever the spec's events can tell, to a few nodes, draft after draft."""

from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from node_core import POLICIES, Core, decisions_of, known_of, new_fleet, tellings
from node_reference import Known, after, can_be
from powerfsm.node import Policy
from powerfsm.registry.decisions import Decisions
from powerfsm.spec import Spec

NAMES = ("n1", "n2")
MOST_IN_ONE_DRAFT = 8


class NodeWalk(RuleBasedStateMachine):
    """Drafts in which anything is told to any node, committed, thrown away or lost in a crash.

    A draft is one rule, not each event a rule of its own: hypothesis leaves rules out at random, and without
    requests nothing goes anywhere.
    """

    decisions: ClassVar[Decisions]

    def __init__(self) -> None:
        super().__init__()
        policies = dict(zip(NAMES, POLICIES, strict=False))
        known = {name: known_of(policy) for name, policy in policies.items()}
        self.core = Core(self.decisions, new_fleet(policies), known)

    @rule(
        data=st.data(),
        length=st.integers(1, MOST_IN_ONE_DRAFT),
        end=st.sampled_from(["commit", "commit", "commit", "throw away", "crash"]),
    )
    def draft(self, data: st.DataObject, length: int, end: str) -> None:
        for _ in range(length):
            # What leads somewhere comes oftener than what is ignored or rejected.
            leading = self.tellable(leading=data.draw(st.integers(0, 3), label="leading") > 0)
            name, event = data.draw(st.sampled_from(leading or self.tellable(leading=True)), label="told")
            telling = data.draw(st.sampled_from(tellings(self.core.known[name], event)), label="as")
            self.core.tell(name, telling)
        match end:
            case "commit":
                self.core.commit()
            case "throw away":
                self.core.throw_away()
            case _:
                self.core.crash()

    @precondition(lambda walk: walk.resting())
    @rule(data=st.data(), policy=st.sampled_from(POLICIES))
    def treat(self, data: st.DataObject, policy: Policy) -> None:
        self.core.treat(data.draw(st.sampled_from(self.resting()), label="node"), policy)

    def resting(self) -> list[str]:
        """The nodes of which the policy can be changed."""
        return [name for name, known in self.core.known.items() if known.in_play is None]

    def tellable(self, *, leading: bool) -> list[tuple[str, str]]:
        """What can be told to whom, if it leads somewhere, or if it is to be ignored or rejected."""
        return [
            (name, event)
            for name, known in self.core.known.items()
            for event in self.decisions.machine.events
            if can_be(known, event) and _leads(known, event) == leading
        ]


def walk_of(spec: Spec) -> type[NodeWalk]:
    """Walks over a spec."""
    return type("WalkOfSpec", (NodeWalk,), {"decisions": decisions_of(spec)})


def _leads(known: Known, event: str) -> bool:
    each = tellings(known, event)[0]
    return after(known, event, ask=each.ask, reading=each.reading, fresh=1).kind == "taken"
