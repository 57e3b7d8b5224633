"""What happens to a site again and again: deaths, an ill disk, jumps of the clock, buttons, new passwords."""

from collections.abc import Callable, Iterator

from powerfsm.simulation.draft import Draft
from powerfsm.simulation.plan import Deed, Ill, Jump, Kill, Press, Request, Rotate, Stop
from powerfsm.simulation.scenario import DiskTrouble, Jumps, Kills, Rotations, Scenario, Stops, Trouble

_MOST_STEPS = 2000
_MOST_WRITES = 60


def add_troubles(draft: Draft, scenario: Scenario) -> None:
    """Draw whatever of it this seed has."""
    lots = draft.lots
    kinds: list[tuple[Trouble | None, Callable[[float], Deed | None]]] = [
        (scenario.kills, lambda at: _kill(draft, at, scenario.kills or Kills())),
        (scenario.stops, lambda at: _stop(draft, at, scenario.stops or Stops())),
        (scenario.disk, lambda at: _ill(draft, at, scenario.disk or DiskTrouble())),
        (scenario.clock, lambda at: _jump(draft, at, scenario.clock or Jumps())),
        (scenario.rotations, lambda at: _rotate(draft, at, scenario.rotations or Rotations())),
        (scenario.buttons, lambda at: _press(draft, at)),
    ]
    for trouble, make in kinds:
        if trouble is None or not lots.happens(trouble.chance):
            continue
        for at in list(_times(draft, trouble)):
            deed = make(at)
            if deed is not None:
                draft.do(deed)


def _times(draft: Draft, trouble: Trouble) -> Iterator[float]:
    """When it happens: every now and then, and mostly right after the next request."""
    lots = draft.lots
    requests = sorted(deed.at for deed in draft.deeds if isinstance(deed, Request))
    at, count = 0.0, 0
    while trouble.most is None or count < trouble.most:
        at += max(lots.seconds(*trouble.every), 0.001)
        if at >= draft.chaos:
            return
        count += 1
        aim = next((asked for asked in requests if asked >= at), None) if lots.happens(trouble.aimed) else None
        yield round(at if aim is None else aim + lots.moment(), 6)


def _kill(draft: Draft, at: float, kills: Kills) -> Kill:
    lots = draft.lots
    count = lots.count(*kills.again)
    # Few steps are before anything has begun; recovery itself takes some hundreds.
    again = tuple(round(lots.magnitude(1, _MOST_STEPS)) for _ in range(count))
    steps: int | None = round(lots.magnitude(1, _MOST_STEPS / 4)) - 1
    writes: int | None = None
    if lots.happens(kills.writes):
        steps, writes = None, round(lots.magnitude(1, _MOST_WRITES)) - 1
    down = lots.one((kills.down[0], lots.seconds(*kills.down)))
    return Kill(at=at, steps=steps, writes=writes, power=lots.happens(kills.power), down=down, again=again)


def _stop(draft: Draft, at: float, stops: Stops) -> Stop:
    return Stop(at=at, down=draft.lots.one((stops.down[0], draft.lots.seconds(*stops.down))))


def _ill(draft: Draft, at: float, disk: DiskTrouble) -> Ill:
    lots = draft.lots
    how = lots.weighed(lots.kept(disk.how, 1))
    slowness = lots.magnitude(*disk.slowness) if how == "slow" else 0.0
    # A little before the request that it is aimed at.
    return Ill(at=max(0.0, at - 0.01), how=how, seconds=lots.magnitude(*disk.seconds), slowness=slowness)


def _jump(draft: Draft, at: float, clock: Jumps) -> Jump:
    return Jump(at=at, seconds=draft.lots.seconds(*clock.by))


def _rotate(draft: Draft, at: float, rotations: Rotations) -> Rotate:
    lots = draft.lots
    nodes = lots.few(draft.names, max(1, round(len(draft.names) * rotations.share)))
    return Rotate(at=at, nodes=tuple(nodes), lag=lots.seconds(*rotations.lag))


def _press(draft: Draft, at: float) -> Press | None:
    node = draft.favourite()
    return Press(at=at, node=node) if draft.pressable(node) else None
