"""What BMCs do wrong when a session is opened."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, ClassVar

from bmcsim.faults.condition import REMEMBERED, Condition
from bmcsim.faults.fault import Fault, FaultError, Parameter
from bmcsim.faults.point import Point, Step
from bmcsim.profile import User
from powerfsm.ipmi.wire.handshake import NAME_ONLY_LOOKUP
from powerfsm.ipmi.wire.keys import Exchange
from powerfsm.ipmi.wire.numbers import ActivateCompletion, Status

if TYPE_CHECKING:
    from bmcsim.bmc import Bmc

Find = Callable[[bytes], tuple[int, User | None]]
"""Finds the id and the account of a name; 0 and None where there is none."""

_LONGEST_NAME = 16
_LONGEST_PASSWORD = 20

_RAKP = frozenset({Step.OPEN_SESSION, Step.RAKP1, Step.RAKP3})
_NAMED = frozenset({Step.RAKP1, Step.CHALLENGE, Step.ACTIVATE, Step.LOGIN})

_STATUS = Parameter("the RMCP+ status code", low=0x01, high=0xFF, code=True)


@dataclass(frozen=True, slots=True)
class LoginRefusal(Fault):
    """A message of an RMCP+ login is answered with a status code."""

    point: ClassVar[Point] = Point.LOGIN
    steps: ClassVar[frozenset[Step]] = _RAKP

    status: Annotated[int, _STATUS] = Status.INSUFFICIENT_RESOURCES


@dataclass(frozen=True, slots=True)
class RmcpStatus(LoginRefusal):
    """Open Session, RAKP 1 or RAKP 3 is refused."""

    name: ClassVar[str] = "rmcp-status"
    symptom: ClassVar[str] = (
        "`Unable to establish IPMI v2 / RMCP+ session`, and the code's name only with -v; ipmipower says"
        " `BMC busy` (01h), `username invalid` (0Dh), `cipher suite id unavailable` (11h), and for most others"
        " `BMC error` with exit code 0."
    )
    seen: ClassVar[str] = (
        "02h and 08h after the BMC has forgotten a session half-way, 0Dh and 0Fh for a locked account, 11h after a"
        " firmware update has changed the cipher suites."
    )


@dataclass(frozen=True, slots=True)
class SlotsExhausted(LoginRefusal):
    """All sessions of the BMC are taken by others."""

    name: ClassVar[str] = "slots-exhausted"
    symptom: ClassVar[str] = (
        "`insufficient resources for session`; ipmipower says `BMC busy`; it goes away by itself after a minute,"
        " and comes back with the next monitoring run."
    )
    seen: ClassVar[str] = (
        "Four slots, each kept for 60 s by a client that was killed; told as 01h, 0Bh or, by IPMI 1.5, 81h and"
        " C0h."
    )
    steps: ClassVar[frozenset[Step]] = frozenset({Step.OPEN_SESSION, Step.ACTIVATE})

    completion: Annotated[
        int, Parameter("the completion code by which IPMI 1.5 is refused", low=0x01, high=0xFF, code=True)
    ] = ActivateCompletion.NO_SLOT


@dataclass(frozen=True, slots=True)
class AccountFault(Fault):
    """The BMC does not have the account that its client knows."""

    point: ClassVar[Point] = Point.LOGIN
    steps: ClassVar[frozenset[Step]] = _NAMED

    def account(self, user: User, /) -> User:
        """Return what the BMC has instead of `user`."""
        return user


@dataclass(frozen=True, slots=True)
class PasswordRotated(AccountFault):
    """From now on the password is another one."""

    name: ClassVar[str] = "password-rotated"
    symptom: ClassVar[str] = "`RAKP 2 HMAC is invalid`, `password invalid`: what worked a minute ago does not."
    seen: ClassVar[str] = (
        "Passwords rotated by another team; power management goes on trying until the account locks."
    )

    password: Annotated[str, Parameter("the new one, at most 20 bytes", secret=True)] = "rotated"  # noqa: S105  for simulated BMCs

    def check(self) -> None:
        """Refuse what IPMI cannot hold."""
        if len(self.password.encode()) > _LONGEST_PASSWORD:
            raise FaultError(f"password is longer than {_LONGEST_PASSWORD} bytes", "password")

    def __repr__(self) -> str:
        """Keep the password to itself."""
        return f"{type(self).__name__}()"

    def account(self, user: User) -> User:
        return replace(user, password=self.password)


@dataclass(frozen=True, slots=True)
class TruncatedPasswords(AccountFault):
    """The BMC has kept only the beginning of each password."""

    name: ClassVar[str] = "truncated-passwords"
    symptom: ClassVar[str] = "A password of 17 to 20 characters does not work; its first 16 do."
    seen: ClassVar[str] = "BMCs that store 16 bytes, as IPMI 1.5 had it, and say nothing when they are given 20."

    length: Annotated[int, Parameter("how many bytes are kept", low=0, high=20)] = 16

    def account(self, user: User) -> User:
        kept = user.password.encode()[: self.length].decode(errors="ignore")
        return replace(user, password=kept)


@dataclass(frozen=True, slots=True)
class PaddedNames(AccountFault):
    """User names have to come padded with zeros to 16 bytes."""

    name: ClassVar[str] = "padded-names"
    symptom: ClassVar[str] = (
        "`username invalid`, `unauthorized name` (0Dh) for a user that exists; FreeIPMI's workaround `intel20`,"
        " which expects `lookup-bit-hash` of the same board, gets in."
    )
    seen: ClassVar[str] = "Boards of 2005 and later that compare all 16 bytes of the name's field."
    steps: ClassVar[frozenset[Step]] = frozenset({Step.RAKP1})


@dataclass(frozen=True, slots=True)
class Lockout(Fault):
    """Too many wrong passwords lock every account."""

    name: ClassVar[str] = "lockout"
    symptom: ClassVar[str] = (
        "After a few logins with a wrong password the right one does not work either, for minutes."
    )
    seen: ClassVar[str] = "Monitoring with an old password keeps a BMC locked for everybody else."
    point: ClassVar[Point] = Point.LOGIN
    steps: ClassVar[frozenset[Step]] = frozenset({Step.RAKP1})

    attempts: Annotated[
        int, Parameter("how many logins in a row have to fail, within `seconds`", low=1, high=REMEMBERED)
    ] = 3
    seconds: Annotated[float, Parameter("for how long nobody gets in then", low=0, high=86400)] = 300.0
    status: Annotated[int, _STATUS] = Status.UNAUTHORIZED_NAME

    def applies(self, condition: Condition, now: float) -> bool:
        last = condition.failures[-self.attempts :]
        if len(last) < self.attempts:
            return False
        return now - last[-1] < self.seconds and last[-1] - last[0] < self.seconds


@dataclass(frozen=True, slots=True)
class OpenPrivilegeHash(Fault):
    """Hashes are made over the privilege of Open Session instead of that of RAKP 1."""

    name: ClassVar[str] = "open-privilege-hash"
    symptom: ClassVar[str] = (
        "`RAKP 2 HMAC is invalid`, `password invalid` with the right password, unless both privileges happen to be"
        " the same; FreeIPMI's workaround `opensesspriv` gets in."
    )
    seen: ClassVar[str] = "BMC firmware of several makes that takes the wrong one of two fields."
    point: ClassVar[Point] = Point.LOGIN
    steps: ClassVar[frozenset[Step]] = frozenset({Step.RAKP1})


@dataclass(frozen=True, slots=True)
class LookupBitHash(Fault):
    """The proof in RAKP 3 has to leave out the bit that says how to look the user up, and the name's padding."""

    name: ClassVar[str] = "lookup-bit-hash"
    symptom: ClassVar[str] = (
        "The login fails at its last message (0Fh) with the right password; `ipmitool -o intelplus` and FreeIPMI's"
        " workaround `intel20` leave the bit out."
    )
    seen: ClassVar[str] = (
        "The same boards that want padded names, and network chips that answer RMCP+ by themselves."
    )
    point: ClassVar[Point] = Point.LOGIN
    steps: ClassVar[frozenset[Step]] = frozenset({Step.RAKP3})


@dataclass(frozen=True, slots=True)
class AuthCodeLength(Fault):
    """Proofs in RAKP 2 and RAKP 4 have another length than the cipher suite says."""

    name: ClassVar[str] = "auth-code-length"
    symptom: ClassVar[str] = (
        "`RAKP 2 HMAC is invalid`, `password invalid` with the right password; clients that cut the code to the"
        " length that they need get in where it is too long."
    )
    seen: ClassVar[str] = (
        "One byte too many behind SHA-1's 20, which FreeIPMI's `supermicro20` lets pass; whole HMACs."
    )
    point: ClassVar[Point] = Point.LOGIN
    steps: ClassVar[frozenset[Step]] = frozenset({Step.RAKP1, Step.RAKP3})

    length: Annotated[int, Parameter("how many bytes are sent; zeros fill what is missing", low=0, high=64)] = 21

    def proof(self, code: bytes) -> bytes:
        """Return what is sent instead of `code`."""
        return code[: self.length].ljust(self.length, b"\x00")


@dataclass(frozen=True, slots=True)
class NonEmptyIcv(Fault):
    """With cipher suite 0 RAKP 4 has an integrity check value all the same."""

    name: ClassVar[str] = "non-empty-icv"
    symptom: ClassVar[str] = (
        "Suite 0 fails with a wrong integrity check value; FreeIPMI's `integritycheckvalue` helps."
    )
    seen: ClassVar[str] = "BMCs that fill the field with whatever their buffer held."
    point: ClassVar[Point] = Point.LOGIN
    steps: ClassVar[frozenset[Step]] = frozenset({Step.RAKP3})

    length: Annotated[int, Parameter("how many bytes it has", low=1, high=64)] = 12


LOGIN_FAULTS = (
    RmcpStatus,
    SlotsExhausted,
    PasswordRotated,
    TruncatedPasswords,
    PaddedNames,
    Lockout,
    OpenPrivilegeHash,
    LookupBitHash,
    AuthCodeLength,
    NonEmptyIcv,
)
"""All of them."""


def refused(bmc: "Bmc", step: Step, now: float) -> int | None:
    """Return the RMCP+ status by which a login message is refused, or None where no fault does so."""
    if not bmc.faults.concern(bmc.name, Point.LOGIN):
        return None
    fault = bmc.faults.strike(bmc.name, Point.LOGIN, step, now, LoginRefusal)
    if fault is not None:
        return fault.status
    locked = bmc.faults.strike(bmc.name, Point.LOGIN, step, now, Lockout)
    return None if locked is None else locked.status


def account(bmc: "Bmc", name: bytes, find: Find, step: Step, now: float) -> tuple[int, User | None]:
    """Return the id and the account of a user who logs in, as this BMC has it; 0 and None where there is none.

    Args:
        bmc: Which BMC.
        name: As the client has sent it.
        find: Finds id and account of a name in what the BMC holds.
        step: What the client is doing.
        now: When.
    """
    if not bmc.faults.concern(bmc.name, Point.LOGIN):
        return find(name)
    faults = list(bmc.faults.strikes(bmc.name, Point.LOGIN, step, now, AccountFault))
    if any(isinstance(fault, PaddedNames) for fault in faults):
        if len(name) != _LONGEST_NAME:
            return 0, None
        name = name.rstrip(b"\x00")
    user_id, user = find(name)
    if user is not None:
        for fault in faults:
            user = fault.account(user)
    return user_id, user


def hashed_role(bmc: "Bmc", role: int, opened: int, now: float) -> int:
    """Return the role byte that this BMC's hashes are made over.

    Args:
        bmc: Which BMC.
        role: That of RAKP 1.
        opened: The privilege that Open Session was asked for.
        now: When.
    """
    fault = bmc.faults.strike(bmc.name, Point.LOGIN, Step.RAKP1, now, OpenPrivilegeHash)
    return role if fault is None else role & 0xF0 | opened & 0x0F


def proof(bmc: "Bmc", step: Step, code: bytes, now: float) -> bytes:
    """Return what this BMC sends for a proof that it has computed."""
    longer = bmc.faults.strike(bmc.name, Point.LOGIN, step, now, AuthCodeLength)
    if longer is not None:
        return longer.proof(code)
    if not code:
        filled = bmc.faults.strike(bmc.name, Point.LOGIN, step, now, NonEmptyIcv)
        if filled is not None:
            return bmc.faults.dice(bmc.name).bytes(filled.length)
    return code


def expected_proof(bmc: "Bmc", exchange: Exchange, password: bytes, now: float) -> bytes:
    """Return the proof that this BMC wants to see in RAKP 3."""
    if bmc.faults.strike(bmc.name, Point.LOGIN, Step.RAKP3, now, LookupBitHash) is not None:
        exchange = replace(exchange, role=exchange.role & ~NAME_ONLY_LOOKUP, name=exchange.name.rstrip(b"\x00"))
    return exchange.rakp3_code(password)


def suffered(bmc: "Bmc", user: User, step: Step, now: float) -> User:
    """Return the account that this BMC has instead of one of its own."""
    for fault in bmc.faults.strikes(bmc.name, Point.LOGIN, step, now, AccountFault):
        user = fault.account(user)
    return user


def note_proof(bmc: "Bmc", now: float, *, right: bool) -> None:
    """Have a BMC that counts failed logins count one, or begin anew."""
    if not bmc.faults.concern(bmc.name, Point.LOGIN):
        return
    condition = bmc.faults.condition(bmc.name)
    if right:
        condition.failures.clear()
    else:
        condition.failed(now)
