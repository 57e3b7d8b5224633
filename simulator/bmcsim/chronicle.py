"""What a BMC remembers of its machine's life: records in the system event log, and hours of power.

The sensors and their events are those of IPMI 2.0, table 42-3.
"""

from typing import Final

from bmcsim.machine import Cause, Change, Jolt, Machine, Power
from bmcsim.sel import Sel

POWER_UNIT: Final = 0x09
CRITICAL_INTERRUPT: Final = 0x13
BUTTON: Final = 0x14
SYSTEM_BOOT: Final = 0x1D
EVENT_LOGGING: Final = 0x10

SENSORS: Final = {EVENT_LOGGING: 0x01, POWER_UNIT: 0x02, BUTTON: 0x03, SYSTEM_BOOT: 0x04, CRITICAL_INTERRUPT: 0x05}
"""The number of the one sensor of each type."""

_SENSOR_SPECIFIC = 0x6F
_DEASSERTED = 0x80

_POWER_OFF = 0x00
_INPUT_LOST = 0x04
_POWER_BUTTON = 0x00
_SYSTEM_RESTART = 0x07
_DIAGNOSTIC_INTERRUPT = 0x00
_LOG_CLEARED = 0x02
# Bytes 2 and 3 of the event data say more, in terms of the sensor's type.
_DATA_2_AND_3 = 0xF0
_LAN_CHANNEL = 0x01


class Chronicle:
    """The memory of one BMC.

    Attributes:
        sel: Its system event log.
    """

    __slots__ = ("_on_before", "_on_since", "sel")

    def __init__(self) -> None:
        """Start without memory."""
        self.sel = Sel()
        # Seconds of power until the last time it went, and since when it is there again.
        self._on_before = 0.0
        self._on_since: float | None = None

    def power_on_seconds(self, machine: Machine, now: float) -> float:
        """Return how long the power was on; of a machine that began with power, since this was first asked."""
        if self._on_since is None and machine.power is Power.ON:
            self._on_since = now
        return self._total(now)

    def changed(self, change: Change, machine: Machine) -> None:
        """Remember what has happened to the machine."""
        at = change.at
        if change.cause is Cause.OPERATOR:
            self._note(BUTTON, _POWER_BUTTON, at)
        if change.to is Jolt.DIAGNOSTIC:
            self._note(CRITICAL_INTERRUPT, _DIAGNOSTIC_INTERRUPT, at)
        elif change.to is Jolt.RESET:
            self._restarted(machine, at)
        elif change.to is Power.ON:
            self._on_since = at
            self._note(POWER_UNIT, _POWER_OFF, at, asserted=False)
            self._restarted(machine, at)
        else:
            self._on_before, self._on_since = self._total(at), None
            # Without mains a BMC writes nothing.
            if change.cause is not Cause.MAINS:
                self._note(POWER_UNIT, _POWER_OFF, at)

    def mains_back(self, at: float) -> None:
        """Remember that the mains had gone and are back."""
        self._note(POWER_UNIT, _INPUT_LOST, at)
        self._note(POWER_UNIT, _INPUT_LOST, at, asserted=False)

    def cleared(self, at: float) -> None:
        """Remember that the log was cleared: its first record says so."""
        self._note(EVENT_LOGGING, _LOG_CLEARED, at)

    def _total(self, at: float) -> float:
        return self._on_before + (0.0 if self._on_since is None else at - self._on_since)

    def _restarted(self, machine: Machine, at: float) -> None:
        data = bytes((_DATA_2_AND_3 | _SYSTEM_RESTART, machine.restart_cause, _LAN_CHANNEL))
        self.sel.note(SYSTEM_BOOT, SENSORS[SYSTEM_BOOT], _SENSOR_SPECIFIC, data, at)

    def _note(self, sensor_type: int, offset: int, at: float, *, asserted: bool = True) -> None:
        direction = _SENSOR_SPECIFIC | (0 if asserted else _DEASSERTED)
        data = bytes((offset, 0xFF, 0xFF))
        self.sel.note(sensor_type, SENSORS[sensor_type], direction, data, at)
