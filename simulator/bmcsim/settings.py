"""What can be set about a BMC and is no account: its channel, LAN parameters, boot options, identify light."""

import math
from dataclasses import dataclass
from typing import Final

from powerfsm.ipmi.wire.numbers import Privilege

ALWAYS_AVAILABLE: Final = 2
"""The access mode of a channel that can be used at any time (IPMI 2.0, 22.22)."""


@dataclass(frozen=True, slots=True)
class ChannelAccess:
    """How the channel may be used (IPMI 2.0, 22.22 and 22.23).

    Attributes:
        per_message_auth: Every packet of an IPMI 1.5 session has to be proven.
        mode: When the channel can be used.
        alerting: It sends alerts.
        limit: The highest privilege that a session over it may have.
    """

    per_message_auth: bool = True
    mode: int = ALWAYS_AVAILABLE
    alerting: bool = False
    limit: int = Privilege.ADMINISTRATOR


class Settings:
    """The settings of one BMC.

    Attributes:
        access: How its channel may be used now.
        kept: The same as it is after the BMC has been reset.
        lan: LAN configuration parameters that were set, by number.
        setting_lan: Somebody has said that setting LAN parameters is in progress.
        locked: Boot option parameters that are marked invalid.
        identify_until: When the identify light goes off; infinity where it stays on.
    """

    __slots__ = ("access", "identify_until", "kept", "lan", "locked", "setting_lan")

    def __init__(self, access: ChannelAccess) -> None:
        """Begin with `access`, now and after resets."""
        self.access = access
        self.kept = access
        self.lan: dict[int, bytes] = {}
        self.setting_lan = False
        self.locked: set[int] = set()
        self.identify_until = -math.inf

    def reset(self) -> None:
        """Go back to what is kept."""
        self.access = self.kept
        self.setting_lan = False
        self.identify_until = -math.inf
