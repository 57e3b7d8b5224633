"""The network of a simulation, and what passes over it: the daemon's own datagrams are noted as they leave.

What becomes of a datagram is up to the simulator's network and faults; a dead process sends and hears nothing.
"""

from collections.abc import Callable
from functools import partial

import trio

from bmcsim.bmc import Bmc
from bmcsim.fleet import Fleet
from bmcsim.memory import MemoryLink, MemoryNetwork
from bmcsim.sessions import Address
from powerfsm.simulation.eavesdropping import Ear, Meaning
from powerfsm.simulation.record import Happening, Heard, Sent


class Wire:
    """Lies between the daemon's processes and the BMCs of a fleet."""

    def __init__(self, fleet: Fleet, network: MemoryNetwork, tell: Callable[[Happening], None]) -> None:
        """Tell `tell` what passes."""
        self._fleet = fleet
        self._network = network
        self._tell = tell
        self._ear = Ear()
        self._nodes = {address: name for name, address in fleet.addresses.items()}
        self._requests: dict[bytes, Meaning] = {}
        self._answers: dict[tuple[Address, bytes], Meaning] = {}
        self._links = 0
        fleet.tap = self._look

    def link(self, process: int) -> "WireLink":
        """The end of a new process, with a port of its own."""
        self._links += 1
        return WireLink(self, self._network, ("192.0.2.1", 40000 + self._links), process)

    def leaves(self, datagram: bytes, to: Address, process: int) -> None:
        """Take note of a datagram that a process sends."""
        node = self._nodes.get(to)
        if node is None:
            return
        meant = self._ear.read(self._fleet[node], datagram)
        if meant.what:
            self._requests[datagram] = meant
            self._tell(Sent(trio.current_time(), process, node, meant.what, meant.session, meant.carrier))

    def comes(self, datagram: bytes, source: Address, client: Address, process: int) -> None:
        """Take note of an answer that comes to a process."""
        meant = self._answers.pop((client, datagram), None)
        if meant is not None:
            node = self._nodes[source]
            self._tell(Heard(trio.current_time(), process, node, meant.what, meant.session, meant.carrier))

    def _look(self, _: Bmc, datagram: bytes, source: Address, __: float) -> Callable[[bytes], None]:
        meant = self._requests.get(datagram)
        return _ignore if meant is None else partial(self._answer, source, meant)

    def _answer(self, client: Address, meant: Meaning, answer: bytes) -> None:
        self._answers[client, answer] = meant


def _ignore(_: bytes) -> None:
    """A login's answers are not told."""


class WireLink(MemoryLink):
    """One process's end of the wire: a link of the daemon's transport.

    Attributes:
        cut: The process is dead: nothing leaves it any more, and it hears nothing.
    """

    def __init__(self, wire: Wire, network: MemoryNetwork, address: Address, process: int) -> None:
        """Be at `address`, an end of `wire`."""
        super().__init__(network, address)
        self.cut = False
        self._wire = wire
        self._process = process

    def send(self, datagram: bytes, to: tuple[str, int] | tuple[str, int, int, int]) -> None:
        """Send a datagram, while the process lives."""
        if not self.cut:
            address = (to[0], to[1])
            self._wire.leaves(datagram, address, self._process)
            super().send(datagram, address)

    def arrive(self, datagram: bytes, source: Address) -> None:
        """Take a datagram from the network, while the process lives."""
        if not self.cut:
            self._wire.comes(datagram, source, self.address, self._process)
            super().arrive(datagram, source)
