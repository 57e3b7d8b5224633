"""What faults have left behind in one BMC."""

import math
from dataclasses import dataclass, field

from bmcsim.machine import Power


@dataclass(slots=True)
class Condition:
    """The state of one BMC that no healthy one has.  Times are on the fleet's clock, in seconds.

    Attributes:
        busy_until: It works on something, and takes whatever comes only then.
        initialising_until: It starts up, and answers every command with D2h.
        failed_logins: How many logins in a row have failed.
        locked_until: It takes no login after too many of them.
        last_ordered: When the machine was last given an order.
        changes: When the power changed, and what it was before; oldest first, the last few.
        leaked: Ids of sessions that it said it had closed.
        shaken: Ids of sessions that have reset the machine or cycled its power.
        last_session_id: The id that it gave last.
        last_login: The login message that it heard last.
    """

    busy_until: float = -math.inf
    initialising_until: float = -math.inf
    failed_logins: int = 0
    locked_until: float = -math.inf
    last_ordered: float = -math.inf
    changes: list[tuple[float, Power]] = field(default_factory=list)
    leaked: set[int] = field(default_factory=set)
    shaken: set[int] = field(default_factory=set)
    last_session_id: int = 0
    last_login: bytes = b""
