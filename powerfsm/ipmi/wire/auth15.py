"""The authentication codes of IPMI 1.5 packets (IPMI 2.0, 22.17.1 to 22.17.3).

One password, zero-padded to 16 bytes, is all the secret there is: `none` proves nothing, `password` shows it
to whoever listens, `MD5` proves it.  MD2 is not spoken here: no client in use asks for it alone.
"""

import hashlib
import hmac
import struct
from typing import Final

from powerfsm.ipmi.wire.errors import WireError
from powerfsm.ipmi.wire.packet15 import AUTH_MD5, AUTH_NONE, AUTH_PASSWORD, Packet15

LONGEST_PASSWORD: Final = 16

AUTH_TYPES: Final = (AUTH_NONE, AUTH_MD5, AUTH_PASSWORD)
"""The authentication types that are spoken."""

_NUMBER = struct.Struct("<I")


def auth_code(auth_type: int, password: bytes, session_id: int, sequence: int, payload: bytes) -> bytes:
    """Return the code of one packet, 16 bytes; empty for `none`.

    Raises:
        WireError: `bad-length`: the password is too long for IPMI 1.5; `bad-auth-type`: not spoken here.
    """
    if auth_type == AUTH_NONE:
        return b""
    if len(password) > LONGEST_PASSWORD:
        raise WireError("bad-length", f"a password of {len(password)} bytes; IPMI 1.5 allows {LONGEST_PASSWORD}")
    key = password.ljust(LONGEST_PASSWORD, b"\0")
    if auth_type == AUTH_PASSWORD:
        return key
    if auth_type == AUTH_MD5:
        text = _NUMBER.pack(session_id) + payload + _NUMBER.pack(sequence)
        return hashlib.md5(key + text + key, usedforsecurity=False).digest()
    raise WireError("bad-auth-type", f"authentication type {auth_type:02X}h")


def seal(auth_type: int, password: bytes, session_id: int, sequence: int, payload: bytes) -> bytes:
    """Return the datagram that carries `payload`, proven with `auth_type`; raises as `auth_code` does."""
    code = auth_code(auth_type, password, session_id, sequence, payload)
    return Packet15(payload, session_id, sequence, auth_type, code).encode()


def prove(packet: Packet15, password: bytes) -> None:
    """Check a packet's code, of whatever type it says it is.

    Raises:
        WireError: `wrong-auth-code`, or as `auth_code` does.
    """
    code = auth_code(packet.auth_type, password, packet.session_id, packet.sequence, packet.payload)
    if not hmac.compare_digest(code, packet.auth_code):
        raise WireError("wrong-auth-code", "the packet was not made with this password")
