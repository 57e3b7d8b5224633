"""Sealing and opening the packets of a session (IPMI 2.0, 13.6, 13.28.4, 13.28.5 and 13.29).

    RMCP header | session header | IV, enciphered(message, 1, 2, .. n, n) | FFh.., pad length, 07h | code
                '-------------------- what the authentication code covers --------------------'

Both ends make one `Seal` per session; it holds what can be prepared, for two of these run per packet.
"""

import hmac
import os
from collections.abc import Callable

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes

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

    __slots__ = ("_decipher", "_encipher", "_encrypts", "_flags", "_k1", "_length", "_random", "_suite")

    def __init__(self, keys: SessionKeys, *, random: Callable[[int], bytes] = os.urandom) -> None:
        """Prepare for one session.

        Args:
            keys: The session's keys.
            random: Gives that many random bytes, of which initialisation vectors are made.
        """
        suite = keys.suite
        self._suite = suite
        self._encrypts = suite.encrypts
        self._encipher: CipherContext | None = None
        self._decipher: CipherContext | None = None
        if suite.encrypts and not suite.pretended:
            self._encipher, self._decipher = _ciphers(keys.aes)
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
            payload = self._random(_BLOCK) + payload + _PADDING[-(len(payload) + 1) % _BLOCK]
            if self._encipher is not None:
                payload = self._encipher.update(payload)
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
        clear = (sealed if self._decipher is None else self._decipher.update(sealed))[_BLOCK:]
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


def _ciphers(key: bytes) -> tuple[CipherContext, CipherContext]:
    """Return what enciphers and deciphers all packets of a session, for making one costs more than using it.

    In CBC each block hangs on the one before and on no other.  So a packet whose first block is random goes
    through a cipher that has seen other packets: what comes out for that block is its initialisation vector, as
    unpredictable as the cipher is good (NIST SP 800-38A, appendix C), and the rest is enciphered under it.  On
    the way back the first block gives nonsense, which is left out, and the rest gives what it should.
    """
    cipher = Cipher(algorithms.AES(key), modes.CBC(bytes(_BLOCK)))
    return cipher.encryptor(), cipher.decryptor()
