"""The steps that the machine `node` allows, with every guard computed that the journal lets one compute.

What the journal does not tell of a node is its policy: the ranking table and what to do about drift.  A policy is
one bit of a mask, and each step comes with the policies under which it is taken.  Steps that were seen leave fewer
policies possible, and a node that behaves by two of them at once is found out.
"""

from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from powerfsm.node import Drift
from powerfsm.power import Ask, Power
from powerfsm.spec import Ranking, Spec, Step


class Wish(Enum):
    """Whether anything is desired of a node."""

    SOME = "some"
    NONE = "none"
    UNKNOWN = "unknown"


class Situation(NamedTuple):
    """All that the guards of the machine `node` can ask for, but for the policy."""

    state: str
    event: str
    ask: Ask | None
    in_play: Ask | None
    leg: int
    waiting: Ask | None
    wish: Wish


class NodeSteps:
    """The machine `node` as a table that is filled as it is needed.

    Attributes:
        policies: Every policy that a node can have, as (ranking, drift); its place is its bit.
        any_policy: The mask with all bits.
    """

    def __init__(self, spec: Spec) -> None:
        self.machine = spec.node
        self.policies: list[tuple[Ranking, Drift]] = [(r, d) for r in spec.rankings.values() for d in Drift]
        self.any_policy = (1 << len(self.policies)) - 1
        self._known: dict[Situation | tuple[object, ...], tuple[tuple[int, Step], ...]] = {}

    def mask(self, ranking: str, drift: str) -> int:
        """The bit of one policy; 0 where the spec has no such ranking table."""
        return sum(1 << bit for bit, (r, d) in enumerate(self.policies) if r.name == ranking and d == drift)

    def possible(self, *situation: object) -> tuple[tuple[int, Step], ...]:
        """The steps that are possible in a `Situation`, each with the mask of the policies under which it is.

        Raises:
            UndeclaredPair: The machine has no such event.
        """
        try:
            return self._known[situation]
        except KeyError:
            made = self._known[situation] = tuple(self._steps(Situation(*situation)))  # type: ignore[arg-type]  # as declared there
            return made

    def _steps(self, now: Situation) -> Iterator[tuple[int, Step]]:
        masks: dict[Step, int] = {}
        wishes = (Wish.SOME, Wish.NONE) if now.wish is Wish.UNKNOWN else (now.wish,)
        guards = self.machine.guards(now.state, now.event)
        for bit, (ranking, drift) in enumerate(self.policies):
            for wish in wishes:
                holding = frozenset(g for g in guards if _holds(g, now, ranking, drift, desired=wish is Wish.SOME))
                step = self.machine.step(now.state, now.event, holding)
                masks[step] = masks.get(step, 0) | 1 << bit
        for step, mask in masks.items():
            yield mask, step


def _holds(guard: str, now: Situation, ranking: Ranking, drift: Drift, *, desired: bool) -> bool:
    match guard:
        case "joins":
            return now.ask is not None and (
                now.waiting is now.ask or (now.state != "cancelling" and now.in_play is now.ask)
            )
        case "outranks":
            return now.ask is not None and now.in_play is not None and ranking.outranks(now.ask, now.in_play)
        case "leads-on":
            if now.ask is not None:
                return now.ask.legs[0] is Power.ON
            if now.waiting is not None:
                return now.waiting.legs[0] is Power.ON
            return _leads_on(now)
        case "drives-on":
            return _leads_on(now)
        case "releases":
            return now.in_play is Ask.READY
        case "enforce":
            return drift is Drift.ENFORCE and desired
        case "adopt":
            return drift is Drift.ADOPT
        case _:
            raise LookupError(f"the audit does not know what the guard {guard!r} of the machine `node` means")


def _leads_on(now: Situation) -> bool:
    return now.in_play is not None and now.in_play.legs[now.leg] is Power.ON
