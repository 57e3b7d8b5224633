"""The repository of sensor data records over the wire (IPMI 2.0, chapter 33): it can be read."""

import struct

from bmcsim.commands.call import Call, Refused, at_least
from bmcsim.sdr import RECORDS
from powerfsm.ipmi.wire.numbers import Completion

_VERSION = 0x51
_RESERVE = 0x02
_FIRST, _LAST = 0x0000, 0xFFFF
_ALL = 0xFF
_LONGEST_READ = 0x40
_RESERVATION = 1

_INFO = struct.Struct("<BHHIIB")
_GET = struct.Struct("<HHBB")
_NUMBER = struct.Struct("<H")


def info(_: Call) -> bytes:
    """Get SDR Repository Info (33.9): no room for more, and nothing was added or erased since the beginning."""
    return _INFO.pack(_VERSION, len(RECORDS), 0, 0, 0, _RESERVE)


def reserve(_: Call) -> bytes:
    """Reserve SDR Repository (33.11); as nothing ever changes, there is one reservation, and all hold it."""
    return _NUMBER.pack(_RESERVATION)


def get_record(call: Call) -> bytes:
    """Get SDR (33.12); whoever reads a part has to hold the reservation."""
    fields: tuple[int, int, int, int] = _GET.unpack_from(at_least(call.data, _GET.size))
    reservation, record_id, offset, count = fields
    if offset and reservation != _RESERVATION:
        raise Refused(Completion.RESERVATION_LOST)
    if record_id in (_FIRST, _LAST):
        record_id = 1 if record_id == _FIRST else len(RECORDS)
    if record_id > len(RECORDS):
        raise Refused(Completion.NOT_PRESENT)
    record = RECORDS[record_id - 1]
    if offset >= len(record):
        raise Refused(Completion.PARAMETER_OUT_OF_RANGE)
    if count == _ALL:
        count = len(record) - offset
    elif count > _LONGEST_READ:
        raise Refused(Completion.CANNOT_RETURN_LENGTH)
    following = record_id + 1 if record_id < len(RECORDS) else _LAST
    return _NUMBER.pack(following) + record[offset : offset + count]
