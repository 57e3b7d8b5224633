"""Who may do what (DSP0266, 13: privileges, roles, authentication)."""

import base64
import binascii
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bmcsim.profile import User
from bmcsim.redfish.exchange import Request
from bmcsim.redfish.websessions import WebSession
from powerfsm.ipmi.wire.numbers import Privilege


class Right(StrEnum):
    """What an operation needs (DSP0266, 13.3.2)."""

    LOGIN = "Login"
    CONFIGURE_SELF = "ConfigureSelf"
    CONFIGURE_COMPONENTS = "ConfigureComponents"
    CONFIGURE_MANAGER = "ConfigureManager"
    CONFIGURE_USERS = "ConfigureUsers"


class Role(StrEnum):
    """The roles that every service has (DSP0266, 13.3.3)."""

    READ_ONLY = "ReadOnly"
    OPERATOR = "Operator"
    ADMINISTRATOR = "Administrator"


RIGHTS: Final = {
    Role.READ_ONLY: frozenset({Right.LOGIN, Right.CONFIGURE_SELF}),
    Role.OPERATOR: frozenset({Right.LOGIN, Right.CONFIGURE_SELF, Right.CONFIGURE_COMPONENTS}),
    Role.ADMINISTRATOR: frozenset(Right),
}


_ROLES: Final = {
    Privilege.USER: Role.READ_ONLY,
    Privilege.OPERATOR: Role.OPERATOR,
    Privilege.ADMINISTRATOR: Role.ADMINISTRATOR,
    Privilege.OEM: Role.ADMINISTRATOR,
}


def role_of(user: User) -> Role | None:
    """Return the role that stands for an account's IPMI privilege; none for Callback and No Access."""
    return _ROLES.get(user.limit)


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who has proven who they are.

    Attributes:
        user: Their account; `user_id` is its number.
        user_id: As in IPMI.
        role: Their role.
        session: The session that they came in, or None with Basic authentication.
    """

    user: User
    user_id: int
    role: Role
    session: WebSession | None = None

    def may(self, right: Right) -> bool:
        """Return whether their role has a right."""
        return right in RIGHTS[self.role]


def basic_credentials(request: Request) -> tuple[str, str] | None:
    """Return name and password of an Authorization header (RFC 7617), or None where it has no good one."""
    scheme, _, encoded = request.header("authorization").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (name, password) if colon else None
