"""What Redfish services do wrong.  The Redfish door asks for these at each request and each task."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from bmcsim.dice import Span
from bmcsim.faults.fault import Fault, Parameter
from bmcsim.faults.point import Point, Step

_SECONDS_LATE = Span(5, 30)


@dataclass(frozen=True, slots=True)
class HttpFault(Fault):
    """What can befall a Redfish request."""

    point: ClassVar[Point] = Point.HTTP


@dataclass(frozen=True, slots=True)
class HttpStatus(HttpFault):
    """A request is answered with an error, and nothing is done."""

    name: ClassVar[str] = "http-status"
    symptom: ClassVar[str] = (
        "Clients raise on a 4xx and try again on a 5xx, with the time limits of their authors; some take 409 for"
        " ever."
    )
    seen: ClassVar[str] = (
        "409 for a minute after a power-off, 400 to a ResetType that the service itself has listed, 401 in the"
        " middle of a session, 500 under load."
    )

    code: Annotated[int, Parameter("the status code", low=400, high=599)] = 500


@dataclass(frozen=True, slots=True)
class HttpUnavailable(HttpFault):
    """503 with Retry-After."""

    name: ClassVar[str] = "http-unavailable"
    symptom: ClassVar[str] = (
        "503; a client that does not heed Retry-After keeps the service busy with its retries."
    )
    seen: ClassVar[str] = "Services that start up, or whose inventory is being collected, answer 503 for minutes."

    retry_after: Annotated[int, Parameter("seconds that the Retry-After header asks for", low=0, high=86400)] = 30


@dataclass(frozen=True, slots=True)
class HttpTimeout(HttpFault):
    """A request is taken and never answered; it is not carried out unless `done`."""

    name: ClassVar[str] = "http-timeout"
    symptom: ClassVar[str] = "The client waits until its own timeout; one without any hangs for ever."
    seen: ClassVar[str] = "Web servers of BMCs that accept connections while nothing behind them answers."

    done: Annotated[bool, Parameter("the request is carried out all the same")] = False


@dataclass(frozen=True, slots=True)
class HttpHalfBody(HttpFault):
    """The answer breaks off in the middle of its body, and the connection closes."""

    name: ClassVar[str] = "http-half-body"
    symptom: ClassVar[str] = (
        "`IncompleteRead` or a JSON error in the client, after the request has been carried out."
    )
    seen: ClassVar[str] = "BMC web servers that run out of memory, or are restarted by their watchdog, mid-answer."

    share: Annotated[float, Parameter("how much of the body is sent", low=0, high=1)] = 0.5


@dataclass(frozen=True, slots=True)
class HttpClosed(HttpFault):
    """The connection is closed without an answer; the request is not carried out unless `done`."""

    name: ClassVar[str] = "http-closed"
    symptom: ClassVar[str] = "`Connection reset` or `Remote end closed connection without response`."
    seen: ClassVar[str] = "Keep-alive connections that the BMC closes just as the next request is sent."

    done: Annotated[bool, Parameter("the request is carried out all the same")] = False


@dataclass(frozen=True, slots=True)
class HttpSlow(HttpFault):
    """The answer takes its time."""

    name: ClassVar[str] = "http-slow"
    symptom: ClassVar[str] = "Every request takes seconds; programs with a fixed timeout fail on and off."
    seen: ClassVar[str] = "Redfish on older BMCs takes 5 to 30 s for one system resource."

    by: Annotated[Span, Parameter("how long, in seconds")] = _SECONDS_LATE


@dataclass(frozen=True, slots=True)
class TaskStuck(HttpFault):
    """The task of a request stays at Running for ever."""

    name: ClassVar[str] = "task-stuck"
    symptom: ClassVar[str] = "A client that waits for the task waits for ever, though the power may have changed."
    seen: ClassVar[str] = "Task monitors that never leave Running after the BMC's task service has been restarted."
    steps: ClassVar[frozenset[Step]] = frozenset({Step.RESET})

    done: Annotated[bool, Parameter("what was asked for happens all the same")] = True


@dataclass(frozen=True, slots=True)
class TaskFailed(HttpFault):
    """The task of a request ends as Exception, and nothing was done."""

    name: ClassVar[str] = "task-failed"
    symptom: ClassVar[str] = "202 first, failure later: a client that takes 202 for success reports a lie."
    seen: ClassVar[str] = "Reset actions that are accepted and then fail inside the BMC, seen in the task only."
    steps: ClassVar[frozenset[Step]] = frozenset({Step.RESET})


HTTP_FAULTS = (
    HttpStatus,
    HttpUnavailable,
    HttpTimeout,
    HttpHalfBody,
    HttpClosed,
    HttpSlow,
    TaskStuck,
    TaskFailed,
)
"""All of them."""
