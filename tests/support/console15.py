"""A remote console in the hand: speaks IPMI 1.5 to a simulated BMC, one datagram at a time, and may misbehave."""

import struct
from dataclasses import dataclass

from bmcsim.bmc import Bmc
from powerfsm.ipmi.wire import auth15
from powerfsm.ipmi.wire.datagram import decode
from powerfsm.ipmi.wire.message import Request, Response
from powerfsm.ipmi.wire.message import decode as decode_message
from powerfsm.ipmi.wire.numbers import AppCommand, ChassisCommand, NetFn, Privilege
from powerfsm.ipmi.wire.packet15 import AUTH_MD5, AUTH_NONE, Packet15

OUTBOUND = 0x20


@dataclass
class Console15:
    """One client of one BMC, at a time of its own.

    Attributes:
        bmc: Whom it speaks to.
        now: The time at which it sends; tests move it.
        auth_type: How its packets are proven.
        sequence: The session sequence number to send next.
        heard: That of the last answer.
        session_id: The BMC's id of the session, or the temporary one.
        text: The challenge.
    """

    bmc: Bmc
    username: str = "admin"
    password: str = "password"
    auth_type: int = AUTH_MD5
    privilege: int = Privilege.ADMINISTRATOR
    source: tuple[str, int] = ("192.0.2.15", 5000)
    now: float = 0.0
    sequence: int = 0
    heard: int = 0
    session_id: int = 0
    text: bytes = b""

    def say(self, datagram: bytes) -> bytes | None:
        """Send raw bytes."""
        return self.bmc.handle(datagram, self.source, self.now)

    def challenge(self, name: str | None = None, auth_type: int | None = None) -> Response:
        """Ask for a challenge."""
        padded = (self.username if name is None else name).encode().ljust(16, b"\0")
        kind = self.auth_type if auth_type is None else auth_type
        answer = self.say(
            Packet15(
                Request(NetFn.APP, AppCommand.GET_SESSION_CHALLENGE, bytes((kind,)) + padded).encode()
            ).encode()
        )
        response = self.read(answer)
        if response.completion == 0:
            self.session_id = int.from_bytes(response.data[:4], "little")
            self.text = response.data[4:]
        return response

    def activation(self, *, outbound: int = OUTBOUND, text: bytes | None = None, rq: int = 0) -> bytes:
        """Return the datagram of Activate Session."""
        data = struct.pack(
            "<BB16sI", self.auth_type, self.privilege, self.text if text is None else text, outbound
        )
        payload = Request(NetFn.APP, AppCommand.ACTIVATE_SESSION, data, sequence=rq).encode()
        return auth15.seal(self.auth_type, self.password.encode(), self.session_id, 0, payload)

    def activate(self, datagram: bytes | None = None) -> Response:
        """Send Activate Session; where it is accepted, the session is this console's."""
        response = self.read(self.say(datagram or self.activation()))
        if response.completion == 0:
            self.auth_type, self.session_id, self.sequence, _ = struct.unpack("<BIIB", response.data)
        return response

    def login(self) -> "Console15":
        """Open a session up to the privilege wanted."""
        assert self.challenge().completion == 0
        assert self.activate().completion == 0
        if self.privilege > Privilege.USER:
            raised = self.request(NetFn.APP, AppCommand.SET_SESSION_PRIVILEGE, bytes((self.privilege,)))
            assert raised.completion == 0
        return self

    def sealed(
        self,
        netfn: int,
        command: int,
        data: bytes = b"",
        *,
        sequence: int | None = None,
        auth_type: int | None = None,
    ) -> bytes:
        """Return a datagram of the session, with the next sequence number or with this one."""
        if sequence is None:
            sequence = self.sequence
            self.sequence += 1
        kind = self.auth_type if auth_type is None else auth_type
        payload = Request(netfn, command, data).encode()
        return auth15.seal(kind, self.password.encode(), self.session_id, sequence, payload)

    def request(self, netfn: int, command: int, data: bytes = b"") -> Response:
        """Send a request in the session and return the answer."""
        return self.read(self.say(self.sealed(netfn, command, data)))

    def read(self, datagram: bytes | None) -> Response:
        """Check an answer and return what is in it."""
        assert datagram is not None, "the BMC is silent"
        packet = decode(datagram)
        assert isinstance(packet, Packet15)
        auth15.prove(packet, self.password.encode())
        assert packet.session_id in (0, self.session_id)
        self.heard = packet.sequence
        response = decode_message(packet.payload)
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


def proven(datagram: bytes | None) -> bool:
    """Whether an answer is authenticated."""
    assert datagram is not None, "the BMC is silent"
    packet = decode(datagram)
    assert isinstance(packet, Packet15)
    return packet.auth_type != AUTH_NONE
