"""What a test holds in its hands: a simulated BMC, a fleet of them, and the switch of their faults.

All of it may be used from any thread and beside any event loop.  Where a test has to wait there are two ways:
`wait_for...` blocks, for plain tests; `until...` is awaited, under asyncio or trio.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

from ClusterShell.NodeSet import NodeSet

from bmcsim.bmc import Bmc
from bmcsim.check import Verdict, judge
from bmcsim.events import Event
from bmcsim.faults import Fault, Rule, make
from bmcsim.machine import Power
from bmcsim.pytest_plugin.thread import FleetThread, outcome
from bmcsim.records import Claim

PATIENCE = 10.0
"""Seconds after which whoever waits gives up, by default."""


class FaultSwitch:
    """Switches faults of a fleet, or of one BMC of it, on and off."""

    def __init__(self, thread: FleetThread, node: str | None = None) -> None:
        """Switch those of `node`, or of all nodes."""
        self._thread = thread
        self._node = node

    @contextmanager
    def on(self, fault: Fault | str, nodes: str | None = None, **when: Any) -> Iterator[Rule]:
        """Have a fault for as long as the block lasts: `bmc.faults.on("busy", steps=["chassis-control"])`.

        Args:
            fault: Which; by its name alone, its parameters are the usual ones.
            nodes: Hostlist of the nodes that have it; None is all that this switch is for.
            when: The other fields of `Rule`: `steps`, `probability`, `since`, `until`, `times`.

        Raises:
            FaultError: It cannot be, as it says.
        """
        when["steps"] = frozenset(when.get("steps", ()))
        kind = make(fault) if isinstance(fault, str) else fault
        rule = self.add(Rule(kind, nodes or self._node, **when))
        try:
            yield rule
        finally:
            self.remove(rule)

    def add(self, rule: Rule) -> Rule:
        """Put a rule in force, behind those that there are; return it.

        Raises:
            FaultError: It is for nodes that are not in this fleet.
        """
        return self._thread.call(lambda: self._thread.fleet.faults.add(rule))

    def remove(self, rule: Rule) -> None:
        """Take a rule out of force; what it has already done stays done.

        Raises:
            FaultError: It is not in force.
        """
        self._thread.call(lambda: self._thread.fleet.faults.remove(rule))

    def struck(self, rule: Rule) -> int:
        """Return how often a rule in force has struck."""
        return self._thread.call(lambda: self._thread.fleet.faults.struck(rule, self._node))


class SimulatedBmc:
    """One BMC that is served, and the machine behind it.

    Attributes:
        name: Its node's name.
        host: Where it is reached by IPMI.
        port: The UDP port there.
        url: Where its Redfish service is: what `/redfish/v1` stands behind.
        username: Its first user that has a name.
        password: That user's password.
        faults: The switch of its faults.
    """

    def __init__(self, thread: FleetThread, name: str) -> None:
        """Hold the BMC of this name in the fleet of `thread`."""
        self._thread = thread
        self.name = name
        self.host, self.port = thread.fleet.addresses[name]
        self.url = thread.fleet.urls[name]
        users = thread.fleet[name].profile.users
        user = next((user for user in users if user.name), users[0])
        self.username, self.password = user.name, user.password
        self.faults = FaultSwitch(thread, name)

    def __repr__(self) -> str:
        """Tell which and where, and no secret."""
        return f"<SimulatedBmc {self.name} at {self.host}:{self.port}>"

    @property
    def power(self) -> Power:
        """What the power really is now, whatever the BMC says: equal to `on` or `off`."""
        return self._thread.call(lambda: self._bmc.machine.power)

    @property
    def log(self) -> list[Event]:
        """What has happened to it so far, oldest first; `bmcsim.events` says what there is."""
        return [event for event in self._thread.log if event["node"] == self.name]

    @property
    def commands(self) -> list[str]:
        """The power commands that it has accepted so far: on, off, cycle, reset, diagnostic, soft-off."""
        return [event["command"] for event in self.log if event["event"] == "command"]

    def press_power_button(self) -> None:
        """Have an operator turn the machine on, or off."""
        self._thread.call(lambda: self._bmc.press_power_button(self._thread.fleet.clock()))

    def lose_mains(self) -> None:
        """Pull the plug: machine and BMC are dead."""
        self._thread.call(lambda: self._bmc.lose_mains(self._thread.fleet.clock()))

    def regain_mains(self) -> None:
        """Put the plug back; the power restore policy decides about the machine."""
        self._thread.call(lambda: self._bmc.regain_mains(self._thread.fleet.clock()))

    def skip(self, seconds: float) -> None:
        """Have so much time pass for it and its fleet at once: what takes minutes there takes none in a test.

        Clients notice nothing; `t` in the log is ahead of `time.monotonic()` by what was skipped.
        """
        self._thread.skip(seconds)

    def wait_for(self, event: str, /, *, times: int = 1, patience: float = PATIENCE, **fields: object) -> Event:
        """Wait until something has happened to it: `bmc.wait_for("command", command="on")`.

        Args:
            event: Its name in the log.
            times: How often it has happened in all, before and after this call.
            patience: Seconds after which to give up.
            fields: Fields of it that are to have these values.

        Returns:
            It, as it stands in the log.

        Raises:
            TimeoutError: It has not.
        """
        return self._event(event, times, patience, fields).result()

    async def until(self, event: str, /, *, times: int = 1, patience: float = PATIENCE, **fields: object) -> Event:
        """Wait as `wait_for` does, under asyncio or trio."""
        return await outcome(self._event(event, times, patience, fields))

    def wait_for_power(self, power: str, *, patience: float = PATIENCE) -> None:
        """Wait until the power really is on, or off.

        Raises:
            ValueError: `power` is neither.
            TimeoutError: It has not become so within `patience` seconds.
        """
        self._becomes(power, patience).result()

    async def until_power(self, power: str, *, patience: float = PATIENCE) -> None:
        """Wait as `wait_for_power` does, under asyncio or trio."""
        await outcome(self._becomes(power, patience))

    @property
    def _bmc(self) -> Bmc:
        return self._thread.fleet[self.name]

    def _event(self, event: str, times: int, patience: float, fields: Mapping[str, object]) -> "Future[Event]":
        wanted = {"event": event, "node": self.name, **fields}
        seen = itertools.count(1)

        def is_it(entry: Event) -> bool:
            return wanted.items() <= entry.items() and next(seen) == times

        what = " ".join([event, *(f"{name}={value}" for name, value in fields.items())])
        often = f" {times} times" if times > 1 else ""
        return self._thread.event(is_it, patience, f"{self.name}: {what!r}{often}")

    def _becomes(self, power: str, patience: float) -> "Future[Event]":
        # Each change of the power is an event; the first event of all, the start, is there to be looked at now.
        wanted = Power(power)
        machine = self._bmc.machine
        return self._thread.event(
            lambda _: machine.power is wanted, patience, f"{self.name}: power {wanted.value!r}"
        )


class SimulatedFleet:
    """BMCs by name, served by one thread; iterates over them in the order of their hostlist.

    Attributes:
        faults: The switch of their faults.
        thread: Who serves them, for what there is no method for.
    """

    def __init__(self, thread: FleetThread) -> None:
        """Hold the fleet of `thread`."""
        self.thread = thread
        self.faults = FaultSwitch(thread)
        self._bmcs = {bmc.name: SimulatedBmc(thread, bmc.name) for bmc in thread.fleet}

    def __getitem__(self, name: str) -> SimulatedBmc:
        """Return one BMC."""
        return self._bmcs[name]

    def __iter__(self) -> Iterator[SimulatedBmc]:
        """Iterate over all."""
        return iter(self._bmcs.values())

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._bmcs)

    def __repr__(self) -> str:
        """Tell which."""
        return f"<SimulatedFleet {NodeSet.fromlist(self._bmcs)}>"

    def skip(self, seconds: float) -> None:
        """Have so much time pass for the fleet at once; see `SimulatedBmc.skip`."""
        self.thread.skip(seconds)

    @property
    def log(self) -> list[Event]:
        """What has happened so far, oldest first; `bmcsim.events` says what there is."""
        return list(self.thread.log)

    @property
    def powers(self) -> dict[str, Power]:
        """What the power of each really is at this moment."""
        fleet = self.thread.fleet
        return self.thread.call(lambda: {bmc.name: bmc.machine.power for bmc in fleet})

    def check(self, claims: Iterable[Claim] = ()) -> Verdict:
        """Have the log judged, with what the code under test claims: `assert fleet.check().holds`.

        Raises:
            UnreadableError: The claims make no sense.
        """
        return judge(self.log, claims)
