"""Sealing and opening the packets of a session (IPMI 2.0, 13.6, 13.28.4, 13.28.5 and 13.29).

    RMCP header | session header | IV, enciphered(message, 1, 2, .. n, n) | FFh.., pad length, 07h | code
                '-------------------- what the authentication code covers --------------------'

Both ends make one `Seal` per session; it holds what can be prepared, for two of these run per packet.
"""

import hmac
import os
from collections.abc import Callable

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from powerfsm.ipmi.wire.errors import WireError
from powerfsm.ipmi.wire.keys import SessionKeys, authentication_code
from powerfsm.ipmi.wire.numbers import PayloadType
from powerfsm.ipmi.wire.packet import AUTHENTICATED, ENCRYPTED, HEADER, Packet
from powerfsm.ipmi.wire.packet15 import AUTH_RMCP_PLUS
from powerfsm.ipmi.wire.rmcp import IPMI_HEADER

_BLOCK = 16
_NEXT_HEADER = 0x07
_RMCP = len(IPMI_HEADER)

# What ends a payload before it is enciphered, by the number of pad bytes: 1, 2, .. n, n.
_PADDING = [bytes(range(1, n + 1)) + bytes((n,)) for n in range(_BLOCK)]
# What stands between payload and authentication code, by the number of pad bytes.
_TRAILERS = [b"\xff" * n + bytes((n, _NEXT_HEADER)) for n in range(4)]
_TRAILER = len(_TRAILERS[0])


class Seal:
    """Seals what one end sends, opens what it receives."""

    __slots__ = ("_aes", "_encrypts", "_flags", "_k1", "_length", "_random", "_suite")

    def __init__(self, keys: SessionKeys, *, random: Callable[[int], bytes] = os.urandom) -> None:
        """Prepare for one session.

        Args:
            keys: The session's keys.
            random: Gives that many random bytes, for initialisation vectors.
        """
        suite = keys.suite
        self._suite = suite
        self._encrypts = suite.encrypts
        self._aes = algorithms.AES(keys.aes) if suite.encrypts and not suite.pretended else None
        self._k1 = keys.k1
        self._length = suite.trailer_length
        self._flags = (ENCRYPTED if suite.encrypts else 0) | (AUTHENTICATED if suite.trailer_length else 0)
        self._random = random

    def seal(self, session_id: int, sequence: int, payload: bytes, payload_type: int = PayloadType.IPMI) -> bytes:
        """Return the datagram that carries `payload`.

        Args:
            session_id: The *receiver's* id of the session.
            sequence: Session sequence number.
            payload: An encoded IPMI message.
            payload_type: What it is.
        """
        if self._encrypts:
            iv = self._random(_BLOCK)
            payload += _PADDING[-(len(payload) + 1) % _BLOCK]
            if self._aes is not None:
                payload = Cipher(self._aes, modes.CBC(iv)).encryptor().update(payload)
            payload = iv + payload
        kind = payload_type | self._flags
        head = HEADER.pack(IPMI_HEADER, AUTH_RMCP_PLUS, kind, session_id, sequence, len(payload))
        if not self._length:
            return head + payload
        # The covered part, 12 bytes of session header included, is a multiple of four long.
        packet = head + payload + _TRAILERS[-(len(payload) + _TRAILER) % 4]
        return packet + authentication_code(self._suite, self._k1, packet[_RMCP:])[: self._length]

    def open(self, packet: Packet) -> bytes:
        """Return the payload of a received packet, proven and deciphered.

        Raises:
            WireError: `not-authenticated`, `not-encrypted`, `wrong-auth-code`, `bad-trailer`,
                `bad-padding`: it was not made by whoever shares the keys, or not for this session.
        """
        if self._length:
            self._prove(packet)
        if not self._encrypts:
            return packet.payload
        if not packet.encrypted:
            raise WireError("not-encrypted", "the session's suite enciphers, this packet is in clear")
        sealed = packet.payload
        if len(sealed) < 2 * _BLOCK or len(sealed) % _BLOCK:
            raise WireError("bad-padding", f"an enciphered payload of {len(sealed)} bytes")
        clear = sealed[_BLOCK:]
        if self._aes is not None:
            clear = Cipher(self._aes, modes.CBC(sealed[:_BLOCK])).decryptor().update(clear)
        count = clear[-1]
        if count >= _BLOCK or not clear.endswith(_PADDING[count]):
            raise WireError("bad-padding", "the confidentiality pad is not 1, 2, 3, ...")
        return clear[: -1 - count]

    def _prove(self, packet: Packet) -> None:
        if not packet.authenticated:
            raise WireError("not-authenticated", "the session's suite authenticates, this packet does not")
        datagram = packet.datagram
        end = len(datagram) - self._length
        trailer = end - HEADER.size - len(packet.payload)
        if trailer < _TRAILER:
            raise WireError("bad-trailer", "no room for an authentication code behind the payload")
        code = authentication_code(self._suite, self._k1, datagram[_RMCP:end])[: self._length]
        if not hmac.compare_digest(code, datagram[end:]):
            raise WireError("wrong-auth-code", "the packet was not made with this session's keys")
        if datagram[end - 1] != _NEXT_HEADER or datagram[end - 2] != trailer - _TRAILER:
            raise WireError("bad-trailer", "pad length and next header do not fit the packet")
