"""The system event log over the wire (IPMI 2.0, chapter 31)."""

import struct

from bmcsim.commands.call import Call, Refused, at_least
from bmcsim.sel import MOST, RECORD, Sel
from powerfsm.ipmi.wire.numbers import Completion

_VERSION = 0x51
_OVERFLOW, _DELETE, _RESERVE, _ALLOCATION = 0x80, 0x08, 0x02, 0x01
_ALL = 0xFF
_CLEAR = b"CLR"
_INITIATE, _STATUS = 0xAA, 0x00
_ERASED = 0x01

_INFO = struct.Struct("<BHHIIB")
_ALLOCATION_INFO = struct.Struct("<HHHHB")
_GET = struct.Struct("<HHBB")
_DELETE_REQUEST = struct.Struct("<HH")
_CLEAR_REQUEST = struct.Struct("<H3sB")
_NUMBER = struct.Struct("<H")
_TIME = struct.Struct("<I")


def _sel(call: Call) -> Sel:
    return call.bmc.chronicle.sel


def _check_reservation(sel: Sel, reservation: int) -> None:
    if not sel.reservation or reservation != sel.reservation:
        raise Refused(Completion.RESERVATION_LOST)


def info(call: Call) -> bytes:
    """Get SEL Info (31.2)."""
    sel = _sel(call)
    can = _DELETE | _RESERVE | _ALLOCATION | (_OVERFLOW if sel.overflow else 0)
    return _INFO.pack(_VERSION, len(sel), sel.free * RECORD, sel.added, sel.erased, can)


def allocation_info(call: Call) -> bytes:
    """Get SEL Allocation Info (31.3), in units of one record."""
    free = _sel(call).free
    return _ALLOCATION_INFO.pack(MOST, RECORD, free, free, 1)


def reserve(call: Call) -> bytes:
    """Reserve SEL (31.4)."""
    return _NUMBER.pack(_sel(call).reserve())


def get_entry(call: Call) -> bytes:
    """Get SEL Entry (31.5); whoever reads a part has to hold the reservation."""
    sel = _sel(call)
    fields: tuple[int, int, int, int] = _GET.unpack_from(at_least(call.data, _GET.size))
    reservation, record_id, offset, count = fields
    if offset:
        _check_reservation(sel, reservation)
    found = sel.find(record_id)
    if found is None:
        raise Refused(Completion.NOT_PRESENT)
    record, following = found
    if offset >= RECORD or (count != _ALL and offset + count > RECORD):
        raise Refused(Completion.PARAMETER_OUT_OF_RANGE)
    end = RECORD if count == _ALL else offset + count
    return _NUMBER.pack(following) + record[offset:end]


def add_entry(call: Call) -> bytes:
    """Add SEL Entry (31.6)."""
    record = at_least(call.data, RECORD)[:RECORD]
    record_id = _sel(call).add(record, call.now)
    if record_id is None:
        raise Refused(Completion.OUT_OF_SPACE)
    return _NUMBER.pack(record_id)


def delete_entry(call: Call) -> bytes:
    """Delete SEL Entry (31.8); it ends the reservation."""
    sel = _sel(call)
    reservation, record_id = _DELETE_REQUEST.unpack_from(at_least(call.data, _DELETE_REQUEST.size))
    _check_reservation(sel, reservation)
    deleted = sel.delete(record_id, call.now)
    if deleted is None:
        raise Refused(Completion.NOT_PRESENT)
    sel.reserve()
    return _NUMBER.pack(deleted)


def clear(call: Call) -> bytes:
    """Clear SEL (31.9): it is erased at once, so that every question for the progress finds it done."""
    sel = _sel(call)
    reservation, letters, action = _CLEAR_REQUEST.unpack_from(at_least(call.data, _CLEAR_REQUEST.size))
    if letters != _CLEAR or action not in (_INITIATE, _STATUS):
        raise Refused(Completion.INVALID_DATA_FIELD)
    _check_reservation(sel, reservation)
    if action == _INITIATE:
        sel.clear(call.now)
        call.bmc.chronicle.cleared(call.now)
    return bytes((_ERASED,))


def get_time(call: Call) -> bytes:
    """Get SEL Time (31.10)."""
    return _TIME.pack(_sel(call).time(call.now))


def set_time(call: Call) -> bytes:
    """Set SEL Time (31.11)."""
    seconds: int = _TIME.unpack_from(at_least(call.data, _TIME.size))[0]
    _sel(call).set_time(seconds, call.now)
    return b""
