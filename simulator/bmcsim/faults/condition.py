"""What faults have left behind in one BMC."""

import math
from dataclasses import dataclass, field

from bmcsim.faults.point import Step
from bmcsim.hardware import Power
from bmcsim.orders import Order

Address = tuple[str, int]

REMEMBERED = 64
"""How many failed logins and changes of power are remembered."""


@dataclass(slots=True)
class Condition:
    """The state of one BMC that no healthy one has.  Times are on the fleet's clock, in seconds.

    Attributes:
        busy_until: It works on something, and takes whatever comes only then.
        initialising_until: It starts up, and answers every command with D2h.
        failures: When logins have failed since the last that succeeded; oldest first, the last few.
        order: What the machine was last told; `ordered` is when.
        changes: When the power changed, and what it was before; oldest first, the last few.
        leaked: Ids of sessions that it said it had closed.
        shaken: Ids of sessions that have reset the machine or cycled its power.
        closing: The session that is being closed.
        last_session_id: The id that it gave last.
        last_login: The step and the source of the login message that it heard last.
        repeated: That one was the same as the one before it.
    """

    busy_until: float = -math.inf
    initialising_until: float = -math.inf
    failures: list[float] = field(default_factory=list)
    order: Order | None = None
    ordered: float = -math.inf
    changes: list[tuple[float, Power]] = field(default_factory=list)
    leaked: set[int] = field(default_factory=set)
    shaken: set[int] = field(default_factory=set)
    closing: int = 0
    last_session_id: int = 0
    last_login: tuple[Step, Address] | None = None
    repeated: bool = False

    def changed(self, at: float, to: Power) -> None:
        """Note that the power has changed."""
        self.changes.append((at, Power.OFF if to is Power.ON else Power.ON))
        del self.changes[:-REMEMBERED]

    def failed(self, at: float) -> None:
        """Note that a login has failed."""
        self.failures.append(at)
        del self.failures[:-REMEMBERED]

    def power_at(self, then: float, now_it_is: Power) -> Power:
        """Return what the power was at the time `then`, as far as is remembered."""
        return next((before for at, before in self.changes if at > then), now_it_is)

    def on_for(self, now: float) -> float:
        """Return for how many seconds the power has been on; infinity where it is off, or nobody knows."""
        if not self.changes or self.changes[-1][1] is Power.ON:
            return math.inf
        return now - self.changes[-1][0]
