"""Which step of the protocol a datagram is.

Most of it can be read by anyone.  What travels enciphered cannot, and yet "lose the answers to power commands" is
what people want to say: so we look into the packet with the keys that the BMC itself has.  Opening a packet
changes nothing in the session; only nodes that have a rule that needs it pay for it.
"""

from typing import TYPE_CHECKING, Final

from bmcsim.faults.point import Step
from powerfsm.ipmi.wire.asf import Ping
from powerfsm.ipmi.wire.datagram import decode
from powerfsm.ipmi.wire.errors import WireError
from powerfsm.ipmi.wire.message import decode as decode_message
from powerfsm.ipmi.wire.numbers import AppCommand, ChassisCommand, NetFn, PayloadType
from powerfsm.ipmi.wire.packet import Packet
from powerfsm.ipmi.wire.packet15 import Packet15

if TYPE_CHECKING:
    from bmcsim.sessions import SessionTable

_BY_PAYLOAD: Final = {
    PayloadType.OPEN_SESSION_REQUEST: Step.OPEN_SESSION,
    PayloadType.RAKP_1: Step.RAKP1,
    PayloadType.RAKP_3: Step.RAKP3,
}

_BY_COMMAND: Final[dict[tuple[int, int], Step]] = {
    (NetFn.APP, AppCommand.GET_CHANNEL_AUTH_CAPABILITIES): Step.AUTH_CAPABILITIES,
    (NetFn.APP, AppCommand.GET_CHANNEL_CIPHER_SUITES): Step.CIPHER_SUITES,
    (NetFn.APP, AppCommand.GET_SESSION_CHALLENGE): Step.CHALLENGE,
    (NetFn.APP, AppCommand.ACTIVATE_SESSION): Step.ACTIVATE,
    (NetFn.APP, AppCommand.SET_SESSION_PRIVILEGE): Step.SET_PRIVILEGE,
    (NetFn.APP, AppCommand.CLOSE_SESSION): Step.CLOSE_SESSION,
    (NetFn.CHASSIS, ChassisCommand.GET_STATUS): Step.CHASSIS_STATUS,
    (NetFn.CHASSIS, ChassisCommand.CONTROL): Step.CHASSIS_CONTROL,
}


def step_of_command(netfn: int, command: int) -> Step:
    """Return the step that an IPMI command is."""
    return _BY_COMMAND.get((netfn, command), Step.OTHER)


def step_of(datagram: bytes, sessions: "SessionTable") -> Step:
    """Return the step that a datagram to a BMC is, whoever it is from; `Step.OTHER` where it cannot be read."""
    try:
        incoming = decode(datagram)
        if isinstance(incoming, Ping):
            return Step.PING
        if isinstance(incoming, Packet15):
            # Authenticated at most, never enciphered.
            return _step_of_message(incoming.payload)
        if not isinstance(incoming, Packet):
            return Step.OTHER
        if incoming.payload_type in _BY_PAYLOAD:
            return _BY_PAYLOAD[PayloadType(incoming.payload_type)]
        if not incoming.session_id:
            return _step_of_message(incoming.payload)
        session = sessions.get(incoming.session_id)
        return Step.OTHER if session is None else _step_of_message(session.open(incoming))
    except WireError:
        return Step.OTHER


def _step_of_message(payload: bytes) -> Step:
    message = decode_message(payload)
    return step_of_command(message.netfn, message.command)
