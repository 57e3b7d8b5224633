"""The RMCP header, first four bytes of every datagram (IPMI 2.0, 13.1.3)."""

from dataclasses import dataclass

from powerfsm.ipmi.wire.errors import WireError, truncated

VERSION = 0x06
NO_ACK = 0xFF
CLASS_ASF = 0x06
CLASS_IPMI = 0x07
LENGTH = 4


@dataclass(frozen=True, slots=True)
class RmcpHeader:
    """RMCP header.

    Attributes:
        message_class: 06h ASF, 07h IPMI.
        sequence: 0..254 asks for an RMCP acknowledgement, 255 does not; IPMI messages always carry 255.
        ack: This *is* an acknowledgement: a header and nothing else.
    """

    message_class: int
    sequence: int = NO_ACK
    ack: bool = False

    def encode(self) -> bytes:
        """Return the four bytes."""
        return bytes((VERSION, 0, self.sequence, self.message_class | (0x80 if self.ack else 0)))

    @classmethod
    def decode(cls, datagram: bytes) -> "RmcpHeader":
        """Read the header of `datagram`.

        Raises:
            WireError: `truncated`, `not-rmcp`.
        """
        if len(datagram) < LENGTH:
            raise truncated("an RMCP datagram", len(datagram), LENGTH)
        if datagram[0] != VERSION:
            raise WireError("not-rmcp", f"version is {datagram[0]:02X}h, not {VERSION:02X}h")
        last = datagram[3]
        return cls(last & 0x1F, datagram[2], ack=bool(last & 0x80))


IPMI_HEADER = RmcpHeader(CLASS_IPMI).encode()
