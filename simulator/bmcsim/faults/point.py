"""Where and when a fault can strike: points of the simulator, steps of the protocols."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Point(StrEnum):
    """A place in the simulator that asks whether a fault strikes."""

    ARRIVING = "arriving"
    """A datagram on its way from a client to the BMC."""
    LEAVING = "leaving"
    """An answer on its way back."""
    LOGIN = "login"
    """A message that opens a session, of IPMI or Redfish."""
    COMMAND = "command"
    """An IPMI command, in a session or outside of any."""
    ORDER = "order"
    """A power order on its way from the BMC to the machine."""
    READING = "reading"
    """What the BMC says about the power."""
    SESSION = "session"
    """Ids, sequence numbers and the end of a session."""
    LIFE = "life"
    """The BMC itself."""
    HTTP = "http"
    """A Redfish request."""


class Step(StrEnum):
    """What a client is doing."""

    PING = "ping"
    AUTH_CAPABILITIES = "auth-capabilities"
    CIPHER_SUITES = "cipher-suites"
    OPEN_SESSION = "open-session"
    RAKP1 = "rakp1"
    RAKP3 = "rakp3"
    CHALLENGE = "challenge"
    ACTIVATE = "activate"
    SET_PRIVILEGE = "set-privilege"
    CHASSIS_STATUS = "chassis-status"
    CHASSIS_CONTROL = "chassis-control"
    CLOSE_SESSION = "close-session"
    OTHER = "other"
    """Any other IPMI command, and datagrams that nobody can read."""

    SERVICE_ROOT = "service-root"
    LOGIN = "login"
    GET_SYSTEM = "get-system"
    RESET = "reset"
    TASK = "task"
    OTHER_HTTP = "other-http"


HTTP_STEPS: Final = frozenset(
    {Step.SERVICE_ROOT, Step.LOGIN, Step.GET_SYSTEM, Step.RESET, Step.TASK, Step.OTHER_HTTP}
)
IPMI_STEPS: Final = frozenset(Step) - HTTP_STEPS

_COMMANDS = IPMI_STEPS - {Step.PING, Step.OPEN_SESSION, Step.RAKP1, Step.RAKP3}

STEPS: Final[Mapping[Point, frozenset[Step]]] = MappingProxyType(
    {
        Point.ARRIVING: frozenset(Step),
        Point.LEAVING: frozenset(Step),
        Point.LOGIN: frozenset(
            {Step.OPEN_SESSION, Step.RAKP1, Step.RAKP3, Step.CHALLENGE, Step.ACTIVATE, Step.LOGIN}
        ),
        Point.COMMAND: _COMMANDS,
        Point.ORDER: frozenset({Step.CHASSIS_CONTROL, Step.RESET}),
        Point.READING: frozenset({Step.CHASSIS_STATUS, Step.GET_SYSTEM}),
        Point.SESSION: frozenset({Step.OPEN_SESSION, *_COMMANDS}),
        Point.LIFE: frozenset(Step),
        Point.HTTP: HTTP_STEPS,
    }
)
"""The steps that each point sees."""
