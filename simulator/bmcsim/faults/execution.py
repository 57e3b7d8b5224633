"""Carrying a command out on a BMC that has faults."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from bmcsim.faults.answers import Alteration, Refusal
from bmcsim.faults.login import SlotsExhausted
from bmcsim.faults.point import Point, Step
from bmcsim.faults.sessions import CloseUnanswered, NullSessionId, SessionLeak, without_session_id
from bmcsim.faults.steps import step_of_command
from powerfsm.ipmi.wire.commands import decode_close_session
from powerfsm.ipmi.wire.errors import WireError
from powerfsm.ipmi.wire.message import Request, Response
from powerfsm.ipmi.wire.numbers import Completion, Privilege

if TYPE_CHECKING:
    from bmcsim.bmc import Bmc
    from bmcsim.commands.call import Call
    from bmcsim.sessions import Session

_CarryOut = Callable[[Request, "Call"], Response]


def execute(request: Request, call: "Call", carry_out: _CarryOut) -> Response:
    """Return what a BMC with faults answers; `carry_out` is what a sound one does."""
    bmc = call.bmc
    step = step_of_command(request.netfn, request.command)
    condition = bmc.faults.condition(bmc.name)
    if call.now < condition.initialising_until:
        return request.answer(Completion.INITIALIZING)
    if step is Step.ACTIVATE:
        taken = bmc.faults.strike(bmc.name, Point.LOGIN, step, call.now, SlotsExhausted)
        if taken is not None:
            return request.answer(taken.completion)
    refusal = bmc.faults.strike(bmc.name, Point.COMMAND, step, call.now, Refusal)
    if refusal is not None:
        if refusal.carried_out():
            carry_out(request, call)
        return request.answer(refusal.completion())
    closing = _to_be_closed(request, call) if step is Step.CLOSE_SESSION else None
    if closing is not None and bmc.faults.strike(bmc.name, Point.SESSION, step, call.now, SessionLeak):
        condition.leaked.add(closing.id)
        return request.answer(Completion.OK)
    response = carry_out(request, call)
    if step is Step.ACTIVATE and bmc.faults.strike(bmc.name, Point.SESSION, step, call.now, NullSessionId):
        response = without_session_id(response)
    for alteration in bmc.faults.strikes(bmc.name, Point.COMMAND, step, call.now, Alteration):
        response = alteration.alter(response)
    return response


def _to_be_closed(request: Request, call: "Call") -> "Session | None":
    """Return the open session that a Close Session names by its id, if whoever asks may close it."""
    if call.session is None:
        return None
    try:
        found = call.bmc.sessions.get(decode_close_session(request.data))
    except WireError:
        return None
    if found is None or not found.active:
        return None
    allowed = found is call.session or call.session.privilege >= Privilege.ADMINISTRATOR
    return found if allowed else None


def leaked(session: "Session", bmc: "Bmc") -> bool:
    """Return whether a BMC has said that a session is closed, and yet holds it."""
    return session.id in bmc.faults.condition(bmc.name).leaked


def unanswered(request: Request, call: "Call") -> bool:
    """Return whether a BMC with faults keeps its answer to a command to itself."""
    bmc = call.bmc
    step = step_of_command(request.netfn, request.command)
    if step is not Step.CLOSE_SESSION or call.session is None:
        return False
    bmc.faults.condition(bmc.name).closing = call.session.id
    return bmc.faults.strike(bmc.name, Point.SESSION, step, call.now, CloseUnanswered) is not None
