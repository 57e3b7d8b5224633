"""Which requests are under way, and which of them can have been the last to be accepted at each node."""

from collections import Counter
from dataclasses import dataclass, field

from powerfsm.power import Ask, Desired
from powerfsm.simulation.judge.listener import Listener
from powerfsm.simulation.record import Answered, Asked, Unanswered


@dataclass(slots=True, eq=False)
class Request:
    """A request, with all its attempts.

    Attributes:
        number: Which.
        by: Who asks.
        nodes: Whom.
        ask: For what.
        since: The moment at which it was first asked.
        until: The moment at which its last attempt so far came to its end; None while one is under way.
        answered: It was answered.
    """

    number: int
    by: str
    nodes: tuple[str, ...]
    ask: Ask
    since: int
    until: int | None = None
    answered: bool = False


@dataclass(slots=True)
class _Lane:
    """The requests of one node.

    Attributes:
        open: How many are under way, by what they ask.
        last: Those of which any can have been accepted last.
    """

    open: Counter[Ask] = field(default_factory=Counter)
    last: list[Request] = field(default_factory=list)


class Requests(Listener):
    """Follows all requests.

    Attributes:
        moment: Grows with whatever happens to a request.
        all: Every request, by number.
    """

    def __init__(self) -> None:
        """Know of none yet."""
        self.moment = 0
        self.all: dict[int, Request] = {}
        self._lanes: dict[str, _Lane] = {}

    def open_at(self, node: str) -> Counter[Ask]:
        """What is being asked of a node, by requests that are neither answered nor refused yet."""
        lane = self._lanes.get(node)
        return Counter() if lane is None else lane.open

    def may_be_desired(self, node: str) -> set[Desired]:
        """What a node can be desired to be, by what was asked; empty where nobody has asked."""
        lane = self._lanes.get(node)
        return set() if lane is None else {request.ask.desired for request in lane.last}

    def has_answered(self, node: str) -> bool:
        """Whether a request of a node was answered."""
        lane = self._lanes.get(node)
        return lane is not None and any(request.answered for request in lane.last)

    def alike(self, node: str, by: str, ask: Ask) -> list[Request]:
        """The requests under way by which somebody asks a node for this."""
        lane = self._lanes.get(node)
        under_way = () if lane is None else (each for each in lane.last if each.until is None)
        return [each for each in under_way if each.by == by and each.ask is ask]

    def asked(self, happening: Asked) -> None:
        self.moment += 1
        request = self.all.get(happening.number)
        if request is None:
            request = Request(happening.number, happening.by, happening.nodes, happening.ask, self.moment)
            self.all[happening.number] = request
        request.until = None
        for name in dict.fromkeys(request.nodes):
            lane = self._lanes.setdefault(name, _Lane())
            lane.open[request.ask] += 1
            if request not in lane.last:
                lane.last.append(request)

    def answered(self, happening: Answered) -> None:
        request = self._close(happening.number)
        request.answered = True
        for name in dict.fromkeys(request.nodes):
            lane = self._lanes[name]
            # What had come to its end before this one was first asked was decided before it.
            lane.last = [each for each in lane.last if each.until is None or each.until > request.since]

    def unanswered(self, happening: Unanswered) -> None:
        self._close(happening.number)

    def _close(self, number: int) -> Request:
        self.moment += 1
        request = self.all[number]
        request.until = self.moment
        for name in dict.fromkeys(request.nodes):
            lane = self._lanes[name]
            lane.open[request.ask] -= 1
            if not lane.open[request.ask]:
                del lane.open[request.ask]
        return request
