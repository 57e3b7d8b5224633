"""The IPMI 1.5 session header (IPMI 2.0, 13.6, table 13-8, left column).

RMCP+ clients use it too: what is asked before any session exists (Get Channel Authentication Capabilities,
Get Channel Cipher Suites) travels in it, with authentication type none and session id 0.  The
authentication code is carried, not computed: that is done in `powerfsm.ipmi.wire.auth15`.
"""

import struct
from dataclasses import dataclass, field

from powerfsm.ipmi.wire.errors import WireError, truncated
from powerfsm.ipmi.wire.rmcp import IPMI_HEADER

AUTH_NONE = 0
AUTH_MD2 = 1
AUTH_MD5 = 2
AUTH_PASSWORD = 4
AUTH_OEM = 5
AUTH_RMCP_PLUS = 6

_HEAD = struct.Struct("<BII")
_START = len(IPMI_HEADER)
_CODE_LENGTH = 16
_AUTH_TYPES = frozenset({AUTH_NONE, AUTH_MD2, AUTH_MD5, AUTH_PASSWORD, AUTH_OEM})


@dataclass(frozen=True, slots=True)
class Packet15:
    """One datagram of IPMI 1.5.

    Attributes:
        payload: The IPMI message, at most 255 bytes.
        session_id: 0 outside of any session.
        sequence: Session sequence number; 0 outside of any session.
        auth_type: One of the `AUTH_` numbers.
        auth_code: 16 bytes, or empty where `auth_type` is none.
    """

    payload: bytes
    session_id: int = 0
    sequence: int = 0
    auth_type: int = AUTH_NONE
    auth_code: bytes = field(default=b"", repr=False)

    def encode(self) -> bytes:
        """Return the datagram, RMCP header included."""
        if len(self.auth_code) != (_CODE_LENGTH if self.auth_type else 0):
            raise WireError("bad-length", f"an authentication code of {len(self.auth_code)} bytes")
        head = _HEAD.pack(self.auth_type, self.sequence, self.session_id)
        return b"%b%b%b%c%b" % (IPMI_HEADER, head, self.auth_code, len(self.payload), self.payload)


def decode(datagram: bytes) -> Packet15:
    """Read an IPMI 1.5 datagram whose RMCP header has been looked at.

    A byte may follow the payload: some senders pad lengths that old network chips garbled.

    Raises:
        WireError: `truncated`, `bad-auth-type`.
    """
    needed = _START + _HEAD.size + 1
    if len(datagram) < needed:
        raise truncated("an IPMI 1.5 packet", len(datagram), needed)
    auth_type, sequence, session_id = _HEAD.unpack_from(datagram, _START)
    if auth_type not in _AUTH_TYPES:
        raise WireError("bad-auth-type", f"authentication type {auth_type:02X}h")
    at = _START + _HEAD.size
    auth_code = b""
    if auth_type != AUTH_NONE:
        auth_code = datagram[at : at + _CODE_LENGTH]
        at += _CODE_LENGTH
        if len(datagram) < at + 1:
            raise truncated("an IPMI 1.5 packet", len(datagram), at + 1)
    length = datagram[at]
    at += 1
    if len(datagram) < at + length:
        raise truncated("the payload of an IPMI 1.5 packet", len(datagram) - at, length)
    return Packet15(datagram[at : at + length], session_id, sequence, auth_type, auth_code)
