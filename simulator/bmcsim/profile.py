"""What kind of BMC it is: everything that BMCs of one kind share.

A fleet of ten thousand holds one profile, not ten thousand.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from bmcsim.machine import Hardware
from powerfsm.ipmi.wire.numbers import Privilege

DEFAULT_USER = "admin"
DEFAULT_PASSWORD = "password"  # noqa: S105  documented, for simulated BMCs only

_LONGEST_NAME = 16
_LONGEST_SECRET = 20


class SequenceCheck(StrEnum):
    """What a BMC does about session sequence numbers (IPMI 2.0, 6.12.13)."""

    STRICT = "strict"
    """Drops what it has seen and what is outside the window."""
    NONE = "none"
    """Never looks at them, as OpenBMC: a duplicate is carried out again."""


@dataclass(frozen=True, slots=True)
class User:
    """One account.

    Attributes:
        name: At most 16 bytes; empty is the anonymous user.
        password: At most 20 bytes.
        limit: The highest privilege it may have.
    """

    name: str = DEFAULT_USER
    password: str = field(default=DEFAULT_PASSWORD, repr=False)
    limit: Privilege = Privilege.ADMINISTRATOR

    def __post_init__(self) -> None:
        """Refuse what IPMI cannot hold (IPMI 2.0, 22.28 and 22.30)."""
        if len(self.name.encode()) > _LONGEST_NAME:
            raise ValueError(f"user name {self.name!r} is longer than {_LONGEST_NAME} bytes")
        if len(self.password.encode()) > _LONGEST_SECRET:
            raise ValueError(f"the password of user {self.name!r} is longer than {_LONGEST_SECRET} bytes")


@dataclass(frozen=True, slots=True)
class Profile:
    """One kind of BMC, and of the machine behind it.

    Attributes:
        hardware: The machine.
        users: Accounts; their user ids count from 2, as 1 is the anonymous user.
        kg: The BMC key, at most 20 bytes; empty where there is none, and passwords stand in for it.
        suites: Cipher suites that are accepted, by number (IPMI 2.0, table 22-20); 0, 3, 8 and 17 are known.
        slots: How many sessions it has at most, those that are still being opened among them.
        idle_timeout: Seconds after which a session that has heard nothing is closed (60 by 6.12.15).
        setup_timeout: The same for one that is still being opened.
        sequence_check: What it does about session sequence numbers.
    """

    hardware: Hardware = field(default_factory=Hardware)
    users: tuple[User, ...] = (User(),)
    kg: bytes = field(default=b"", repr=False)
    suites: tuple[int, ...] = (3, 17)
    slots: int = 4
    idle_timeout: float = 60.0
    setup_timeout: float = 5.0
    sequence_check: SequenceCheck = SequenceCheck.STRICT

    def __post_init__(self) -> None:
        """Refuse what no BMC could be."""
        if len(self.kg) > _LONGEST_SECRET:
            raise ValueError(f"Kg is longer than {_LONGEST_SECRET} bytes")
        if self.slots < 1:
            raise ValueError(f"{self.slots} session slots; a BMC has at least one")
        if self.idle_timeout <= 0 or self.setup_timeout <= 0:
            raise ValueError("session timeouts are longer than 0 s")
