"""The fields of the datagrams by which a BMC answers, to be lied about (IPMI 2.0, 13.6 to 13.23)."""

from collections.abc import Mapping

from powerfsm.ipmi.wire.numbers import PayloadType

Place = tuple[int, int]
"""Where a field begins and how many bytes it has; a beginning below 0 is counted from the end."""

HEADER: Mapping[str, Place] = {
    "rmcp-version": (0, 1),
    "rmcp-reserved": (1, 1),
    "rmcp-sequence": (2, 1),
    "rmcp-class": (3, 1),
    "auth-type": (4, 1),
    "payload-type": (5, 1),
    "session-id": (6, 4),
    "sequence": (10, 4),
    "length": (14, 2),
}

_ANSWER: Mapping[str, Place] = {"tag": (16, 1), "status": (17, 1), "reserved": (18, 2), "console-id": (20, 4)}

_OPEN: Mapping[str, Place] = {
    **_ANSWER,
    "bmc-id": (24, 4),
    "authentication-type": (28, 1),
    "authentication-length": (31, 1),
    "authentication": (32, 1),
    "integrity-type": (36, 1),
    "integrity-length": (39, 1),
    "integrity": (40, 1),
    "confidentiality-type": (44, 1),
    "confidentiality-length": (47, 1),
    "confidentiality": (48, 1),
}

_RAKP_2: Mapping[str, Place] = {**_ANSWER, "random": (24, 16), "guid": (40, 16), "proof": (56, 16)}

_RAKP_4: Mapping[str, Place] = {**_ANSWER, "proof": (24, 12)}

# With the 16 bytes of authentication code that suite 17 has.
_SEALED: Mapping[str, Place] = {
    "initialisation-vector": (16, 16),
    "first-block": (32, 16),
    "pad-length": (-18, 1),
    "next-header": (-17, 1),
    "code": (-16, 16),
}

OF: Mapping[int, Mapping[str, Place]] = {
    PayloadType.OPEN_SESSION_RESPONSE: {**HEADER, **_OPEN},
    PayloadType.RAKP_2: {**HEADER, **_RAKP_2},
    PayloadType.RAKP_4: {**HEADER, **_RAKP_4},
    PayloadType.IPMI: {**HEADER, **_SEALED},
}
"""Fields by name, by payload type."""

NAMES = sorted({name for fields in OF.values() for name in fields})
"""All of them."""

_SHORTEST = 6


def with_field(datagram: bytes, name: str, value: int) -> bytes:
    """Return a datagram in which a field holds another value, little-endian; as it is where it has no such one."""
    place = OF.get(datagram[5] & 0x3F, HEADER).get(name) if len(datagram) >= _SHORTEST else None
    if place is None:
        return datagram
    start, length = place
    start += len(datagram) if start < 0 else 0
    if start < 0 or start + length > len(datagram):
        return datagram
    held = (value & (1 << 8 * length) - 1).to_bytes(length, "little")
    return datagram[:start] + held + datagram[start + length :]
