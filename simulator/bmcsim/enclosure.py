"""An enclosure: several nodes behind one management controller.

Each node answers at an address of its own, as the blades and sleds of such enclosures do, and clients need no
bridged messages to reach it.  What lies behind the addresses is shared: one pool of session slots, and one
executor that carries power orders out one after the other, whichever node they are for.  A user who turns
forty nodes on at once sees the last of them start minutes after its BMC has said yes, and logins fail on
nodes that nobody uses.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bmcsim.dice import Dice, Span

if TYPE_CHECKING:
    from bmcsim.sessions import SessionTable


@dataclass(frozen=True, slots=True)
class Enclosure:
    """How the nodes of one enclosure share its controller.

    Attributes:
        nodes: How many there are in each; those of one kind share in the order in which a fleet names them.
        slots: How many sessions all of them have together.
        actuation: How long the controller is busy with one power order.
    """

    nodes: int
    slots: int
    actuation: Span

    def __post_init__(self) -> None:
        """Refuse what no enclosure could be."""
        if self.nodes < 1 or self.slots < 1:
            raise ValueError(
                f"an enclosure of {self.nodes} nodes and {self.slots} session slots; both are at least 1"
            )


class Controller:
    """The controller of one enclosure."""

    __slots__ = ("_busy_until", "_enclosure", "_tables")

    def __init__(self, enclosure: Enclosure) -> None:
        """Start idle, with no node yet."""
        self._enclosure = enclosure
        self._tables: list[SessionTable] = []
        self._busy_until = 0.0

    def join(self, table: "SessionTable") -> None:
        """Count the sessions of one more node."""
        self._tables.append(table)

    @property
    def full(self) -> bool:
        """Whether all slots of the enclosure are taken."""
        return sum(len(table.all()) for table in self._tables) >= self._enclosure.slots

    def wait(self, now: float, dice: Dice) -> float:
        """Queue a power order; return after how many seconds it is that order's turn."""
        begin = max(now, self._busy_until)
        self._busy_until = begin + dice.seconds(self._enclosure.actuation)
        return begin - now


def controllers(enclosures: Iterable[Enclosure | None]) -> list[Controller | None]:
    """Return the controller of each node in turn, from the enclosures of their profiles."""
    filling: dict[Enclosure, tuple[Controller, int]] = {}
    found: list[Controller | None] = []
    for enclosure in enclosures:
        if enclosure is None:
            found.append(None)
            continue
        controller, nodes = filling.get(enclosure, (None, 0))
        if controller is None or nodes == enclosure.nodes:
            controller, nodes = Controller(enclosure), 0
        filling[enclosure] = controller, nodes + 1
        found.append(controller)
    return found
