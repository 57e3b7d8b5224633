"""Answers that are not what they claim to be: from a BMC that lies, or from somebody who answers in its place.

A client that checks what IPMI 2.0 gives it to check takes none of them for true.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, ClassVar

from bmcsim.dice import Dice
from bmcsim.faults.answers import Alteration
from bmcsim.faults.fault import Fault, FaultError, Parameter
from bmcsim.faults.network import Copies, Transit
from bmcsim.faults.point import Point, Step
from bmcsim.faults.steps import step_of_command
from powerfsm.ipmi.wire.datagram import decode
from powerfsm.ipmi.wire.errors import WireError
from powerfsm.ipmi.wire.message import Request, Response
from powerfsm.ipmi.wire.numbers import PayloadType
from powerfsm.ipmi.wire.packet import AUTHENTICATED, Packet
from powerfsm.ipmi.wire.packet15 import Packet15
from powerfsm.ipmi.wire.suites import SUITES, CipherSuite

if TYPE_CHECKING:
    from bmcsim.bmc import Bmc

_IN_SESSION = frozenset(
    {Step.SET_PRIVILEGE, Step.CHASSIS_STATUS, Step.CHASSIS_CONTROL, Step.CLOSE_SESSION, Step.OTHER}
)
_FLAGS_AT = 5
_LENGTH_AT = 14
_CONSOLE_ID_AT = 4
_MOST_DATA = 200


@dataclass(frozen=True, slots=True)
class WeakerSuite(Fault):
    """Open Session is answered with the algorithms of another cipher suite than was asked for."""

    name: ClassVar[str] = "weaker-suite"
    symptom: ClassVar[str] = (
        "`Authentication algorithm 0x00 is not what we requested`, and no session; ipmipower does not look, and"
        " goes on with the suite that it asked for; a client that takes what it is given goes on without proof."
    )
    seen: ClassVar[str] = (
        "No firmware is known to do so; somebody in between can, as the answer that names the suite is not"
        " authenticated."
    )
    point: ClassVar[Point] = Point.LOGIN
    steps: ClassVar[frozenset[Step]] = frozenset({Step.OPEN_SESSION})

    suite: Annotated[int, Parameter("the number of the suite that it names: 0, 3, 8 or 17", low=0, high=17)] = 0

    def check(self) -> None:
        """Refuse suites that nobody here knows."""
        if self.suite not in SUITES:
            raise FaultError(f"suite is {self.suite}; it can be {', '.join(map(str, SUITES))}", "suite")


@dataclass(frozen=True, slots=True)
class ForeignGuid(Fault):
    """RAKP 2 bears another GUID than the proof in it was made over."""

    name: ClassVar[str] = "foreign-guid"
    symptom: ClassVar[str] = "`RAKP 2 HMAC is invalid`, `password invalid` with the right password."
    seen: ClassVar[str] = "Boards that send their GUID in one byte order and hash it in the other."
    point: ClassVar[Point] = Point.LOGIN
    steps: ClassVar[frozenset[Step]] = frozenset({Step.RAKP1})


@dataclass(frozen=True, slots=True)
class ForgedProof(Fault):
    """The proofs in RAKP 2 and RAKP 4 are those of somebody who does not know the password."""

    name: ClassVar[str] = "forged-proof"
    symptom: ClassVar[str] = "`RAKP 2 HMAC is invalid`, `password invalid` with the right password."
    seen: ClassVar[str] = "Another machine that has taken the BMC's address, by mistake or to collect proofs."
    point: ClassVar[Point] = Point.LOGIN
    steps: ClassVar[frozenset[Step]] = frozenset({Step.RAKP1, Step.RAKP3})


class Foreign(StrEnum):
    """By what an answer belongs to something else."""

    TAG = "tag"
    """The message tag: it answers an earlier message."""
    SESSION = "session"
    """The client's session id: it answers another login."""


@dataclass(frozen=True, slots=True)
class ForeignAnswer(Fault):
    """A message of the login is answered as if another had been sent."""

    name: ClassVar[str] = "foreign-answer"
    symptom: ClassVar[str] = (
        "As if it had been lost: ipmipower says `session timeout`; ipmitool takes the answer, and warns at most"
        " (`Console session ID is not what we requested`)."
    )
    seen: ClassVar[str] = "BMCs under load whose answers come one message late."
    point: ClassVar[Point] = Point.LOGIN
    steps: ClassVar[frozenset[Step]] = frozenset({Step.OPEN_SESSION, Step.RAKP1, Step.RAKP3})

    by: Annotated[Foreign, Parameter("what does not fit")] = Foreign.TAG

    def answer(self, payload: bytes) -> bytes:
        """Return what is sent instead of a right answer."""
        at = 0 if self.by is Foreign.TAG else _CONSOLE_ID_AT
        return payload[:at] + bytes((payload[at] ^ 0x80,)) + payload[at + 1 :]


@dataclass(frozen=True, slots=True)
class PacketLie(Fault, ABC):
    """A packet within a session is not what it should be."""

    point: ClassVar[Point] = Point.SESSION
    steps: ClassVar[frozenset[Step]] = _IN_SESSION

    @abstractmethod
    def packet(self, true: bytes, asked: bytes, answer: bytes, /) -> bytes:
        """Return what is sent instead of a right packet.

        Args:
            true: The right one.
            asked: The packet that it answers.
            answer: The message in it.
        """


@dataclass(frozen=True, slots=True)
class UnsealedAnswer(PacketLie):
    """An answer within a session comes in clear and without an authentication code."""

    name: ClassVar[str] = "unsealed-answer"
    symptom: ClassVar[str] = (
        "None with ipmitool, which takes the answer for true, whoever has sent it; ipmipower says `session"
        " timeout`."
    )
    seen: ClassVar[str] = (
        "No firmware is known to do so; somebody in between can, and a client that lets the packet itself say"
        " whether it is authenticated believes him."
    )

    def packet(self, true: bytes, _: bytes, answer: bytes) -> bytes:
        right = decode(true)
        assert isinstance(right, Packet), "only such packets are authenticated"
        return Packet(PayloadType.IPMI, answer, right.session_id, right.sequence).encode()


@dataclass(frozen=True, slots=True)
class ForgedCode(PacketLie):
    """The authentication code of a packet is wrong."""

    name: ClassVar[str] = "forged-code"
    symptom: ClassVar[str] = (
        "`Received message with invalid authcode!` and no status; ipmipower says `session timeout`."
    )
    seen: ClassVar[str] = "BMC firmware that mixes up the keys of two sessions that are open at once."

    def packet(self, true: bytes, _: bytes, __: bytes) -> bytes:
        return true[:-1] + bytes((true[-1] ^ 1,))


@dataclass(frozen=True, slots=True)
class ReflectedAnswer(PacketLie):
    """The client's own packet comes back to it."""

    name: ClassVar[str] = "reflected-answer"
    symptom: ClassVar[str] = "`Received an Unexpected message ID` and no status; ipmipower says `session timeout`."
    seen: ClassVar[str] = "Loops in management networks; the keys of both directions of a session are the same."

    def packet(self, _: bytes, asked: bytes, __: bytes) -> bytes:
        return asked


class Misfit(StrEnum):
    """What of a response does not fit the request."""

    SEQUENCE = "sequence"
    """The sequence number rqSeq."""
    COMMAND = "command"
    NETFN = "netfn"
    """The network function."""


@dataclass(frozen=True, slots=True)
class ForeignResponse(Alteration):
    """A command is answered, in a sound packet, with the response to another one."""

    name: ClassVar[str] = "foreign-response"
    symptom: ClassVar[str] = (
        "`Unable to get Chassis Power Status`, `session timeout`, as if answers had been lost; a client that does"
        " not compare takes the status of something else for that of the machine."
    )
    seen: ClassVar[str] = "Answers of a satellite controller that the BMC hands to the wrong requester."

    by: Annotated[Misfit, Parameter("what does not fit")] = Misfit.SEQUENCE

    def alter(self, response: Response) -> Response:
        if self.by is Misfit.SEQUENCE:
            return replace(response, sequence=response.sequence ^ 0x20)
        if self.by is Misfit.COMMAND:
            return replace(response, command=response.command ^ 0x40)
        return replace(response, netfn=response.netfn ^ 0x20)


@dataclass(frozen=True, slots=True)
class WrongLength(Alteration):
    """A command is answered with less data than it has, or with more."""

    name: ClassVar[str] = "wrong-length"
    symptom: ClassVar[str] = (
        "ipmitool reads what is not there, and says that a machine is off which is on; ipmipower says `session"
        " timeout`."
    )
    seen: ClassVar[str] = "Completion code 00h with no data at all behind it, from BMCs that are starting up."

    length: Annotated[
        int, Parameter("how many bytes of data it has; zeros fill what is missing", low=0, high=_MOST_DATA)
    ] = 0

    def alter(self, response: Response) -> Response:
        return replace(response, data=response.data[: self.length].ljust(self.length, b"\x00"))


@dataclass(frozen=True, slots=True)
class FalseLength(Transit):
    """The length field of an RMCP+ answer says something else than how long it is."""

    name: ClassVar[str] = "false-length"
    symptom: ClassVar[str] = (
        "`Received message with invalid authcode!`; ipmipower ends with `Invalid argument`; a client that trusts"
        " lengths reads past the end."
    )
    seen: ClassVar[str] = "What fuzzers try first, on clients that copy as many bytes as a packet says it has."

    says: Annotated[int, Parameter("what it says, in bytes", low=0, high=0xFFFF)] = 0xFFFF

    @property
    def points(self) -> tuple[Point, ...]:
        """Answers only."""
        return (Point.LEAVING,)

    def fate(self, datagram: bytes, _: Dice) -> Copies:
        try:
            if not isinstance(decode(datagram), Packet):
                return [(0.0, datagram)]
        except WireError:
            return [(0.0, datagram)]
        said = self.says.to_bytes(2, "little")
        return [(0.0, datagram[:_LENGTH_AT] + said + datagram[_LENGTH_AT + 2 :])]


LIES = (
    WeakerSuite,
    ForeignGuid,
    ForgedProof,
    ForeignAnswer,
    UnsealedAnswer,
    ForgedCode,
    ReflectedAnswer,
    ForeignResponse,
    WrongLength,
    FalseLength,
)
"""All of them."""


def named_suite(bmc: "Bmc", chosen: CipherSuite, now: float) -> CipherSuite:
    """Return the suite that an Open Session Response names, where `chosen` is what the BMC will go by."""
    fault = bmc.faults.strike(bmc.name, Point.LOGIN, Step.OPEN_SESSION, now, WeakerSuite)
    return chosen if fault is None else SUITES[fault.suite]


def guid(bmc: "Bmc", now: float) -> bytes:
    """Return the GUID that RAKP 2 bears."""
    fault = bmc.faults.strike(bmc.name, Point.LOGIN, Step.RAKP1, now, ForeignGuid)
    return bmc.guid if fault is None else bmc.guid[::-1]


def proof(bmc: "Bmc", step: Step, code: bytes, now: float) -> bytes:
    """Return what is sent for a proof."""
    if not code or bmc.faults.strike(bmc.name, Point.LOGIN, step, now, ForgedProof) is None:
        return code
    return bmc.faults.dice(bmc.name).bytes(len(code))


def login_answer(bmc: "Bmc", step: Step, payload: bytes, now: float) -> bytes:
    """Return what is sent for an answer of the login."""
    fault = bmc.faults.strike(bmc.name, Point.LOGIN, step, now, ForeignAnswer)
    return payload if fault is None else fault.answer(payload)


def packet(
    bmc: "Bmc", request: Request, asked: Packet | Packet15, response: bytes, true: bytes, now: float
) -> bytes:
    """Return what is sent for an answer within a session; one of IPMI 1.5, or without a code, is left as it is.

    Args:
        bmc: Which BMC.
        request: What was asked.
        asked: The packet that it came in.
        response: What is answered.
        true: The right packet with it.
        now: When.
    """
    if not isinstance(asked, Packet) or not true[_FLAGS_AT] & AUTHENTICATED:
        return true
    step = step_of_command(request.netfn, request.command)
    fault = bmc.faults.strike(bmc.name, Point.SESSION, step, now, PacketLie)
    return true if fault is None else fault.packet(true, asked.datagram, response)
