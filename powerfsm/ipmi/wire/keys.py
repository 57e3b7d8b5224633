"""What both ends of a session compute from the login: proofs and keys (IPMI 2.0, 13.28, 13.31, 13.32).

Passwords and Kg are at most 20 bytes, zero-padded; as HMAC pads its keys with zeros as well, the padding
needs no code of ours.  Nothing here shows a key in its `repr`.
"""

import hmac
import struct
import zlib
from dataclasses import dataclass, field

from powerfsm.ipmi.wire.errors import WireError
from powerfsm.ipmi.wire.suites import CipherSuite

LONGEST_SECRET = 20

# IPMI 2.0, 13.32; 20 bytes whatever the hash, as every client and BMC in use has it.
_CONST_1 = b"\x01" * 20
_CONST_2 = b"\x02" * 20

_IDS = struct.Struct("<II")
_ID = struct.Struct("<I")
_AES_KEY_LENGTH = 16


@dataclass(frozen=True, slots=True)
class SessionKeys:
    """The keys of one session.

    Attributes:
        suite: The cipher suite they are for.
        sik: Session integrity key.
        k1: Key of the authentication code that ends a packet.
        k2: Its first 16 bytes are the AES key.
    """

    suite: CipherSuite
    sik: bytes = field(repr=False)
    k1: bytes = field(repr=False)
    k2: bytes = field(repr=False)

    @property
    def aes(self) -> bytes:
        """The AES-128 key."""
        return self.k2[:_AES_KEY_LENGTH]


@dataclass(frozen=True, slots=True)
class Exchange:
    """Everything that RAKP's proofs and keys are computed over; equal at both ends, or they fail.

    Attributes:
        suite: The cipher suite agreed on.
        console_id: The console's id of the session.
        bmc_id: The BMC's id of the session.
        console_random: 16 bytes from RAKP message 1.
        bmc_random: 16 bytes from RAKP message 2.
        bmc_guid: 16 bytes from RAKP message 2.
        role: The role byte of RAKP message 1, lookup bit included.
        name: The user name of RAKP message 1.
    """

    suite: CipherSuite
    console_id: int
    bmc_id: int
    console_random: bytes
    bmc_random: bytes
    bmc_guid: bytes
    role: int
    name: bytes

    def _user(self) -> bytes:
        return b"%c%c%b" % (self.role, len(self.name), self.name)

    def rakp2_code(self, password: bytes) -> bytes:
        """Return the BMC's proof of the password (RAKP message 2)."""
        ids = _IDS.pack(self.console_id, self.bmc_id)
        text = ids + self.console_random + self.bmc_random + self.bmc_guid + self._user()
        return authentication_code(self.suite, _secret(password), text)

    def rakp3_code(self, password: bytes) -> bytes:
        """Return the console's proof of the password (RAKP message 3)."""
        text = self.bmc_random + _ID.pack(self.console_id) + self._user()
        return authentication_code(self.suite, _secret(password), text)

    def keys(self, password: bytes, kg: bytes | None = None) -> SessionKeys:
        """Derive the session's keys.

        Args:
            password: Password of the user, at most 20 bytes.
            kg: The BMC's key; where it has none (None, or all zeros) the password takes its place.
        """
        master = _secret(kg) if kg is not None and any(kg) else _secret(password)
        sik = authentication_code(self.suite, master, self.console_random + self.bmc_random + self._user())
        return SessionKeys(
            self.suite,
            sik,
            authentication_code(self.suite, sik, _CONST_1),
            authentication_code(self.suite, sik, _CONST_2),
        )

    def check_value(self, keys: SessionKeys) -> bytes:
        """Return the BMC's proof of the session key (RAKP message 4)."""
        text = self.console_random + _ID.pack(self.bmc_id) + self.bmc_guid
        return authentication_code(self.suite, keys.sik, text)[: self.suite.check_length]


def authentication_code(suite: CipherSuite, key: bytes, text: bytes) -> bytes:
    """Return the HMAC of `text` by a suite's hash: `code_length` bytes.

    A suite that is pretended has a checksum over key and text in its place, which finds wrong keys and corrupted
    packets in the same way and an eighth of the time.
    """
    if suite.pretended:
        return (zlib.crc32(text, zlib.crc32(key)).to_bytes(4, "little") * 8)[: suite.code_length]
    return hmac.digest(key, text, suite.digest) if suite.digest else b""


def _secret(secret: bytes) -> bytes:
    if len(secret) > LONGEST_SECRET:
        raise WireError("bad-length", f"a password or Kg of {len(secret)} bytes; IPMI 2.0 allows {LONGEST_SECRET}")
    return secret
