"""Sensor data records (IPMI 2.0, chapter 43): the BMC itself, and the sensors that its event log speaks of.

They are the same for all BMCs and never change.  Their sensors can be read by nobody: they only report events.
"""

import struct
from typing import Final

from bmcsim.chronicle import BUTTON, CRITICAL_INTERRUPT, EVENT_LOGGING, POWER_UNIT, SENSORS, SYSTEM_BOOT
from powerfsm.ipmi.wire.message import BMC_ADDRESS

_VERSION = 0x51
_EVENT_ONLY = 0x03
_CONTROLLER_LOCATOR = 0x12

_SYSTEM_BOARD = 0x07
_MANAGEMENT_MODULE = 0x06
_INSTANCE = 1
_SENSOR_SPECIFIC = 0x6F
_NOT_SHARED = 1
_LATIN_1 = 0xC0

# Devices that the BMC is: chassis, event log, record repository.
_CAPABILITIES = 0x86

_HEAD = struct.Struct("<HBBB")
_SENSOR = struct.Struct("<BBBBBBBBBBBB")
_LOCATOR = struct.Struct("<BBBB3xBBBB")

_NAMES: Final = {
    EVENT_LOGGING: "Event Log",
    POWER_UNIT: "Power Unit",
    BUTTON: "Power Button",
    SYSTEM_BOOT: "System Restart",
    CRITICAL_INTERRUPT: "Diag Interrupt",
}


def _record(number: int, kind: int, body: bytes, name: str) -> bytes:
    body += name.encode("latin-1")
    return _HEAD.pack(number, _VERSION, kind, len(body)) + body


def _locator(number: int) -> bytes:
    name = "BMC"
    body = _LOCATOR.pack(BMC_ADDRESS, 0, 0, _CAPABILITIES, _MANAGEMENT_MODULE, _INSTANCE, 0, _LATIN_1 | len(name))
    return _record(number, _CONTROLLER_LOCATOR, body, name)


def _sensor(number: int, sensor_type: int) -> bytes:
    name = _NAMES[sensor_type]
    body = _SENSOR.pack(
        BMC_ADDRESS,
        0,
        SENSORS[sensor_type],
        _SYSTEM_BOARD,
        _INSTANCE,
        sensor_type,
        _SENSOR_SPECIFIC,
        _NOT_SHARED,
        0,
        0,
        0,
        _LATIN_1 | len(name),
    )
    return _record(number, _EVENT_ONLY, body, name)


RECORDS: Final = (_locator(1), *(_sensor(number, kind) for number, kind in enumerate(_NAMES, 2)))
"""The records; the first has id 1, and each the one after that of the one before."""
