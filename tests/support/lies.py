"""Lies about the answers of a BMC, drawn by hypothesis: told by somebody in between, or by the BMC itself.

Who is in between knows no password: what he makes of an answer bears the code of the true one, or none.  The BMC
knows the keys, and what it makes of an answer is sealed as a true one is.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

from packet_fields import NAMES, with_field
from powerfsm.ipmi.link import Address
from powerfsm.ipmi.transport import Transport
from powerfsm.ipmi.wire import WireError, datagram
from powerfsm.ipmi.wire.numbers import PayloadType
from powerfsm.ipmi.wire.packet import Packet
from powerfsm.ipmi.wire.packet15 import Packet15

Heard = tuple[bytes, Address]

VALUES = st.one_of(st.sampled_from([0, 1, 2, 0x87, 0xFF, 0xFFFF, 0xFFFFFFFF]), st.integers(0, (1 << 128) - 1))


@dataclass(frozen=True)
class Move:
    """What is done to one answer.

    Attributes:
        number: To which, counted from 0; those after it are true again, unless `ever`.
        how: What.
        name: The field that is changed.
        value: What it becomes; where to cut; which earlier datagram is sent again.
        rest: What is put behind, or stands for the whole.
        beside: The true answer comes too, right after.
        ever: So are all answers after it.
    """

    number: int
    how: str
    name: str = ""
    value: int = 0
    rest: bytes = b""
    beside: bool = False
    ever: bool = False

    def concerns(self, number: int) -> bool:
        return number == self.number or (self.ever and number > self.number)


IN_BETWEEN = (
    "field",
    "cut",
    "grow",
    "garbage",
    "nothing",
    "earlier",
    "reflected",
    "other-port",
    "other-host",
    "clear",
    "unauthenticated",
    "ipmi-1.5",
    "bare-status",
)

BY_BMC = ("response", "message", "bytes", "sequence", "payload-type", "earlier", "reflected", "field", "nothing")


def moves(ways: Sequence[str]) -> st.SearchStrategy[list[Move]]:
    """A few of them, by any of these ways."""
    move = st.builds(
        Move,
        number=st.integers(0, 9),
        how=st.sampled_from(ways),
        name=st.sampled_from(NAMES),
        value=VALUES,
        rest=st.binary(max_size=40),
        beside=st.booleans(),
        ever=st.booleans(),
    )
    return st.lists(move, min_size=1, max_size=3)


class Liar:
    """Passes answers on as the moves say; `asked` and `said` are what has passed so far."""

    def __init__(self, told: Sequence[Move], transport: Transport, asked: Sequence[bytes]) -> None:
        self._moves = told
        self._transport = transport
        self._asked = asked
        self._said: list[bytes] = []

    def __call__(self, answer: bytes, source: Address) -> Iterable[Heard]:
        number = len(self._said)
        self._said.append(answer)
        arrives: list[Heard] = [(answer, source)]
        for move in self._moves:
            if move.concerns(number):
                arrives = [lie for heard in arrives for lie in self._told(move, *heard)]
                if move.beside:
                    arrives.append((answer, source))
        return arrives

    def _told(self, move: Move, answer: bytes, source: Address) -> Iterable[Heard]:
        if not answer or move.how == "nothing":
            return []
        match move.how:
            case "other-port":
                return [(answer, (source[0], source[1] + 1))]
            case "other-host":
                return [(answer, ("10.0.0.2", source[1]))]
            case "earlier":
                return [(self._said[move.value % len(self._said)], source)]
            case "reflected":
                return [(self._asked[move.value % len(self._asked)], source)]
        changed = _CHANGES.get(move.how, self._sealed)
        return [(changed(move, answer), source)]

    def _sealed(self, move: Move, answer: bytes) -> bytes:
        """Change what is in a packet of a session, and seal it anew, as only the BMC can."""
        try:
            packet = datagram.decode(answer)
            if not isinstance(packet, Packet):
                return answer
            conversation = self._transport._conversations.get(packet.session_id)
            seal = None if conversation is None else conversation.session._seal
            if seal is None:
                return answer
            message = bytearray(seal.open(packet))
        except WireError:
            return answer
        sequence, kind = packet.sequence, int(PayloadType.IPMI)
        if move.how == "sequence":
            sequence = move.value & 0xFFFFFFFF
        elif move.how == "payload-type":
            kind = move.value & 0x3F
        elif move.how == "bytes":
            message = bytearray(move.rest)
        elif move.how == "response" and len(message) > 7:
            message[6] = move.value & 0xFF
            message[7:-1] = move.rest
        elif move.how == "message" and message:
            message[move.value % len(message)] = (move.value >> 8) & 0xFF
        if move.how in ("response", "message") and len(message) > 6 and not move.beside:
            message[2] = -sum(message[:2]) & 0xFF
            message[-1] = -sum(message[3:-1]) & 0xFF
        return seal.seal(packet.session_id, sequence, bytes(message), kind)


def _clear(move: Move, answer: bytes) -> bytes:
    """An answer to what may have been asked, in clear and without a code."""
    command, data = ((0x3C, b"") if move.value & 1 else (0x01, b"\x01\x00\x00")) if move.value & 2 else (0x02, b"")
    netfn = 0x07 if command == 0x3C else 0x01
    head = bytes((0x81, netfn << 2))
    body = bytes((0x20, (move.value >> 2 & 0x3F) << 2, command, 0)) + data
    message = b"%b%c%b%c" % (head, -sum(head) & 0xFF, body, -sum(body) & 0xFF)
    ids = answer[6:14]
    if move.how == "ipmi-1.5":
        return Packet15(message, int.from_bytes(ids[:4], "little"), 1).encode()
    return b"\x06\x00\xff\x07\x06\x00" + ids + len(message).to_bytes(2, "little") + message


def _bare_status(move: Move, answer: bytes) -> bytes:
    """An error that names no session, for whatever is awaited."""
    kind = (0x11, 0x13, 0x15)[move.value % 3]
    tag = answer[16] if len(answer) > 16 else 0
    return Packet(kind, bytes((tag, move.value >> 8 & 0xFF))).encode()


_CHANGES: dict[str, Callable[[Move, bytes], bytes]] = {
    "field": lambda move, answer: with_field(answer, move.name, move.value),
    "cut": lambda move, answer: answer[: move.value % len(answer)],
    "grow": lambda move, answer: answer + move.rest,
    "garbage": lambda move, _: move.rest,
    "clear": _clear,
    "ipmi-1.5": _clear,
    "unauthenticated": lambda _, answer: answer[:5] + bytes(byte & 0xBF for byte in answer[5:6]) + answer[6:],
    "bare-status": _bare_status,
}
