"""The IPMI message as it travels over LAN: request and response (IPMI 2.0, 13.8 and table 13-8).

Both directions swap the addresses, so that the first three bytes always name the receiver.  Fields here
keep their meaning instead of their place: `responder` is whoever answers, in a request and in a response.
"""

from dataclasses import dataclass

from powerfsm.ipmi.wire.errors import WireError, truncated

BMC_ADDRESS = 0x20
REMOTE_CONSOLE = 0x81
"""Software id of the remote console (IPMI 2.0, table 5-4), as an address: bit 0 is set."""

_SHORTEST_REQUEST = 7
_SHORTEST_RESPONSE = 8


def _checksum(part: bytes) -> int:
    """Two's complement of the sum, in 8 bits: part and checksum add up to 0 (IPMI 2.0, 13.8)."""
    return -sum(part) & 0xFF


@dataclass(frozen=True, slots=True)
class Request:
    """One request.

    Attributes:
        netfn: Network function, even, 0..62.
        command: Command, 0..255.
        data: What the command takes.
        sequence: rqSeq, 0..63: which answer belongs to it.
        responder: Address of whoever is asked.
        responder_lun: Its logical unit, 0..3.
        requester: Address of whoever asks.
        requester_lun: Its logical unit, 0..3.
    """

    netfn: int
    command: int
    data: bytes = b""
    sequence: int = 0
    responder: int = BMC_ADDRESS
    responder_lun: int = 0
    requester: int = REMOTE_CONSOLE
    requester_lun: int = 0

    def encode(self) -> bytes:
        """Return the message with both checksums."""
        head = bytes((self.responder, self.netfn << 2 | self.responder_lun))
        body = bytes((self.requester, self.sequence << 2 | self.requester_lun, self.command)) + self.data
        return b"%b%c%b%c" % (head, _checksum(head), body, _checksum(body))

    def answer(self, completion: int, data: bytes = b"") -> "Response":
        """Return the response that belongs to this request."""
        return Response(
            self.netfn | 1,
            self.command,
            completion,
            data,
            self.sequence,
            self.responder,
            self.responder_lun,
            self.requester,
            self.requester_lun,
        )


@dataclass(frozen=True, slots=True)
class Response:
    """One response.

    Attributes:
        netfn: That of the request, plus one: odd.
        command: That of the request.
        completion: Completion code; 00h is success.
        data: What the command gives.
        sequence: rqSeq of the request.
        responder: Address of whoever answers.
        responder_lun: Its logical unit.
        requester: Address of whoever asked.
        requester_lun: Its logical unit.
    """

    netfn: int
    command: int
    completion: int = 0
    data: bytes = b""
    sequence: int = 0
    responder: int = BMC_ADDRESS
    responder_lun: int = 0
    requester: int = REMOTE_CONSOLE
    requester_lun: int = 0

    def encode(self) -> bytes:
        """Return the message with both checksums."""
        head = bytes((self.requester, self.netfn << 2 | self.requester_lun))
        body = (
            bytes((self.responder, self.sequence << 2 | self.responder_lun, self.command, self.completion))
            + self.data
        )
        return b"%b%c%b%c" % (head, _checksum(head), body, _checksum(body))

    def answers(self, request: Request) -> bool:
        """Whether this is the response to `request`, by sequence, command and network function."""
        return (
            self.sequence == request.sequence
            and self.command == request.command
            and self.netfn == request.netfn | 1
        )


def decode(payload: bytes) -> Request | Response:
    """Read a message; the network function tells a request (even) from a response (odd).

    Raises:
        WireError: `truncated`, `bad-checksum`.
    """
    length = len(payload)
    if length < _SHORTEST_REQUEST:
        raise truncated("an IPMI message", length, _SHORTEST_REQUEST)
    if (payload[0] + payload[1] + payload[2]) & 0xFF or sum(payload[3:]) & 0xFF:
        raise WireError("bad-checksum", f"an IPMI message of {length} bytes does not add up")
    netfn, lun = payload[1] >> 2, payload[1] & 3
    sequence, other_lun = payload[4] >> 2, payload[4] & 3
    if not netfn & 1:
        return Request(netfn, payload[5], payload[6:-1], sequence, payload[0], lun, payload[3], other_lun)
    if length < _SHORTEST_RESPONSE:
        raise truncated("an IPMI response", length, _SHORTEST_RESPONSE)
    return Response(netfn, payload[5], payload[6], payload[7:-1], sequence, payload[3], other_lun, payload[0], lun)
