"""The power actions, one class for each thing that can be asked."""

from powerfsm.actions.action import Action, Leg
from powerfsm.power import Ask, Command, Power

_ON = Leg(Power.ON, Command.ON)
_OFF = Leg(Power.OFF, Command.OFF)


class PowerOn(Action):
    """Until it is read on."""

    legs = (_ON,)


class PowerOff(Action):
    """Hard off, until it is read off."""

    legs = (_OFF,)


class Release(PowerOff):
    """Off like `PowerOff`; the node ends `ready` for its next user."""


class SoftOff(Action):
    """Ask the operating system to shut down; cut the power if it does not, or cannot be asked."""

    legs = (Leg(Power.OFF, Command.SOFT_OFF),)


class Cycle(Action):
    """Off, read off, on, read on; of a node that is off already only the on is left to do."""

    legs = (_OFF, _ON)


class Reset(Action):
    """Restart a running node with one command that is never repeated; a node that is off is powered on."""

    legs = (Leg(Power.ON, Command.RESET, once=True),)


ACTIONS: dict[Ask, type[Action]] = {
    Ask.ON: PowerOn,
    Ask.OFF: PowerOff,
    Ask.READY: Release,
    Ask.SOFT_OFF: SoftOff,
    Ask.CYCLE: Cycle,
    Ask.RESET: Reset,
}
