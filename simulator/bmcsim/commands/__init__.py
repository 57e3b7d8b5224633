"""What a BMC does when it is told something.

The table below is the whole list, with the privileges of IPMI 2.0, appendix G; a module each holds what
belongs together.  What is not in the table is answered C1h.
"""

from collections.abc import Callable
from typing import Final

from bmcsim.commands import channel, chassis, device, session
from bmcsim.commands.call import Call, Refused
from bmcsim.faults import execution
from powerfsm.ipmi.wire.errors import WireError
from powerfsm.ipmi.wire.message import Request, Response
from powerfsm.ipmi.wire.numbers import AppCommand, ChassisCommand, Completion, NetFn, Privilege

__all__ = ["Call", "execute"]

_STORAGE = 0x0A

_COMMANDS: Final[dict[tuple[int, int], tuple[Privilege, Callable[[Call], bytes]]]] = {
    (NetFn.CHASSIS, 0x00): (Privilege.USER, chassis.chassis_capabilities),
    (NetFn.CHASSIS, ChassisCommand.GET_STATUS): (Privilege.USER, chassis.chassis_status),
    (NetFn.CHASSIS, ChassisCommand.CONTROL): (Privilege.OPERATOR, chassis.chassis_control),
    (NetFn.CHASSIS, 0x06): (Privilege.OPERATOR, chassis.set_restore_policy),
    (NetFn.CHASSIS, 0x07): (Privilege.USER, chassis.restart_cause),
    (NetFn.CHASSIS, ChassisCommand.SET_BOOT_OPTIONS): (Privilege.OPERATOR, chassis.set_boot_options),
    (NetFn.CHASSIS, ChassisCommand.GET_BOOT_OPTIONS): (Privilege.OPERATOR, chassis.get_boot_options),
    (NetFn.APP, AppCommand.GET_DEVICE_ID): (Privilege.USER, device.device_id),
    (NetFn.APP, 0x08): (Privilege.USER, device.guid),
    (NetFn.APP, 0x37): (Privilege.HIGHEST, device.guid),
    (NetFn.APP, AppCommand.GET_CHANNEL_AUTH_CAPABILITIES): (Privilege.HIGHEST, channel.auth_capabilities),
    (NetFn.APP, AppCommand.GET_CHANNEL_CIPHER_SUITES): (Privilege.HIGHEST, channel.cipher_suites),
    (NetFn.APP, 0x42): (Privilege.USER, channel.channel_info),
    (NetFn.APP, AppCommand.SET_SESSION_PRIVILEGE): (Privilege.CALLBACK, session.set_privilege),
    (NetFn.APP, AppCommand.CLOSE_SESSION): (Privilege.CALLBACK, session.close_session),
    (NetFn.APP, AppCommand.GET_SESSION_INFO): (Privilege.USER, session.session_info),
    (_STORAGE, 0x10): (Privilege.USER, device.no_inventory),
    (_STORAGE, 0x11): (Privilege.USER, device.no_inventory),
}
"""(network function, command) to (privilege needed, function); privilege 0 needs no session."""


def execute(request: Request, call: Call) -> Response:
    """Carry a request out and return its response; a BMC has one for everything."""
    if call.bmc.faults.afflicts(call.bmc.name):
        return execution.execute(request, call, _carry_out)
    return _carry_out(request, call)


def _carry_out(request: Request, call: Call) -> Response:
    known = _COMMANDS.get((request.netfn, request.command))
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
