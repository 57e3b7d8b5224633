"""The payloads that open an RMCP+ session: Open Session and RAKP 1 to 4 (IPMI 2.0, 13.17 to 13.23).

In the specification's tables the console's session id is "SIDm" and the BMC's "SIDc"; here they are
`console_id` and `bmc_id`, after whoever chose them.  An answer that carries an error status may end right
after the console's session id, as the specification allows, or even before it, as OpenIPMI's server has it:
what would have followed reads as zeros or as empty.
"""

import struct
from dataclasses import dataclass

from powerfsm.ipmi.wire.errors import WireError, truncated
from powerfsm.ipmi.wire.numbers import PayloadType

NAME_ONLY_LOOKUP = 0x10
"""Bit 4 of the role byte: find the user by name alone, not by name and privilege (IPMI 2.0, 13.20)."""

RANDOM_LENGTH = 16
GUID_LENGTH = 16
LONGEST_NAME = 16

_NO_GUID = bytes(GUID_LENGTH)
_NO_RANDOM = bytes(RANDOM_LENGTH)

# Payload type, payload length, algorithm; the rest is reserved (IPMI 2.0, table 13-9).
_ALGORITHM = struct.Struct("<BxxBBxxx")
_AUTHENTICATION, _INTEGRITY, _CONFIDENTIALITY = 0, 1, 2
_ALGORITHM_MASK = 0x3F

_OPEN_REQUEST = struct.Struct("<BBxxI")
_OPEN_RESPONSE = struct.Struct("<BBBxI")
_OPEN_RESPONSE_OK = struct.Struct("<BBBxII")
_RAKP1 = struct.Struct("<BxxxI16sBxxB")
_RAKP_HEAD = struct.Struct("<BBxxI")
_RAKP2 = struct.Struct("<BBxxI16s16s")
_TAG_AND_STATUS = 2


def _encode_algorithm(kind: int, algorithm: int | None) -> bytes:
    return _ALGORITHM.pack(kind, 0 if algorithm is None else _ALGORITHM.size, algorithm or 0)


def _decode_algorithm(data: bytes, at: int, kind: int) -> int | None:
    """Read one algorithm; None is the null field, by which the BMC is left to choose."""
    found, length, algorithm = _ALGORITHM.unpack_from(data, at)
    if found != kind:
        raise WireError("bad-algorithm", f"algorithm payload of type {found}, not {kind}")
    if length not in (0, _ALGORITHM.size):
        raise WireError("bad-algorithm", f"algorithm payload of {length} bytes")
    return algorithm & _ALGORITHM_MASK if length else None


@dataclass(frozen=True, slots=True)
class OpenSessionRequest:
    """RMCP+ Open Session Request (IPMI 2.0, 13.17).

    Attributes:
        tag: Message tag, which the answer repeats.
        console_id: The console's id of the session, not 0.
        privilege: Highest privilege asked for; 0 is the highest that the algorithms allow.
        authentication: Number of the authentication algorithm, or None for any.
        integrity: Number of the integrity algorithm, or None for any.
        confidentiality: Number of the confidentiality algorithm, or None for any.
    """

    tag: int
    console_id: int
    privilege: int
    authentication: int | None
    integrity: int | None
    confidentiality: int | None

    def encode(self) -> bytes:
        """Return the payload, 32 bytes."""
        return (
            _OPEN_REQUEST.pack(self.tag, self.privilege, self.console_id)
            + _encode_algorithm(_AUTHENTICATION, self.authentication)
            + _encode_algorithm(_INTEGRITY, self.integrity)
            + _encode_algorithm(_CONFIDENTIALITY, self.confidentiality)
        )

    @classmethod
    def decode(cls, payload: bytes) -> "OpenSessionRequest":
        """Read the payload.

        Raises:
            WireError: `truncated`, `bad-algorithm`.
        """
        start = _OPEN_REQUEST.size
        step = _ALGORITHM.size
        if len(payload) < start + 3 * step:
            raise truncated("an Open Session Request", len(payload), start + 3 * step)
        tag, privilege, console_id = _OPEN_REQUEST.unpack_from(payload)
        return cls(
            tag,
            console_id,
            privilege & 0x0F,
            _decode_algorithm(payload, start, _AUTHENTICATION),
            _decode_algorithm(payload, start + step, _INTEGRITY),
            _decode_algorithm(payload, start + 2 * step, _CONFIDENTIALITY),
        )


@dataclass(frozen=True, slots=True)
class OpenSessionResponse:
    """RMCP+ Open Session Response (IPMI 2.0, 13.18).

    Attributes:
        tag: That of the request.
        status: RMCP+ status code; the fields after `console_id` mean something only where it is 0.
        console_id: That of the request.
        bmc_id: The BMC's id of the session: what the console sends from now on.
        privilege: Highest privilege that the session may have.
        authentication: Algorithm taken, or None.
        integrity: Algorithm taken, or None.
        confidentiality: Algorithm taken, or None.
    """

    tag: int
    status: int
    console_id: int
    bmc_id: int = 0
    privilege: int = 0
    authentication: int | None = None
    integrity: int | None = None
    confidentiality: int | None = None

    def encode(self) -> bytes:
        """Return the payload: 36 bytes, or 8 where the status is an error."""
        if self.status:
            return _OPEN_RESPONSE.pack(self.tag, self.status, self.privilege, self.console_id)
        return (
            _OPEN_RESPONSE_OK.pack(self.tag, self.status, self.privilege, self.console_id, self.bmc_id)
            + _encode_algorithm(_AUTHENTICATION, self.authentication)
            + _encode_algorithm(_INTEGRITY, self.integrity)
            + _encode_algorithm(_CONFIDENTIALITY, self.confidentiality)
        )

    @classmethod
    def decode(cls, payload: bytes) -> "OpenSessionResponse":
        """Read the payload.

        Raises:
            WireError: `truncated`, `bad-algorithm`.
        """
        if _is_bare_error(payload):
            return cls(payload[0], payload[1], 0)
        if len(payload) < _OPEN_RESPONSE.size:
            raise truncated("an Open Session Response", len(payload), _OPEN_RESPONSE.size)
        tag, status, privilege, console_id = _OPEN_RESPONSE.unpack_from(payload)
        if status:
            return cls(tag, status, console_id, privilege=privilege & 0x0F)
        start = _OPEN_RESPONSE_OK.size
        step = _ALGORITHM.size
        if len(payload) < start + 3 * step:
            raise truncated("an Open Session Response", len(payload), start + 3 * step)
        bmc_id = _OPEN_RESPONSE_OK.unpack_from(payload)[4]
        return cls(
            tag,
            status,
            console_id,
            bmc_id,
            privilege & 0x0F,
            _decode_algorithm(payload, start, _AUTHENTICATION),
            _decode_algorithm(payload, start + step, _INTEGRITY),
            _decode_algorithm(payload, start + 2 * step, _CONFIDENTIALITY),
        )


@dataclass(frozen=True, slots=True)
class Rakp1:
    """RAKP Message 1, console to BMC (IPMI 2.0, 13.20).

    Attributes:
        tag: Message tag.
        bmc_id: The BMC's id of the session.
        random: The console's random number, 16 bytes.
        role: Requested privilege (bits 3:0) and how to look the user up (bit 4, `NAME_ONLY_LOOKUP`).
        name: User name; encoding allows 16 bytes, decoding hands up what came for the BMC to refuse.
    """

    tag: int
    bmc_id: int
    random: bytes
    role: int
    name: bytes

    def encode(self) -> bytes:
        """Return the payload.

        Raises:
            WireError: The name is longer than 16 bytes, or the random number is not 16 bytes.
        """
        if len(self.name) > LONGEST_NAME:
            raise WireError("bad-length", f"a user name of {len(self.name)} bytes; {LONGEST_NAME} are allowed")
        _fixed("random number", self.random, RANDOM_LENGTH)
        return _RAKP1.pack(self.tag, self.bmc_id, self.random, self.role, len(self.name)) + self.name

    @classmethod
    def decode(cls, payload: bytes) -> "Rakp1":
        """Read the payload; bytes behind the name are padding.

        Raises:
            WireError: `truncated`.
        """
        start = _RAKP1.size
        if len(payload) < start:
            raise truncated("RAKP message 1", len(payload), start)
        tag, bmc_id, random, role, length = _RAKP1.unpack_from(payload)
        name = payload[start : start + length]
        if len(name) < length:
            raise truncated("the user name of RAKP message 1", len(name), length)
        return cls(tag, bmc_id, random, role, name)


@dataclass(frozen=True, slots=True)
class Rakp2:
    """RAKP Message 2, BMC to console (IPMI 2.0, 13.21).

    Attributes:
        tag: That of message 1.
        status: RMCP+ status code.
        console_id: The console's id of the session.
        random: The BMC's random number, 16 bytes.
        guid: The BMC's GUID, 16 bytes as they are on the wire.
        auth_code: Key exchange authentication code: the BMC knows the password too.
    """

    tag: int
    status: int
    console_id: int
    random: bytes = _NO_RANDOM
    guid: bytes = _NO_GUID
    auth_code: bytes = b""

    def encode(self) -> bytes:
        """Return the payload; 8 bytes where the status is an error."""
        if self.status:
            return _RAKP_HEAD.pack(self.tag, self.status, self.console_id)
        _fixed("random number", self.random, RANDOM_LENGTH)
        _fixed("GUID", self.guid, GUID_LENGTH)
        head = _RAKP2.pack(self.tag, self.status, self.console_id, self.random, self.guid)
        return head + self.auth_code

    @classmethod
    def decode(cls, payload: bytes) -> "Rakp2":
        """Read the payload.

        Raises:
            WireError: `truncated`.
        """
        if _is_bare_error(payload):
            return cls(payload[0], payload[1], 0)
        if len(payload) < _RAKP_HEAD.size:
            raise truncated("RAKP message 2", len(payload), _RAKP_HEAD.size)
        tag, status, console_id = _RAKP_HEAD.unpack_from(payload)
        if status:
            return cls(tag, status, console_id)
        if len(payload) < _RAKP2.size:
            raise truncated("RAKP message 2", len(payload), _RAKP2.size)
        random, guid = _RAKP2.unpack_from(payload)[3:]
        return cls(tag, status, console_id, random, guid, payload[_RAKP2.size :])


@dataclass(frozen=True, slots=True)
class Rakp3:
    """RAKP Message 3, console to BMC (IPMI 2.0, 13.22).

    Attributes:
        tag: Message tag.
        status: RMCP+ status code: not 0 where message 2 was refused, and the session goes no further.
        bmc_id: The BMC's id of the session.
        auth_code: Key exchange authentication code: the console knows the password.
    """

    tag: int
    status: int
    bmc_id: int
    auth_code: bytes = b""

    def encode(self) -> bytes:
        """Return the payload."""
        return _RAKP_HEAD.pack(self.tag, self.status, self.bmc_id) + self.auth_code

    @classmethod
    def decode(cls, payload: bytes) -> "Rakp3":
        """Read the payload.

        Raises:
            WireError: `truncated`.
        """
        if len(payload) < _RAKP_HEAD.size:
            raise truncated("RAKP message 3", len(payload), _RAKP_HEAD.size)
        tag, status, bmc_id = _RAKP_HEAD.unpack_from(payload)
        return cls(tag, status, bmc_id, payload[_RAKP_HEAD.size :])


@dataclass(frozen=True, slots=True)
class Rakp4:
    """RAKP Message 4, BMC to console (IPMI 2.0, 13.23).

    Attributes:
        tag: That of message 3.
        status: RMCP+ status code.
        console_id: The console's id of the session.
        check_value: Integrity check value: the BMC has derived the same session key.
    """

    tag: int
    status: int
    console_id: int
    check_value: bytes = b""

    def encode(self) -> bytes:
        """Return the payload."""
        return _RAKP_HEAD.pack(self.tag, self.status, self.console_id) + self.check_value

    @classmethod
    def decode(cls, payload: bytes) -> "Rakp4":
        """Read the payload.

        Raises:
            WireError: `truncated`.
        """
        if _is_bare_error(payload):
            return cls(payload[0], payload[1], 0)
        if len(payload) < _RAKP_HEAD.size:
            raise truncated("RAKP message 4", len(payload), _RAKP_HEAD.size)
        tag, status, console_id = _RAKP_HEAD.unpack_from(payload)
        return cls(tag, status, console_id, payload[_RAKP_HEAD.size :])


def _fixed(what: str, value: bytes, length: int) -> None:
    if len(value) != length:
        raise WireError("bad-length", f"a {what} of {len(value)} bytes, not {length}")


def _is_bare_error(payload: bytes) -> bool:
    """Whether an answer ends before the console's session id, but not before an error status."""
    return _TAG_AND_STATUS <= len(payload) < _RAKP_HEAD.size and payload[1] != 0


_ANSWERS = frozenset(
    {PayloadType.OPEN_SESSION_RESPONSE, PayloadType.RAKP_2, PayloadType.RAKP_4},
)


def console_id_of(payload_type: int, payload: bytes) -> int | None:
    """Return the console's session id out of an answer of the handshake.

    Tag, status, two bytes and this id begin all three kinds of answer, so that whoever serves many
    sessions at once finds the right one before reading on.  0 stands for an answer that names no session:
    an error from a BMC that leaves the id out, or fills it with zeros.  None: this is no such answer.
    """
    if payload_type not in _ANSWERS:
        return None
    if len(payload) < _RAKP_HEAD.size:
        return 0
    console_id: int = _RAKP_HEAD.unpack_from(payload)[2]
    return console_id
