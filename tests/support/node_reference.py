"""A second opinion on the machine `node`: what one node has to be, worked out from the promises.

Nothing here is read from `spec/power.yaml` or shared with the registry.  There is no table of states: a node is
what is known, claimed and wanted of it and who works on it, and its state follows from that.  So a slip of the
spec or of the code shows as a difference between the two.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

Kind = Literal["taken", "ignored", "rejected"]

LEGS = {
    "on": ("on",),
    "reset": ("on",),
    "cycle": ("off", "on"),
    "off": ("off",),
    "ready": ("off",),
    "soft-off": ("off",),
}
"""The powers that each ask drives towards, one after the other."""

MEANS = {"on": "on", "reset": "on", "cycle": "on", "off": "off", "soft-off": "off", "ready": "ready"}
"""What is desired by whoever asks."""

FIRMNESS = {"on": 0, "reset": 0, "cycle": 0, "soft-off": 1, "off": 2, "ready": 2}
"""Where off outranks on: a firmer ask cancels a less firm one."""


@dataclass(frozen=True)
class Work:
    """An operation that has not ended; `leg` is how many of its legs are done."""

    number: int
    ask: str
    leg: int = 0

    @property
    def goal(self) -> str:
        return LEGS[self.ask][self.leg]

    @property
    def in_last_leg(self) -> bool:
        return self.leg == len(LEGS[self.ask]) - 1


@dataclass(frozen=True)
class Known:
    """One node.

    Attributes:
        ranking: The name of its ranking table.
        drift: Its drift policy.
        claim: What users are told it is, or None: nothing is claimed.
        gave_up: The last that was tried ended in failure, and nothing came after it.
        held: What becomes of the work in play: `driving`, `cancelling` (it has been told to end), `quarantined`
            (it waits until earlier sessions are dead), `lost` (its process is gone, nobody has taken it up).
        in_play: The work in play.
        waiting: The work that waits.
        desired: What was asked for last.
        generation: How often that has changed.
        observed: What was read last, outside of what is being driven.
        read_at: When.
        drifted: That contradicts the claim, and is to be left so.
    """

    ranking: str
    drift: str
    claim: str | None = None
    gave_up: bool = False
    held: str = ""
    in_play: Work | None = None
    waiting: Work | None = None
    desired: str | None = None
    generation: int = 0
    observed: str | None = None
    read_at: float | None = None
    drifted: bool = False

    @property
    def state(self) -> str:
        if self.in_play is None:
            return "error" if self.gave_up else self.claim or "unknown"
        if self.held == "driving":
            return f"powering-{self.in_play.goal}"
        return "unknown" if self.held == "lost" else self.held

    @property
    def situation(self) -> tuple[object, ...]:
        """What decides about all that can follow: two nodes that agree in it behave alike."""
        works = [None if work is None else (work.ask, work.leg) for work in (self.in_play, self.waiting)]
        return (self.ranking, self.drift, self.claim, self.gave_up, self.held, *works, self.desired)


@dataclass(frozen=True)
class Outcome:
    """What an event leads to.

    Attributes:
        known: The node after it.
        kind: Whether it was taken.
        answer: The number of the operation that the requester gets.
        ends: How operations end by it, by number.
        live: What follows once it is durable: `start` an action, `cancel` the one in play.
    """

    known: Known
    kind: Kind = "taken"
    answer: int | None = None
    ends: Mapping[int, str] = field(default_factory=dict)
    live: tuple[str, ...] = ()


def can_be(known: Known, event: str) -> bool:
    """Whether the world can tell this event now; the rest of the machine rests on it.

    What is left out: after a restart recovery comes first, in the same commit; only the registry itself tells
    `next` of a node at rest; work is only taken up where there is some; an action has as many legs as its ask.
    """
    if known.held == "lost":
        return event == "recover"
    match event:
        case "next":
            return known.in_play is not None
        case "recover":
            return known.state != "unknown"
        case "turned":
            return known.state != "powering-off" or not _work(known).in_last_leg
        case "confirmed":
            return known.held != "driving" or _work(known).in_last_leg
        case _:
            return True


def after(known: Known, event: str, *, ask: str = "", reading: str = "", at: float = 0.0, fresh: int) -> Outcome:
    """What an event has to lead to.

    Args:
        known: The node before it.
        event: What is told.
        ask: What is requested.
        reading: What was read.
        at: When.
        fresh: The number of the next operation that is begun.
    """
    match event:
        case "request":
            return _request(known, ask, fresh)
        case "read-on" | "read-off":
            return _sweep(known, reading, at, fresh)
        case "restarted":
            return _restarted(known)
        case "recover":
            return _recovered(known)
        case "next":
            return Outcome(known, "rejected")
        case _ if known.in_play is None:
            return Outcome(known, "rejected")
        case _:
            return _from_action(known, event, reading, at)


def _request(known: Known, ask: str, fresh: int) -> Outcome:
    wanted = replace(
        known, desired=MEANS[ask], generation=known.generation + (1 if known.desired != MEANS[ask] else 0)
    )
    mine = Work(fresh, ask)
    if known.in_play is None:
        return Outcome(_drive(wanted, mine, None), answer=fresh, live=("start",))
    if known.waiting is not None and known.waiting.ask == ask:
        return Outcome(wanted, answer=known.waiting.number)
    overtaken = {} if known.waiting is None else {known.waiting.number: "superseded"}
    if known.held != "cancelling" and known.in_play.ask == ask:
        return Outcome(replace(wanted, waiting=None), answer=known.in_play.number, ends=overtaken)
    wanted = replace(wanted, waiting=mine)
    if known.held == "cancelling" or not _outranks(known.ranking, ask, known.in_play.ask):
        return Outcome(wanted, answer=fresh, ends=overtaken)
    return Outcome(replace(wanted, held="cancelling"), answer=fresh, ends=overtaken, live=("cancel",))


def _outranks(ranking: str, ask: str, in_play: str) -> bool:
    if ranking == "latest-wins":
        return ask != in_play
    return ranking == "off-outranks-on" and FIRMNESS[ask] > FIRMNESS[in_play]


def _from_action(known: Known, event: str, reading: str, at: float) -> Outcome:
    work = _work(known)
    if known.held == "cancelling":
        ended = event in ("confirmed", "gave-up", "cancelled")
        return _handed_over(known) if ended else Outcome(known, "ignored")
    quarantined = known.held == "quarantined"
    match event:
        case "gave-up":
            return _ended(replace(known, gave_up=True, claim=None), "failed")
        case "fence-unanswered" if not quarantined:
            return Outcome(replace(known, held="quarantined"))
        case "quarantine-over" if quarantined:
            return Outcome(replace(known, held="driving"))
        case "turned" if not quarantined and work.goal == "off":
            return Outcome(replace(_read(known, reading, at), in_play=replace(work, leg=work.leg + 1)))
        case "confirmed" if not quarantined:
            claim = "ready" if work.ask == "ready" else work.goal
            return _ended(replace(_read(known, reading, at), claim=claim), "succeeded")
        case _:
            return Outcome(known, "rejected")


def _ended(known: Known, how: str) -> Outcome:
    """The work in play has ended; the one that waits is next."""
    ends = {_work(known).number: how}
    if known.waiting is None:
        return Outcome(replace(known, in_play=None, held=""), ends=ends)
    return Outcome(_drive(known, known.waiting, None), ends=ends, live=("start",))


def _handed_over(known: Known) -> Outcome:
    """Nothing is claimed of what was superseded, whatever it had reached."""
    assert known.waiting is not None
    ends = {_work(known).number: "superseded"}
    return Outcome(_drive(known, known.waiting, None), ends=ends, live=("start",))


def _sweep(known: Known, reading: str, at: float, fresh: int) -> Outcome:
    if known.in_play is not None:
        return Outcome(known, "ignored")
    seen = _read(known, reading, at)
    if known.gave_up:
        return Outcome(seen)
    if known.claim is None:
        return Outcome(replace(seen, claim=reading))
    if reading == ("on" if known.claim == "on" else "off"):
        return Outcome(seen)
    if known.drift == "enforce" and known.desired is not None:
        return Outcome(_drive(seen, Work(fresh, known.desired), None), live=("start",))
    if known.drift == "adopt":
        changes = known.desired != reading
        return Outcome(
            replace(seen, claim=reading, desired=reading, generation=known.generation + (1 if changes else 0))
        )
    return Outcome(replace(seen, drifted=True))


def _restarted(known: Known) -> Outcome:
    return Outcome(known if known.in_play is None else replace(known, held="lost", claim=None))


def _recovered(known: Known) -> Outcome:
    if known.held != "lost":
        return Outcome(known, "rejected")
    work = _work(known)
    if known.waiting is None:
        return Outcome(_drive(known, work, None), live=("start",))
    return Outcome(_drive(known, known.waiting, None), ends={work.number: "superseded"}, live=("start",))


def _drive(known: Known, work: Work, waiting: Work | None) -> Known:
    return replace(known, in_play=work, waiting=waiting, held="driving", claim=None, gave_up=False)


def _read(known: Known, reading: str, at: float) -> Known:
    return replace(known, observed=reading, read_at=at, drifted=False)


def _work(known: Known) -> Work:
    assert known.in_play is not None
    return known.in_play
