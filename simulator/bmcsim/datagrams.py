"""Datagrams in the event log: what reached a BMC and what it said, decoded, one line each.

    {"t":3.1,"node":"n7","event":"datagram","way":"in","step":"chassis-control","session":2684354561,"seq":4,
     "netfn":0,"cmd":2,"data":"01","length":80,"peer":"127.0.0.1:40001"}
    {"t":3.1,"node":"n7","event":"datagram","way":"out","step":"chassis-control","session":2684354561,"seq":4,
     "code":"00h","length":80,"peer":"127.0.0.1:40001"}

What the network in front did is told by the `fault` events around them: a datagram that was lost on its way in
reached nobody, and one that was lost on its way out was said all the same.  No proof of a login, no key and
nothing made of a password is ever written: of the data of requests only those of the few commands are that this
page names, which hold none.
"""

import struct
from collections.abc import Callable

from bmcsim.bmc import Bmc
from bmcsim.events import EventLog
from bmcsim.faults.point import Step
from bmcsim.faults.steps import step_of
from bmcsim.sessions import Address, Session
from powerfsm.ipmi.wire.datagram import decode
from powerfsm.ipmi.wire.errors import WireError
from powerfsm.ipmi.wire.message import Request, Response
from powerfsm.ipmi.wire.message import decode as decode_message
from powerfsm.ipmi.wire.numbers import PayloadType
from powerfsm.ipmi.wire.packet import Packet
from powerfsm.ipmi.wire.packet15 import Packet15

_WITH_DATA = frozenset(
    {Step.AUTH_CAPABILITIES, Step.CIPHER_SUITES, Step.SET_PRIVILEGE, Step.CHASSIS_STATUS, Step.CHASSIS_CONTROL}
)
"""The steps whose requests hold nothing that is secret."""

_SESSION_ID = struct.Struct("<I")
_BMC_ID_AT = {
    PayloadType.RAKP_1: 4,
    PayloadType.RAKP_3: 4,
    PayloadType.OPEN_SESSION_RESPONSE: 8,
}
"""Where a message of the handshake has the BMC's id of the session (IPMI 2.0, 13.18, 13.20 and 13.22)."""

_WITH_STATUS = frozenset({PayloadType.OPEN_SESSION_RESPONSE, PayloadType.RAKP_2, PayloadType.RAKP_4})


class Datagrams:
    """A tap of a fleet that writes down what passes."""

    def __init__(self, log: EventLog) -> None:
        """Write to `log`."""
        self._log = log

    def __call__(self, bmc: Bmc, datagram: bytes, source: Address, now: float) -> Callable[[bytes], None]:
        """Write down what reaches a BMC; return what writes down the answer to it."""
        step = step_of(datagram, bmc.sessions)
        peer = f"{source[0]}:{source[1]}"
        # The session is looked for now: it may be over when its last answer leaves.
        found = _read(datagram, bmc.sessions.get, step)
        self._log.add(
            now, bmc.name, "datagram", way="in", step=step.value, **found, length=len(datagram), peer=peer
        )
        named = found.get("session")
        session = bmc.sessions.get(named) if isinstance(named, int) else None

        def answered(answer: bytes) -> None:
            told = _read(answer, lambda _: session, step)
            if session is not None:
                told["session"] = session.id
            self._log.add(
                now, bmc.name, "datagram", way="out", step=step.value, **told, length=len(answer), peer=peer
            )

        return answered


def _read(datagram: bytes, find: Callable[[int], Session | None], step: Step) -> dict[str, object]:
    """Return what a datagram says that may be told."""
    told: dict[str, object] = {}
    try:
        packet = decode(datagram)
        if not isinstance(packet, Packet | Packet15):
            return {}
        told = {"session": packet.session_id or None, "seq": packet.sequence or None}
        if isinstance(packet, Packet15):
            return told | _message(packet.payload, step)
        if packet.payload_type != PayloadType.IPMI:
            return _handshake(packet)
        if not packet.session_id:
            return told | _message(packet.payload, step)
        session = find(packet.session_id)
        return told if session is None else told | _message(session.open(packet), step)
    except WireError as error:
        return told | {"unreadable": error.reason}


def _handshake(packet: Packet) -> dict[str, object]:
    told: dict[str, object] = {}
    at = _BMC_ID_AT.get(PayloadType(packet.payload_type)) if packet.payload_type in set(PayloadType) else None
    if at is not None and len(packet.payload) >= at + _SESSION_ID.size:
        told["session"] = _SESSION_ID.unpack_from(packet.payload, at)[0] or None
    if packet.payload_type in _WITH_STATUS and len(packet.payload) > 1:
        told["code"] = f"{packet.payload[1]:02X}h"
    return told


def _message(payload: bytes, step: Step) -> dict[str, object]:
    message = decode_message(payload)
    if isinstance(message, Response):
        return {"code": f"{message.completion:02X}h"}
    assert isinstance(message, Request)
    data = message.data.hex() if step in _WITH_DATA and message.data else None
    return {"netfn": message.netfn, "cmd": message.command, "data": data}
