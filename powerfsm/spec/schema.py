"""The shape of a spec, and nothing of its meaning: which words may stand where.

What the words must have to do with one another (every pair declared, every state reachable, ...) is
`powerfsm.spec.meaning`; where they stand in the file is `powerfsm.spec.source`.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

StateKind = Literal["resting", "driving", "leaving", "final"]
EffectKind = Literal["durable", "live"]

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")]
Prose = Annotated[str, Field(pattern=r"\S")]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Timing(_Strict):
    """A time in seconds that a driver, the configuration or a node may override by name."""

    default: Seconds
    about: Prose


class Ranking(_Strict):
    """Which ask cancels which ask in play."""

    about: Prose
    outranks: dict[Name, list[Name]]


class State(_Strict):
    """A state of a machine.

    Attributes:
        kind: `resting`: no action is in play.  `driving`: one is.  `leaving`: it puts away what it holds, and
            nothing stops it.  `final`: nothing follows.
        declares: The power that is declared to users in this state, or None: nothing is claimed.
    """

    kind: StateKind
    about: Prose
    declares: Literal["on", "off"] | None = None


class Event(_Strict):
    """An event, and who tells it."""

    source: Annotated[Prose, Field(alias="from")]
    about: Prose


class Effect(_Strict):
    """What follows from a branch: `durable` ones are one commit, `live` ones follow once it is on disk."""

    kind: EffectKind
    about: Prose


class Branch(_Strict):
    """Taken where every guard in `when` holds and no branch before it was."""

    when: list[Name] = []
    to: Name
    do: list[Name]


class Ignore(_Strict):
    """Nothing happens, and why not."""

    ignore: Prose


class Reject(_Strict):
    """The event cannot be, and why not: it is a defect of whoever told it."""

    reject: Prose


def _outcome_shape(value: Any) -> str:
    if isinstance(value, list):
        return "branches"
    if isinstance(value, dict):
        return next((word for word in ("ignore", "reject") if word in value), "branch")
    return "branch"


Outcome = Annotated[
    Annotated[Branch, Tag("branch")]
    | Annotated[list[Branch], Tag("branches"), Field(min_length=1)]
    | Annotated[Ignore, Tag("ignore")]
    | Annotated[Reject, Tag("reject")],
    Discriminator(_outcome_shape),
]


class Machine(_Strict):
    """A machine: what it consists of, and what happens on every event in every state."""

    about: Prose
    initial: Name
    states: dict[Name, State]
    events: dict[Name, Event]
    guards: dict[Name, Prose]
    effects: dict[Name, Effect]
    transitions: dict[Name, dict[Name, Outcome]]


FactKind = Literal["state", "phase", "power", "desired", "ask", "ranking", "flag", "number"]


class Fact(_Strict):
    """Something that properties speak of.

    Attributes:
        kind: What it can be: a word of the file's (a state of `node`, a phase of `drive`, ...) or none; a flag,
            which holds or does not; or a number.
        seen: `registry`: a running daemon knows it of each node.  `world`: only who sees everything does.
    """

    kind: FactKind
    seen: Literal["registry", "world"]
    about: Prose


class LeadsTo(_Strict):
    """Whenever `from` holds, `to` holds then or later."""

    start: Annotated[Prose, Field(alias="from")]
    to: Prose


class Property(_Strict):
    """What is promised, as a predicate over facts; of always, finally and leads-to exactly one is there.

    Attributes:
        promise: Which of the promises it makes exact.
        always: It never does not hold.
        finally_: From some moment on it holds for ever.
        leads_to: One thing is followed by another.
        given: What has to be assumed; none where it holds whatever happens.
        witness: Where it is put to the test: a property that is never put to the test cannot fail.
    """

    promise: Annotated[int, Field(gt=0)]
    about: Prose
    always: Prose | None = None
    finally_: Annotated[Prose | None, Field(alias="finally")] = None
    leads_to: Annotated[LeadsTo | None, Field(alias="leads-to")] = None
    given: Prose | None = None
    witness: Prose


class Machines(_Strict):
    """The two machines of powerfsm."""

    node: Machine
    drive: Machine


class File(_Strict):
    """A whole spec."""

    version: Literal[1]
    timings: dict[Name, Timing]
    rankings: dict[Name, Ranking]
    machines: Machines
    facts: dict[Name, Fact] = {}
    properties: dict[Name, Property] = {}


def branches(outcome: Branch | list[Branch] | Ignore | Reject) -> tuple[Branch, ...]:
    """The branches of an outcome in their order; none where the event is ignored or rejected."""
    match outcome:
        case Branch():
            return (outcome,)
        case list():
            return tuple(outcome)
        case _:
            return ()
