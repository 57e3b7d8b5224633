"""How a process of a simulation is put together: of the daemon's own parts, as `powerfsm.daemon` does it.

Whoever wants to see what becomes of a daemon that lacks a part, a test above all, overrides a method.
"""

from collections.abc import Callable, Iterable
from random import Random

from powerfsm.actions import Workshop
from powerfsm.actions.limits import Limits
from powerfsm.actions.timings import Timings
from powerfsm.credentials import CredentialStore
from powerfsm.drivers import Driver
from powerfsm.drivers.ipmi import IpmiDriver, IpmiTimings
from powerfsm.ipmi.transport import Transport
from powerfsm.registry.fleet import Fleet
from powerfsm.registry.registry import Registry
from powerfsm.registry.writer import Durable
from powerfsm.spec import Spec, load


class Assembly:
    """The daemon as it is.

    Attributes:
        spec: The declared machine.
    """

    def __init__(self, spec: Spec | None = None) -> None:
        """Go by `spec`, or by that of this version."""
        self.spec = load() if spec is None else spec

    def driver(self, transport: Transport, logins: CredentialStore, timings: Timings) -> Driver:
        """The IPMI driver."""
        return IpmiDriver(transport, logins, IpmiTimings(timings.answer, timings.retransmit, timings.fence))

    def workshop(
        self, driver: Driver, now: Callable[[], float], timings: Iterable[tuple[str, float]], random: Random
    ) -> Workshop:
        """What actions and the sweep work with."""
        return Workshop(self.spec, {"ipmi": driver}, Limits(), now, timings, random)

    def durable(self, store: Durable) -> Durable:
        """What the registry commits to."""
        return store

    def registry(
        self,
        store: Durable,
        fleet: Fleet,
        workshop: Workshop,
        now: Callable[[], float],
        alarm: Callable[[str], None],
    ) -> Registry:
        """The registry, on what the last process has left."""
        return Registry(self.spec, store, fleet, workshop, now, alarm)
