"""What a fleet shows of itself in TLS: one certificate for all its BMCs, made when it is first needed."""

import ssl
from collections.abc import Iterable
from typing import Final
from weakref import WeakKeyDictionary

from bmcsim.fleet import Fleet


class Identity:
    """The certificate of a fleet."""

    def __init__(self) -> None:
        """Have none yet."""
        self._hosts: set[str] = set()
        self._context: ssl.SSLContext | None = None

    def answer_at(self, fleet: Fleet, hosts: Iterable[str]) -> None:
        """Be good for more IP addresses; what was made before is made anew."""
        known = len(self._hosts)
        self._hosts.update(hosts)
        if self._context is not None and len(self._hosts) > known:
            self._context = None
            self.show(fleet)

    def show(self, fleet: Fleet) -> ssl.SSLContext:
        """Return what TLS is spoken with; `fleet.certificate` then is what clients see."""
        if self._context is None:
            # Imported here: whoever speaks plain HTTP does not wait for it.
            from bmcsim.redfish.certificate import Certificate  # noqa: PLC0415

            certificate = Certificate.make(self._hosts)
            fleet.certificate = certificate.pem
            self._context = certificate.context()
        return self._context


_IDENTITIES: Final[WeakKeyDictionary[Fleet, Identity]] = WeakKeyDictionary()


def identity_of(fleet: Fleet) -> Identity:
    """Return the one identity of a fleet, however many doors are opened."""
    return _IDENTITIES.setdefault(fleet, Identity())
