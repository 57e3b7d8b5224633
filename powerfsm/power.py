"""The words for power: what a BMC reads, what a user asks for, what is sent.

`State`, the states of a node, is not here: states are declared in `spec/power.yaml`.
"""

from enum import StrEnum


class Power(StrEnum):
    """Chassis power as *read* from a BMC (IPMI 2.0, 28.2 Get Chassis Status, bit 0 of byte 2)."""

    ON = "on"
    OFF = "off"


class Desired(StrEnum):
    """The durable wish for a node; `ready` is off and released for the next user."""

    ON = "on"
    OFF = "off"
    READY = "ready"

    @property
    def power(self) -> Power:
        """The power that this wish needs."""
        return Power.ON if self is Desired.ON else Power.OFF


class Ask(StrEnum):
    """What a request can ask for: a state, or a way to one."""

    ON = "on"
    OFF = "off"
    READY = "ready"
    SOFT_OFF = "soft-off"
    CYCLE = "cycle"
    RESET = "reset"

    @property
    def desired(self) -> Desired:
        """The state in which a node that was asked this is to end."""
        return _DESIRED[self]

    @property
    def legs(self) -> tuple[Power, ...]:
        """The powers to be reached one after the other, each durably read before the next."""
        return _LEGS[self]


_DESIRED = {
    Ask.ON: Desired.ON,
    Ask.OFF: Desired.OFF,
    Ask.READY: Desired.READY,
    Ask.SOFT_OFF: Desired.OFF,
    Ask.CYCLE: Desired.ON,
    Ask.RESET: Desired.ON,
}


_LEGS = {
    Ask.ON: (Power.ON,),
    Ask.OFF: (Power.OFF,),
    Ask.READY: (Power.OFF,),
    Ask.SOFT_OFF: (Power.OFF,),
    Ask.CYCLE: (Power.OFF, Power.ON),
    Ask.RESET: (Power.ON,),
}


class Command(StrEnum):
    """A power command on the wire (IPMI 2.0, 28.3 Chassis Control).

    There is no power-cycle command here on purpose: a cycle is an off that was read off and then an on
    that was read on, because a BMC's own cycle (02h) can be neither observed nor recovered half-way.
    """

    ON = "on"
    OFF = "off"
    SOFT_OFF = "soft-off"
    RESET = "reset"

    @property
    def direction(self) -> Power:
        """The power that the command leads to, sooner or later."""
        return Power.OFF if self in (Command.OFF, Command.SOFT_OFF) else Power.ON
