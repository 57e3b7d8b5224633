"""How to log in to a BMC, by name: BMCs are recorded with the name, secrets stay with whoever keeps them."""

from dataclasses import dataclass, field
from typing import Protocol


class UnknownCredentials(LookupError):
    """No credentials of that name are configured.

    Attributes:
        name: The name.
    """

    def __init__(self, name: str) -> None:
        super().__init__(f"no credentials named {name!r} are configured")
        self.name = name


@dataclass(frozen=True, slots=True)
class Login:
    """User name and secrets; its `repr` shows the user name only.

    Attributes:
        username: User name on the BMC.
        password: Password on the BMC, as the bytes to be sent.
        kg: The BMC's key for two-key logins (IPMI 2.0, 13.31), or None where it has none.
    """

    username: str
    password: bytes = field(repr=False)
    kg: bytes | None = field(default=None, repr=False)


class CredentialStore(Protocol):
    """Where logins are looked up."""

    def lookup(self, name: str) -> Login:
        """Return the login of that name, as it is now: it may change while the daemon runs.

        Raises:
            UnknownCredentials: There is none.
        """
        ...
