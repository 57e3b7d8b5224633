"""Where a BMC is, and in what way to log in to it; never a secret."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bmc:
    """Where a BMC is and how to log in to it.

    Attributes:
        host: IPv4 or IPv6 address, or a name.
        port: UDP port (623 by IPMI 2.0, 13.1.2).
        credentials: The *name* of credentials; the secrets themselves stay in the daemon's `Credentials`.
        cipher_suite: 3 or 17 (IPMI 2.0, table 22-20), or None: 17, then 3 where the BMC has no 17.
        privilege: `administrator` or `operator`.  Only an administrator can close another session
            by its id, so an operator's crashed session is waited out (quarantine).
    """

    host: str
    port: int = 623
    credentials: str = "default"
    cipher_suite: int | None = None
    privilege: str = "administrator"
