"""Opening an IPMI 1.5 session, as the BMC sees it: challenges and activation (IPMI 2.0, 22.16 and 22.17).

A client asks for a challenge in a user's name, and proves that it knows the password by sending the challenge
back in a packet that is authenticated.  A challenge takes no slot; a BMC remembers the last few.  Clients
repeat themselves when an answer is lost: a repeated Activate Session gets the same answer again, and no
second slot.
"""

import hmac
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bmcsim.commands.call import Call
from bmcsim.faults import Step, execution
from bmcsim.faults.login import suffered
from bmcsim.profile import User
from bmcsim.session15 import Session15
from bmcsim.sessions import Address
from powerfsm.ipmi.wire import auth15
from powerfsm.ipmi.wire.errors import WireError
from powerfsm.ipmi.wire.message import Request, Response
from powerfsm.ipmi.wire.message import decode as decode_message
from powerfsm.ipmi.wire.numbers import (
    ActivateCompletion,
    AppCommand,
    Completion,
    NetFn,
    Privilege,
)
from powerfsm.ipmi.wire.packet15 import AUTH_NONE, Packet15

if TYPE_CHECKING:
    from bmcsim.bmc import Bmc

_CHALLENGE_LENGTH = 16
_REMEMBERED = 8
_AUTH_TYPE = 0x0F
_PRIVILEGE = 0x0F

_ACTIVATE_REQUEST = struct.Struct("<BB16sI")
_ACTIVATE_RESPONSE = struct.Struct("<BIIB")


@dataclass(slots=True)
class Challenge:
    """One challenge that was given.

    Attributes:
        auth_type: How the client wants to prove itself.
        user_id: Who it says it is.
        text: What it has to send back.
        until: When it is forgotten.
        activation: The data of the Activate Session that was accepted, once one was.
        reply: That of the answer to it.
        session: What it has opened.
    """

    auth_type: int
    user_id: int
    text: bytes = field(repr=False)
    until: float
    activation: bytes = field(default=b"", repr=False)
    reply: bytes = b""
    session: Session15 | None = None


class Challenges:
    """The challenges that a BMC remembers, by the temporary session ids it gave with them."""

    __slots__ = ("_by_id",)

    def __init__(self) -> None:
        """Start with none."""
        self._by_id: dict[int, Challenge] = {}

    def get(self, session_id: int, now: float) -> Challenge | None:
        """Return the one that was given with this id, unless its time is over."""
        challenge = self._by_id.get(session_id)
        if challenge is not None and challenge.until <= now:
            del self._by_id[session_id]
            return None
        return challenge

    def give(self, bmc: "Bmc", auth_type: int, user_id: int, now: float) -> tuple[int, bytes]:
        """Give a user a challenge, and forget the oldest where there are too many; return its id and its text."""
        text = bmc.dice.bytes(_CHALLENGE_LENGTH)
        session_id = 0
        while not session_id or session_id in self._by_id or bmc.sessions.get(session_id) is not None:
            session_id = int.from_bytes(bmc.dice.bytes(4), "little")
        if len(self._by_id) >= _REMEMBERED:
            del self._by_id[next(iter(self._by_id))]
        self._by_id[session_id] = Challenge(auth_type, user_id, text, now + bmc.profile.setup_timeout)
        return session_id, text

    def clear(self) -> None:
        """Forget all."""
        self._by_id.clear()


def activate(bmc: "Bmc", packet: Packet15, source: Address, now: float) -> bytes | None:
    """Answer the packet of a session that does not exist yet: Activate Session (22.17), or nothing.

    What is answered to an unknown session id cannot be authenticated: there is no user whose password could.

    Raises:
        WireError: It is not one, or it was not made with the user's password.
    """
    request = decode_message(packet.payload)
    if (
        not isinstance(request, Request)
        or (request.netfn, request.command) != (NetFn.APP, AppCommand.ACTIVATE_SESSION)
        or not bmc.profile.ipmi15
    ):
        raise WireError("no-session", "not a packet by which a session is opened")
    given = bmc.challenges.get(packet.session_id, now)
    if given is None:
        code = ActivateCompletion.INVALID_SESSION_ID
        _report_refusal(bmc, packet, code, now)
        return Packet15(request.answer(code).encode(), packet.session_id).encode()
    user = suffered(bmc, bmc.accounts[given.user_id], Step.ACTIVATE, now)
    password = user.password.encode()
    if packet.auth_type != given.auth_type:
        raise WireError("not-authenticated", "not proven the way that the challenge was asked for")
    auth15.prove(packet, password)
    if len(request.data) < _ACTIVATE_REQUEST.size:
        answer, outbound = request.answer(Completion.DATA_LENGTH_INVALID), 0
    else:
        asked = _Activation(*_ACTIVATE_REQUEST.unpack_from(request.data))
        answer, outbound = _execute(bmc, request, asked, given, user, source, now), asked.outbound
    if answer.completion:
        _report_refusal(bmc, packet, answer.completion, now)
    return auth15.seal(packet.auth_type, password, packet.session_id, outbound, answer.encode())


@dataclass(frozen=True, slots=True)
class _Activation:
    """The data of Activate Session; `outbound` is the number of the first packet to the client."""

    auth_type: int
    privilege: int
    text: bytes = field(repr=False)
    outbound: int


def _execute(
    bmc: "Bmc", request: Request, asked: _Activation, given: Challenge, user: User, source: Address, now: float
) -> Response:
    def carry_out(request: Request, _: Call) -> Response:
        return _answer(bmc, request, asked, given, user, source, now)

    call = Call(bmc, None, request.data, now)
    if bmc.name in bmc.faults.suffering:
        return execution.execute(request, call, carry_out)
    return carry_out(request, call)


def _answer(
    bmc: "Bmc", request: Request, asked: _Activation, given: Challenge, user: User, source: Address, now: float
) -> Response:
    if given.session is not None:
        # It was accepted before: the client has missed the answer, or is somebody who has listened.
        alive = bmc.sessions.get(given.session.id) is given.session
        if alive and request.data == given.activation:
            return request.answer(Completion.OK, given.reply)
        return request.answer(ActivateCompletion.INVALID_SESSION_ID)
    refusal = _refusal(bmc, asked, given)
    if refusal is not None:
        return request.answer(refusal)
    # Sequence number 0 marks packets outside of a session.
    inbound = int.from_bytes(bmc.dice.bytes(4), "little") or 1
    each = bmc.settings.access.per_message_auth

    def make(session_id: int, handle: int) -> Session15:
        return Session15(
            session_id,
            handle,
            source,
            given.auth_type,
            user.password.encode(),
            each=each,
            inbound=inbound,
            outbound=asked.outbound,
            now=now,
        )

    session = bmc.sessions.add(make, now)
    if session is None:
        return request.answer(ActivateCompletion.NO_SLOT)
    session.user, session.user_id = user, given.user_id
    session.limit = asked.privilege & _PRIVILEGE
    # A session begins as a user's, however much it may ask for later (IPMI 2.0, 22.18).
    session.privilege = min(session.limit, Privilege.USER)
    auth_type = given.auth_type if each else AUTH_NONE
    given.session, given.activation = session, request.data
    given.reply = _ACTIVATE_RESPONSE.pack(auth_type, session.id, inbound, session.limit)
    bmc.report(now, "session-opened", session=session.id, user=user.name)
    return request.answer(Completion.OK, given.reply)


def _refusal(bmc: "Bmc", asked: _Activation, given: Challenge) -> int | None:
    """Return why this user may not have this session now; None where nothing stands against it."""
    user = bmc.accounts[given.user_id]
    privilege = asked.privilege & _PRIVILEGE
    if asked.auth_type & _AUTH_TYPE != given.auth_type or not Privilege.CALLBACK <= privilege <= Privilege.OEM:
        return Completion.INVALID_DATA_FIELD
    if not hmac.compare_digest(asked.text, given.text):
        return Completion.INVALID_DATA_FIELD
    if asked.outbound == 0:
        return ActivateCompletion.SEQUENCE_OUT_OF_RANGE
    if privilege > min(user.limit, bmc.settings.access.limit):
        return ActivateCompletion.PRIVILEGE_EXCEEDED
    own = sum(session.user_id == given.user_id for session in bmc.sessions)
    if user.sessions and own >= user.sessions:
        return ActivateCompletion.NO_SLOT_FOR_USER
    return None


def _report_refusal(bmc: "Bmc", packet: Packet15, code: int, now: float) -> None:
    bmc.report(now, "refused", what="activate", code=f"{code:02X}h", session=packet.session_id)
