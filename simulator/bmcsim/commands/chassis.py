"""Chassis commands (IPMI 2.0, chapter 28): what this simulator is for."""

import math
from typing import Final

from bmcsim.commands.call import CHANNEL, Call, Refused, at_least
from bmcsim.machine import NotInThisState, NotSupported, Order, Power, RestorePolicy
from powerfsm.ipmi.wire.commands import ChassisStatus, decode_chassis_control
from powerfsm.ipmi.wire.message import BMC_ADDRESS
from powerfsm.ipmi.wire.numbers import ChassisControl, Completion

_BOOT_PARAMETER_UNKNOWN = 0x80
_SET_IN_PROGRESS: Final = 0
_BOOT_SET_IN_PROGRESS = 0x81
_LOCKED = 0x80

_DIAGNOSTIC_INTERRUPT = 0x04

_IDENTIFY_SECONDS = 15
_IDENTIFY_SUPPORTED, _IDENTIFY_TIMED, _IDENTIFY_ON = 0x40, 0x10, 0x20

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


def chassis_capabilities(_: Call) -> bytes:
    """Get Chassis Capabilities (28.1): a diagnostic interrupt, no sensors of its own, all devices at the BMC."""
    return bytes((_DIAGNOSTIC_INTERRUPT, BMC_ADDRESS, BMC_ADDRESS, BMC_ADDRESS, BMC_ADDRESS))


def chassis_status(call: Call) -> bytes:
    machine = call.bmc.machine
    return ChassisStatus(
        call.bmc.read_power(call.now) is Power.ON,
        restore_policy=machine.restore,
        last_event=machine.last_event,
        misc=_identify_state(call) | _IDENTIFY_SUPPORTED,
    ).encode()


def chassis_control(call: Call) -> bytes:
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
        raise Refused(code) from None
    call.bmc.report(
        call.now,
        "command",
        command=order.value,
        session=session.id,
        seq=call.sequence,
        duplicate=call.duplicate,
    )
    call.bmc.order(order, call.now, session.id)
    return b""


def identify(call: Call) -> bytes:
    """Chassis Identify (28.5): for some seconds, 15 where the client does not say, or until told otherwise."""
    seconds = call.data[0] if call.data else _IDENTIFY_SECONDS
    forever = len(call.data) > 1 and call.data[1] & 0x01
    call.bmc.settings.identify_until = math.inf if forever else call.now + seconds
    return b""


def _identify_state(call: Call) -> int:
    until = call.bmc.settings.identify_until
    if until == math.inf:
        return _IDENTIFY_ON
    return _IDENTIFY_TIMED if until > call.now else 0


def power_on_hours(call: Call) -> bytes:
    """Get POH Counter (28.14): hours, each of 60 minutes."""
    seconds = call.bmc.chronicle.power_on_seconds(call.bmc.machine, call.now)
    return bytes((60,)) + int(seconds // 3600).to_bytes(4, "little")


def set_restore_policy(call: Call) -> bytes:
    """Set Power Restore Policy (28.8); all three policies are supported."""
    policy = at_least(call.data, 1)[0] & 0x07
    unchanged = 3
    if policy > unchanged:
        raise Refused(Completion.INVALID_DATA_FIELD)
    if policy != unchanged:
        call.bmc.machine.restore = RestorePolicy(policy)
    return b"\x07"


def restart_cause(call: Call) -> bytes:
    """Get System Restart Cause (28.11)."""
    return bytes((call.bmc.machine.restart_cause, CHANNEL))


def set_boot_options(call: Call) -> bytes:
    """Set System Boot Options (28.12); an empty value only changes whether the old one counts."""
    first = at_least(call.data, 1)[0]
    selector = first & 0x7F
    if selector not in _BOOT_OPTIONS:
        raise Refused(_BOOT_PARAMETER_UNKNOWN)
    value = call.data[1:]
    options = call.bmc.boot_options
    if value:
        if len(value) != len(_BOOT_OPTIONS[selector]):
            raise Refused(Completion.DATA_LENGTH_INVALID)
        if selector == _SET_IN_PROGRESS and value == options.get(selector) == b"\x01":
            raise Refused(_BOOT_SET_IN_PROGRESS)
        options[selector] = value
    if first & _LOCKED:
        call.bmc.settings.locked.add(selector)
    else:
        call.bmc.settings.locked.discard(selector)
    return b""


def get_boot_options(call: Call) -> bytes:
    """Get System Boot Options (28.13)."""
    selector = at_least(call.data, 3)[0] & 0x7F
    if selector not in _BOOT_OPTIONS:
        raise Refused(_BOOT_PARAMETER_UNKNOWN)
    value = call.bmc.boot_options.get(selector, _BOOT_OPTIONS[selector])
    locked = _LOCKED if selector in call.bmc.settings.locked else 0
    return bytes((1, locked | selector)) + value
