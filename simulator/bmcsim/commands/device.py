"""Who the BMC is (IPMI 2.0, chapters 20 and 34): a chassis device without sensors, records or inventory."""

from bmcsim.commands.call import Call, Refused
from powerfsm.ipmi.wire.commands import DeviceId
from powerfsm.ipmi.wire.message import BMC_ADDRESS
from powerfsm.ipmi.wire.numbers import Completion

_CHASSIS_DEVICE = 0x80


def device_id(call: Call) -> bytes:
    identity = call.bmc.profile.identity
    major, minor = identity.firmware
    return DeviceId(
        device_id=BMC_ADDRESS,
        firmware_major=major,
        firmware_minor=minor,
        support=_CHASSIS_DEVICE,
        manufacturer=identity.manufacturer,
        product=identity.product,
    ).encode()


def guid(call: Call) -> bytes:
    """Get Device GUID (20.8) and Get System GUID (22.14)."""
    return call.bmc.guid


def no_inventory(_: Call) -> bytes:
    """Get FRU Inventory Area Info and Read FRU Data (34.1 and 34.2): there is no such device."""
    raise Refused(Completion.NOT_PRESENT)
