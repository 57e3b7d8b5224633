"""What a BMC does when it is told something.

The table below is the whole list, with the privileges of IPMI 2.0, appendix G; a module each holds what
belongs together.  What is not in the table is answered C1h.
"""

from collections.abc import Callable
from typing import Final

from bmcsim.commands import challenge, channel, chassis, device, events, lan, sensors, session, users
from bmcsim.commands.call import Call, Refused
from bmcsim.faults import execution
from powerfsm.ipmi.wire.errors import WireError
from powerfsm.ipmi.wire.message import Request, Response
from powerfsm.ipmi.wire.numbers import AppCommand, ChassisCommand, Completion, NetFn, Privilege

__all__ = ["COMMANDS", "Call", "execute"]

COMMANDS: Final[dict[tuple[int, int], tuple[Privilege, Callable[[Call], bytes]]]] = {
    (NetFn.CHASSIS, 0x00): (Privilege.USER, chassis.chassis_capabilities),
    (NetFn.CHASSIS, ChassisCommand.GET_STATUS): (Privilege.USER, chassis.chassis_status),
    (NetFn.CHASSIS, ChassisCommand.CONTROL): (Privilege.OPERATOR, chassis.chassis_control),
    (NetFn.CHASSIS, 0x04): (Privilege.OPERATOR, chassis.identify),
    (NetFn.CHASSIS, 0x06): (Privilege.OPERATOR, chassis.set_restore_policy),
    (NetFn.CHASSIS, 0x07): (Privilege.USER, chassis.restart_cause),
    (NetFn.CHASSIS, ChassisCommand.SET_BOOT_OPTIONS): (Privilege.OPERATOR, chassis.set_boot_options),
    (NetFn.CHASSIS, ChassisCommand.GET_BOOT_OPTIONS): (Privilege.OPERATOR, chassis.get_boot_options),
    (NetFn.CHASSIS, 0x0F): (Privilege.USER, chassis.power_on_hours),
    (NetFn.APP, AppCommand.GET_DEVICE_ID): (Privilege.USER, device.device_id),
    (NetFn.APP, AppCommand.COLD_RESET): (Privilege.ADMINISTRATOR, device.reset),
    (NetFn.APP, AppCommand.WARM_RESET): (Privilege.ADMINISTRATOR, device.reset),
    (NetFn.APP, 0x04): (Privilege.USER, device.self_test),
    (NetFn.APP, 0x07): (Privilege.USER, device.acpi_state),
    (NetFn.APP, 0x08): (Privilege.USER, device.guid),
    (NetFn.APP, 0x37): (Privilege.HIGHEST, device.guid),
    (NetFn.APP, AppCommand.GET_CHANNEL_AUTH_CAPABILITIES): (Privilege.HIGHEST, channel.auth_capabilities),
    (NetFn.APP, AppCommand.GET_CHANNEL_CIPHER_SUITES): (Privilege.HIGHEST, channel.cipher_suites),
    (NetFn.APP, AppCommand.GET_SESSION_CHALLENGE): (Privilege.HIGHEST, challenge.session_challenge),
    (NetFn.APP, AppCommand.SET_SESSION_PRIVILEGE): (Privilege.USER, session.set_privilege),
    (NetFn.APP, AppCommand.CLOSE_SESSION): (Privilege.CALLBACK, session.close_session),
    (NetFn.APP, AppCommand.GET_SESSION_INFO): (Privilege.USER, session.session_info),
    (NetFn.APP, 0x40): (Privilege.ADMINISTRATOR, channel.set_access),
    (NetFn.APP, 0x41): (Privilege.USER, channel.get_access),
    (NetFn.APP, 0x42): (Privilege.USER, channel.channel_info),
    (NetFn.APP, 0x43): (Privilege.ADMINISTRATOR, users.set_access),
    (NetFn.APP, 0x44): (Privilege.OPERATOR, users.get_access),
    (NetFn.APP, 0x45): (Privilege.ADMINISTRATOR, users.set_name),
    (NetFn.APP, 0x46): (Privilege.OPERATOR, users.get_name),
    (NetFn.APP, 0x47): (Privilege.ADMINISTRATOR, users.set_password),
    (NetFn.STORAGE, 0x10): (Privilege.USER, device.no_inventory),
    (NetFn.STORAGE, 0x11): (Privilege.USER, device.no_inventory),
    (NetFn.STORAGE, 0x20): (Privilege.USER, sensors.info),
    (NetFn.STORAGE, 0x22): (Privilege.USER, sensors.reserve),
    (NetFn.STORAGE, 0x23): (Privilege.USER, sensors.get_record),
    (NetFn.STORAGE, 0x40): (Privilege.USER, events.info),
    (NetFn.STORAGE, 0x41): (Privilege.USER, events.allocation_info),
    (NetFn.STORAGE, 0x42): (Privilege.USER, events.reserve),
    (NetFn.STORAGE, 0x43): (Privilege.USER, events.get_entry),
    (NetFn.STORAGE, 0x44): (Privilege.OPERATOR, events.add_entry),
    (NetFn.STORAGE, 0x46): (Privilege.OPERATOR, events.delete_entry),
    (NetFn.STORAGE, 0x47): (Privilege.OPERATOR, events.clear),
    (NetFn.STORAGE, 0x48): (Privilege.USER, events.get_time),
    (NetFn.STORAGE, 0x49): (Privilege.OPERATOR, events.set_time),
    (NetFn.TRANSPORT, 0x01): (Privilege.ADMINISTRATOR, lan.set_parameter),
    (NetFn.TRANSPORT, 0x02): (Privilege.OPERATOR, lan.get_parameter),
}
"""(network function, command) to (privilege needed, function); privilege 0 needs no session."""


def execute(request: Request, call: Call) -> Response:
    """Carry a request out and return its response; a BMC has one for everything."""
    if call.bmc.name in call.bmc.faults.suffering:
        return execution.execute(request, call, _carry_out)
    return _carry_out(request, call)


def _carry_out(request: Request, call: Call) -> Response:
    known = COMMANDS.get((request.netfn, request.command))
    if known is None:
        return request.answer(Completion.INVALID_COMMAND)
    needed, run = known
    held = Privilege.HIGHEST if call.session is None else call.session.privilege
    if held < needed:
        return request.answer(Completion.INSUFFICIENT_PRIVILEGE)
    try:
        return request.answer(Completion.OK, run(call))
    except Refused as refused:
        return request.answer(refused.code)
    except WireError:
        return request.answer(Completion.DATA_LENGTH_INVALID)
