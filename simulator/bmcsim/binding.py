"""What keeps a fleet from its addresses, and what can be done about it."""

import errno
import os
import resource
from dataclasses import dataclass

from bmcsim.sessions import Address

_SPARE_DESCRIPTORS = 64
_LISTED = 10

_ADVICE = {
    errno.EACCES: "ports below 1024 need root or CAP_NET_BIND_SERVICE",
    errno.EADDRINUSE: "something else listens there; port 0 takes any free one",
    errno.EADDRNOTAVAIL: "no interface here has this address; all of 127.0.0.0/8 is always there",
    errno.EMFILE: "too many open files: raise the limit with ulimit -n",
}


@dataclass(frozen=True, slots=True)
class Unbound:
    """An address that could not be bound, and why."""

    name: str
    address: Address
    error: OSError

    def __str__(self) -> str:
        """Say it in one line."""
        host, port = self.address
        reason = os.strerror(self.error.errno) if self.error.errno else str(self.error)
        advice = _ADVICE.get(self.error.errno or 0)
        return f"{self.name} at {host}:{port}: {reason}" + (f" ({advice})" if advice else "")


class CannotBindError(OSError):
    """Some BMCs cannot be served where they should be; none is.

    Attributes:
        unbound: Which, and why.
    """

    def __init__(self, unbound: list[Unbound]) -> None:
        """Tell of `unbound`."""
        listed = [str(one) for one in unbound[:_LISTED]]
        if len(unbound) > _LISTED:
            listed.append(f"and {len(unbound) - _LISTED} more")
        super().__init__("; ".join(listed))
        self.unbound = unbound


def allow_descriptors(sockets: int) -> None:
    """Raise our own limit of open files as far as we may; binding tells where it does not suffice."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = sockets + _SPARE_DESCRIPTORS
    if soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(needed, hard), hard))
