"""One RMCP+ session as the console sees it, without input, output or clock (IPMI 2.0, 13.14 to 13.24).

Whoever moves the datagrams calls `transmit` for the next one to send, hands every packet that came for this
session to `receive`, and decides by its own clock when to transmit again.  One thing is awaited at a time:

    Open Session -> RAKP 1 -> RAKP 3 -> Set Session Privilege -> [command]* -> Close Session

What a stranger can send must change nothing: a packet that is not the awaited answer is dropped and counted
by reason, whatever it holds.  The answers of the login that come before any key exists are known by three
random or counted numbers (address aside): session id, message tag, payload type.

What can be told apart when a login fails: the BMC's proof in RAKP message 2 is made with the user's password
alone, its proof in message 4 with the session key, into which Kg went.  So a wrong proof in message 2 is a
wrong password, and one in message 4, after a right one in message 2, is a wrong Kg.
"""

import hmac
import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import NoReturn

from powerfsm.ipmi import codes
from powerfsm.ipmi.codes import Code
from powerfsm.ipmi.wire import WireError, commands, message
from powerfsm.ipmi.wire.handshake import (
    LONGEST_NAME,
    NAME_ONLY_LOOKUP,
    RANDOM_LENGTH,
    OpenSessionRequest,
    OpenSessionResponse,
    Rakp1,
    Rakp2,
    Rakp3,
    Rakp4,
)
from powerfsm.ipmi.wire.keys import LONGEST_SECRET, Exchange
from powerfsm.ipmi.wire.message import Request, Response
from powerfsm.ipmi.wire.numbers import (
    AppCommand,
    CloseCompletion,
    Completion,
    NetFn,
    PayloadType,
    Privilege,
    Status,
)
from powerfsm.ipmi.wire.packet import Packet
from powerfsm.ipmi.wire.seal import Seal
from powerfsm.ipmi.wire.suites import CipherSuite
from powerfsm.ipmi.wire.window import SequenceWindow, following, is_after

CLOSED_BY = frozenset({Completion.OK, CloseCompletion.INVALID_SESSION_ID})
"""Completion codes after which a session is known to be closed: done, or there is no such session."""


class Phase(Enum):
    """How far a session is; the value is what is awaited, or how it ended."""

    OPENING = "Open Session Response"
    PROVING = "RAKP message 2"
    CONFIRMING = "RAKP message 4"
    RAISING = "answer to Set Session Privilege Level"
    ACTIVE = "answer to a command"
    CLOSING = "answer to Close Session"
    CLOSED = "nothing: the BMC has closed the session"
    FAILED = "nothing: the login failed"


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms to log in.

    Attributes:
        suite: Cipher suite to ask for; another one is not taken.
        name: User name, at most 16 bytes.
        password: Password, at most 20 bytes.
        kg: The BMC's key for two-key logins, at most 20 bytes, or None.
        privilege: Privilege to work with.
    """

    suite: CipherSuite
    name: bytes
    password: bytes = field(repr=False)
    kg: bytes | None = field(default=None, repr=False)
    privilege: int = Privilege.ADMINISTRATOR

    def __post_init__(self) -> None:
        """Refuse what cannot be sent, before anything is.

        Raises:
            WireError: A name, password or Kg is too long, or the suite proves nothing.
        """
        if len(self.name) > LONGEST_NAME:
            raise WireError("name-too-long", f"a user name of {len(self.name)} bytes; {LONGEST_NAME} are allowed")
        if max(len(self.password), len(self.kg or b"")) > LONGEST_SECRET:
            raise WireError("secret-too-long", f"a password or Kg of more than {LONGEST_SECRET} bytes")
        if not self.suite.code_length:
            raise WireError("no-proof", f"cipher suite {self.suite.number} proves nothing")


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a login failed.

    Attributes:
        code: What the BMC said, or what we found out.
        at: In which message.
    """

    code: Code
    at: str


class _Dropped(Exception):
    """A packet is not the awaited answer; never leaves this module."""


class ClientSession:
    """One session, from its first datagram to the BMC's answer to Close Session."""

    __slots__ = (
        "_check_value",
        "_half_open",
        "_handshake",
        "_heard_before",
        "_rakp1",
        "_random",
        "_request",
        "_rq_seq",
        "_seal",
        "_sent",
        "_sequence",
        "_tag",
        "_terms",
        "_window",
        "bmc_id",
        "console_id",
        "dropped",
        "failure",
        "may_be_open",
        "phase",
        "response",
    )

    def __init__(self, terms: Terms, *, random: Callable[[int], bytes] = secrets.token_bytes) -> None:
        """Prepare a session; nothing is sent by it.

        Args:
            terms: On what terms to log in.
            random: Gives that many random bytes: session id, nonce and initialisation vectors.
        """
        self._terms = terms
        self._random = random
        self.console_id = 0
        """Our id of the session: what the BMC's packets are addressed to."""
        while not self.console_id:
            self.console_id = int.from_bytes(random(4), "little")
        self.bmc_id = 0
        """The BMC's id of the session; 0 until it has given one."""
        self.phase = Phase.OPENING
        self.failure: Failure | None = None
        """Why the login failed, where `phase` is FAILED."""
        self.response: Response | None = None
        """The answer to the last command, once it has come."""
        self.may_be_open = False
        """Whether the BMC may hold this session open: then it has to be closed, or waited out."""
        self.dropped: Counter[str] = Counter()
        """Packets that were not taken, by reason."""
        self._rakp1: Rakp1 | None = None
        self._check_value = b""
        self._half_open = False
        self._seal: Seal | None = None
        self._window = SequenceWindow()
        self._sequence = 0
        # The highest number that the BMC had used, as far as we knew, when the request was made.
        self._heard_before = 0
        self._request: Request | None = None
        self._rq_seq = 0
        # Beginning anywhere, so that a late answer to an earlier login is not taken for one to this.
        self._tag = random(1)[0]
        self._sent = 0
        self._handshake = self._begin(
            PayloadType.OPEN_SESSION_REQUEST,
            # Privilege 0 asks for the highest that the suite allows: what every client asks for, and so
            # what BMCs are used to.  The privilege to work with is settled later, by RAKP 1 and Set
            # Session Privilege Level.
            OpenSessionRequest(self._tag, self.console_id, Privilege.HIGHEST, *terms.suite.algorithms).encode(),
        )

    @property
    def keyed(self) -> bool:
        """Whether session keys exist, so that the session can be closed by its own packets."""
        return self._seal is not None

    @property
    def sent(self) -> int:
        """How many datagrams were sent for what is awaited now."""
        return self._sent

    def transmit(self) -> bytes:
        """Return the next datagram to send for what is awaited: the first, or a retransmission.

        Within a session a retransmission is the same message (same rqSeq) in a new packet with the next
        session sequence number (IPMI 2.0, 6.12.13): a BMC that keeps a window would drop a number
        that it has seen, and so would never repeat an answer that got lost.  It may well carry the
        message out again, as it usually does not look at rqSeq; what must not be done twice must not
        be retransmitted.  Before the session, the retransmission is the same datagram.
        """
        self._sent += 1
        if self._request is None:
            # Once RAKP 3 is under way the BMC may count the session as open, whether or not we hear of it.
            self.may_be_open |= self.phase is Phase.CONFIRMING
            return self._handshake
        assert self._seal is not None, "a request needs keys"
        self._sequence = following(self._sequence)
        return self._seal.seal(self.bmc_id, self._sequence, self._request.encode())

    def ask(self, netfn: int, command: int, data: bytes = b"") -> None:
        """Await the answer to a new request; what was awaited before no longer is.

        Args:
            netfn: Network function, even.
            command: The command.
            data: Its data.
        """
        assert self.keyed, "a command needs a session"
        self._rq_seq = (self._rq_seq + 1) & 0x3F
        self._request = Request(netfn, command, data, self._rq_seq)
        self._heard_before = self._window.highest
        self.response = None
        self._sent = 0

    def ask_to_close(self) -> None:
        """Await the answer to Close Session for this session."""
        self.ask(NetFn.APP, AppCommand.CLOSE_SESSION, commands.encode_close_session(self.bmc_id))
        self.phase = Phase.CLOSING

    def ask_to_close_other(self, bmc_id: int) -> None:
        """Await the answer to Close Session for another session (needs administrator).

        Args:
            bmc_id: The BMC's id of that session.
        """
        self.ask(NetFn.APP, AppCommand.CLOSE_SESSION, commands.encode_close_session(bmc_id))

    def retract(self) -> bytes | None:
        """Return the datagram that tells the BMC to forget a login half-way; None where there is none.

        RAKP message 3 with an error status ends a login before any key exists (IPMI 2.0, 13.22); the
        BMC does not answer it.  Without it a slot may stay taken until the BMC loses patience.
        """
        if not self._half_open:
            return None
        refusal = Rakp3(self._tag, Status.INVALID_INTEGRITY_CHECK_VALUE, self.bmc_id)
        return Packet(PayloadType.RAKP_3, refusal.encode()).encode()

    def receive(self, packet: Packet) -> bool:
        """Take a packet; return whether what was awaited has come.

        Then either the login went a step on (`transmit` gives its next datagram), or it is done
        (`phase` is ACTIVE) or failed (`failure`), or `response` is the answer to the request.
        """
        try:
            if packet.session_id:
                self._take_sealed(packet)
            else:
                self._take_handshake(packet)
        except _Dropped as dropped:
            self.dropped[dropped.args[0]] += 1
            return False
        except WireError as error:
            self.dropped[error.reason] += 1
            return False
        return True

    # The login.

    def _begin(self, payload_type: int, payload: bytes) -> bytes:
        self._sent = 0
        return Packet(payload_type, payload).encode()

    def _take_handshake(self, packet: Packet) -> None:
        if packet.encrypted or packet.authenticated:
            _drop("sealed-outside-session")
        if packet.payload_type == PayloadType.OPEN_SESSION_RESPONSE and self.phase is Phase.OPENING:
            self._take_open(OpenSessionResponse.decode(packet.payload))
        elif packet.payload_type == PayloadType.RAKP_2 and self.phase is Phase.PROVING:
            self._take_rakp2(Rakp2.decode(packet.payload))
        elif packet.payload_type == PayloadType.RAKP_4 and self.phase is Phase.CONFIRMING:
            self._take_rakp4(Rakp4.decode(packet.payload))
        else:
            _drop("not-awaited")

    def _known(self, answer: OpenSessionResponse | Rakp2 | Rakp4) -> None:
        # Some BMCs name no session in an error; address and message tag must do then.
        if answer.console_id != self.console_id and (answer.console_id or not answer.status):
            _drop("other-session")
        if answer.tag != self._tag:
            _drop("wrong-tag")

    def _take_open(self, answer: OpenSessionResponse) -> None:
        self._known(answer)
        if answer.status:
            self._fail(codes.status(answer.status))
            return
        if not answer.bmc_id:
            self._fail(codes.NULL_SESSION_ID)
            return
        self.bmc_id = answer.bmc_id
        self._half_open = True
        terms = self._terms
        if (answer.authentication, answer.integrity, answer.confidentiality) != terms.suite.algorithms:
            self._fail(codes.SUITE_CHANGED)
            return
        self._tag = (self._tag + 1) & 0xFF
        role = terms.privilege | NAME_ONLY_LOOKUP
        self._rakp1 = Rakp1(self._tag, self.bmc_id, self._random(RANDOM_LENGTH), role, terms.name)
        self.phase = Phase.PROVING
        self._handshake = self._begin(PayloadType.RAKP_1, self._rakp1.encode())

    def _take_rakp2(self, answer: Rakp2) -> None:
        self._known(answer)
        if answer.status:
            self._half_open = False
            self._fail(codes.status(answer.status))
            return
        terms, rakp1 = self._terms, self._rakp1
        assert rakp1 is not None, "RAKP 1 comes before RAKP 2"
        exchange = Exchange(
            terms.suite,
            self.console_id,
            self.bmc_id,
            rakp1.random,
            answer.random,
            answer.guid,
            rakp1.role,
            rakp1.name,
        )
        if not _proves(answer.auth_code, exchange.rakp2_code(terms.password)):
            self._fail(codes.WRONG_PASSWORD)
            return
        keys = exchange.keys(terms.password, terms.kg)
        self._check_value = exchange.check_value(keys)
        self._seal = Seal(keys, random=self._random)
        self._tag = (self._tag + 1) & 0xFF
        self.phase = Phase.CONFIRMING
        rakp3 = Rakp3(self._tag, Status.NO_ERRORS, self.bmc_id, exchange.rakp3_code(terms.password))
        self._handshake = self._begin(PayloadType.RAKP_3, rakp3.encode())

    def _take_rakp4(self, answer: Rakp4) -> None:
        self._known(answer)
        self._half_open = False
        if answer.status:
            # The BMC has proven our password in message 2, so it is not that which 0Fh speaks of here.
            crossed = answer.status == Status.INVALID_INTEGRITY_CHECK_VALUE
            self._fail(codes.LOGINS_CROSSED if crossed else codes.status(answer.status))
            # What is refused may be the second copy of a RAKP 3 whose first was taken.
            self.may_be_open = self._sent > 1
            return
        if not _proves(answer.check_value, self._check_value):
            self._fail(codes.WRONG_KG)
            # The BMC counts the session as open, but nothing that we could seal would open there.
            self._seal = None
            return
        privilege = commands.encode_privilege(self._terms.privilege)
        self.ask(NetFn.APP, AppCommand.SET_SESSION_PRIVILEGE, privilege)
        self.phase = Phase.RAISING

    def _fail(self, code: Code) -> None:
        self.failure = Failure(code, self.phase.value)
        self.phase = Phase.FAILED

    # The session.

    def _take_sealed(self, packet: Packet) -> None:
        if packet.session_id != self.console_id:
            _drop("other-session")
        if self._seal is None:
            _drop("not-awaited")
        if packet.payload_type != PayloadType.IPMI:
            _drop("other-payload")
        response = message.decode(self._seal.open(packet))
        if not isinstance(response, Response):
            # One of our own, reflected, where both ends chose the same id.  Both directions share their keys, so
            # it opens; it must not use up the sequence number of a true answer.
            _drop("not-a-response")
        if not self._window.accept(packet.sequence):
            _drop("replayed")
        if self._request is None or self.response is not None:
            _drop("not-awaited")
        if not response.answers(self._request):
            _drop("not-awaited")
        # rqSeq has 64 values: what answered an earlier request may bear the number of this one.  It was sent
        # before this one was made, and so before a packet that we had then.
        if not is_after(packet.sequence, self._heard_before):
            _drop("late")
        self.response = response
        if self.phase is Phase.RAISING:
            self._take_privilege(response)
        elif self.phase is Phase.CLOSING and response.completion in CLOSED_BY:
            self.phase = Phase.CLOSED
            self.may_be_open = self._half_open = False

    def _take_privilege(self, response: Response) -> None:
        if response.completion:
            code = codes.completion(response.completion, NetFn.APP, AppCommand.SET_SESSION_PRIVILEGE)
            self._fail(code)
        elif response.data and commands.decode_privilege(response.data) < self._terms.privilege:
            self._fail(codes.PRIVILEGE_WITHHELD)
        else:
            self.phase = Phase.ACTIVE


def _drop(reason: str) -> NoReturn:
    raise _Dropped(reason)


def _proves(found: bytes, expected: bytes) -> bool:
    """Whether `found` is the proof; some BMCs send the whole HMAC where a part of it was agreed on."""
    return hmac.compare_digest(found[: len(expected)], expected)
