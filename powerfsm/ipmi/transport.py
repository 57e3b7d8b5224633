"""Many sessions over one link: sending, retransmitting, and finding the session that a datagram is for.

A session (`powerfsm.ipmi.session`) knows what to send and what it awaits; here are time and addresses.  A
datagram finds its session by the console's session id, 32 random bits that we chose, and is taken only from
the address to which the session speaks: a BMC cannot answer another's session, even if it knows the id.
"""

import contextlib
import dataclasses
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import structlog
import trio

from powerfsm.ipmi.link import Address, Link, UdpLink
from powerfsm.ipmi.session import ClientSession, Terms
from powerfsm.ipmi.wire import WireError, datagram
from powerfsm.ipmi.wire.handshake import console_id_of
from powerfsm.ipmi.wire.packet import Packet
from powerfsm.ipmi.wire.suites import PRETENDED

log = structlog.get_logger(__name__)

_GROWTH = 1.5

_TURNS = 4
"""Turns that whoever reads the socket gets before what is awaited counts as not come; a turn is 256 datagrams."""

# Whoever knows a session's id can send from as many addresses as he likes.
_MOST_STRANGERS = 8


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for one answer.

    Attributes:
        total: Seconds until giving up, retransmissions included.
        first: Seconds to the first retransmission; each further one waits half as long again.
    """

    total: float = 10.0
    first: float = 0.5


class NoAnswer(Exception):
    """What a session awaited did not come.

    Attributes:
        awaited: What it was.
        sent: How many datagrams were sent for it.
        trouble: What else is known: why sending failed, who else answered; empty where nothing is.
    """

    def __init__(self, awaited: str, sent: int, trouble: str) -> None:
        tries = "one datagram" if sent == 1 else f"{sent} datagrams"
        super().__init__(f"no {awaited} after {tries}" + (f" ({trouble})" if trouble else ""))
        self.awaited = awaited
        self.sent = sent
        self.trouble = trouble


class Conversation:
    """One session at one address."""

    __slots__ = ("_astray", "_came", "_send_error", "_strangers", "_transport", "address", "session")

    def __init__(self, transport: "Transport", session: ClientSession, address: Address) -> None:
        """Made by `Transport.converse`."""
        self._transport = transport
        self.session = session
        self.address = address
        self._came: trio.Event | None = None
        self._send_error: OSError | None = None
        self._strangers: Counter[Address] = Counter()
        self._astray: Counter[str] = Counter()

    async def exchange(self, patience: Patience, *, once: bool = False) -> None:
        """Send what the session has to send until what it awaits has come.

        Args:
            patience: How long to try.
            once: Send one datagram and no more; one that the link refused was not sent.

        Raises:
            NoAnswer: Nothing came in time.
        """
        came = self._came = trio.Event()
        now = trio.current_time()
        deadline = now + patience.total
        wait = patience.first
        while True:
            sent = self.send(self.session.transmit())
            if await self._wait(came, deadline if sent and once else min(now + wait, deadline)):
                return
            now = trio.current_time()
            if now >= deadline:
                raise NoAnswer(self.session.phase.value, self.session.sent, self._trouble())
            wait *= _GROWTH

    async def linger(self, seconds: float) -> bool:
        """Send nothing, and return whether what the session awaits has come within `seconds`."""
        came = self._came = trio.Event()
        return await self._wait(came, trio.current_time() + seconds)

    @staticmethod
    async def _wait(came: trio.Event, until: float) -> bool:
        with trio.move_on_at(until):
            await came.wait()
        # Where this process was late, the answer may lie in its socket: a deadline expires before that is read.
        for _ in range(_TURNS):
            if came.is_set():
                break
            await trio.lowlevel.checkpoint()
        return came.is_set()

    def send(self, data: bytes) -> bool:
        """Send one datagram; return whether the link took it, for what it refuses counts as lost."""
        try:
            self._transport.link.send(data, self.address)
        except OSError as error:
            self._send_error = error
            self._transport.dropped["not-sent"] += 1
            return False
        self._send_error = None
        return True

    def take(self, packet: Packet, source: Address) -> None:
        """Take a packet that carries this session's id."""
        if source != self.address:
            self._transport.drop("wrong-source", source)
            self._note_stranger(source)
            return
        if self.session.receive(packet) and self._came is not None:
            self._came.set()

    def miss(self, reason: str) -> None:
        """Note that a datagram came from this session's BMC that belongs to no session with it."""
        self._astray[reason] += 1

    def end(self) -> None:
        """Forget the session: whatever still comes for it is dropped."""
        self._transport.forget(self)

    def _note_stranger(self, source: Address) -> None:
        if source not in self._strangers:
            if len(self._strangers) == _MOST_STRANGERS:
                return
            log.warning("answer-from-stranger", expected=self.address[:2], source=source[:2])
        self._strangers[source] += 1

    def _trouble(self) -> str:
        told = []
        if self._send_error is not None:
            told.append(f"sending failed: {self._send_error.strerror or self._send_error}")
        if self._strangers:
            host, port = self._strangers.most_common(1)[0][0][:2]
            told.append(f"answers came from {host} port {port} instead, and were not taken")
        dropped = self.session.dropped + self._astray
        if dropped:
            told.append("dropped: " + ", ".join(f"{count} {reason}" for reason, count in dropped.items()))
        return "; ".join(told)


class Transport:
    """All the sessions of one link."""

    def __init__(
        self, link: Link, *, random: Callable[[int], bytes] = secrets.token_bytes, pretend: bool = False
    ) -> None:
        """Speak over `link`; somebody must run it with `deliver`, see `open_transport`.

        Args:
            link: The network.
            random: Gives that many random bytes, for session ids, nonces and initialisation vectors.
            pretend: Leave cryptography out, with simulated BMCs that do so too (`CipherSuite.pretended`); never
                over a real network.

        Raises:
            ValueError: Cryptography is to be left out over UDP.
        """
        if pretend and isinstance(link, UdpLink):
            raise ValueError("cryptography may be left out in a simulated network only, never over UDP")
        self.link = link
        self.dropped: Counter[str] = Counter()
        """Datagrams that were for no session, or from somebody else than its BMC, or not sent; by reason."""
        self._random = random
        self._pretend = pretend
        self._conversations: dict[int, Conversation] = {}
        self._by_address: dict[Address, list[Conversation]] = {}

    @property
    def open_sessions(self) -> int:
        """How many sessions are being opened, used or closed."""
        return len(self._conversations)

    def converse(self, terms: Terms, address: Address) -> Conversation:
        """Begin a session with the BMC at `address`; nothing is sent by it."""
        if self._pretend:
            terms = dataclasses.replace(terms, suite=PRETENDED[terms.suite.number])
        while True:
            session = ClientSession(terms, random=self._random)
            if session.console_id not in self._conversations:
                break
        conversation = Conversation(self, session, address)
        self._conversations[session.console_id] = conversation
        self._by_address.setdefault(address, []).append(conversation)
        return conversation

    def forget(self, conversation: Conversation) -> None:
        """Take no more datagrams for `conversation`."""
        if self._conversations.pop(conversation.session.console_id, None) is None:
            return
        there = self._by_address[conversation.address]
        there.remove(conversation)
        if not there:
            del self._by_address[conversation.address]

    def deliver(self, data: bytes, source: Address) -> None:
        """Take a datagram from the link; whatever it holds, this does not raise."""
        try:
            packet = datagram.decode(data)
        except WireError as error:
            self.drop(error.reason, source)
            return
        if not isinstance(packet, Packet):
            self.drop("not-rmcp-plus", source)
            return
        console_id = packet.session_id or console_id_of(packet.payload_type, packet.payload)
        if console_id == 0:
            # An error of the login by which the BMC names no session: whoever awaits it there knows its tag.
            for conversation in tuple(self._by_address.get(source, ())):
                conversation.take(packet, source)
            return
        found = self._conversations.get(console_id) if console_id else None
        if found is None:
            self.drop("no-such-session", source)
            return
        found.take(packet, source)

    def drop(self, reason: str, source: Address) -> None:
        """Count a datagram that is not taken; whoever awaits something from there can tell what came instead."""
        self.dropped[reason] += 1
        for conversation in self._by_address.get(source, ()):
            conversation.miss(reason)


@contextlib.contextmanager
def open_transport(
    nursery: trio.Nursery,
    link: Link | None = None,
    *,
    random: Callable[[int], bytes] = secrets.token_bytes,
    pretend: bool = False,
) -> Iterator[Transport]:
    """Give a transport that receives for as long as the context lasts.

    Args:
        nursery: Where its receiving task runs.
        link: The network; UDP where None is given.
        random: See `Transport`.
        pretend: Likewise.
    """
    with contextlib.ExitStack() as stack:
        network = stack.enter_context(UdpLink.open()) if link is None else link
        transport = Transport(network, random=random, pretend=pretend)
        # Left before the sockets are closed.
        receiving = trio.CancelScope()
        stack.callback(receiving.cancel)

        async def receive() -> None:
            with receiving:
                await network.run(transport.deliver)

        nursery.start_soon(receive)
        yield transport
