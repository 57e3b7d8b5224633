"""The network of a rehearsal: power commands and closes arrive when the trace says so, all else at once.

What is under way is held, lost, copied and delivered as it is: what the BMC makes of it is its own business.
"""

from collections.abc import Callable
from dataclasses import dataclass

from bmcsim.fleet import Fleet
from bmcsim.memory import MemoryLink, MemoryNetwork
from bmcsim.sessions import Address
from powerfsm.simulation.eavesdropping import Ear


@dataclass(frozen=True, slots=True, eq=False)
class Parcel:
    """A datagram on its way to a BMC.

    Attributes:
        node: Whose BMC.
        what: A power command, `close`, `status`, or nothing: it is part of a login or cannot be read.
        session: The BMC's id of the session in which it travels; of a close, of the one that is to be closed.
        carrier: Of the session in which it travels, in any case.
        datagram: As it was sent.
        to: Where to.
        link: Who sent it.
        at: When it was sent, in virtual seconds.
    """

    node: str
    what: str
    session: int
    carrier: int
    datagram: bytes
    to: Address
    link: "ScriptedLink"
    at: float


@dataclass(frozen=True, slots=True, eq=False)
class Reply:
    """A BMC's answer on its way back."""

    parcel: Parcel
    datagram: bytes

    def arrive(self) -> None:
        """Let the daemon have it; a dead one does not hear."""
        self.parcel.link.take(self.datagram, self.parcel.to, self.parcel)


class Wire:
    """What is under way, whoever sent it.

    Attributes:
        held: Datagrams that wait for the trace to say what becomes of them.
        replies: Answers that do.
        deaf: Nodes to whose BMCs nothing gets for now.
        holds: Whether a datagram is to wait.
        holds_reply: Whether the answer to it is.
        sent: Is told every datagram that leaves.
        answered: Is told every datagram of which the answer has got to the daemon.
        stir: Is called when an answer has come.
    """

    def __init__(self, fleet: Fleet, network: MemoryNetwork) -> None:
        """Lie between daemons and the BMCs of `fleet`."""
        self.held: list[Parcel] = []
        self.replies: list[Reply] = []
        self.deaf: set[str] = set()
        self.holds: Callable[[Parcel], bool] = lambda _: False
        self.holds_reply: Callable[[Parcel], bool] = lambda _: False
        self.sent: Callable[[Parcel], None] = lambda _: None
        self.answered: Callable[[Parcel], None] = lambda _: None
        self.stir: Callable[[], None] = lambda: None
        self._fleet = fleet
        self._network = network
        self._names = {address: name for name, address in fleet.addresses.items()}
        self._ear = Ear()
        self._links = 0

    def link(self) -> "ScriptedLink":
        """A new process's end."""
        self._links += 1
        return ScriptedLink(self, self._network, self._links)

    def take(self, datagram: bytes, to: Address, link: "ScriptedLink") -> None:
        """Take a datagram from a daemon."""
        node = self._names.get(to)
        if node is None:
            return
        meant = self._ear.read(self._fleet[node], datagram)
        parcel = Parcel(node, meant.what, meant.session, meant.carrier, datagram, to, link, self._fleet.clock())
        self.sent(parcel)
        if node in self.deaf:
            return
        if self.holds(parcel):
            self.held.append(parcel)
        else:
            parcel.link.bring(parcel)

    def deliver(self, parcel: Parcel) -> None:
        """Let a held datagram arrive."""
        self.held.remove(parcel)
        parcel.link.bring(parcel)

    def come_back(self, reply: Reply) -> None:
        """Take an answer from a BMC."""
        if self.holds_reply(reply.parcel):
            self.replies.append(reply)
        else:
            reply.arrive()
        self.stir()

    def let_back(self, reply: Reply) -> None:
        """Let a held answer arrive."""
        self.replies.remove(reply)
        reply.arrive()

    def under_way(self, node: str, what: str, session: int | None) -> list[Parcel]:
        """The held datagrams of a kind, oldest first."""
        return [
            each
            for each in self.held
            if (each.node, each.what) == (node, what) and session in (None, each.session)
        ]

    def coming_back(self, node: str, whats: frozenset[str], session: int | None) -> list[Reply]:
        """The held answers to some kinds, oldest first."""
        return [
            reply
            for reply in self.replies
            if reply.parcel.node == node and reply.parcel.what in whats and session in (None, reply.parcel.session)
        ]


class ScriptedLink(MemoryLink):
    """One process's end of the wire: a link of the daemon's transport.

    Attributes:
        cut: The process is dead: nothing leaves it any more, and it hears nothing.
    """

    def __init__(self, wire: Wire, network: MemoryNetwork, number: int) -> None:
        """Be one end of `wire`, with an address of its own."""
        super().__init__(network, ("192.0.2.1", 40000 + number))
        self.cut = False
        self._wire = wire
        self._carried: Parcel | None = None

    def send(self, datagram: bytes, to: tuple[str, int] | tuple[str, int, int, int]) -> None:
        """Send a datagram; what becomes of it is the wire's business."""
        if not self.cut:
            self._wire.take(datagram, (to[0], to[1]), self)

    def bring(self, parcel: Parcel) -> None:
        """Let a datagram of this process arrive at its BMC, also once the process is dead."""
        self._carried = parcel
        try:
            super().send(parcel.datagram, parcel.to)
        finally:
            self._carried = None

    def arrive(self, datagram: bytes, source: Address) -> None:
        """Take the BMC's answer to what is being brought: it answers at once."""
        if self._carried is None:
            self.take(datagram, source)
        else:
            self._wire.come_back(Reply(self._carried, datagram))

    def take(self, datagram: bytes, source: Address, parcel: Parcel | None = None) -> None:
        """Let the process hear it; `parcel` is what it answers, where that is known."""
        if not self.cut:
            if parcel is not None:
                self._wire.answered(parcel)
            super().arrive(datagram, source)
