"""ASF presence ping and pong (IPMI 2.0, 13.2.3 and 13.2.4): "is there a BMC, and does it speak IPMI?"."""

import struct
from dataclasses import dataclass

from powerfsm.ipmi.wire import rmcp
from powerfsm.ipmi.wire.errors import WireError, truncated

ASF_IANA = 4542

_PING = 0x80
_PONG = 0x40
# IANA number, message type, message tag, reserved, data length: big-endian, unlike everything in IPMI.
_HEAD = struct.Struct(">IBBxB")
_PONG_DATA = struct.Struct(">IIBB6x")
_IPMI_SUPPORTED = 0x80
_ASF_1_0 = 0x01


@dataclass(frozen=True, slots=True)
class Ping:
    """Presence ping; `tag` (0..255) comes back in the pong.  `sequence` is that of the RMCP header."""

    tag: int
    sequence: int = rmcp.NO_ACK

    def encode(self) -> bytes:
        """Return the datagram."""
        header = rmcp.RmcpHeader(rmcp.CLASS_ASF, self.sequence).encode()
        return header + _HEAD.pack(ASF_IANA, _PING, self.tag, 0)


@dataclass(frozen=True, slots=True)
class Pong:
    """Presence pong.

    Attributes:
        tag: The tag of the ping that it answers.
        ipmi: Whether IPMI is spoken.
        enterprise: IANA number of whoever defines `oem`; 4542 where there is nothing to define.
        oem: 32 bits of the enterprise's.
        interactions: Supported interactions; bit 7 is RMCP's security extensions, bit 5 DASH.
        sequence: That of the RMCP header.
    """

    tag: int
    ipmi: bool = True
    enterprise: int = ASF_IANA
    oem: int = 0
    interactions: int = 0
    sequence: int = rmcp.NO_ACK

    def encode(self) -> bytes:
        """Return the datagram."""
        header = rmcp.RmcpHeader(rmcp.CLASS_ASF, self.sequence).encode()
        entities = (_IPMI_SUPPORTED if self.ipmi else 0) | _ASF_1_0
        data = _PONG_DATA.pack(self.enterprise, self.oem, entities, self.interactions)
        return header + _HEAD.pack(ASF_IANA, _PONG, self.tag, len(data)) + data


def decode(datagram: bytes) -> Ping | Pong:
    """Read an ASF datagram, RMCP header included.

    Raises:
        WireError: Not a ping or pong, or cut short.
    """
    header = rmcp.RmcpHeader.decode(datagram)
    if header.message_class != rmcp.CLASS_ASF or header.ack:
        raise WireError("not-asf", f"RMCP class {header.message_class:02X}h")
    needed = rmcp.LENGTH + _HEAD.size
    if len(datagram) < needed:
        raise truncated("an ASF message", len(datagram), needed)
    iana, kind, tag, length = _HEAD.unpack_from(datagram, rmcp.LENGTH)
    if iana != ASF_IANA:
        raise WireError("not-asf", f"IANA number {iana}, not {ASF_IANA}")
    if len(datagram) < needed + length:
        raise truncated("an ASF message", len(datagram), needed + length)
    if kind == _PING:
        return Ping(tag, header.sequence)
    if kind != _PONG:
        raise WireError("not-asf", f"message type {kind:02X}h")
    if length < _PONG_DATA.size:
        raise truncated("the data of a pong", length, _PONG_DATA.size)
    enterprise, oem, entities, interactions = _PONG_DATA.unpack_from(datagram, needed)
    return Pong(tag, bool(entities & _IPMI_SUPPORTED), enterprise, oem, interactions, header.sequence)
