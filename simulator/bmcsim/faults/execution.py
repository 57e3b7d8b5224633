"""Carrying a command out on a BMC that has faults."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from bmcsim.faults.answers import Refusal
from bmcsim.faults.point import Point
from bmcsim.faults.steps import step_of_command
from powerfsm.ipmi.wire.message import Request, Response

if TYPE_CHECKING:
    from bmcsim.commands.call import Call


def execute(request: Request, call: "Call", carry_out: Callable[[Request, "Call"], Response]) -> Response:
    """Return what a BMC with faults answers; `carry_out` is what a sound one does."""
    bmc = call.bmc
    step = step_of_command(request.netfn, request.command)
    refusal = bmc.faults.strike(bmc.name, Point.COMMAND, step, call.now, Refusal)
    if refusal is None:
        return carry_out(request, call)
    if refusal.carried_out():
        carry_out(request, call)
    return request.answer(refusal.completion())
