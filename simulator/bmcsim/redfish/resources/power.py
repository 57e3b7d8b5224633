"""Resets: what Redfish's words mean to the machine (DSP0268, ComputerSystem.Reset and Chassis.Reset)."""

from bmcsim.faults import Step
from bmcsim.machine import NotInThisState, NotSupported, Power, SoftOff
from bmcsim.redfish.call import Call
from bmcsim.redfish.exchange import Document, Response
from bmcsim.redfish.illness import befall
from bmcsim.redfish.messages import Refused, shown
from bmcsim.redfish.resets import AIMS, GRACEFUL, ORDERS, ResetType
from bmcsim.redfish.resources.documents import resource
from bmcsim.redfish.resources.root import versioned
from bmcsim.redfish.resources.tasks import accepted


def power_state(call: Call) -> str:
    """Return PowerState, as the BMC reads it (DSP0268, Resource.PowerState)."""
    machine = call.bmc.machine
    read = call.bmc.read_power(call.now, Step.GET_SYSTEM)
    if call.ways.transitions and read is machine.power and machine.heading not in (None, machine.power):
        return "PoweringOn" if machine.heading is Power.ON else "PoweringOff"
    return "On" if read is Power.ON else "Off"


def allowed(call: Call) -> list[str]:
    """Return what a reset can be told here."""
    graceful = call.bmc.machine.hardware.soft_off is not SoftOff.UNSUPPORTED
    return [reset for reset in call.ways.reset_types if graceful or reset not in GRACEFUL]


def action(call: Call, path: str, name: str) -> Document:
    """Return a resource's Actions, which are the reset `name` of the resource at `path`."""
    return {
        f"#{name}": {
            "target": f"{path}/Actions/{name}",
            "ResetType@Redfish.AllowableValues": allowed(call),
            "@Redfish.ActionInfo": f"{path}/ResetActionInfo",
        }
    }


def action_info(path: str, values: list[str]) -> Document:
    """Return the ActionInfo of a reset at `path` (DSP0266, 9.6.3 Action info annotation)."""
    parameter = {
        "Name": "ResetType",
        "Required": True,
        "DataType": "String",
        "AllowableValues": values,
    }
    return {
        **resource(f"{path}/ResetActionInfo", versioned("ActionInfo"), "ResetActionInfo", "Reset Action Info"),
        "Parameters": [parameter],
    }


def reset_type(call: Call, name: str, values: list[str]) -> str:
    """Return the ResetType of a reset `name`, which has to be one of `values`."""
    document = call.document()
    for parameter in document:
        if parameter != "ResetType":
            raise Refused(400, "ActionParameterUnknown", name, shown(parameter))
    if "ResetType" not in document:
        raise Refused(400, "ActionParameterMissing", name, "ResetType")
    wanted = document["ResetType"]
    if not isinstance(wanted, str):
        raise Refused(400, "ActionParameterValueTypeError", shown(wanted), "ResetType", name)
    if wanted not in values:
        if wanted in set(ResetType):
            raise Refused(400, "ActionParameterNotSupported", f"ResetType={wanted}", name)
        raise Refused(400, "ActionParameterValueNotInList", shown(wanted), "ResetType", name)
    return wanted


def reset(call: Call, name: str) -> Response:
    """Carry out a reset of the machine that was asked for as action `name`."""
    wanted = ResetType(reset_type(call, name, allowed(call)))
    order, machine = ORDERS[wanted], call.bmc.machine
    try:
        takes = _takes(call, name, wanted)
    except Refused as refused:
        call.service.report(call, "refused", what=order.value, code=str(refused.status))
        raise
    call.service.report(call, "command", command=order.value)
    task = None
    if call.ways.reset_is_task or call.ill is not None:
        task = call.service.tasks.begin(wanted, call.request.path, machine.power, call.now)
        if call.ill is not None:
            takes = befall(call.ill, task, call.now) and takes
    if takes:
        session = call.caller.session if call.caller is not None else None
        call.bmc.order(order, call.now, None if session is None else session.number, Step.RESET)
    return Response(204) if task is None else accepted(call, task)


def _takes(call: Call, name: str, wanted: ResetType) -> bool:
    """Return whether the machine is told at all, where the reset is not refused."""
    machine, ways = call.bmc.machine, call.ways
    if AIMS.get(wanted) is machine.power and machine.heading in (None, machine.power):
        if ways.without_change != 204:
            raise Refused(ways.without_change, "NoOperation")
        return wanted not in GRACEFUL
    try:
        machine.permit(ORDERS[wanted])
    except NotSupported:
        raise Refused(400, "ActionParameterNotSupported", f"ResetType={wanted}", name) from None
    except NotInThisState:
        if ways.while_off != 204:
            raise Refused(ways.while_off, "ChassisPowerStateOnRequired", ways.chassis) from None
        return False
    return True
