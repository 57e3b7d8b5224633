"""What a session does about sessions (IPMI 2.0, chapter 22): privilege, closing, listing."""

import socket
import struct

from bmcsim.commands.call import CHANNEL, Call, Refused, at_least
from bmcsim.sessions import Address, ClosedBy, Session
from powerfsm.ipmi.wire.commands import decode_close_session, decode_privilege, encode_privilege
from powerfsm.ipmi.wire.numbers import CloseCompletion, Completion, Privilege, PrivilegeCompletion


def set_privilege(call: Call) -> bytes:
    session = call.own_session()
    wanted = decode_privilege(call.data)
    if wanted == Privilege.HIGHEST:
        return encode_privilege(session.privilege)
    if wanted > Privilege.OEM:
        raise Refused(Completion.INVALID_DATA_FIELD)
    if wanted == Privilege.CALLBACK:
        raise Refused(PrivilegeCompletion.NOT_AVAILABLE_TO_USER)
    if wanted > session.limit:
        raise Refused(PrivilegeCompletion.EXCEEDS_LIMIT)
    session.privilege = wanted
    return encode_privilege(wanted)


def close_session(call: Call) -> bytes:
    own = call.own_session()
    session_id = decode_close_session(call.data)
    by_handle = session_id == 0
    if by_handle:
        handle = at_least(call.data, 5)[4]
        found = next((session for session in call.bmc.sessions if session.handle == handle), None)
    else:
        found = call.bmc.sessions.get(session_id)
    if found is own:
        call.bmc.sessions.close(own, ClosedBy.OWN, call.now)
        return b""
    if own.privilege < Privilege.ADMINISTRATOR:
        raise Refused(Completion.INSUFFICIENT_PRIVILEGE)
    if found is None or not found.active:
        missing = CloseCompletion.INVALID_SESSION_HANDLE if by_handle else CloseCompletion.INVALID_SESSION_ID
        raise Refused(missing)
    call.bmc.sessions.close(found, ClosedBy.OTHER, call.now)
    return b""


def session_info(call: Call) -> bytes:
    """Get Session Info (22.20): this session, the n-th, by handle (FEh) or by id (FFh)."""
    by_handle, by_id = 0xFE, 0xFF
    which = at_least(call.data, 1)[0]
    active = list(call.bmc.sessions)
    found: Session | None
    if which == 0:
        found = call.own_session()
    elif which == by_handle:
        handle = at_least(call.data, 2)[1]
        found = next((session for session in active if session.handle == handle), None)
    elif which == by_id:
        wanted = int.from_bytes(at_least(call.data, 5)[1:5], "little")
        found = next((session for session in active if session.id == wanted), None)
    else:
        found = active[which - 1] if which <= len(active) else None
    counts = bytes((call.bmc.profile.slots & 0x3F, len(active) & 0x3F))
    if found is None:
        return b"\x00" + counts
    who = bytes((found.user_id, found.privilege, found.protocol << 4 | CHANNEL))
    return bytes((found.handle,)) + counts + who + _encode_source(found.source)


def _encode_source(source: Address) -> bytes:
    """Address, MAC address (that of loopback: zeros) and port of a client, as in table 22-25."""
    try:
        address = socket.inet_aton(source[0])
    except OSError:
        address = bytes(4)
    return address + bytes(6) + struct.pack("<H", source[1])
