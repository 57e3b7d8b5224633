"""What a driver is: the way from an action to one BMC.

The action owns the order of things (fence, settle, open, record, send, read); a driver only does each
of them when told, and is honest about what it does not know.  Three rules bind every driver:

* **Cancel anywhere.**  Every `await` here may be cancelled.  `open` that is cancelled, or fails, leaves no
  session behind that it could have closed: it closes in a shielded scope with a deadline of its own.
* **No hidden repeats.**  A command is retransmitted only within its session, and not at all with
  `once=True`.  A driver never logs in again by itself: that would put a second copy of a command
  behind a fence that was already passed.
* **`close` is the fence.**  It returns only when the BMC itself has said that the session is closed (or is
  not known, which is as good).  Anything else raises `FenceUnanswered`.
"""

from typing import Protocol

from powerfsm.bmc import Bmc
from powerfsm.power import Command, Power


class Session(Protocol):
    """One open session with one BMC; used by one task at a time."""

    @property
    def id(self) -> int:
        """The BMC's own id of this session, by which another session can close it after a crash."""
        ...

    async def read_power(self) -> Power:
        """Ask the BMC what the power is now.

        Raises:
            DriverError: transient or final, see `powerfsm.drivers.errors`.
        """
        ...

    async def command(self, command: Command, *, once: bool = False) -> None:
        """Send one power command and wait for its answer.

        Args:
            command: What to send.
            once: Send a single datagram and never retransmit it (reset must not act twice).

        Raises:
            Refused: The BMC answered and did *not* do it.
            Unanswered: Nothing came back; it may have been done, or may be done later.
        """
        ...

    async def close(self) -> None:
        """Close the session and wait until the BMC has said so.

        Raises:
            FenceUnanswered: The BMC did not answer; the session may still be open.
        """
        ...


class Driver(Protocol):
    """One way of speaking to BMCs; one instance serves the whole fleet."""

    async def open(self, bmc: Bmc) -> Session:
        """Log in.

        Raises:
            DriverError: transient (no answer, no free slot) or final (credentials, cipher suite).
        """
        ...

    async def fence(self, bmc: Bmc, session_id: int) -> None:
        """Make sure that session `session_id`, opened by a process that is gone, is closed.

        Raises:
            FenceUnanswered: Nothing answered, or the account may not close other sessions (D4h).
        """
        ...
