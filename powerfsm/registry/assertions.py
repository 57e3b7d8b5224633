"""Runtime assertions: the properties of the spec, held against every node as a commit leaves it.

Only a property of which the registry sees every fact can be asserted here; the others are for the model checker.
They are held after the commit and not after each decision: within one commit a node may pass through what nobody
outside ever sees (after a restart it is `unknown` with its work still in play, until `recover`).

A node that breaks a property is a defect of the daemon or of the spec.  It is counted and logged, and the fleet
goes on: to stop driving a hundred thousand machines for it would be worse.  Tests and simulations are given
an alarm besides, and fail.
"""

from collections import Counter
from collections.abc import Callable, Mapping

import structlog

from powerfsm.node import Node
from powerfsm.operation import Operation
from powerfsm.power import Ask, Desired, Power
from powerfsm.spec import Spec
from powerfsm.spec.predicate import Value, holds

log = structlog.get_logger(__name__)

QUIET = 60.0
"""Seconds for which a property that is broken by a node is not logged again for that node."""

MOST_REMEMBERED = 10_000
"""Pairs of property and node whose last line is remembered; beyond, some are logged sooner than `QUIET` allows."""

Seen = tuple[str, Power | None, bool, Desired | None, Ask | None, Ask | None, str]
"""What the facts of a node follow from: state, observed, drifted, desired, asks in play and waiting, ranking."""


class Assertions:
    """The properties that a running daemon can see, held against nodes.

    A fleet shows few different situations, so what each of them breaks is worked out once and kept.

    Args:
        spec: Its properties and states.
        now: The clock of record, seconds since the epoch.
        alarm: Called with a sentence for each property found broken, besides counting and logging, or None.

    Attributes:
        properties: The names of the properties that are asserted, in the order of the file.
        broken: How often each of them was found broken.
    """

    def __init__(self, spec: Spec, now: Callable[[], float], alarm: Callable[[str], None] | None = None) -> None:
        self._machine = spec.node
        self._asserted = {
            each.name: each for each in spec.properties.values() if each.at_run_time and each.always is not None
        }
        self._now = now
        self._alarm = alarm
        self._known: dict[Seen, tuple[str, ...]] = {}
        self._logged: dict[tuple[str, str], float] = {}
        self.properties = tuple(self._asserted)
        self.broken: Counter[str] = Counter()

    def hold(self, node: Node, operations: Mapping[int, Operation]) -> None:
        """Hold the properties against a node.

        Args:
            node: As the commit has left it.
            operations: Those that have not ended, by id.
        """
        in_play = None if node.in_play is None else operations.get(node.in_play)
        waiting = None if node.waiting is None else operations.get(node.waiting)
        seen = (
            node.state,
            node.observed,
            node.drifted,
            node.desired,
            None if in_play is None else in_play.ask,
            None if waiting is None else waiting.ask,
            node.policy.ranking,
        )
        broken = self._known.get(seen)
        if broken is None:
            broken = self._known[seen] = self._broken_by(seen)
        for name in broken:
            self._tell(name, node.name, seen)

    def _broken_by(self, seen: Seen) -> tuple[str, ...]:
        facts = self._facts(seen)
        return tuple(
            name
            for name, each in self._asserted.items()
            if each.always is not None and not holds(each.always, facts)
        )

    def _facts(self, seen: Seen) -> dict[str, Value]:
        state, observed, drifted, desired, in_play, waiting, ranking = seen
        declared = self._machine.declares(state)
        return {
            "state": state,
            "at-rest": self._machine.kind(state) == "resting",
            "declared": declared,
            "observed": observed,
            "drifted": drifted,
            "desired": desired,
            "wanted": None if desired is None else desired.power,
            "in-play": in_play,
            "waiting": waiting,
            "ranking": ranking,
        }

    def _tell(self, name: str, node: str, seen: Seen) -> None:
        self.broken[name] += 1
        about = self._asserted[name].about
        now = self._now()
        if now - self._logged.get((name, node), -QUIET) >= QUIET:
            if len(self._logged) >= MOST_REMEMBERED:
                self._logged.clear()
            self._logged[name, node] = now
            log.error(
                "defect.broken-property", node=node, property=name, promised=about, **_words(self._facts(seen))
            )
        if self._alarm is not None:
            self._alarm(f"{node}: property {name} is broken ({about}): {_words(self._facts(seen))}")


def _words(facts: Mapping[str, Value]) -> dict[str, str | bool]:
    """Facts as they stand in the log, under names that it can hold."""
    return {
        name.replace("-", "_"): value if isinstance(value, bool) else "none" if value is None else str(value)
        for name, value in facts.items()
    }
