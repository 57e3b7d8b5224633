"""The data of the commands that powerfsm and its simulator exchange, both directions.

Only fields: what an answer's completion code means is in `powerfsm.ipmi.codes`.
"""

import struct
from dataclasses import dataclass
from typing import Final

from powerfsm.ipmi.wire.errors import WireError, truncated

THIS_CHANNEL: Final = 0x0E
"""The channel over which the request came (IPMI 2.0, 6.3)."""

_SESSION_ID = struct.Struct("<I")


def _need(what: str, data: bytes, length: int) -> None:
    if len(data) < length:
        raise truncated(what, len(data), length)


@dataclass(frozen=True, slots=True)
class AuthCapabilitiesRequest:
    """Get Channel Authentication Capabilities (IPMI 2.0, 22.13).

    Attributes:
        privilege: The privilege that will be asked for.
        channel: Channel number.
        extended: Ask for IPMI 2.0 data too.
    """

    privilege: int
    channel: int = THIS_CHANNEL
    extended: bool = True

    def encode(self) -> bytes:
        """Return the request's data."""
        return bytes((self.channel | (0x80 if self.extended else 0), self.privilege))

    @classmethod
    def decode(cls, data: bytes) -> "AuthCapabilitiesRequest":
        """Read the request's data; raises WireError."""
        _need("Get Channel Authentication Capabilities", data, 2)
        return cls(data[1] & 0x0F, data[0] & 0x0F, bool(data[0] & 0x80))


@dataclass(frozen=True, slots=True)
class AuthCapabilities:
    """What Get Channel Authentication Capabilities answers (IPMI 2.0, 22.13).

    Attributes:
        channel: The channel's true number.
        auth_types: Bit set of the IPMI 1.5 authentication types enabled: bit 0 none, 2 MD5, 4 password.
        ipmi15: IPMI 1.5 sessions are possible.
        ipmi20: RMCP+ sessions are possible.
        kg_set: Two-key login: Kg is not zero.
        per_message_off: Per-message authentication is disabled (IPMI 1.5).
        user_level_off: User level authentication is disabled (IPMI 1.5).
        names: There are users with names.
        null_names: There are users without a name, but with a password.
        anonymous: There is a user with neither.
    """

    channel: int
    auth_types: int = 0
    ipmi15: bool = False
    ipmi20: bool = True
    kg_set: bool = False
    per_message_off: bool = False
    user_level_off: bool = False
    names: bool = True
    null_names: bool = False
    anonymous: bool = False

    def encode(self, *, extended: bool = True) -> bytes:
        """Return the response's data; without `extended` as IPMI 1.5 has it."""
        logins = (
            (0x20 if self.kg_set and extended else 0)
            | (0x10 if self.per_message_off else 0)
            | (0x08 if self.user_level_off else 0)
            | (0x04 if self.names else 0)
            | (0x02 if self.null_names else 0)
            | (0x01 if self.anonymous else 0)
        )
        versions = (0x02 if self.ipmi20 else 0) | (0x01 if self.ipmi15 else 0) if extended else 0
        auth_types = self.auth_types & 0x3F | (0x80 if extended and self.ipmi20 else 0)
        return bytes((self.channel, auth_types, logins, versions, 0, 0, 0, 0))

    @classmethod
    def decode(cls, data: bytes) -> "AuthCapabilities":
        """Read the response's data; raises WireError."""
        _need("the answer to Get Channel Authentication Capabilities", data, 8)
        extended = bool(data[1] & 0x80)
        logins = data[2]
        return cls(
            data[0] & 0x0F,
            data[1] & 0x3F,
            ipmi15=bool(data[3] & 0x01) if extended else True,
            ipmi20=extended and bool(data[3] & 0x02),
            kg_set=bool(logins & 0x20),
            per_message_off=bool(logins & 0x10),
            user_level_off=bool(logins & 0x08),
            names=bool(logins & 0x04),
            null_names=bool(logins & 0x02),
            anonymous=bool(logins & 0x01),
        )


@dataclass(frozen=True, slots=True)
class CipherSuitesRequest:
    """Get Channel Cipher Suites (IPMI 2.0, 22.15): records come in slices of 16 bytes.

    Attributes:
        index: Which slice, 0..63.
        channel: Channel number.
        payload_type: For which payload.
        by_suite: List suites; False lists supported algorithms.
    """

    index: int
    channel: int = THIS_CHANNEL
    payload_type: int = 0
    by_suite: bool = True

    def encode(self) -> bytes:
        """Return the request's data."""
        return bytes((self.channel, self.payload_type, self.index | (0x80 if self.by_suite else 0)))

    @classmethod
    def decode(cls, data: bytes) -> "CipherSuitesRequest":
        """Read the request's data; raises WireError."""
        _need("Get Channel Cipher Suites", data, 3)
        return cls(data[2] & 0x3F, data[0] & 0x0F, data[1] & 0x3F, bool(data[2] & 0x80))


CIPHER_SUITES_SLICE: Final = 16
_STANDARD_SUITE = 0xC0
_OEM_SUITE = 0xC1


def encode_cipher_suites(suites: list[tuple[int, int, int, int]]) -> bytes:
    """Return the records of (number, authentication, integrity, confidentiality), to be sliced."""
    return b"".join(
        bytes((_STANDARD_SUITE, number, authentication, 0x40 | integrity, 0x80 | confidentiality))
        for number, authentication, integrity, confidentiality in suites
    )


def decode_cipher_suites(records: bytes) -> list[int]:
    """Return the numbers of the standard suites in the joined records.

    Raises:
        WireError: `truncated`, `bad-cipher-suites`.
    """
    numbers: list[int] = []
    at = 0
    while at < len(records):
        start = records[at]
        if start == _STANDARD_SUITE:
            _need("a cipher suite record", records[at:], 2)
            numbers.append(records[at + 1])
            at += 2
        elif start == _OEM_SUITE:
            at += 5
        else:
            raise WireError("bad-cipher-suites", f"a record begins with {start:02X}h")
        # Algorithms follow, tagged 00b, 01b, 10b in their two highest bits; 11b begins the next record.
        while at < len(records) and records[at] < _STANDARD_SUITE:
            at += 1
    return numbers


def encode_privilege(privilege: int) -> bytes:
    """Return the data of Set Session Privilege Level, request and response (IPMI 2.0, 22.18)."""
    return bytes((privilege,))


def decode_privilege(data: bytes) -> int:
    """Read the data of Set Session Privilege Level; raises WireError."""
    _need("Set Session Privilege Level", data, 1)
    return data[0] & 0x0F


def encode_close_session(session_id: int) -> bytes:
    """Return the data of Close Session: the *BMC's* id of the session to close (IPMI 2.0, 22.19)."""
    return _SESSION_ID.pack(session_id)


def decode_close_session(data: bytes) -> int:
    """Read the data of Close Session; raises WireError."""
    _need("Close Session", data, _SESSION_ID.size)
    session_id: int = _SESSION_ID.unpack_from(data)[0]
    return session_id


def encode_chassis_control(control: int) -> bytes:
    """Return the data of Chassis Control (IPMI 2.0, 28.3), see `ChassisControl`."""
    return bytes((control,))


def decode_chassis_control(data: bytes) -> int:
    """Read the data of Chassis Control; raises WireError."""
    _need("Chassis Control", data, 1)
    return data[0] & 0x0F


@dataclass(frozen=True, slots=True)
class ChassisStatus:
    """What Get Chassis Status answers (IPMI 2.0, 28.2).

    Attributes:
        on: Power is on.
        restore_policy: What happens when mains come back: 0 stays off, 1 as before, 2 on, 3 unknown.
        fault: Fault in the main power subsystem.
        control_fault: A power-up or power-down command was tried and failed.
        last_event: Bit set of what caused the last power event; bit 4: on by an IPMI command.
        misc: Byte 4 of the answer: intrusion, drive and fan fault, identify.
    """

    on: bool
    restore_policy: int = 0
    fault: bool = False
    control_fault: bool = False
    last_event: int = 0
    misc: int = 0

    def encode(self) -> bytes:
        """Return the response's data."""
        state = (
            (0x01 if self.on else 0)
            | (0x08 if self.fault else 0)
            | (0x10 if self.control_fault else 0)
            | (self.restore_policy & 3) << 5
        )
        return bytes((state, self.last_event, self.misc))

    @classmethod
    def decode(cls, data: bytes) -> "ChassisStatus":
        """Read the response's data; raises WireError."""
        _need("the answer to Get Chassis Status", data, 3)
        state = data[0]
        return cls(bool(state & 0x01), state >> 5 & 3, bool(state & 0x08), bool(state & 0x10), data[1], data[2])


@dataclass(frozen=True, slots=True)
class DeviceId:
    """What Get Device ID answers (IPMI 2.0, 20.1).

    Attributes:
        device_id: 0 is unspecified.
        device_revision: 0..15.
        firmware_major: 0..127.
        firmware_minor: 0..99, BCD on the wire.
        initializing: The device is not ready: booting, or taking a firmware update.
        ipmi_version: (2, 0), BCD with the digits swapped on the wire.
        support: Bit set of what the device can do; bit 7 chassis, bit 0 sensors.
        manufacturer: IANA number, 20 bits.
        product: The manufacturer's.
    """

    device_id: int = 0
    device_revision: int = 0
    firmware_major: int = 0
    firmware_minor: int = 0
    initializing: bool = False
    ipmi_version: tuple[int, int] = (2, 0)
    support: int = 0x80
    manufacturer: int = 0
    product: int = 0

    def encode(self) -> bytes:
        """Return the response's data."""
        tens, ones = divmod(self.firmware_minor, 10)
        major, minor = self.ipmi_version
        return (
            bytes(
                (
                    self.device_id,
                    self.device_revision & 0x0F,
                    self.firmware_major & 0x7F | (0x80 if self.initializing else 0),
                    tens << 4 | ones,
                    minor << 4 | major,
                    self.support,
                )
            )
            + self.manufacturer.to_bytes(3, "little")
            + self.product.to_bytes(2, "little")
        )

    @classmethod
    def decode(cls, data: bytes) -> "DeviceId":
        """Read the response's data; raises WireError."""
        _need("the answer to Get Device ID", data, 11)
        return cls(
            data[0],
            data[1] & 0x0F,
            data[2] & 0x7F,
            (data[3] >> 4) * 10 + (data[3] & 0x0F),
            bool(data[2] & 0x80),
            (data[4] & 0x0F, data[4] >> 4),
            data[5],
            int.from_bytes(data[6:9], "little") & 0xFFFFF,
            int.from_bytes(data[9:11], "little"),
        )
