"""Accounts (IPMI 2.0, 22.26 to 22.30): reading and changing them."""

import hmac

from bmcsim.accounts import MOST, NAMELESS
from bmcsim.commands.call import Call, Refused, at_least, this_channel
from powerfsm.ipmi.wire.numbers import Completion, Privilege

_USER_ID = 0x3F
_NAME_LENGTH = 16
_LONG_PASSWORD = 0x80

_DISABLE, _ENABLE, _SET, _TEST = range(4)
_WRONG_PASSWORD = 0x80
_WRONG_SIZE = 0x81

_CHANGE = 0x80
_CALLBACK_ONLY, _MESSAGING, _PRIVILEGE = 0x40, 0x10, 0x0F
_ENABLED, _DISABLED = 0x40, 0x80


def _user_id(number: int) -> int:
    user_id = number & _USER_ID
    if not NAMELESS <= user_id <= MOST:
        raise Refused(Completion.INVALID_DATA_FIELD)
    return user_id


def _text(padded: bytes) -> str:
    try:
        return padded.split(b"\0", 1)[0].decode()
    except UnicodeDecodeError:
        raise Refused(Completion.INVALID_DATA_FIELD) from None


def get_access(call: Call) -> bytes:
    """Get User Access (22.27)."""
    at_least(call.data, 2)
    this_channel(call.data[0] & 0x0F)
    accounts = call.bmc.accounts
    user = accounts[_user_id(call.data[1])]
    messaging = _MESSAGING if user.enabled else 0
    state = _ENABLED if user.enabled else _DISABLED
    # One name is fixed: that of the user who has none.
    return bytes((MOST, state | accounts.enabled, 1, messaging | user.limit))


def set_access(call: Call) -> bytes:
    """Set User Access (22.26); callback and link authentication are not for LAN channels."""
    at_least(call.data, 3)
    this_channel(call.data[0] & 0x0F)
    user_id = _user_id(call.data[1])
    limit = call.data[2] & _PRIVILEGE
    if limit not in set(Privilege) - {Privilege.HIGHEST}:
        raise Refused(Completion.INVALID_DATA_FIELD)
    accounts = call.bmc.accounts
    accounts.change(user_id, limit=Privilege(limit))
    if call.data[0] & _CHANGE:
        accounts.change(user_id, enabled=bool(call.data[0] & _MESSAGING))
    if len(call.data) > 3:
        accounts.change(user_id, sessions=call.data[3] & 0x0F)
    return b""


def get_name(call: Call) -> bytes:
    """Get User Name (22.29)."""
    user_id = _user_id(at_least(call.data, 1)[0])
    return call.bmc.accounts[user_id].name.encode().ljust(_NAME_LENGTH, b"\0")


def set_name(call: Call) -> bytes:
    """Set User Name (22.28); the first user's is fixed."""
    at_least(call.data, 1 + _NAME_LENGTH)
    user_id = _user_id(call.data[0])
    name = _text(call.data[1 : 1 + _NAME_LENGTH])
    holder, _ = call.bmc.accounts.find(name.encode())
    if user_id == NAMELESS or (name and holder not in (0, user_id)):
        raise Refused(Completion.INVALID_DATA_FIELD)
    call.bmc.accounts.change(user_id, name=name)
    return b""


def set_password(call: Call) -> bytes:
    """Set User Password (22.30): disable, enable, set, or try one."""
    first, operation = at_least(call.data, 2)[:2]
    user_id, operation = _user_id(first), operation & 0x03
    accounts = call.bmc.accounts
    if operation in (_DISABLE, _ENABLE):
        accounts.change(user_id, enabled=operation == _ENABLE)
        return b""
    length = 20 if first & _LONG_PASSWORD else 16
    padded = call.data[2:]
    if len(padded) != length:
        raise Refused(Completion.DATA_LENGTH_INVALID)
    if operation == _SET:
        accounts.change(user_id, password=_text(padded))
        return b""
    held = accounts[user_id].password.encode()
    if len(held) > length:
        raise Refused(_WRONG_SIZE)
    if not hmac.compare_digest(padded, held.ljust(length, b"\0")):
        raise Refused(_WRONG_PASSWORD)
    return b""
