"""Storms: who asks whom for what, how fast, and how often against what was asked before."""

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from powerfsm.power import Ask
from powerfsm.simulation.draft import Draft
from powerfsm.simulation.plan import Request
from powerfsm.simulation.scenario import Requesters

_SEVERAL = 8
_TOWARDS_ON = frozenset({Ask.ON, Ask.CYCLE, Ask.RESET})
_LEAST_PAUSE = 0.0005


@dataclass(frozen=True, slots=True)
class _Requester:
    name: str
    place: int
    alike: Requesters
    asks: Mapping[Ask, float]


def add_storms(draft: Draft, groups: Sequence[Requesters]) -> None:
    """Draw what requesters ask for; in `groups` those that are alike are together."""
    lots = draft.lots
    requesters: list[_Requester] = []
    for number, alike in enumerate(groups, 1):
        asks = {ask: weight for ask, weight in alike.asks.items() if ask in draft.asks} or alike.asks
        count = len(draft.names) if alike.count == "nodes" else alike.count
        requesters += [_Requester(f"r{number}.{place + 1}", place, alike, asks) for place in range(count)]
    # In the order of time: what contradicts depends on what was asked before, by whomever.
    due = [(lots.seconds(*each.alike.begins), number, 1) for number, each in enumerate(requesters)]
    heapq.heapify(due)
    while due:
        at, number, count = heapq.heappop(due)
        if at >= draft.chaos:
            continue
        who = requesters[number]
        _ask(draft, who, at)
        if who.alike.most is None or count < who.alike.most:
            pause = lots.moment() if who.alike.every is None else lots.seconds(*who.alike.every)
            heapq.heappush(due, (round(at + max(pause, _LEAST_PAUSE), 6), number, count + 1))


def _ask(draft: Draft, who: _Requester, at: float) -> None:
    lots = draft.lots
    nodes = _whom(draft, who)
    last = draft.asked_last(nodes[0], at)
    asks = who.asks
    if last is not None and lots.happens(who.alike.contrary):
        towards_on = last in _TOWARDS_ON
        asks = {ask: weight for ask, weight in asks.items() if (ask in _TOWARDS_ON) is not towards_on} or asks
    patient = lots.happens(who.alike.patient)
    draft.do(Request(at=at, by=who.name, nodes=nodes, ask=lots.weighed(asks), patient=patient))


def _whom(draft: Draft, who: _Requester) -> tuple[str, ...]:
    lots, names = draft.lots, draft.names
    if lots.happens(who.alike.several) and len(names) > 1:
        return tuple(lots.few(names, lots.count(2, _SEVERAL)))
    match who.alike.whom:
        case "one":
            return (draft.favourites[0],)
        case "few":
            return (draft.favourite(),)
        case "own":
            return (names[who.place % len(names)],)
        case "rack" if draft.racks:
            return tuple(lots.one(list(draft.racks.values())))
        case "all":
            return names
        case _:
            return (lots.one(names),)
