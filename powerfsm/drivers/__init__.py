"""Drivers: the ways from an action to a BMC."""

from powerfsm.drivers.driver import Bmc, Driver, Session
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
    "Bmc",
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
