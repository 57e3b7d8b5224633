"""Manager and Chassis: the BMC itself, and the box (DSP0268, Manager and Chassis)."""

from typing import Final

from bmcsim.machine import Power
from bmcsim.redfish.call import Call
from bmcsim.redfish.exchange import Document, Response
from bmcsim.redfish.moments import moment
from bmcsim.redfish.resources import power
from bmcsim.redfish.resources.documents import HEALTHY, ROOT, collection, link, resource
from bmcsim.redfish.resources.root import system_uuid, versioned

MANAGER_RESET: Final = "Manager.Reset"
CHASSIS_RESET: Final = "Chassis.Reset"
_MANAGER_RESETS: Final = ["GracefulRestart", "ForceRestart"]


def _manager_path(call: Call) -> str:
    return f"{ROOT}/Managers/{call.ways.manager}"


def _chassis_path(call: Call) -> str:
    return f"{ROOT}/Chassis/{call.ways.chassis}"


def managers(call: Call) -> Document:
    return collection(f"{ROOT}/Managers", "ManagerCollection", "Manager Collection", [_manager_path(call)])


def manager(call: Call) -> Document:
    call.known("manager", call.ways.manager)
    ways, path = call.ways, _manager_path(call)
    major, minor = call.bmc.profile.identity.firmware
    return {
        **resource(path, versioned("Manager"), ways.manager, "BMC"),
        "ManagerType": "BMC",
        "Manufacturer": ways.vendor,
        "FirmwareVersion": f"{major}.{minor}",
        "UUID": system_uuid(call),
        "ServiceEntryPointUUID": system_uuid(call),
        "DateTime": moment(call.now),
        "DateTimeLocalOffset": "+00:00",
        "PowerState": "On",
        "Status": HEALTHY,
        "Links": {
            "ManagerForServers": [link(f"{ROOT}/Systems/{ways.system}")],
            "ManagerForChassis": [link(_chassis_path(call))],
        },
        "Actions": {
            f"#{MANAGER_RESET}": {
                "target": f"{path}/Actions/{MANAGER_RESET}",
                "ResetType@Redfish.AllowableValues": _MANAGER_RESETS,
                "@Redfish.ActionInfo": f"{path}/ResetActionInfo",
            }
        },
    }


def manager_action_info(call: Call) -> Document:
    call.known("manager", call.ways.manager)
    return power.action_info(_manager_path(call), _MANAGER_RESETS)


def reset_manager(call: Call) -> Response:
    """Have the BMC start anew: this answer is the last thing that it says for a while."""
    call.known("manager", call.ways.manager)
    power.reset_type(call, MANAGER_RESET, _MANAGER_RESETS)
    call.bmc.reboot(call.now, call.bmc.dice.seconds(call.bmc.profile.boot))
    return Response(204)


def all_chassis(call: Call) -> Document:
    return collection(f"{ROOT}/Chassis", "ChassisCollection", "Chassis Collection", [_chassis_path(call)])


def chassis(call: Call) -> Document:
    call.known("chassis", call.ways.chassis)
    ways, path = call.ways, _chassis_path(call)
    return {
        **resource(path, versioned("Chassis"), ways.chassis, "Chassis"),
        "ChassisType": "RackMount",
        "Manufacturer": ways.vendor,
        "Model": ways.model,
        "SerialNumber": call.bmc.guid.hex()[:12].upper(),
        "PowerState": power.power_state(call),
        "Status": {**HEALTHY, "State": "Enabled" if call.bmc.machine.power is Power.ON else "StandbyOffline"},
        "Links": {
            "ComputerSystems": [link(f"{ROOT}/Systems/{ways.system}")],
            "ManagedBy": [link(_manager_path(call))],
        },
        "Actions": power.action(call, path, CHASSIS_RESET),
    }


def chassis_action_info(call: Call) -> Document:
    call.known("chassis", call.ways.chassis)
    return power.action_info(_chassis_path(call), power.allowed(call))


def reset_chassis(call: Call) -> Response:
    call.known("chassis", call.ways.chassis)
    return power.reset(call, CHASSIS_RESET)
