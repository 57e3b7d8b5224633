"""A remote console in the hand: speaks RMCP+ to a simulated BMC, one datagram at a time, and may misbehave."""

from dataclasses import dataclass, field

from bmcsim.bmc import Bmc
from powerfsm.ipmi.wire.datagram import decode
from powerfsm.ipmi.wire.handshake import (
    NAME_ONLY_LOOKUP,
    OpenSessionRequest,
    OpenSessionResponse,
    Rakp1,
    Rakp2,
    Rakp3,
    Rakp4,
)
from powerfsm.ipmi.wire.keys import Exchange, SessionKeys
from powerfsm.ipmi.wire.message import Request, Response
from powerfsm.ipmi.wire.message import decode as decode_message
from powerfsm.ipmi.wire.numbers import AppCommand, ChassisCommand, NetFn, PayloadType, Privilege
from powerfsm.ipmi.wire.packet import Packet
from powerfsm.ipmi.wire.packet15 import Packet15
from powerfsm.ipmi.wire.seal import Seal
from powerfsm.ipmi.wire.suites import SUITE_17, CipherSuite


@dataclass
class Console:
    """One client of one BMC, at a time of its own.

    Attributes:
        bmc: Whom it speaks to.
        now: The time at which it sends; tests move it.
        sequence: The session sequence number sent last.
    """

    bmc: Bmc
    username: str = "admin"
    password: str = "password"
    kg: bytes = b""
    suite: CipherSuite = SUITE_17
    privilege: int = Privilege.ADMINISTRATOR
    source: tuple[str, int] = ("192.0.2.9", 5000)
    console_id: int = 0xC0FFEE
    random: bytes = bytes(range(16))
    now: float = 0.0
    sequence: int = 0
    session_id: int = 0
    exchange: Exchange | None = None
    keys: SessionKeys | None = field(default=None, repr=False)
    seal: Seal | None = None

    def say(self, datagram: bytes) -> bytes | None:
        """Send raw bytes."""
        return self.bmc.handle(datagram, self.source, self.now)

    def ask(self, netfn: int, command: int, data: bytes = b"") -> Response:
        """Send a request outside of any session, as IPMI 1.5 does."""
        answer = self.say(Packet15(Request(netfn, command, data).encode()).encode())
        assert answer is not None, "the BMC is silent"
        packet = decode(answer)
        assert isinstance(packet, Packet15)
        response = decode_message(packet.payload)
        assert isinstance(response, Response)
        return response

    def open(
        self, algorithms: tuple[int | None, int | None, int | None] | None = None, privilege: int = 0
    ) -> OpenSessionResponse:
        """Send an Open Session Request."""
        request = OpenSessionRequest(1, self.console_id, privilege, *(algorithms or self.suite.algorithms))
        answer = OpenSessionResponse.decode(self._handshake(PayloadType.OPEN_SESSION_REQUEST, request.encode()))
        self.session_id = answer.bmc_id
        return answer

    def rakp1(self, name: bytes | None = None) -> Rakp2:
        """Send RAKP message 1."""
        name = self.username.encode() if name is None else name
        role = self.privilege | NAME_ONLY_LOOKUP
        answer = Rakp2.decode(self._handshake(PayloadType.RAKP_1, self.rakp1_payload(name)))
        self.exchange = Exchange(
            self.suite,
            self.console_id,
            self.session_id,
            self.random,
            answer.random,
            answer.guid,
            role,
            name,
        )
        return answer

    def rakp1_payload(self, name: bytes) -> bytes:
        """Encode RAKP message 1, also with a name longer than is allowed."""
        role = self.privilege | NAME_ONLY_LOOKUP
        allowed = Rakp1(2, self.session_id, self.random, role, b"").encode()
        return allowed[:-1] + bytes((len(name),)) + name

    def rakp3(self, status: int = 0) -> Rakp4:
        """Send RAKP message 3."""
        return Rakp4.decode(self._handshake(PayloadType.RAKP_3, self.rakp3_payload(status)))

    def rakp3_payload(self, status: int = 0) -> bytes:
        """Encode RAKP message 3."""
        assert self.exchange is not None
        code = self.exchange.rakp3_code(self.password.encode())
        return Rakp3(3, status, self.session_id, code).encode()

    def login(self) -> "Console":
        """Open a session up to the privilege wanted."""
        opened = self.open()
        assert opened.status == 0, f"Open Session: {opened.status:02X}h"
        second = self.rakp1()
        assert second.status == 0, f"RAKP 2: {second.status:02X}h"
        assert self.exchange is not None
        assert second.auth_code == self.exchange.rakp2_code(self.password.encode())
        fourth = self.rakp3()
        assert fourth.status == 0, f"RAKP 4: {fourth.status:02X}h"
        self.keys = self.exchange.keys(self.password.encode(), self.kg)
        assert fourth.check_value == self.exchange.check_value(self.keys), "another session key"
        self.seal = Seal(self.keys)
        self.sequence = 0
        if self.privilege > Privilege.USER:
            granted = self.request(NetFn.APP, AppCommand.SET_SESSION_PRIVILEGE, bytes((self.privilege,)))
            assert granted.completion == 0
        return self

    def sealed(self, netfn: int, command: int, data: bytes = b"", sequence: int | None = None) -> bytes:
        """Return a datagram of the session, with the next sequence number or with this one."""
        assert self.seal is not None
        if sequence is None:
            self.sequence += 1
            sequence = self.sequence
        return self.seal.seal(self.session_id, sequence, Request(netfn, command, data).encode())

    def request(self, netfn: int, command: int, data: bytes = b"") -> Response:
        """Send a request in the session and return the answer."""
        return self.read(self.say(self.sealed(netfn, command, data)))

    def read(self, datagram: bytes | None) -> Response:
        """Open an answer of the session."""
        assert datagram is not None, "the BMC is silent"
        assert self.seal is not None
        packet = decode(datagram)
        assert isinstance(packet, Packet)
        assert packet.session_id == self.console_id
        response = decode_message(self.seal.open(packet))
        assert isinstance(response, Response)
        return response

    def control(self, what: int) -> int:
        """Send Chassis Control and return the completion code."""
        return self.request(NetFn.CHASSIS, ChassisCommand.CONTROL, bytes((what,))).completion

    def reads_on(self) -> bool:
        """Read the power."""
        return bool(self.request(NetFn.CHASSIS, ChassisCommand.GET_STATUS).data[0] & 1)

    def close(self, session_id: int | None = None) -> int:
        """Send Close Session, for this session or another, and return the completion code."""
        which = self.session_id if session_id is None else session_id
        return self.request(NetFn.APP, AppCommand.CLOSE_SESSION, which.to_bytes(4, "little")).completion

    def _handshake(self, kind: int, payload: bytes) -> bytes:
        answer = self.say(Packet(kind, payload).encode())
        assert answer is not None, "the BMC is silent"
        packet = decode(answer)
        assert isinstance(packet, Packet)
        assert packet.payload_type == kind + 1
        return packet.payload
