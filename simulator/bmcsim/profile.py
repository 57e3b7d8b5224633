"""What kind of BMC it is: everything that BMCs of one kind share.

A fleet of ten thousand holds one profile, not ten thousand.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from bmcsim.dice import Span
from bmcsim.enclosure import Enclosure
from bmcsim.hardware import Hardware
from powerfsm.ipmi.wire.numbers import Privilege

DEFAULT_USER = "admin"
DEFAULT_PASSWORD = "password"  # noqa: S105  documented, for simulated BMCs only

_LONGEST_NAME = 16
_LONGEST_SECRET = 20
_MOST_SESSIONS = 15


class SequenceCheck(StrEnum):
    """What a BMC does about session sequence numbers (IPMI 2.0, 6.12.13)."""

    STRICT = "strict"
    """Drops what it has seen and what is outside the window."""
    NONE = "none"
    """Never looks at them, as OpenBMC: a duplicate is carried out again."""


class Auth15(StrEnum):
    """How IPMI 1.5 sessions are proven (IPMI 2.0, 22.17.1 to 22.17.3); MD2 is spoken by nobody any more."""

    NONE = "none"
    """Not at all: whoever knows a user's name is let in."""
    MD5 = "md5"
    PASSWORD = "password"  # noqa: S105  the name of a method
    """The password itself, in every packet."""


class Fidelity(StrEnum):
    """How much of a BMC's work is really done."""

    FULL = "full"
    """All of it."""
    FAST = "fast"
    """All but cryptography, for virtual time with clients of ours: the same datagrams in length and number, the
    same events, several times as fast.  No stranger can talk to it."""


@dataclass(frozen=True, slots=True)
class User:
    """One account.

    Attributes:
        name: At most 16 bytes; empty is the anonymous user.
        password: At most 20 bytes; those of more than 16 cannot log in over IPMI 1.5.
        limit: The highest privilege it may have; `NO_ACCESS` is none.
        enabled: Whether it may log in.
        sessions: How many sessions it may have at once over IPMI 1.5, up to 15; 0 is as many as there are.
    """

    name: str = DEFAULT_USER
    password: str = field(default=DEFAULT_PASSWORD, repr=False)
    limit: Privilege = Privilege.ADMINISTRATOR
    enabled: bool = True
    sessions: int = 0

    def __post_init__(self) -> None:
        """Refuse what IPMI cannot hold (IPMI 2.0, 22.28 and 22.30)."""
        if len(self.name.encode()) > _LONGEST_NAME:
            raise ValueError(f"user name {self.name!r} is longer than {_LONGEST_NAME} bytes")
        if len(self.password.encode()) > _LONGEST_SECRET:
            raise ValueError(f"the password of user {self.name!r} is longer than {_LONGEST_SECRET} bytes")
        if not 0 <= self.sessions <= _MOST_SESSIONS:
            raise ValueError(f"{self.sessions} sessions for user {self.name!r}; from 0 to {_MOST_SESSIONS}")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a BMC says it is (IPMI 2.0, 20.1 Get Device ID).

    Clients take more from it than a name: some send commands of a manufacturer's own once they know it.

    Attributes:
        manufacturer: Its number among IANA's enterprises, 20 bits; 0 is unspecified.
        product: The manufacturer's own number, 16 bits.
        firmware: Major and minor version of its firmware, up to 127 and 99.
    """

    manufacturer: int = 0
    product: int = 0
    firmware: tuple[int, int] = (1, 0)

    def __post_init__(self) -> None:
        """Refuse what does not fit the answer."""
        major, minor = self.firmware
        if not 0 <= self.manufacturer < 1 << 20 or not 0 <= self.product < 1 << 16:
            raise ValueError("a manufacturer is a number of 20 bits, a product one of 16")
        if not 0 <= major <= 127 or not 0 <= minor <= 99:
            raise ValueError(f"firmware {major}.{minor}; from 0.0 to 127.99 fits")


RESET_TYPES = (
    "On",
    "ForceOff",
    "GracefulShutdown",
    "GracefulRestart",
    "ForceRestart",
    "Nmi",
    "ForceOn",
    "PushPowerButton",
    "PowerCycle",
)
"""What `ComputerSystem.Reset` may be told (DMTF DSP0268, Resource.ResetType), as far as it is about power."""


@dataclass(frozen=True, slots=True)
class RedfishWays:
    """What Redfish leaves to manufacturers.

    Attributes:
        reset_types: The ResetTypes that it takes and lists; another one is answered 400.
        reset_is_task: Whether an accepted reset is answered 202 with a task, instead of 204.
        without_change: Status of the answer to what is so already (On while on, ForceOff while off): 204, or an
            error.
        while_off: Status of the answer to what needs a machine that is on, while it is off.
        vendor: Who has made it.
        model: The machine's model.
        version: The version of the protocol that it claims.
        system: Id of its ComputerSystem.
        manager: Id of its Manager.
        chassis: Id of its Chassis.
        transitions: PowerState tells PoweringOn and PoweringOff; many know On and Off only.
        wants_if_match: A PATCH without If-Match is refused (428).
        basic: It takes HTTP Basic authentication.
        sessions: How many sessions it has at most.
        session_timeout: Seconds after which a session that was not used ends, from 30 to 86400.
        tasks: How many tasks it remembers; the oldest that has ended makes room.
        task_limit: Seconds after which a reset that has not come true is given up, and its task has failed.
        retry_after: Seconds that a running task asks clients to wait in Retry-After; 0 leaves the header out, as
            there are clients that fail over it.
    """

    reset_types: tuple[str, ...] = RESET_TYPES
    reset_is_task: bool = False
    without_change: int = 204
    while_off: int = 409
    vendor: str = "bmcsim"
    model: str = "Simulated machine"
    version: str = "1.15.0"
    system: str = "1"
    manager: str = "1"
    chassis: str = "1"
    transitions: bool = True
    wants_if_match: bool = False
    basic: bool = True
    sessions: int = 16
    session_timeout: float = 1800.0
    tasks: int = 32
    task_limit: float = 600.0
    retry_after: int = 0

    def __post_init__(self) -> None:
        """Refuse what no service could be: no ResetType, no status, no room."""
        if not 30 <= self.session_timeout <= 86400:
            raise ValueError(f"a session timeout of {self.session_timeout:g} s; from 30 to 86400 (DSP0268)")
        if self.sessions < 1 or self.tasks < 1 or self.task_limit <= 0:
            raise ValueError("a Redfish service has room and time for at least one session and one task")
        if unknown := set(self.reset_types) - set(RESET_TYPES):
            raise ValueError(f"there is no ResetType {', '.join(sorted(unknown))}; only {', '.join(RESET_TYPES)}")
        for status in (self.without_change, self.while_off):
            if status != 204 and not 400 <= status <= 599:
                raise ValueError(f"status {status}; 204 or an error from 400 to 599")


@dataclass(frozen=True, slots=True)
class Profile:
    """One kind of BMC, and of the machine behind it.

    Attributes:
        hardware: The machine.
        users: Accounts; their user ids count from 2, as 1 is the anonymous user.
        kg: The BMC key, at most 20 bytes; empty where there is none, and passwords stand in for it.
        suites: Cipher suites that are accepted, by number (IPMI 2.0, table 22-20); 0, 3, 8 and 17 are known.
        ipmi15: How IPMI 1.5 sessions may be proven; empty where there are none.
        per_message_auth: Whether every packet of an IPMI 1.5 session is proven, or the login alone.
        slots: How many sessions it has at most, those that are still being opened among them.
        idle_timeout: Seconds after which a session that has heard nothing is closed (60 by 6.12.15).
        setup_timeout: The same for one that is still being opened.
        sequence_check: What it does about session sequence numbers.
        identity: Who it says it is.
        lists_suites: Whether it answers Get Channel Cipher Suites before there is a session (22.15).
        answer_time: How long it works on a datagram, one after the other.
        boot: How long it takes itself to boot, after a reset or when the mains come back.
        enclosure: What it shares with other nodes, if anything.
        redfish: How its Redfish service goes about resets.
        fidelity: Whether RMCP+ sessions are really authenticated and enciphered.
    """

    hardware: Hardware = field(default_factory=Hardware)
    users: tuple[User, ...] = (User(),)
    kg: bytes = field(default=b"", repr=False)
    suites: tuple[int, ...] = (3, 17)
    ipmi15: tuple[Auth15, ...] = (Auth15.MD5, Auth15.PASSWORD)
    per_message_auth: bool = True
    slots: int = 4
    idle_timeout: float = 60.0
    setup_timeout: float = 5.0
    sequence_check: SequenceCheck = SequenceCheck.STRICT
    identity: Identity = field(default_factory=Identity)
    lists_suites: bool = True
    answer_time: Span = field(default_factory=lambda: Span.of(0))
    boot: Span = field(default_factory=lambda: Span.of(0))
    enclosure: Enclosure | None = None
    redfish: RedfishWays = field(default_factory=RedfishWays)
    fidelity: Fidelity = Fidelity.FULL

    def __post_init__(self) -> None:
        """Refuse what no BMC could be."""
        if len(self.kg) > _LONGEST_SECRET:
            raise ValueError(f"Kg is longer than {_LONGEST_SECRET} bytes")
        if self.slots < 1:
            raise ValueError(f"{self.slots} session slots; a BMC has at least one")
        if self.idle_timeout <= 0 or self.setup_timeout <= 0:
            raise ValueError("session timeouts are longer than 0 s")
