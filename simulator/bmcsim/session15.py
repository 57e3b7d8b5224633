"""An IPMI 1.5 session: nothing is hidden, and the password itself proves each packet, or the first alone."""

from typing import ClassVar, Final

from bmcsim.profile import Auth15
from bmcsim.sessions import Address, Session
from powerfsm.ipmi.wire import auth15
from powerfsm.ipmi.wire.errors import WireError
from powerfsm.ipmi.wire.packet import Packet
from powerfsm.ipmi.wire.packet15 import AUTH_MD5, AUTH_NONE, AUTH_PASSWORD, Packet15
from powerfsm.ipmi.wire.window import ABOVE_15, BELOW_15, SequenceWindow

AUTH_TYPES: Final = {Auth15.NONE: AUTH_NONE, Auth15.MD5: AUTH_MD5, Auth15.PASSWORD: AUTH_PASSWORD}
"""The numbers of what a profile names."""


class Session15(Session):
    """One IPMI 1.5 session; its login is complete when it begins.

    Attributes:
        auth_type: How its packets are proven.
        each: Whether each is, or the login alone was.
    """

    __slots__ = ("_password", "auth_type", "each")

    protocol: ClassVar[int] = 0

    def __init__(
        self,
        session_id: int,
        handle: int,
        source: Address,
        auth_type: int,
        password: bytes,
        *,
        each: bool,
        inbound: int,
        outbound: int,
        now: float,
    ) -> None:
        """Begin one.

        Args:
            session_id: The BMC's id of it.
            handle: Its number among the BMC's sessions.
            source: Where it was opened from.
            auth_type: How its packets are proven.
            password: The user's.
            each: Whether each packet is proven.
            inbound: Sequence number of the first packet from the client, as the BMC has chosen it.
            outbound: Sequence number of the answer to its activation, as the client has chosen it.
            now: When.
        """
        window = SequenceWindow(before=inbound - 1, below=BELOW_15, above=ABOVE_15)
        super().__init__(session_id, handle, source, window, outbound, now)
        self.auth_type = auth_type
        self.each = each
        self._password = password

    @property
    def active(self) -> bool:
        """Whether the login is complete: always."""
        return True

    def open(self, packet: Packet | Packet15) -> bytes:
        """Return the payload of a packet of it; see `Session.open`."""
        if not isinstance(packet, Packet15):
            raise WireError("no-session", "an RMCP+ packet of an IPMI 1.5 session")
        if packet.auth_type == self.auth_type:
            auth15.prove(packet, self._password)
        elif self.each or packet.auth_type != AUTH_NONE:
            raise WireError("not-authenticated", "not proven the way that was agreed on")
        return packet.payload

    def close_up(self, payload: bytes, heard: Packet | Packet15) -> bytes:
        """Return the datagram that carries `payload`, proven the way that the packet `heard` was."""
        assert isinstance(heard, Packet15), "only its own packets are answered"
        return auth15.seal(heard.auth_type, self._password, self.id, self.next_sequence(), payload)
