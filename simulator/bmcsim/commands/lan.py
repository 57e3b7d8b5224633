"""LAN configuration parameters (IPMI 2.0, 23.1 and 23.2): what `lan print` shows.

They are kept and given back.  Where datagrams really come in is up to whoever serves the BMC: no parameter
moves it.
"""

import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bmcsim.commands.call import Call, Refused, at_least, this_channel
from bmcsim.session15 import AUTH_TYPES
from powerfsm.ipmi.wire.numbers import Completion, Privilege

_REVISION = 0x11
_REVISION_ONLY = 0x80

_NO_SUCH_PARAMETER = 0x80
_ALREADY_IN_PROGRESS = 0x81
_READ_ONLY = 0x82

_SET_IN_PROGRESS: Final = 0
_COMPLETE, _IN_PROGRESS = 0, 1
_STATIC = 1
_RMCP_PORT = 623
_SECONDARY_PORT = 664
_SUITE_SLOTS = 16
_LOCAL_MAC = 0x02


@dataclass(frozen=True, slots=True)
class _Parameter:
    """One parameter: its value until it is set, of the length that it always has, and whether it can be set."""

    default: Callable[[Call], bytes]
    writable: bool = True


def _always(value: bytes) -> Callable[[Call], bytes]:
    return lambda _: value


def _auth_types(call: Call) -> bytes:
    return bytes((sum(1 << AUTH_TYPES[way] for way in call.bmc.profile.ipmi15),))


def _auth_types_by_privilege(call: Call) -> bytes:
    return _auth_types(call) * 5


def _mac(call: Call) -> bytes:
    return bytes((_LOCAL_MAC, *call.bmc.guid[:5]))


def _suite_count(call: Call) -> bytes:
    return bytes((len(call.bmc.profile.suites),))


def _address(call: Call) -> bytes:
    """Return the IPv4 address of the BMC; zeros where it is served without one."""
    try:
        return socket.inet_aton(call.bmc.address[0] if call.bmc.address else "0.0.0.0")
    except OSError:
        return bytes(4)


def _subnet_mask(call: Call) -> bytes:
    return bytes((255, 0, 0, 0) if _address(call)[0] == 127 else (255, 255, 255, 0))


def _port(call: Call) -> bytes:
    return (call.bmc.address[1] if call.bmc.address else _RMCP_PORT).to_bytes(2, "little")


def _suites(call: Call) -> bytes:
    return bytes((0, *sorted(call.bmc.profile.suites))).ljust(1 + _SUITE_SLOTS, b"\0")


def _suite_privileges(call: Call) -> bytes:
    """Return the highest privilege for each suite, two suites a byte."""
    levels = [Privilege.ADMINISTRATOR] * len(call.bmc.profile.suites)
    levels += [Privilege.HIGHEST] * (_SUITE_SLOTS - len(levels))
    return b"\0" + bytes(low | high << 4 for low, high in zip(levels[::2], levels[1::2], strict=True))


_PARAMETERS: Final = {
    1: _Parameter(_auth_types, writable=False),
    2: _Parameter(_auth_types_by_privilege, writable=False),
    3: _Parameter(_address),
    4: _Parameter(_always(bytes((_STATIC,)))),
    5: _Parameter(_mac),
    6: _Parameter(_subnet_mask),
    # Time to live 64, do not fragment, minimal delay.
    7: _Parameter(_always(b"\x40\x40\x10")),
    8: _Parameter(_port),
    9: _Parameter(_always(_SECONDARY_PORT.to_bytes(2, "little"))),
    # It answers ARP, and does not announce itself unasked; if it did, every 2 s.
    10: _Parameter(_always(b"\x02")),
    11: _Parameter(_always(b"\x03")),
    12: _Parameter(_always(bytes(4))),
    13: _Parameter(_always(bytes(6))),
    14: _Parameter(_always(bytes(4))),
    15: _Parameter(_always(bytes(6))),
    16: _Parameter(_always(b"public".ljust(18, b"\0"))),
    17: _Parameter(_always(bytes(1)), writable=False),
    20: _Parameter(_always(bytes(2))),
    21: _Parameter(_always(bytes(1))),
    22: _Parameter(_suite_count, writable=False),
    23: _Parameter(_suites, writable=False),
    24: _Parameter(_suite_privileges),
    26: _Parameter(_always(bytes(6))),
}
"""By number (table 23-4); alert destinations (18, 19, 25) there are none."""


def get_parameter(call: Call) -> bytes:
    """Get LAN Configuration Parameters (23.2)."""
    channel, number = at_least(call.data, 4)[:2]
    this_channel(channel & 0x0F)
    head = bytes((_REVISION,))
    if channel & _REVISION_ONLY:
        return head
    settings = call.bmc.settings
    if number == _SET_IN_PROGRESS:
        return head + bytes((_IN_PROGRESS if settings.setting_lan else _COMPLETE,))
    known = _PARAMETERS.get(number)
    if known is None:
        raise Refused(_NO_SUCH_PARAMETER)
    value = settings.lan.get(number)
    return head + (known.default(call) if value is None else value)


def set_parameter(call: Call) -> bytes:
    """Set LAN Configuration Parameters (23.1)."""
    channel, number = at_least(call.data, 3)[:2]
    this_channel(channel & 0x0F)
    value = call.data[2:]
    if number == _SET_IN_PROGRESS:
        return _set_in_progress(call, value[0] & 0x03)
    known = _PARAMETERS.get(number)
    if known is None:
        raise Refused(_NO_SUCH_PARAMETER)
    if not known.writable:
        raise Refused(_READ_ONLY)
    if len(value) != len(known.default(call)):
        raise Refused(Completion.DATA_LENGTH_INVALID)
    call.bmc.settings.lan[number] = value
    return b""


def _set_in_progress(call: Call, wanted: int) -> bytes:
    if wanted not in (_COMPLETE, _IN_PROGRESS):
        # To commit, or to roll back, is optional.
        raise Refused(Completion.INVALID_DATA_FIELD)
    if wanted == _IN_PROGRESS and call.bmc.settings.setting_lan:
        raise Refused(_ALREADY_IN_PROGRESS)
    call.bmc.settings.setting_lan = wanted == _IN_PROGRESS
    return b""
