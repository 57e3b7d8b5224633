"""Who the BMC is and how it does (IPMI 2.0, chapters 20 and 34): no sensors, no inventory."""

from bmcsim.commands.call import Call, Refused
from bmcsim.machine import Power
from powerfsm.ipmi.wire.commands import DeviceId
from powerfsm.ipmi.wire.message import BMC_ADDRESS
from powerfsm.ipmi.wire.numbers import Completion

_CHASSIS_DEVICE = 0x80
_EVENT_LOG_DEVICE = 0x04
_RECORD_REPOSITORY_DEVICE = 0x02
_SUPPORT = _CHASSIS_DEVICE | _EVENT_LOG_DEVICE | _RECORD_REPOSITORY_DEVICE

_NO_ERROR = 0x55
_S0, _S5 = 0x00, 0x05
_D0 = 0x00


def device_id(call: Call) -> bytes:
    identity = call.bmc.profile.identity
    major, minor = identity.firmware
    return DeviceId(
        device_id=BMC_ADDRESS,
        firmware_major=major,
        firmware_minor=minor,
        support=_SUPPORT,
        manufacturer=identity.manufacturer,
        product=identity.product,
    ).encode()


def reset(call: Call) -> bytes:
    """Cold Reset and Warm Reset (20.2 and 20.3): answered, and then it is silent until it has booted."""
    bmc = call.bmc
    bmc.report(call.now, "bmc-reset", session=call.own_session().id)
    bmc.reboot(call.now, bmc.dice.seconds(bmc.profile.boot))
    return b""


def self_test(_: Call) -> bytes:
    """Get Self Test Results (20.4): no error."""
    return bytes((_NO_ERROR, 0))


def acpi_state(call: Call) -> bytes:
    """Get ACPI Power State (20.7), as far as the power tells."""
    system = _S0 if call.bmc.read_power(call.now) is Power.ON else _S5
    return bytes((system, _D0))


def guid(call: Call) -> bytes:
    """Get Device GUID (20.8) and Get System GUID (22.14)."""
    return call.bmc.guid


def no_inventory(_: Call) -> bytes:
    """Get FRU Inventory Area Info and Read FRU Data (34.1 and 34.2): there is no such device."""
    raise Refused(Completion.NOT_PRESENT)
