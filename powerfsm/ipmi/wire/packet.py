"""The RMCP+ session header (IPMI 2.0, 13.6, table 13-8, right column).

A packet is read in two steps.  This one needs no secret: whose session it is, and what it carries; it is
all that a receiver serving many sessions needs to find the right one.  Proving and deciphering come
second, in `powerfsm.ipmi.wire.seal`, with that session's keys.
"""

import struct
from dataclasses import dataclass, field

from powerfsm.ipmi.wire.errors import WireError, truncated
from powerfsm.ipmi.wire.packet15 import AUTH_RMCP_PLUS
from powerfsm.ipmi.wire.rmcp import IPMI_HEADER

HEADER = struct.Struct("<4sBBIIH")
"""RMCP header, authentication type, payload type, session id, sequence, payload length: 16 bytes."""

ENCRYPTED = 0x80
AUTHENTICATED = 0x40
_TYPE = 0x3F
_OEM_EXPLICIT = 0x02


@dataclass(frozen=True, slots=True)
class Packet:
    """One RMCP+ datagram.

    Attributes:
        payload_type: 0..63, see `PayloadType`.
        payload: As it is on the wire: still enciphered where `encrypted`.
        session_id: The *receiver's* id of the session; 0 outside of any session.
        sequence: Session sequence number; 0 outside of any session.
        encrypted: The payload is enciphered.
        authenticated: An authentication code follows the payload.
        datagram: What was received, for checking the authentication code; empty where none was.
    """

    payload_type: int
    payload: bytes
    session_id: int = 0
    sequence: int = 0
    encrypted: bool = False
    authenticated: bool = False
    datagram: bytes = field(default=b"", repr=False, compare=False)

    def encode(self) -> bytes:
        """Return the datagram of a packet that is neither encrypted nor authenticated.

        Raises:
            WireError: It claims to be; those are made by `Seal.seal`.
        """
        if self.encrypted or self.authenticated:
            raise WireError("unsealed", "an encrypted or authenticated packet is made with the session's seal")
        head = HEADER.pack(
            IPMI_HEADER,
            AUTH_RMCP_PLUS,
            self.payload_type,
            self.session_id,
            self.sequence,
            len(self.payload),
        )
        return head + self.payload


def decode(datagram: bytes) -> Packet:
    """Read an RMCP+ datagram whose RMCP header has been looked at.

    Raises:
        WireError: `truncated`, `bad-auth-type`, `oem-payload`.
    """
    if len(datagram) < HEADER.size:
        raise truncated("an RMCP+ packet", len(datagram), HEADER.size)
    _, auth_type, kind, session_id, sequence, length = HEADER.unpack_from(datagram)
    if auth_type != AUTH_RMCP_PLUS:
        raise WireError("bad-auth-type", f"authentication type {auth_type:02X}h")
    payload_type = kind & _TYPE
    if payload_type == _OEM_EXPLICIT:
        raise WireError("oem-payload", "a payload type of some manufacturer's own")
    payload = datagram[HEADER.size : HEADER.size + length]
    if len(payload) < length:
        raise truncated("the payload of an RMCP+ packet", len(payload), length)
    return Packet(
        payload_type,
        payload,
        session_id,
        sequence,
        bool(kind & ENCRYPTED),
        bool(kind & AUTHENTICATED),
        datagram,
    )
