"""What a BMC does when it is told something: one function a command, and the table of them.

Privileges are those of IPMI 2.0, appendix G.  What is not in the table is answered C1h.
"""

import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bmcsim.machine import NotInThisState, NotSupported, Order, Power, RestorePolicy
from bmcsim.sessions import Address, ClosedBy, Session
from powerfsm.ipmi.wire.commands import (
    CIPHER_SUITES_SLICE,
    THIS_CHANNEL,
    AuthCapabilities,
    AuthCapabilitiesRequest,
    ChassisStatus,
    CipherSuitesRequest,
    DeviceId,
    decode_chassis_control,
    decode_close_session,
    decode_privilege,
    encode_cipher_suites,
    encode_privilege,
)
from powerfsm.ipmi.wire.errors import WireError
from powerfsm.ipmi.wire.message import Request, Response
from powerfsm.ipmi.wire.numbers import (
    AppCommand,
    ChassisCommand,
    ChassisControl,
    CloseCompletion,
    Completion,
    NetFn,
    Privilege,
    PrivilegeCompletion,
)
from powerfsm.ipmi.wire.suites import SUITES

if TYPE_CHECKING:
    from bmcsim.bmc import Bmc

_CHANNEL = 1
_STORAGE = 0x0A
_BOOT_PARAMETER_UNKNOWN = 0x80
_IPMI_FORUM = 7154
_LAN_MEDIUM = 0x04
_IPMB_PROTOCOL = 0x01
_MULTI_SESSION = 0x80
_CHASSIS_DEVICE = 0x80
_RMCP_PLUS = 0x10
_BMC_ADDRESS = 0x20

_ORDERS: Final = {
    ChassisControl.POWER_DOWN: Order.OFF,
    ChassisControl.POWER_UP: Order.ON,
    ChassisControl.POWER_CYCLE: Order.CYCLE,
    ChassisControl.HARD_RESET: Order.RESET,
    ChassisControl.DIAGNOSTIC_INTERRUPT: Order.DIAGNOSTIC,
    ChassisControl.SOFT_SHUTDOWN: Order.SOFT_OFF,
}

# Boot option parameters with their values at the start (IPMI 2.0, table 28-14).
_BOOT_OPTIONS: Final = {0: bytes(1), 1: bytes(1), 2: bytes(1), 3: bytes(1), 4: bytes(2), 5: bytes(5)}


class _Refused(Exception):
    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(slots=True)
class Call:
    """One command on its way through a BMC.

    Attributes:
        bmc: Whom it is for.
        session: The session it came in, or None.
        data: What the command takes.
        now: When.
        sequence: Its session sequence number.
        duplicate: That number was heard before, or is out of the window.
    """

    bmc: "Bmc"
    session: Session | None
    data: bytes
    now: float
    sequence: int = 0
    duplicate: bool = False

    def own_session(self) -> Session:
        """Return the session; only commands that need one ask."""
        if self.session is None:
            raise _Refused(Completion.INSUFFICIENT_PRIVILEGE)
        return self.session


def execute(request: Request, call: Call) -> Response:
    """Carry a request out and return its response; a BMC has one for everything."""
    known = _TABLE.get((request.netfn, request.command))
    if known is None:
        return request.answer(Completion.INVALID_COMMAND)
    needed, run = known
    held = Privilege.HIGHEST if call.session is None else call.session.privilege
    if held < needed:
        return request.answer(Completion.INSUFFICIENT_PRIVILEGE)
    try:
        return request.answer(Completion.OK, run(call))
    except _Refused as refused:
        return request.answer(refused.code)
    except WireError:
        return request.answer(Completion.DATA_LENGTH_INVALID)


def _at_least(data: bytes, length: int) -> bytes:
    if len(data) < length:
        raise _Refused(Completion.DATA_LENGTH_INVALID)
    return data


# --- chassis -----------------------------------------------------------------------------------------------


def _chassis_capabilities(_: Call) -> bytes:
    """Get Chassis Capabilities (28.1): no sensors of the chassis' own, all devices at the BMC."""
    return bytes((0, _BMC_ADDRESS, _BMC_ADDRESS, _BMC_ADDRESS, _BMC_ADDRESS))


def _chassis_status(call: Call) -> bytes:
    machine = call.bmc.machine
    return ChassisStatus(
        machine.power is Power.ON, restore_policy=machine.restore, last_event=machine.last_event
    ).encode()


def _chassis_control(call: Call) -> bytes:
    session = call.own_session()
    control = decode_chassis_control(call.data)
    order = _ORDERS.get(ChassisControl(control)) if control in set(ChassisControl) else None
    try:
        if order is None:
            raise NotSupported(f"{control:X}h")
        call.bmc.machine.permit(order)
    except (NotSupported, NotInThisState) as refused:
        supported = isinstance(refused, NotInThisState)
        code = Completion.NOT_IN_PRESENT_STATE if supported else Completion.INVALID_DATA_FIELD
        call.bmc.report(call.now, "refused", what=str(refused), code=f"{code:02X}h", session=session.id)
        raise _Refused(code) from None
    call.bmc.report(
        call.now,
        "command",
        command=order.value,
        session=session.id,
        seq=call.sequence,
        duplicate=call.duplicate,
    )
    call.bmc.machine.order(order, call.now, session.id)
    return b""


def _set_restore_policy(call: Call) -> bytes:
    """Set Power Restore Policy (28.8); all three policies are supported."""
    policy = _at_least(call.data, 1)[0] & 0x07
    unchanged = 3
    if policy > unchanged:
        raise _Refused(Completion.INVALID_DATA_FIELD)
    if policy != unchanged:
        call.bmc.machine.restore = RestorePolicy(policy)
    return b"\x07"


def _restart_cause(call: Call) -> bytes:
    """Get System Restart Cause (28.11)."""
    return bytes((call.bmc.machine.restart_cause, _CHANNEL))


def _set_boot_options(call: Call) -> bytes:
    """Set System Boot Options (28.12); an empty value only changes whether the old one counts."""
    selector = _at_least(call.data, 1)[0] & 0x7F
    if selector not in _BOOT_OPTIONS:
        raise _Refused(_BOOT_PARAMETER_UNKNOWN)
    value = call.data[1:]
    if value:
        if len(value) != len(_BOOT_OPTIONS[selector]):
            raise _Refused(Completion.DATA_LENGTH_INVALID)
        call.bmc.boot_options[selector] = value
    return b""


def _get_boot_options(call: Call) -> bytes:
    """Get System Boot Options (28.13)."""
    selector = _at_least(call.data, 3)[0] & 0x7F
    if selector not in _BOOT_OPTIONS:
        raise _Refused(_BOOT_PARAMETER_UNKNOWN)
    return bytes((1, selector)) + call.bmc.boot_options.get(selector, _BOOT_OPTIONS[selector])


# --- the BMC itself ----------------------------------------------------------------------------------------


def _device_id(_: Call) -> bytes:
    return DeviceId(device_id=_BMC_ADDRESS, firmware_major=1, support=_CHASSIS_DEVICE).encode()


def _guid(call: Call) -> bytes:
    """Get Device GUID (20.8) and Get System GUID (22.14)."""
    return call.bmc.guid


# --- channel and session -----------------------------------------------------------------------------------


def _this_channel(channel: int) -> None:
    if channel not in (_CHANNEL, THIS_CHANNEL):
        raise _Refused(Completion.INVALID_DATA_FIELD)


def _auth_capabilities(call: Call) -> bytes:
    request = AuthCapabilitiesRequest.decode(call.data)
    _this_channel(request.channel)
    users = call.bmc.profile.users
    return AuthCapabilities(
        _CHANNEL,
        kg_set=any(call.bmc.profile.kg),
        names=any(user.name for user in users),
        null_names=any(not user.name and user.password for user in users),
        anonymous=any(not user.name and not user.password for user in users),
    ).encode(extended=request.extended)


def _cipher_suites(call: Call) -> bytes:
    request = CipherSuitesRequest.decode(call.data)
    _this_channel(request.channel)
    suites = [(number, *SUITES[number].algorithms) for number in sorted(call.bmc.profile.suites)]
    records = encode_cipher_suites(suites)
    start = request.index * CIPHER_SUITES_SLICE
    return bytes((_CHANNEL,)) + records[start : start + CIPHER_SUITES_SLICE]


def _channel_info(call: Call) -> bytes:
    """Get Channel Info (22.24)."""
    _this_channel(_at_least(call.data, 1)[0] & 0x0F)
    count = sum(1 for _ in call.bmc.sessions)
    head = bytes((_CHANNEL, _LAN_MEDIUM, _IPMB_PROTOCOL, _MULTI_SESSION | count & 0x3F))
    return head + _IPMI_FORUM.to_bytes(3, "little") + bytes(2)


def _set_privilege(call: Call) -> bytes:
    session = call.own_session()
    wanted = decode_privilege(call.data)
    if wanted == Privilege.HIGHEST:
        return encode_privilege(session.privilege)
    if wanted > Privilege.OEM:
        raise _Refused(Completion.INVALID_DATA_FIELD)
    if wanted == Privilege.CALLBACK:
        raise _Refused(PrivilegeCompletion.NOT_AVAILABLE_TO_USER)
    if wanted > session.limit:
        raise _Refused(PrivilegeCompletion.EXCEEDS_LIMIT)
    session.privilege = wanted
    return encode_privilege(wanted)


def _close_session(call: Call) -> bytes:
    own = call.own_session()
    session_id = decode_close_session(call.data)
    by_handle = session_id == 0
    if by_handle:
        handle = _at_least(call.data, 5)[4]
        found = next((session for session in call.bmc.sessions if session.handle == handle), None)
    else:
        found = call.bmc.sessions.get(session_id)
    if found is own:
        call.bmc.sessions.close(own, ClosedBy.OWN, call.now)
        return b""
    if own.privilege < Privilege.ADMINISTRATOR:
        raise _Refused(Completion.INSUFFICIENT_PRIVILEGE)
    if found is None or not found.active:
        missing = CloseCompletion.INVALID_SESSION_HANDLE if by_handle else CloseCompletion.INVALID_SESSION_ID
        raise _Refused(missing)
    call.bmc.sessions.close(found, ClosedBy.OTHER, call.now)
    return b""


def _session_info(call: Call) -> bytes:
    """Get Session Info (22.20): this session, the n-th, by handle (FEh) or by id (FFh)."""
    by_handle, by_id = 0xFE, 0xFF
    which = _at_least(call.data, 1)[0]
    active = list(call.bmc.sessions)
    found: Session | None
    if which == 0:
        found = call.own_session()
    elif which == by_handle:
        handle = _at_least(call.data, 2)[1]
        found = next((session for session in active if session.handle == handle), None)
    elif which == by_id:
        wanted = int.from_bytes(_at_least(call.data, 5)[1:5], "little")
        found = next((session for session in active if session.id == wanted), None)
    else:
        found = active[which - 1] if which <= len(active) else None
    counts = bytes((call.bmc.profile.slots & 0x3F, len(active) & 0x3F))
    if found is None:
        return b"\x00" + counts
    who = bytes((found.user_id, found.privilege, _RMCP_PLUS | _CHANNEL))
    return bytes((found.handle,)) + counts + who + _encode_source(found.source)


def _encode_source(source: Address) -> bytes:
    """Address, MAC address (that of loopback: zeros) and port of a client, as in table 22-25."""
    try:
        address = socket.inet_aton(source[0])
    except OSError:
        address = bytes(4)
    return address + bytes(6) + struct.pack("<H", source[1])


# --- storage: no inventory ---------------------------------------------------------------------------------


def _no_inventory(_: Call) -> bytes:
    """Get FRU Inventory Area Info and Read FRU Data (34.1 and 34.2): there is no such device."""
    raise _Refused(Completion.NOT_PRESENT)


_TABLE: Final[dict[tuple[int, int], tuple[Privilege, Callable[[Call], bytes]]]] = {
    (NetFn.CHASSIS, 0x00): (Privilege.USER, _chassis_capabilities),
    (NetFn.CHASSIS, ChassisCommand.GET_STATUS): (Privilege.USER, _chassis_status),
    (NetFn.CHASSIS, ChassisCommand.CONTROL): (Privilege.OPERATOR, _chassis_control),
    (NetFn.CHASSIS, 0x06): (Privilege.OPERATOR, _set_restore_policy),
    (NetFn.CHASSIS, 0x07): (Privilege.USER, _restart_cause),
    (NetFn.CHASSIS, ChassisCommand.SET_BOOT_OPTIONS): (Privilege.OPERATOR, _set_boot_options),
    (NetFn.CHASSIS, ChassisCommand.GET_BOOT_OPTIONS): (Privilege.OPERATOR, _get_boot_options),
    (NetFn.APP, AppCommand.GET_DEVICE_ID): (Privilege.USER, _device_id),
    (NetFn.APP, 0x08): (Privilege.USER, _guid),
    (NetFn.APP, 0x37): (Privilege.HIGHEST, _guid),
    (NetFn.APP, AppCommand.GET_CHANNEL_AUTH_CAPABILITIES): (Privilege.HIGHEST, _auth_capabilities),
    (NetFn.APP, AppCommand.SET_SESSION_PRIVILEGE): (Privilege.CALLBACK, _set_privilege),
    (NetFn.APP, AppCommand.CLOSE_SESSION): (Privilege.CALLBACK, _close_session),
    (NetFn.APP, AppCommand.GET_SESSION_INFO): (Privilege.USER, _session_info),
    (NetFn.APP, 0x42): (Privilege.USER, _channel_info),
    (NetFn.APP, AppCommand.GET_CHANNEL_CIPHER_SUITES): (Privilege.HIGHEST, _cipher_suites),
    (_STORAGE, 0x10): (Privilege.USER, _no_inventory),
    (_STORAGE, 0x11): (Privilege.USER, _no_inventory),
}
"""(network function, command) to (privilege needed, function); privilege 0 needs no session."""
