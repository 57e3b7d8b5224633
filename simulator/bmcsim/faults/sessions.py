"""What BMCs do wrong about sessions: ids, sequence numbers, and their end."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, ClassVar

from bmcsim.faults.condition import Condition
from bmcsim.faults.fault import Fault, Parameter
from bmcsim.faults.point import Point, Step
from bmcsim.faults.steps import step_of_command
from powerfsm.ipmi.wire.message import Request, Response

if TYPE_CHECKING:
    from bmcsim.bmc import Bmc
    from bmcsim.sessions import Session


_OPENING = frozenset({Step.OPEN_SESSION})
_IN_SESSION = frozenset(
    {Step.SET_PRIVILEGE, Step.CHASSIS_STATUS, Step.CHASSIS_CONTROL, Step.CLOSE_SESSION, Step.OTHER}
)
_CLOSING = frozenset({Step.CLOSE_SESSION})


@dataclass(frozen=True, slots=True)
class SessionFault(Fault):
    """What can be wrong with a session."""

    point: ClassVar[Point] = Point.SESSION


@dataclass(frozen=True, slots=True)
class NullSessionId(SessionFault):
    """The BMC gives session id 0."""

    name: ClassVar[str] = "null-session-id"
    symptom: ClassVar[str] = (
        "The login fails at Open Session, or goes on and dies at RAKP 1: `invalid session ID`; ipmipower says"
        " `BMC error` and exits 0."
    )
    seen: ClassVar[str] = "Session id 0 from BMCs that had no slot left and did not say so."
    steps: ClassVar[frozenset[Step]] = _OPENING | {Step.ACTIVATE}


@dataclass(frozen=True, slots=True)
class ReusedSessionId(SessionFault):
    """A new session gets the id of the one before, which ends without a word where it was still open."""

    name: ClassVar[str] = "reused-session-id"
    symptom: ClassVar[str] = (
        "A program's session dies when another program logs in; late packets reach the wrong session."
    )
    seen: ClassVar[str] = "BMCs whose ids count through a few values only."
    steps: ClassVar[frozenset[Step]] = _OPENING


@dataclass(frozen=True, slots=True)
class SequenceJump(SessionFault):
    """The sequence number of an answer jumps ahead."""

    name: ClassVar[str] = "sequence-jump"
    symptom: ClassVar[str] = (
        "Answers are dropped as out of sequence, and commands time out in the middle of a session."
    )
    seen: ClassVar[str] = (
        "BMCs that count one sequence for all sessions; ipmipower drops what jumps by more than 8, IPMI 2.0 lets"
        " 15 pass."
    )

    steps: ClassVar[frozenset[Step]] = _IN_SESSION

    by: Annotated[int, Parameter("how far ahead of the last one; 1 is as it should be", low=2, high=1000)] = 9


@dataclass(frozen=True, slots=True)
class SessionLeak(SessionFault):
    """Close Session is acknowledged and the slot stays taken until the idle limit."""

    name: ClassVar[str] = "session-leak"
    symptom: ClassVar[str] = (
        "After a few commands in a row: `insufficient resources`; after a minute it works again."
    )
    seen: ClassVar[str] = "BMCs that run out of slots though every client closes its session."
    steps: ClassVar[frozenset[Step]] = _CLOSING


@dataclass(frozen=True, slots=True)
class CloseUnanswered(SessionFault):
    """Close Session is not answered."""

    name: ClassVar[str] = "close-unanswered"
    symptom: ClassVar[str] = (
        "`Close Session command failed` and seconds of waiting at the end of a command that was carried out;"
        " the exit code is 0."
    )
    seen: ClassVar[str] = (
        "BMCs that drop all sessions at a chassis reset, and with them the answer to Close Session."
    )
    steps: ClassVar[frozenset[Step]] = _CLOSING

    only_after_reset: Annotated[
        bool, Parameter("only in a session that has reset the machine or cycled its power")
    ] = True

    def applies(self, condition: Condition, now: float) -> bool:  # noqa: ARG002  it does not matter when
        return not self.only_after_reset or condition.closing in condition.shaken


SESSION_FAULTS = (NullSessionId, ReusedSessionId, SequenceJump, SessionLeak, CloseUnanswered)
"""All of them."""


def opened(bmc: "Bmc", session: "Session", now: float) -> int:
    """Return the id that a BMC gives to a session that begins; it may have become the session's own."""
    faults = bmc.faults
    if not faults.concern(bmc.name, Point.SESSION):
        return session.id
    condition = faults.condition(bmc.name)
    before, condition.last_session_id = condition.last_session_id, session.id
    if faults.strike(bmc.name, Point.SESSION, Step.OPEN_SESSION, now, NullSessionId):
        return 0
    again = before not in (0, session.id)
    if again and faults.strike(bmc.name, Point.SESSION, Step.OPEN_SESSION, now, ReusedSessionId):
        bmc.sessions.rename(session, before, now)
        condition.last_session_id = before
    return session.id


def without_session_id(response: Response) -> Response:
    """Return an answer to Activate Session that gives session id 0 (IPMI 2.0, 22.17)."""
    return replace(response, data=response.data[:1] + bytes(4) + response.data[5:])


def jump(bmc: "Bmc", session: "Session", request: Request, now: float) -> None:
    """Have the next packet of a session jump ahead, where a fault wants it."""
    step = step_of_command(request.netfn, request.command)
    fault = bmc.faults.strike(bmc.name, Point.SESSION, step, now, SequenceJump)
    for _ in range(0 if fault is None else fault.by - 1):
        session.next_sequence()
