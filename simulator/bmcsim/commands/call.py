"""One command on its way through a BMC, and how a BMC refuses it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bmcsim.sessions import Session
from powerfsm.ipmi.wire.commands import THIS_CHANNEL
from powerfsm.ipmi.wire.numbers import Completion

if TYPE_CHECKING:
    from bmcsim.bmc import Bmc

CHANNEL: Final = 1
"""The number of a BMC's only LAN channel."""


class Refused(Exception):
    """The answer is a completion code other than 00h."""

    def __init__(self, code: int) -> None:
        """Refuse with `code`."""
        super().__init__(code)
        self.code = code


@dataclass(slots=True)
class Call:
    """One command on its way through a BMC.

    Attributes:
        bmc: Whom it is for.
        session: The session it came in, or None.
        data: What the command takes.
        now: When.
        sequence: Its session sequence number.
        duplicate: That number was heard before, or is out of the window.
    """

    bmc: "Bmc"
    session: Session | None
    data: bytes
    now: float
    sequence: int = 0
    duplicate: bool = False

    def own_session(self) -> Session:
        """Return the session; only commands that need one ask."""
        if self.session is None:
            raise Refused(Completion.INSUFFICIENT_PRIVILEGE)
        return self.session


def this_channel(channel: int) -> None:
    """Refuse a channel that there is not."""
    if channel not in (CHANNEL, THIS_CHANNEL):
        raise Refused(Completion.INVALID_DATA_FIELD)


def at_least(data: bytes, length: int) -> bytes:
    """Return `data`, or refuse it where it is too short."""
    if len(data) < length:
        raise Refused(Completion.DATA_LENGTH_INVALID)
    return data
