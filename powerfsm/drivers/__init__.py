"""Drivers: the ways from an action to a BMC."""

from powerfsm.drivers.driver import Driver, Session
from powerfsm.drivers.errors import (
    DriverError,
    FenceUnanswered,
    LoginRefused,
    Refused,
    Unanswered,
    Unreachable,
    Unsupported,
)

__all__ = [
    "Driver",
    "DriverError",
    "FenceUnanswered",
    "LoginRefused",
    "Refused",
    "Session",
    "Unanswered",
    "Unreachable",
    "Unsupported",
]
