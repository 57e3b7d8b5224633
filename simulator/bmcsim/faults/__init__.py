"""What real BMCs and the networks in front of them do wrong, to be switched on.

    with fleet.faults.on(Busy(), nodes="n1", steps={"chassis-control"}, times=3):
        ...

`CATALOGUE` has all of them by name; `Rule` says when one strikes.  docs/faults.md lists them.
"""

from bmcsim.faults.answers import (
    BootingCode,
    Busy,
    BusyAfterOrder,
    Claim,
    CompletionCode,
    NoCipherSuites,
    WrongCapabilities,
)
from bmcsim.faults.catalogue import CATALOGUE, make
from bmcsim.faults.fault import Fault, FaultError
from bmcsim.faults.faults import Faults
from bmcsim.faults.http import (
    HttpClosed,
    HttpHalfBody,
    HttpSlow,
    HttpStatus,
    HttpTimeout,
    HttpUnavailable,
    TaskFailed,
    TaskStuck,
)
from bmcsim.faults.life import Blocked, DeathOnRepeat, Hang, Reboot, Slow
from bmcsim.faults.login import (
    AuthCodeLength,
    Lockout,
    LookupBitHash,
    NonEmptyIcv,
    OpenPrivilegeHash,
    PaddedNames,
    PasswordRotated,
    RmcpStatus,
    SlotsExhausted,
    TruncatedPasswords,
)
from bmcsim.faults.network import (
    CipherSuitesUnanswered,
    Corrupt,
    Delay,
    Drop,
    Duplicate,
    NoPong,
    OneWay,
    Partition,
    Reorder,
    Truncate,
    Way,
)
from bmcsim.faults.point import STEPS, Point, Step
from bmcsim.faults.power import Bounce, OrderIgnored, OrderLate, OrderTwice, StaleReading, WrongReading
from bmcsim.faults.rule import Rule
from bmcsim.faults.sessions import CloseUnanswered, NullSessionId, ReusedSessionId, SequenceJump, SessionLeak

__all__ = [
    "CATALOGUE",
    "STEPS",
    "AuthCodeLength",
    "Blocked",
    "BootingCode",
    "Bounce",
    "Busy",
    "BusyAfterOrder",
    "CipherSuitesUnanswered",
    "Claim",
    "CloseUnanswered",
    "CompletionCode",
    "Corrupt",
    "DeathOnRepeat",
    "Delay",
    "Drop",
    "Duplicate",
    "Fault",
    "FaultError",
    "Faults",
    "Hang",
    "HttpClosed",
    "HttpHalfBody",
    "HttpSlow",
    "HttpStatus",
    "HttpTimeout",
    "HttpUnavailable",
    "Lockout",
    "LookupBitHash",
    "NoCipherSuites",
    "NoPong",
    "NonEmptyIcv",
    "NullSessionId",
    "OneWay",
    "OpenPrivilegeHash",
    "OrderIgnored",
    "OrderLate",
    "OrderTwice",
    "PaddedNames",
    "Partition",
    "PasswordRotated",
    "Point",
    "Reboot",
    "Reorder",
    "ReusedSessionId",
    "RmcpStatus",
    "Rule",
    "SequenceJump",
    "SessionLeak",
    "SlotsExhausted",
    "Slow",
    "StaleReading",
    "Step",
    "TaskFailed",
    "TaskStuck",
    "Truncate",
    "TruncatedPasswords",
    "Way",
    "WrongCapabilities",
    "WrongReading",
    "make",
]
