"""What faults do to a request, its answer and its task (bmcsim.faults.http)."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from bmcsim.bmc import Bmc
from bmcsim.dice import Dice
from bmcsim.faults import Point, Step
from bmcsim.faults.http import (
    HttpClosed,
    HttpFault,
    HttpHalfBody,
    HttpSlow,
    HttpStatus,
    HttpTimeout,
    HttpUnavailable,
    TaskFailed,
    TaskStuck,
)
from bmcsim.faults.life import Life
from bmcsim.faults.network import OneWay, Partition
from bmcsim.redfish.exchange import Response
from bmcsim.redfish.messages import Message, told
from bmcsim.redfish.tasks import Task, TaskState

TaskFault = TaskStuck | TaskFailed


@dataclass(slots=True)
class Illness:
    """What has befallen one request.

    Attributes:
        faults: All that have struck, in the order of their rules.
        delay: Seconds that the BMC takes over it besides.
        unheard: The answer does not get back.
    """

    faults: list[HttpFault]
    delay: float = 0.0
    unheard: bool = False

    @property
    def task(self) -> TaskFault | None:
        """The fault that a task of this request suffers."""
        return next((fault for fault in self.faults if isinstance(fault, TaskStuck | TaskFailed)), None)

    def answer(self, carry_out: Callable[[], Response], dice: Dice) -> Response:
        """Return the answer of a service that is so ill; `carry_out` is what a sound one does and answers."""
        response = _instead(self.faults) or carry_out()
        delivery = response.delivery
        response.delivery = replace(delivery, after=delivery.after + self.delay, silent=self.unheard)
        for fault in self.faults:
            _travel(fault, response, dice)
        return response


def strike(bmc: Bmc, step: Step, now: float) -> Illness | None:
    """Return what befalls a request to a BMC that has faults; None where it never gets it, reboots or hangs."""
    if _cut_off(bmc, Point.ARRIVING, step, now):
        return None
    delay = max(0.0, bmc.faults.condition(bmc.name).busy_until - now)
    for fault in bmc.faults.strikes(bmc.name, Point.LIFE, step, now, Life):
        delay = max(delay, fault.befall(bmc, now))
        if not bmc.answering:
            return None
    faults = list(bmc.faults.strikes(bmc.name, Point.HTTP, step, now, HttpFault))
    return Illness(faults, delay, _cut_off(bmc, Point.LEAVING, step, now))


def _cut_off(bmc: Bmc, point: Point, step: Step, now: float) -> bool:
    """Return whether nothing gets through; datagrams that are lost singly are sent again by TCP."""
    kinds = (Partition, OneWay)
    return any(bmc.faults.strike(bmc.name, point, step, now, kind) is not None for kind in kinds)


def befall(fault: TaskFault, task: Task, now: float) -> bool:
    """Have a task suffer, and return whether the machine is told what to do all the same."""
    if isinstance(fault, TaskStuck):
        task.stick()
        return fault.done
    task.end(TaskState.EXCEPTION, Message("OperationFailed"), now)
    return False


def _instead(faults: list[HttpFault]) -> Response | None:
    """Return the answer to a request that is not carried out; None where it is."""
    for fault in faults:
        if isinstance(fault, HttpStatus):
            return _error(fault.code)
        if isinstance(fault, HttpUnavailable):
            seconds = str(fault.retry_after)
            return told(503, Message("ServiceTemporarilyUnavailable", (seconds,)), retry_after=seconds)
        if isinstance(fault, HttpTimeout | HttpClosed) and not fault.done:
            return Response(500)
    return None


def _error(status: int) -> Response:
    if status == 401:
        return told(status, Message("NoValidSession"), www_authenticate='Basic realm="bmc"')
    key = {403: "InsufficientPrivilege", 409: "ResourceInUse", 500: "InternalError"}.get(status, "GeneralError")
    return told(status, Message(key))


def _travel(fault: HttpFault, response: Response, dice: Dice) -> None:
    """Do to the way that an answer travels what the fault does."""
    delivery = response.delivery
    if isinstance(fault, HttpTimeout):
        response.delivery = replace(delivery, silent=True)
    elif isinstance(fault, HttpClosed):
        response.delivery = replace(delivery, closed=True)
    elif isinstance(fault, HttpHalfBody):
        # An answer without a body breaks off before it has begun.
        cut = replace(delivery, share=fault.share) if response.body else replace(delivery, closed=True)
        response.delivery = cut
    elif isinstance(fault, HttpSlow):
        response.delivery = replace(delivery, after=delivery.after + dice.seconds(fault.by))
