"""Sensor data records (IPMI 2.0, chapter 33): the repository is there, and empty."""

import struct

from bmcsim.commands.call import Call, Refused, at_least
from powerfsm.ipmi.wire.numbers import Completion

_VERSION = 0x51
_RESERVE, _ALLOCATION = 0x02, 0x01
_NEVER = 0xFFFFFFFF

_INFO = struct.Struct("<BHHIIB")
_ALLOCATION_INFO = struct.Struct("<HHHHB")
_GET = struct.Struct("<HHBB")


def info(_: Call) -> bytes:
    """Get SDR Repository Info (33.9): no records, no room for any."""
    return _INFO.pack(_VERSION, 0, 0, _NEVER, _NEVER, _RESERVE | _ALLOCATION)


def allocation_info(_: Call) -> bytes:
    """Get SDR Repository Allocation Info (33.10)."""
    return _ALLOCATION_INFO.pack(0, 0, 0, 0, 0)


def reserve(_: Call) -> bytes:
    """Reserve SDR Repository (33.11); as nothing ever changes, one reservation is as good as another."""
    return b"\x01\x00"


def get_record(call: Call) -> bytes:
    """Get SDR (33.12): there is none."""
    at_least(call.data, _GET.size)
    raise Refused(Completion.NOT_PRESENT)
