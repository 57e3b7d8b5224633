"""A BMC of few words, for tests of the console's side: the other end of the wire codec, and nothing more.

It has no clock and no socket: a datagram goes in, answers come out.  Where the specification leaves a BMC a
choice it takes the nastier one: each copy of RAKP message 1 gets a new random number, each copy of a
request is carried out, and nothing is said to packets of a session that it does not know.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from powerfsm.ipmi.wire import WireError, commands, datagram, message
from powerfsm.ipmi.wire.handshake import (
    OpenSessionRequest,
    OpenSessionResponse,
    Rakp1,
    Rakp2,
    Rakp3,
    Rakp4,
)
from powerfsm.ipmi.wire.keys import Exchange, SessionKeys
from powerfsm.ipmi.wire.message import Request, Response
from powerfsm.ipmi.wire.numbers import (
    AppCommand,
    ChassisCommand,
    ChassisControl,
    CloseCompletion,
    Completion,
    NetFn,
    PayloadType,
    Privilege,
    PrivilegeCompletion,
    Status,
)
from powerfsm.ipmi.wire.packet import Packet
from powerfsm.ipmi.wire.seal import Seal
from powerfsm.ipmi.wire.suites import SUITE_BY_ALGORITHMS, CipherSuite


def _as_it_is(answer: object) -> object:
    return answer


@dataclass
class User:
    """An account: password, and the highest privilege it may have."""

    password: bytes
    privilege: int = Privilege.ADMINISTRATOR


@dataclass
class BmcSession:
    """What the BMC keeps of one session; open once RAKP message 3 was right."""

    id: int
    console_id: int
    suite: CipherSuite
    user: User | None = None
    exchange: Exchange | None = None
    keys: SessionKeys | None = None
    seal: Seal | None = None
    privilege: int = Privilege.USER
    sequence: int = 0

    @property
    def open(self) -> bool:
        return self.seal is not None


@dataclass
class TinyBmc:
    """One BMC; everything about it may be changed while it runs.

    Attributes:
        users: Accounts by name.
        kg: Its key, or None.
        suites: Numbers of the cipher suites it has.
        slots: How many sessions it can hold, half-open ones included.
        power: Whether the machine is on.
        completions: Completion codes to answer instead of doing anything, by network function and command.
        statuses: RMCP+ status codes to answer to a payload type of the handshake.
        deaf: Payload types that it does not hear.
        terse: Errors of the handshake end after tag and status, as those of OpenIPMI's server do.
        mend: Changes a response before it is sized and sealed; for tests of odd BMCs.
        events: What happened, in order.
    """

    users: dict[bytes, User] = field(default_factory=lambda: {b"admin": User(b"secret")})
    kg: bytes | None = None
    suites: tuple[int, ...] = (3, 17)
    slots: int = 8
    power: bool = False
    completions: dict[tuple[int, int], int] = field(default_factory=dict)
    statuses: dict[int, int] = field(default_factory=dict)
    deaf: set[int] = field(default_factory=set)
    terse: bool = False
    mend: Callable[[object], object] = _as_it_is
    events: list[tuple[object, ...]] = field(default_factory=list)
    sessions: dict[int, BmcSession] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._ids = count(0xB0000001)
        self._randoms = count(1)
        self.guid = b"tiny-bmc-of-test"

    @property
    def open_sessions(self) -> list[int]:
        """Ids of the sessions in which commands would be taken."""
        return [session.id for session in self.sessions.values() if session.open]

    @property
    def controls(self) -> list[int]:
        """Chassis controls carried out, in order."""
        return [event[1] for event in self.events if event[0] == "control" and isinstance(event[1], int)]

    def restart(self) -> None:
        """Forget every session, as a reset of the BMC does."""
        self.sessions.clear()

    def receive(self, data: bytes) -> list[bytes]:
        """Take a datagram and return the answers."""
        try:
            packet = datagram.decode(data)
            if not isinstance(packet, Packet):
                return []
            if packet.session_id:
                return self._in_session(packet)
            return self._handshake(packet)
        except WireError:
            return []

    # The login.

    def _handshake(self, packet: Packet) -> list[bytes]:
        kind = packet.payload_type
        if kind in self.deaf:
            return []
        match kind:
            case PayloadType.OPEN_SESSION_REQUEST:
                return self._open(OpenSessionRequest.decode(packet.payload))
            case PayloadType.RAKP_1:
                return self._rakp1(Rakp1.decode(packet.payload))
            case PayloadType.RAKP_3:
                return self._rakp3(Rakp3.decode(packet.payload))
        return []

    def _answer(self, kind: PayloadType, answer: OpenSessionResponse | Rakp2 | Rakp4) -> list[bytes]:
        mended = self.mend(answer)
        assert isinstance(mended, OpenSessionResponse | Rakp2 | Rakp4)
        payload = mended.encode()
        if self.terse and mended.status:
            payload = payload[:2]
        return [Packet(kind, payload).encode()]

    def _open(self, ask: OpenSessionRequest) -> list[bytes]:
        kind = PayloadType.OPEN_SESSION_RESPONSE
        algorithms = (ask.authentication, ask.integrity, ask.confidentiality)
        suite = next((s for a, s in SUITE_BY_ALGORITHMS.items() if a == algorithms), None)
        status = self.statuses.get(PayloadType.OPEN_SESSION_REQUEST, 0)
        if not status and (suite is None or suite.number not in self.suites):
            status = Status.NO_CIPHER_SUITE_MATCH
        if not status and len(self.sessions) >= self.slots:
            status = Status.INSUFFICIENT_RESOURCES
        if status or suite is None:
            return self._answer(kind, OpenSessionResponse(ask.tag, status, ask.console_id))
        session = BmcSession(next(self._ids), ask.console_id, suite)
        self.sessions[session.id] = session
        self.events.append(("half-open", session.id))
        return self._answer(
            kind, OpenSessionResponse(ask.tag, 0, ask.console_id, session.id, ask.privilege or 4, *algorithms)
        )

    def _rakp1(self, ask: Rakp1) -> list[bytes]:
        session = self.sessions.get(ask.bmc_id)
        if session is None or session.open:
            return []
        user = self.users.get(ask.name)
        status = self.statuses.get(PayloadType.RAKP_1, 0)
        if not status and user is None:
            status = Status.UNAUTHORIZED_NAME
        if status or user is None:
            del self.sessions[session.id]
            return self._answer(PayloadType.RAKP_2, Rakp2(ask.tag, status, session.console_id))
        random = next(self._randoms).to_bytes(16, "big")
        exchange = Exchange(
            session.suite, session.console_id, session.id, ask.random, random, self.guid, ask.role, ask.name
        )
        session.user, session.exchange = user, exchange
        code = exchange.rakp2_code(user.password)
        return self._answer(PayloadType.RAKP_2, Rakp2(ask.tag, 0, session.console_id, random, self.guid, code))

    def _rakp3(self, ask: Rakp3) -> list[bytes]:
        session = self.sessions.get(ask.bmc_id)
        if session is None:
            return []
        if ask.status:
            if not session.open:
                del self.sessions[session.id]
                self.events.append(("retracted", session.id))
            return []
        if session.exchange is None or session.user is None:
            return []
        status = self.statuses.get(PayloadType.RAKP_3, 0)
        if not status and ask.auth_code != session.exchange.rakp3_code(session.user.password):
            status = Status.INVALID_INTEGRITY_CHECK_VALUE
        if status:
            del self.sessions[session.id]
            return self._answer(PayloadType.RAKP_4, Rakp4(ask.tag, status, session.console_id))
        if session.keys is None:
            session.keys = session.exchange.keys(session.user.password, self.kg)
            session.seal = Seal(session.keys)
            self.events.append(("open", session.id))
        check = session.exchange.check_value(session.keys)
        return self._answer(PayloadType.RAKP_4, Rakp4(ask.tag, 0, session.console_id, check))

    # The session.

    def _in_session(self, packet: Packet) -> list[bytes]:
        session = self.sessions.get(packet.session_id)
        if session is None or session.seal is None:
            return []
        request = message.decode(session.seal.open(packet))
        if not isinstance(request, Request) or request.netfn << 8 | request.command in self.deaf:
            return []
        answer = self.mend(self._carry_out(session, request))
        assert isinstance(answer, Response)
        session.sequence += 1
        return [session.seal.seal(session.console_id, session.sequence, answer.encode())]

    def _carry_out(self, session: BmcSession, request: Request) -> Response:
        told = self.completions.get((request.netfn, request.command))
        if told is not None:
            return request.answer(told)
        match request.netfn, request.command:
            case NetFn.APP, AppCommand.SET_SESSION_PRIVILEGE:
                return self._raise(session, request)
            case NetFn.APP, AppCommand.CLOSE_SESSION:
                return self._close(session, request)
            case NetFn.CHASSIS, ChassisCommand.GET_STATUS:
                self.events.append(("read", self.power, session.id))
                return request.answer(0, commands.ChassisStatus(self.power).encode())
            case NetFn.CHASSIS, ChassisCommand.CONTROL:
                return self._control(session, request)
        return request.answer(Completion.INVALID_COMMAND)

    def _raise(self, session: BmcSession, request: Request) -> Response:
        wanted = commands.decode_privilege(request.data)
        assert session.user is not None
        if wanted > session.user.privilege:
            return request.answer(PrivilegeCompletion.EXCEEDS_LIMIT)
        session.privilege = wanted
        return request.answer(0, commands.encode_privilege(wanted))

    def _close(self, session: BmcSession, request: Request) -> Response:
        wanted = commands.decode_close_session(request.data)
        if wanted != session.id and session.privilege < Privilege.ADMINISTRATOR:
            return request.answer(Completion.INSUFFICIENT_PRIVILEGE)
        if self.sessions.pop(wanted, None) is None:
            return request.answer(CloseCompletion.INVALID_SESSION_ID)
        self.events.append(("closed", wanted, session.id))
        return request.answer(0)

    def _control(self, session: BmcSession, request: Request) -> Response:
        control = commands.decode_chassis_control(request.data)
        if session.privilege < Privilege.OPERATOR:
            return request.answer(Completion.INSUFFICIENT_PRIVILEGE)
        self.events.append(("control", control, session.id))
        if control in (ChassisControl.POWER_UP, ChassisControl.POWER_CYCLE, ChassisControl.HARD_RESET):
            self.power = True
        elif control in (ChassisControl.POWER_DOWN, ChassisControl.SOFT_SHUTDOWN):
            self.power = False
        return request.answer(0)
