"""Many BMCs, the network in front of them, one agenda and one log.

A fleet does no input or output of its own either.  Whoever carries datagrams hands them to `receive`, with
something that takes the answer; `finish` ends a batch: what happened is written to the log before any
answer leaves, so that no client can ever know more than the log does.
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Self

import trio
from ClusterShell.NodeSet import NodeSet, NodeSetException

from bmcsim.agenda import Act, Agenda
from bmcsim.bmc import Bmc
from bmcsim.dice import Dice
from bmcsim.enclosure import controllers
from bmcsim.events import EventLog, NoLog
from bmcsim.faults import Fault, Faults, Point, Step, life
from bmcsim.faults.network import Copies, Transit
from bmcsim.faults.steps import step_of
from bmcsim.network import PERFECT, Network, Way
from bmcsim.profile import Profile
from bmcsim.sessions import Address

Carry = Callable[[bytes, Address], None]
"""Sends a datagram to a client; loses it rather than wait or raise."""

Tap = Callable[[Bmc, bytes, Address, float], Callable[[bytes], None]]
"""Looks at a datagram that is about to reach a BMC, where it is from and when; gives what looks at the answer."""


def expand(hostlist: str) -> list[str]:
    """Return the names in a hostlist such as `r1n[01-40],login1`.

    Raises:
        ValueError: It is none, or it is empty.
    """
    try:
        names = [str(name) for name in NodeSet(hostlist)]
    except NodeSetException as error:
        raise ValueError(f"{hostlist!r} is no hostlist such as n[1-50] ({error})") from None
    if not names:
        raise ValueError("an empty hostlist; write something like n[1-50]")
    return names


class Fleet:
    """BMCs by name.

    Attributes:
        log: Where events go.
        clock: What time it is, in seconds.
        network: What lies between clients and every BMC that is not in `networks`; may be exchanged any time.
        networks: The same for single BMCs, by name.
        addresses: Where each BMC is reached, once somebody serves it.
        urls: Where each BMC's Redfish service is, likewise, such as `https://127.0.0.1:8443`.
        certificate: The certificate that all of them show, in PEM, once it is needed.
        faults: What goes wrong; rules may be added and removed any time.
        tap: Looks at whatever reaches a BMC and at what it says, or None.
        received: How many datagrams have come from clients.
        sent: How many have gone to them.
    """

    def __init__(
        self,
        profiles: Mapping[str, Profile],
        *,
        network: Network = PERFECT,
        seed: int = 0,
        log: EventLog | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Build a fleet.

        Args:
            profiles: What kind of BMC each node has.
            network: What lies between clients and BMCs.
            seed: The same seed gives the same randomness.
            log: Where events go; nowhere by default.
            clock: `time.monotonic`, or `trio.current_time` for virtual time.
        """
        self.log = log or NoLog()
        self.clock = clock
        self.network = network
        self.networks: dict[str, Network] = {}
        self.addresses: dict[str, Address] = {}
        self.urls: dict[str, str] = {}
        self.certificate = b""
        self._seed = seed
        self._agenda = Agenda()
        self.faults = Faults(profiles, self._agenda, self.log, seed, clock, self._befall)
        shared = controllers(profile.enclosure for profile in profiles.values())
        self._bmcs = {
            name: Bmc(name, profile, self._agenda, self.log, seed, self.faults, controller)
            for (name, profile), controller in zip(profiles.items(), shared, strict=True)
        }
        self.tap: Tap | None = None
        self.received = 0
        self.sent = 0
        self._network_dice: dict[str, Dice] = {}
        self._outbox: list[tuple[Carry, bytes, Address]] = []

    @classmethod
    def of(
        cls,
        hostlist: str,
        profile: Profile | None = None,
        *,
        network: Network = PERFECT,
        seed: int = 0,
        log: EventLog | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> Self:
        """Build a fleet of one kind from a hostlist; see `__init__`.

        Raises:
            ValueError: Not a hostlist.
        """
        kind = profile or Profile()
        profiles = dict.fromkeys(expand(hostlist), kind)
        return cls(profiles, network=network, seed=seed, log=log, clock=clock)

    def __getitem__(self, name: str) -> Bmc:
        """Return one BMC."""
        return self._bmcs[name]

    def __contains__(self, name: str) -> bool:
        """Return whether there is a BMC of this name."""
        return name in self._bmcs

    def __iter__(self) -> Iterator[Bmc]:
        """Iterate over all BMCs, in the order of their making."""
        return iter(self._bmcs.values())

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._bmcs)

    def serve_at(self, name: str, address: Address) -> None:
        """Note that a BMC is reached at `address` from now on."""
        self.addresses[name] = address
        bmc = self._bmcs[name]
        bmc.address = address
        host, port = address
        now = self.clock()
        self.faults.start(now)
        bmc.report(now, "started", power=bmc.machine.power.value, host=host, port=port)

    def receive(self, bmc: Bmc, datagram: bytes, source: Address, carry: Carry) -> None:
        """Let the network do what it does to a datagram for `bmc`; answers go to `carry`, after `finish`."""
        now = self.clock()
        self.received += 1
        self._agenda.run(now)
        way = self.networks.get(bmc.name, self.network).to_bmc
        if way.perfect:
            self._arrive(bmc, datagram, source, carry, now)
            return

        def arrive(at: float) -> None:
            self._arrive(bmc, datagram, source, carry, at)

        self._travel(bmc, way, "in", now, arrive)

    def press_power_button(self, name: str) -> None:
        """Have an operator turn a machine on, or off."""
        self._bmcs[name].press_power_button(self.clock())
        self.finish()

    def at(self, due: float, act: Act) -> None:
        """Set down something that happens at the time `due`, on the fleet's clock."""
        self._agenda.at(due, act)

    def advance(self, now: float) -> None:
        """Let everything happen that is due by `now`."""
        self._agenda.run(now)

    def finish(self) -> None:
        """End a batch: write the log, then let the answers go."""
        self.log.flush()
        outbox, self._outbox = self._outbox, []
        self.sent += len(outbox)
        for carry, datagram, client in outbox:
            carry(datagram, client)

    async def keep_time(self) -> None:
        """Let things happen when they are due, for ever; run it in a nursery beside whoever carries datagrams."""
        nap = trio.CancelScope()
        wake = math.inf

        def wake_at(due: float) -> None:
            nonlocal wake
            wake = due
            nap.deadline = trio.current_time() + due - self.clock()

        self._agenda.on_sooner = wake_at
        while True:
            nap = trio.CancelScope()
            wake_at(self._agenda.due)
            with nap:
                await trio.sleep_forever()
            # In virtual time a deadline computed in floating point may lie a hair before what is due.
            self.advance(max(self.clock(), wake))
            self.finish()

    def _arrive(self, bmc: Bmc, datagram: bytes, source: Address, carry: Carry, now: float) -> None:
        """Let faults do what they do to a datagram, and then have the BMC take it."""
        if bmc.name not in self.faults.suffering or not self.faults.concern(bmc.name, Point.ARRIVING):
            self._hand_over(bmc, datagram, source, carry, now)
            return
        for delay, data in self._bent(bmc, Point.ARRIVING, datagram, step_of(datagram, bmc.sessions), now):
            if delay:
                self._agenda.at(now + delay, partial(self._hand_over, bmc, data, source, carry))
            else:
                self._hand_over(bmc, data, source, carry, now)

    def _hand_over(self, bmc: Bmc, datagram: bytes, source: Address, carry: Carry, now: float) -> None:
        """Have the BMC take a datagram when it gets round to it."""
        ready = bmc.work(now) if bmc.profile.answer_time.high else now
        if bmc.name in self.faults.suffering:
            ready = max(ready, life.take(bmc, datagram, source, now))
        if ready > now:
            self._agenda.at(ready, partial(self._serve, bmc, datagram, source, carry))
        else:
            self._serve(bmc, datagram, source, carry, now)

    def _serve(self, bmc: Bmc, datagram: bytes, source: Address, carry: Carry, now: float) -> None:
        bent = bmc.name in self.faults.suffering and self.faults.concern(bmc.name, Point.LEAVING)
        step = step_of(datagram, bmc.sessions) if bent else Step.OTHER
        look = None if self.tap is None else self.tap(bmc, datagram, source, now)
        answer = bmc.handle(datagram, source, now)
        if answer is None:
            return
        if look is not None:
            look(answer)
        if not bent:
            self._leave(bmc, answer, source, carry, now)
            return
        for delay, data in self._bent(bmc, Point.LEAVING, answer, step, now):
            if delay:
                self._agenda.at(now + delay, partial(self._leave, bmc, data, source, carry))
            else:
                self._leave(bmc, data, source, carry, now)

    def _befall(self, name: str, fault: Fault, now: float) -> None:
        life.happen(self._bmcs[name], fault, now)

    def _bent(self, bmc: Bmc, point: Point, datagram: bytes, step: Step, now: float) -> Copies:
        """Return what faults make of a datagram: each does its part to whatever the one before has left."""
        copies: Copies = [(0.0, datagram)]
        for fault in self.faults.strikes(bmc.name, point, step, now, Transit):
            dice = self.faults.dice(bmc.name)
            copies = [(late + more, after) for late, data in copies for more, after in fault.fate(data, dice)]
        return copies

    def _leave(self, bmc: Bmc, answer: bytes, source: Address, carry: Carry, now: float) -> None:
        way = self.networks.get(bmc.name, self.network).from_bmc
        if way.perfect:
            self._outbox.append((carry, answer, source))
            return
        parcel = (carry, answer, source)
        self._travel(bmc, way, "out", now, lambda _: self._outbox.append(parcel))

    def _travel(self, bmc: Bmc, way: Way, direction: str, now: float, arrive: Callable[[float], None]) -> None:
        """Have a datagram arrive as often and as late as the network wants."""
        dice = self._network_dice.get(bmc.name)
        if dice is None:
            dice = self._network_dice[bmc.name] = Dice(self._seed, bmc.name, "network")
        copies = way.copies(dice)
        if not copies:
            bmc.report(now, "fault", kind="lost", way=direction)
        for number, delay in enumerate(copies):
            if number or delay:
                kind = "duplicated" if number else "delayed"
                bmc.report(now, "fault", kind=kind, way=direction, delay=round(delay, 6))
            if delay:
                self._agenda.at(now + delay, arrive)
            else:
                arrive(now)
