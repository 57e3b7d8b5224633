"""An RMCP+ session (IPMI 2.0): opened by RAKP, sealed with keys that the login has made."""

from typing import ClassVar

from bmcsim.sessions import Address, Session, SessionTable
from powerfsm.ipmi.wire.errors import WireError
from powerfsm.ipmi.wire.keys import Exchange
from powerfsm.ipmi.wire.packet import Packet
from powerfsm.ipmi.wire.packet15 import Packet15
from powerfsm.ipmi.wire.seal import Seal
from powerfsm.ipmi.wire.suites import CipherSuite
from powerfsm.ipmi.wire.window import SequenceWindow


class Session20(Session):
    """One RMCP+ session, from Open Session Request to its end.

    Attributes:
        console_id: The client's id of it.
        suite: Its cipher suite.
        asked: Privilege that the Open Session Request asked for.
        ceiling: Highest privilege that was granted in the Open Session Response.
        random: The BMC's random number for RAKP; the same however often the client repeats itself.
        rakp1: The payload of RAKP message 1, once it was accepted.
        exchange: What proofs and keys are computed over, once RAKP message 1 was accepted.
        seal: Seals and opens its packets, once it is active.
        rakp4: The answer to RAKP message 3, kept for a client that has missed it.
    """

    __slots__ = ("asked", "ceiling", "console_id", "exchange", "rakp1", "rakp4", "random", "seal", "suite")

    protocol: ClassVar[int] = 1

    def __init__(
        self,
        session_id: int,
        handle: int,
        console_id: int,
        source: Address,
        suite: CipherSuite,
        ceiling: int,
        random: bytes,
        now: float,
    ) -> None:
        """Begin one that is yet to be proven."""
        super().__init__(session_id, handle, source, SequenceWindow(), 0, now)
        self.console_id = console_id
        self.suite = suite
        self.asked = ceiling
        self.ceiling = ceiling
        self.random = random
        self.rakp1 = b""
        self.exchange: Exchange | None = None
        self.seal: Seal | None = None
        self.rakp4 = b""

    @property
    def active(self) -> bool:
        """Whether the login is complete."""
        return self.seal is not None

    def open(self, packet: Packet | Packet15) -> bytes:
        """Return the payload of a packet of it; see `Session.open`."""
        if self.seal is None or not isinstance(packet, Packet):
            raise WireError("no-session", "not a packet of an RMCP+ session that is open")
        return self.seal.open(packet)

    def close_up(self, payload: bytes, heard: Packet | Packet15) -> bytes:  # noqa: ARG002  all are sealed alike
        """Return the datagram that carries `payload`; see `Session.close_up`."""
        assert self.seal is not None, "a session that is not open says nothing"
        return self.seal.seal(self.console_id, self.next_sequence(), payload)


def find(sessions: SessionTable, session_id: int) -> Session20 | None:
    """Return the RMCP+ session with this id of the BMC's, active or not yet."""
    session = sessions.get(session_id)
    return session if isinstance(session, Session20) else None


def begun(sessions: SessionTable, console_id: int, source: Address, suite: CipherSuite) -> Session20 | None:
    """Return what a client has already begun with the same request: it missed the answer, and repeats itself."""
    for session in sessions.all():
        if (
            isinstance(session, Session20)
            and session.console_id == console_id
            and session.source == source
            and not session.active
            and session.suite is suite
        ):
            return session
    return None
