"""What actions work with: the spec, the drivers, the limits and the timings of one daemon."""

from collections.abc import Callable, Iterable, Mapping
from random import Random

import trio

from powerfsm.actions.action import Action
from powerfsm.actions.fences import Fences
from powerfsm.actions.kinds import ACTIONS
from powerfsm.actions.ledger import Ledger
from powerfsm.actions.limits import Limits
from powerfsm.actions.timings import Timings
from powerfsm.drivers.driver import Driver
from powerfsm.node import Node
from powerfsm.operation import Operation
from powerfsm.spec import Spec
from powerfsm.store.batch import SessionInUse


class UnknownDriver(LookupError):
    """A node names a driver that this daemon does not have."""


class Workshop:
    """Makes actions; one for the whole daemon.

    Args:
        spec: The declared machine.
        drivers: By name.
        limits: What may be under way at once.
        now: The clock of record, seconds since the epoch.
        timings: Overrides of the spec's timings for all nodes.
        random: Source of the jitter.

    Call it inside of trio: its fences are counted from now.
    """

    def __init__(
        self,
        spec: Spec,
        drivers: Mapping[str, Driver],
        limits: Limits,
        now: Callable[[], float],
        timings: Iterable[tuple[str, float]] = (),
        random: Random | None = None,
    ) -> None:
        self.spec = spec
        self.drivers = drivers
        self.limits = limits
        self.now = now
        self.random = Random() if random is None else random
        self.fences = Fences(trio.current_time())
        self._overrides = tuple(timings)
        self._timings: dict[tuple[tuple[str, float], ...], Timings] = {}

    def timings(self, node: Node) -> Timings:
        """The timings of a node; nodes that override nothing share one instance."""
        known = self._timings.get(node.policy.timings)
        if known is None:
            known = Timings.of(self.spec.timings, self._overrides, node.policy.timings)
            self._timings[node.policy.timings] = known
        return known

    def harmless_in(self, node: Node, sessions: Iterable[SessionInUse]) -> float:
        """Seconds until nothing that was sent in these sessions of a node can act; 0 where nothing can now."""
        sessions = list(sessions)
        if not sessions:
            return 0.0
        timings = self.timings(node)
        at = (self.fences.harmless_at(each, timings.quarantine, timings.soft_settle) for each in sessions)
        return max(0.0, max(at, default=0.0) - trio.current_time())

    def driver(self, node: Node) -> Driver:
        """The driver of a node.

        Raises:
            UnknownDriver: The daemon has none of this name.
        """
        driver = self.drivers.get(node.policy.driver)
        if driver is None:
            known = ", ".join(sorted(self.drivers))
            raise UnknownDriver(f"node {node.name}: no driver {node.policy.driver!r}; there are {known}")
        return driver

    def make(self, node: Node, operation: Operation, ledger: Ledger) -> Action:
        """The action of an operation, not yet running."""
        return ACTIONS[operation.ask](self, node, operation, ledger)
