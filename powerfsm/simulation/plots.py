"""Plots: short constellations in which a protocol that leaves one of its steps out goes wrong.

Chance alone seldom brings them about: a command under way, the opposite wish, and then the command.  Each plot
draws its own times, so that it strikes before, in and after the instant that matters.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from pydantic import JsonValue

from powerfsm.power import Ask
from powerfsm.simulation.draft import Draft
from powerfsm.simulation.fault_draws import span
from powerfsm.simulation.plan import Ill, Kill, Press, Stop

_ON: Final = ("chassis-control",)
_CLOSE: Final = ("close-session",)
_LASTS: Final = 30.0
"""Seconds that most of them take."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two wishes of one node, of which the second one contradicts the first.

    Attributes:
        node: Which.
        first: What is asked first.
        second: What is asked then.
        at: When the first is asked.
    """

    node: str
    first: Ask
    second: Ask
    at: float


def pair(draft: Draft, at: float, first: Ask | None = None) -> Pair:
    """Draw one, mostly with the node brought to where the first wish has something to do."""
    lots = draft.lots
    node = draft.stage(at, _LASTS)
    either = draft.node(node).ranking == "latest-wins" and lots.happens(0.4)
    if first is None:
        first = draft.wish({Ask.OFF: 1, Ask.READY: 1} if either else {Ask.ON: 6, Ask.CYCLE: 1, Ask.RESET: 1})
    second = contrary(draft, first)
    if lots.happens(0.8):
        before = Ask.ON if first in (Ask.RESET, Ask.CYCLE) else contrary(draft, first)
        draft.ask(at, node, before)
        at += lots.seconds(5, 14)
    return Pair(node, first, second, at)


def contrary(draft: Draft, ask: Ask) -> Ask:
    """A wish for the opposite."""
    if ask in (Ask.OFF, Ask.READY, Ask.SOFT_OFF):
        return Ask.ON
    return draft.wish({Ask.OFF: 4, Ask.READY: 1})


def _delay(draft: Draft, two: Pair, until: float, steps: tuple[str, ...], high: float) -> bool:
    room = draft.room((two.node,), two.at - 0.5, until).late
    if room < 0.5:
        return False
    high = min(high, room - 0.01)
    by = span(draft.lots.seconds(0, high * 0.7), high)
    return draft.fault("delay", (two.node,), two.at - 0.5, until, {"way": "in", "by": by}, steps)


def late_command(draft: Draft, at: float) -> None:
    two = pair(draft, at)
    soon = draft.lots.magnitude(0.3, 9)
    _delay(draft, two, two.at + soon + draft.lots.seconds(0, 1), _ON, draft.lots.seconds(4, 29))
    draft.ask(two.at, two.node, two.first)
    draft.ask(two.at + soon, two.node, two.second)


def second_copy(draft: Draft, at: float) -> None:
    two, lots = pair(draft, at), draft.lots
    until = two.at + lots.seconds(0.5, 3)
    room = draft.room((two.node,), two.at - 0.5, until).late
    if room > 1:
        high = lots.seconds(room / 3, room - 0.01)
        lag: dict[str, JsonValue] = {"way": "in", "lag": span(high * lots.seconds(0.3, 1), high), "copies": 2}
        draft.fault("duplicate", (two.node,), two.at - 0.5, until, lag, _ON)
    draft.ask(two.at, two.node, two.first)
    draft.ask(two.at + lots.magnitude(0.05, 12), two.node, two.second)


def late_close(draft: Draft, at: float) -> None:
    two, lots = pair(draft, at), draft.lots
    soon = lots.magnitude(0.3, 4)
    until = two.at + soon + lots.seconds(0, 1)
    _delay(draft, two, until, _ON, lots.seconds(3, 14))
    if lots.happens(0.5):
        _delay(draft, two, until + 12, _CLOSE, lots.seconds(1, 12))
    else:
        times = lots.one((1, 2, 4, 8, None))
        draft.fault("drop", (two.node,), two.at, until + 12, {"way": "in"}, _CLOSE, times=times)
    draft.ask(two.at, two.node, two.first)
    draft.ask(two.at + soon, two.node, two.second)


def latched(draft: Draft, at: float) -> None:
    two, lots = pair(draft, at), draft.lots
    room = draft.room((two.node,), 0, draft.chaos).tardy
    if room > 1:
        by: dict[str, JsonValue] = {"by": span(room * 0.5, room - 0.01)}
        draft.fault("order-late", (two.node,), two.at - 0.5, two.at + 3, by)
    draft.ask(two.at, two.node, two.first)
    draft.ask(two.at + lots.magnitude(0.005, 3.2), two.node, two.second)


def killed_in_flight(draft: Draft, at: float) -> None:
    two, lots = pair(draft, at), draft.lots
    killed = two.at + lots.magnitude(0.05, 8)
    _delay(draft, two, killed + 0.1, _ON, lots.seconds(5, 29))
    if lots.happens(0.3):
        draft.do(Ill(at=two.at + 0.003, how="slow", seconds=8, slowness=lots.seconds(0.1, 4)))
    draft.ask(two.at, two.node, two.first)
    down = lots.one((0.0, 0.0, lots.seconds(0, 3)))
    power = lots.happens(0.3)
    again = tuple(lots.count(1, 120) for _ in range(lots.one((0, 0, 0, 1, 2))))
    draft.kill(Kill(at=killed, steps=lots.count(0, 20), power=power, down=down, again=again))
    draft.ask(killed + down + lots.magnitude(0.02, 4), two.node, two.second)


def lost_answer(draft: Draft, at: float) -> None:
    lots = draft.lots
    reset = Ask.RESET in draft.asks and lots.happens(0.5)
    two = pair(draft, at, Ask.RESET if reset else None)
    until = two.at + lots.magnitude(0.5, 15)
    draft.fault("drop", (two.node,), two.at - 0.5, until, {"way": "out"}, _ON)
    draft.ask(two.at, two.node, two.first)
    if lots.happens(0.5):
        draft.kill(Kill(at=two.at + lots.magnitude(0.01, 12), steps=lots.count(0, 40), power=lots.happens(0.3)))
    draft.ask(two.at + lots.magnitude(0.05, 20), two.node, lots.one((two.first, two.second)))


def unwritten(draft: Draft, at: float) -> None:
    two, lots = pair(draft, at), draft.lots
    slowness = lots.magnitude(0.2, 3)
    how = lots.weighed({"slow": 3, "full": 1, "write": 1, "sync": 1})
    ill = {"how": how, "seconds": lots.seconds(slowness, 6), "slowness": slowness if how == "slow" else 0.0}
    draft.do(Ill.model_validate({"at": two.at - 0.01, **ill}))
    draft.ask(two.at, two.node, two.first)
    if how == "slow" or lots.happens(0.5):
        killed = two.at + lots.seconds(0.001, slowness)
        draft.kill(Kill(at=killed, steps=lots.count(0, 30), power=lots.happens(0.4), down=lots.one((0.0, 2.0))))


def cut_at_a_write(draft: Draft, at: float) -> None:
    two, lots = pair(draft, at), draft.lots
    draft.ask(two.at, two.node, two.first)
    again = tuple(lots.count(1, 200) for _ in range(lots.one((0, 0, 1, 2))))
    kill = two.at + lots.one((0.0, lots.moment()))
    draft.kill(Kill(at=kill, steps=None, writes=lots.count(0, 24), power=lots.happens(0.5), again=again))
    draft.ask(kill + lots.magnitude(0.02, 8), two.node, two.second)


def cut_at_a_step(draft: Draft, at: float) -> None:
    two, lots = pair(draft, at), draft.lots
    draft.ask(two.at, two.node, two.first)
    kill = two.at + lots.one((0.0, lots.moment(), 3 + lots.seconds(0, 0.03)))
    down = lots.one((0.0, 0.0, 1.0, 30.0))
    draft.kill(Kill(at=kill, steps=lots.count(0, 150), power=lots.happens(0.3), down=down))
    draft.ask(kill + lots.magnitude(0.02, 40), two.node, two.second)


def unfenced(draft: Draft, at: float) -> None:
    two, lots = pair(draft, at), draft.lots
    soon = lots.magnitude(0.05, 4)
    deaf = two.at + soon + lots.seconds(11, 60)
    if lots.happens(0.5):
        draft.fault("close-unanswered", (two.node,), two.at, deaf, {"only-after-reset": False})
    else:
        draft.fault("drop", (two.node,), two.at, deaf, {"way": lots.one(("in", "out"))}, _CLOSE)
    _delay(draft, two, two.at + soon + 0.5, _ON, lots.seconds(5, 29))
    draft.ask(two.at, two.node, two.first)
    draft.ask(two.at + soon, two.node, two.second)
    if lots.happens(0.5):
        draft.kill(Kill(at=two.at + soon + lots.seconds(1, 90), steps=lots.count(0, 40), power=lots.happens(0.3)))
    if lots.happens(0.4):
        draft.ask(two.at + soon + lots.seconds(5, 100), two.node, two.first)


def flip_flop(draft: Draft, at: float) -> None:
    two, lots = pair(draft, at), draft.lots
    at = two.at
    for number in range(lots.count(3, 10)):
        draft.ask(at, two.node, two.second if number % 2 else two.first)
        at += lots.magnitude(0.001, 3.5)


def soft_then_on(draft: Draft, at: float) -> None:
    two, lots = pair(draft, at, Ask.SOFT_OFF), draft.lots
    draft.ask(two.at, two.node, Ask.SOFT_OFF)
    soon = two.at + lots.magnitude(0.05, 170)
    if lots.happens(0.3):
        draft.kill(Kill(at=soon, steps=lots.count(0, 40), down=lots.one((0.0, 1.0, 60.0))))
    draft.ask(soon + lots.magnitude(0.01, 5), two.node, two.second)


def button(draft: Draft, at: float) -> None:
    two, lots = pair(draft, at), draft.lots
    draft.ask(two.at, two.node, two.first)
    if draft.pressable(two.node):
        draft.do(Press(at=two.at + lots.moment(), node=two.node))
    draft.ask(two.at + lots.moment(), two.node, two.second)


def cut_cycle(draft: Draft, at: float) -> None:
    lots = draft.lots
    two = pair(draft, at, Ask.CYCLE)
    draft.ask(two.at, two.node, Ask.CYCLE)
    cut = two.at + lots.magnitude(0.02, 9)
    down = lots.one((0.0, 0.0, 2.0, 40.0))
    if lots.happens(0.75):
        draft.kill(Kill(at=cut, steps=lots.count(0, 60), power=lots.happens(0.3), down=down))
    else:
        draft.kill(Stop(at=cut, down=down))
    if lots.happens(0.4):
        draft.ask(cut + down + lots.magnitude(0.02, 8), two.node, two.second)


Plot = Callable[[Draft, float], None]

PLOTS: Final[Mapping[str, tuple[str, Plot]]] = MappingProxyType(
    {
        "late-command": ("a command is under way for seconds, and the opposite is asked meanwhile", late_command),
        "second-copy": ("a command arrives again, seconds later, when the opposite was asked", second_copy),
        "late-close": ("the same, and the Close Session that is the fence is late, or lost", late_close),
        "latched": ("a BMC holds a command back, and the opposite is asked meanwhile", latched),
        "killed-in-flight": ("the daemon dies while a command is under way; then the opposite", killed_in_flight),
        "lost-answer": ("a command is carried out and its answer lost; then the daemon may die", lost_answer),
        "unwritten": ("somebody asks while the disk is slow or ill, and the daemon dies", unwritten),
        "cut-at-a-write": ("the daemon dies between two writes, right after a request", cut_at_a_write),
        "cut-at-a-step": ("it dies between two steps of its tasks, right after a request", cut_at_a_step),
        "unfenced": ("the fence is not answered, while a command is under way", unfenced),
        "flip-flop": ("on and off in turn, faster than fence and settle", flip_flop),
        "soft-then-on": ("on is asked while an operating system is shutting down", soft_then_on),
        "button": ("a power button is pressed while an action runs", button),
        "cut-cycle": ("the daemon ends in the midst of a cycle", cut_cycle),
    }
)
"""What happens in each, by name."""
