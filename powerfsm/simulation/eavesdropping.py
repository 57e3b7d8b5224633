"""What a datagram is, for whoever stands beside the wire of a simulation.

It travels enciphered and cannot be read from outside; so it is opened with the keys that the simulated BMC has.
"""

from dataclasses import dataclass

from bmcsim.bmc import Bmc
from bmcsim.sessions import Session
from powerfsm.ipmi.wire import WireError, commands
from powerfsm.ipmi.wire.datagram import decode
from powerfsm.ipmi.wire.message import Request
from powerfsm.ipmi.wire.message import decode as decode_message
from powerfsm.ipmi.wire.numbers import AppCommand, ChassisCommand, ChassisControl, NetFn
from powerfsm.ipmi.wire.packet import Packet
from powerfsm.power import Command

CLOSE = "close"
STATUS = "status"

_COMMANDS = {
    ChassisControl.POWER_UP: Command.ON,
    ChassisControl.POWER_DOWN: Command.OFF,
    ChassisControl.SOFT_SHUTDOWN: Command.SOFT_OFF,
    ChassisControl.HARD_RESET: Command.RESET,
}


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a datagram to a BMC is.

    Attributes:
        what: A power command, `close`, `status`, or nothing: it is part of a login or cannot be read.
        session: The BMC's id of the session that it is about: of a close, of the one that is to be closed.
        carrier: Of the session in which it travels; 0 for none.
    """

    what: str
    session: int
    carrier: int


_NOTHING = Meaning("", 0, 0)


class Ear:
    """Reads what is sent to BMCs; a session's late datagrams, too, once it is closed."""

    def __init__(self) -> None:
        """Know no session yet."""
        self._sessions: dict[tuple[str, int], Session] = {}

    def read(self, bmc: Bmc, datagram: bytes) -> Meaning:
        """What a datagram to a BMC is."""
        try:
            packet = decode(datagram)
            if not isinstance(packet, Packet) or not packet.session_id:
                return _NOTHING
            session = self._session(bmc, packet.session_id)
            if session is None:
                return Meaning("", 0, packet.session_id)
            request = decode_message(session.open(packet))
            return _meaning(session, request) if isinstance(request, Request) else _NOTHING
        except WireError:
            return _NOTHING

    def _session(self, bmc: Bmc, session_id: int) -> Session | None:
        # The one that is open comes first: a BMC may give the id of a closed session to the next.
        found = bmc.sessions.get(session_id) or self._sessions.get((bmc.name, session_id))
        if found is not None:
            self._sessions[bmc.name, session_id] = found
        return found


def _meaning(session: Session, request: Request) -> Meaning:
    match request.netfn, request.command:
        case NetFn.CHASSIS, ChassisCommand.GET_STATUS:
            return Meaning(STATUS, session.id, session.id)
        case NetFn.CHASSIS, ChassisCommand.CONTROL:
            control = ChassisControl(commands.decode_chassis_control(request.data))
            return Meaning(_COMMANDS.get(control, ""), session.id, session.id)
        case NetFn.APP, AppCommand.CLOSE_SESSION:
            return Meaning(CLOSE, commands.decode_close_session(request.data), session.id)
    return Meaning("", session.id, session.id)
