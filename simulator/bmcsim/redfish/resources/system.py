"""ComputerSystem: the machine (DSP0268, ComputerSystem)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from bmcsim.boot import PARAMETER, BootFlags, Device
from bmcsim.machine import Power, RestorePolicy
from bmcsim.redfish.call import Call
from bmcsim.redfish.exchange import Document, Response
from bmcsim.redfish.messages import Refused, shown
from bmcsim.redfish.moments import moment
from bmcsim.redfish.resources import power
from bmcsim.redfish.resources.documents import HEALTHY, ROOT, collection, link, resource
from bmcsim.redfish.resources.root import system_uuid, versioned

RESET: Final = "ComputerSystem.Reset"
_PATH: Final = f"{ROOT}/Systems"
_NO_FLAGS: Final = bytes(5)

_TARGETS: Final = {
    "None": Device.NONE,
    "Pxe": Device.PXE,
    "Hdd": Device.DISK,
    "Cd": Device.CD,
    "Usb": Device.REMOVABLE,
    "Diags": Device.DIAGNOSTICS,
    "BiosSetup": Device.SETUP,
}
"""BootSourceOverrideTarget values that IPMI can hold as well."""
_TARGET_OF: Final = {int(device): target for target, device in _TARGETS.items()}

_POLICIES: Final = {
    "AlwaysOff": RestorePolicy.STAY_OFF,
    "LastState": RestorePolicy.PREVIOUS,
    "AlwaysOn": RestorePolicy.ALWAYS_ON,
}
_POLICY_OF: Final = {policy: name for name, policy in _POLICIES.items()}


def systems(call: Call) -> Document:
    return collection(_PATH, "ComputerSystemCollection", "Computer System Collection", [path_of(call)])


def path_of(call: Call) -> str:
    """Return where the only system is."""
    return f"{_PATH}/{call.ways.system}"


def system(call: Call) -> Document:
    call.known("system", call.ways.system)
    path, ways, bmc = path_of(call), call.ways, call.bmc
    found = {
        **resource(path, versioned("ComputerSystem"), ways.system, bmc.name),
        "SystemType": "Physical",
        "HostName": bmc.name,
        "Manufacturer": ways.vendor,
        "Model": ways.model,
        "SerialNumber": bmc.guid.hex()[:12].upper(),
        "UUID": system_uuid(call),
        "PowerState": power.power_state(call),
        "PowerRestorePolicy": _POLICY_OF[bmc.machine.restore],
        "Status": {**HEALTHY, "State": "Enabled" if bmc.machine.power is Power.ON else "StandbyOffline"},
        "Boot": _boot(call),
        "Links": {
            "Chassis": [link(f"{ROOT}/Chassis/{ways.chassis}")],
            "ManagedBy": [link(f"{ROOT}/Managers/{ways.manager}")],
        },
        "Actions": power.action(call, path, RESET),
    }
    if bmc.last_start is not None:
        found["LastResetTime"] = moment(bmc.last_start)
    return found


def action_info(call: Call) -> Document:
    call.known("system", call.ways.system)
    return power.action_info(path_of(call), power.allowed(call))


def reset(call: Call) -> Response:
    call.known("system", call.ways.system)
    return power.reset(call, RESET)


def change(call: Call) -> Response:
    """PATCH: boot override and power restore policy; where one value is wrong, nothing changes."""
    call.known("system", call.ways.system)
    document = call.document()
    if not document:
        raise Refused(400, "EmptyJSON")
    flags = _flags(call)
    policy = call.bmc.machine.restore
    for name, value in document.items():
        if name == "Boot":
            flags = _changed_flags(flags, value)
        elif name == "PowerRestorePolicy":
            policy = _POLICIES[_one_of(value, _POLICIES, "/PowerRestorePolicy")]
        elif not name.startswith("@"):
            raise _no_such(name, system(call), f"/{name}")
    call.bmc.boot_options[PARAMETER] = flags.encode()
    call.bmc.machine.restore = policy
    return Response(204)


def _flags(call: Call) -> BootFlags:
    return BootFlags.decode(call.bmc.boot_options.get(PARAMETER, _NO_FLAGS))


def _boot(call: Call) -> Document:
    flags = _flags(call)
    enabled = "Disabled" if not flags.valid else "Continuous" if flags.persistent else "Once"
    return {
        "BootSourceOverrideEnabled": enabled,
        "BootSourceOverrideEnabled@Redfish.AllowableValues": ["Disabled", "Once", "Continuous"],
        "BootSourceOverrideTarget": _TARGET_OF.get(flags.device, "None") if flags.valid else "None",
        "BootSourceOverrideTarget@Redfish.AllowableValues": list(_TARGETS),
        "BootSourceOverrideMode": "UEFI" if flags.uefi else "Legacy",
        "BootSourceOverrideMode@Redfish.AllowableValues": ["Legacy", "UEFI"],
    }


def _set_enabled(flags: BootFlags, value: str) -> BootFlags:
    if value == "Disabled":
        return replace(flags, valid=False, persistent=False, device=Device.NONE)
    return replace(flags, valid=True, persistent=value == "Continuous")


def _set_target(flags: BootFlags, value: str) -> BootFlags:
    return replace(flags, device=_TARGETS[value])


def _set_mode(flags: BootFlags, value: str) -> BootFlags:
    return replace(flags, uefi=value == "UEFI")


_Setter = Callable[[BootFlags, str], BootFlags]

_SETTERS: Final[dict[str, tuple[tuple[str, ...], _Setter]]] = {
    "BootSourceOverrideEnabled": (("Disabled", "Once", "Continuous"), _set_enabled),
    "BootSourceOverrideTarget": (tuple(_TARGETS), _set_target),
    "BootSourceOverrideMode": (("Legacy", "UEFI"), _set_mode),
}
"""Property to its values and what it does; in the order in which they are applied."""


def _changed_flags(flags: BootFlags, boot: object) -> BootFlags:
    if not isinstance(boot, dict):
        raise Refused(400, "PropertyValueTypeError", shown(boot), "Boot", at="/Boot")
    for name in boot:
        if name not in _SETTERS and not name.startswith("@"):
            raise Refused(400, "PropertyUnknown", shown(name), at="/Boot")
    for name, (values, setter) in _SETTERS.items():
        if name in boot:
            flags = setter(flags, _one_of(boot[name], values, f"/Boot/{name}"))
    return flags


def _one_of(value: Any, values: Any, pointer: str) -> str:
    name = pointer.rpartition("/")[2]
    if not isinstance(value, str):
        raise Refused(400, "PropertyValueTypeError", shown(value), name, at=pointer)
    if value not in values:
        raise Refused(400, "PropertyValueNotInList", shown(value), name, at=pointer)
    return value


def _no_such(name: str, document: Document, pointer: str) -> Refused:
    key = "PropertyNotWritable" if name in document else "PropertyUnknown"
    return Refused(400, key, shown(name), at=pointer)
