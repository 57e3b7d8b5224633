"""A scenario: what seeds draw their plans from, as its file says it; and those that ship.

A file says how a fleet is made up, who asks for what and how fast, and what goes wrong, all of it by weights and
ranges; nothing in it is random, and a seed makes one plan of it (`powerfsm.simulation.swarm`).
"""

from collections.abc import Mapping
from difflib import get_close_matches
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from powerfsm.node import Drift
from powerfsm.power import Ask
from powerfsm.simulation.assumptions import DECLARED
from powerfsm.simulation.fault_draws import DRAWS, LEFT_OUT
from powerfsm.simulation.machines import MACHINES
from powerfsm.simulation.networks import NETWORKS
from powerfsm.simulation.plots import PLOTS
from powerfsm.simulation.scenario_mistakes import ScenarioError, mistake, source
from powerfsm.spec import load as load_spec

Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Chance = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(ge=0, le=1_000_000)]


def _upwards(value: tuple[float, float]) -> tuple[float, float]:
    if value[0] > value[1]:
        raise ValueError("two numbers, the smaller one first, such as [1, 5]")
    return value


Range = Annotated[tuple[Seconds, Seconds], AfterValidator(_upwards)]
"""Seconds, from the shortest to the longest."""
Signed = Annotated[
    tuple[Annotated[float, Field(allow_inf_nan=False)], Annotated[float, Field(allow_inf_nan=False)]],
    AfterValidator(_upwards),
]
"""The same, and they may be negative."""
Count = Annotated[
    tuple[Annotated[int, Field(ge=0, le=10_000)], Annotated[int, Field(ge=0, le=10_000)]], AfterValidator(_upwards)
]
"""From the fewest to the most."""


def _some(weights: Mapping[str, float]) -> Mapping[str, float]:
    if not any(weights.values()):
        raise ValueError("at least one of them with a weight of more than 0")
    return weights


def _known(name: str, known: Mapping[str, object], what: str) -> str:
    if name in known:
        return name
    if name in LEFT_OUT:
        raise ValueError(f"another {what} than {name}, which is left out: {LEFT_OUT[name]}")
    near = get_close_matches(name, known, n=1)
    if near:
        raise ValueError(f"{near[0]}? There is no {what} {name}")
    raise ValueError(f"one of {', '.join(sorted(known))}; there is no {what} {name}")


def _of(known: Mapping[str, object], what: str) -> AfterValidator:
    def check(weights: Mapping[str, float]) -> Mapping[str, float]:
        for name in weights:
            _known(name, known, what)
        return weights

    return AfterValidator(check)


def _settable(timings: Mapping[str, float]) -> Mapping[str, float]:
    others = sorted(set(load_spec().timings) - set(DECLARED))
    for name in timings:
        if name == "settle":
            raise ValueError("timings other than settle, which is `settle` in `fleet`, as machines go by it")
        if name in DECLARED:
            raise ValueError(f"timings other than {name}, which all plans keep to: {', '.join(others)}")
        if name not in others:
            raise ValueError(f"some of {', '.join(others)}: there is no timing {name}")
    return timings


Faults = Annotated[Mapping[str, Weight], _of(DRAWS, "fault")]
Plots = Annotated[Mapping[str, Weight], _of(PLOTS, "plot")]
Machines = Annotated[Mapping[str, Weight], _of(MACHINES, "machine"), AfterValidator(_some)]
Networks = Annotated[Mapping[str, Weight], _of(NETWORKS, "network"), AfterValidator(_some)]


class _Part(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=lambda name: name.replace("_", "-"), populate_by_name=True
    )


class FleetSays(_Part):
    """`fleet`: what nodes are like.

    Attributes:
        rankings: Ranking tables, by weight.
        drifts: Drift policies, by weight.
        machines: Kinds of machines and BMCs, by weight.
        racks: How many racks there are; 0 is none.
        settle: Seconds to which `settle` is set, one of these; machines are as slow as that allows.
    """

    rankings: Annotated[Mapping[Literal["off-outranks-on", "latest-wins"], Weight], AfterValidator(_some)] = Field(
        default={"off-outranks-on": 2, "latest-wins": 1}
    )
    drifts: Annotated[Mapping[Drift, Weight], AfterValidator(_some)] = Field(default={Drift.FLAG: 1})
    machines: Machines = Field(default={"prompt": 1})
    racks: Annotated[int, Field(ge=0, le=1000)] = 0
    settle: Annotated[tuple[Annotated[float, Field(ge=0.5, le=60)], ...], Field(min_length=1)] = (3.0,)


class Requesters(_Part):
    """One of `requesters`: some that are alike.

    Attributes:
        chance: Probability that a seed has them.
        count: How many; `nodes` is as many as there are nodes.
        whom: Whom they ask: all of them the same `one`, mostly a `few`, `any`, each its `own`, a whole `rack` at
            once, or `all` at once.
        asks: What for, by weight.
        contrary: Probability that what is asked is the opposite of what was asked last of the node, by anybody.
        every: Seconds between two asks of one of them; without it they ask in bursts: most of it within the
            milliseconds after the ask before, or just after that has settled.
        begins: When the first of them is asked.
        most: How often each asks at most; without it until the end.
        several: Probability that a request is for several nodes.
        patient: Probability that it is asked again where no answer came.
    """

    chance: Chance = 1.0
    count: Annotated[int, Field(ge=1, le=100_000)] | Literal["nodes"] = 1
    whom: Literal["one", "few", "any", "own", "rack", "all"] = "few"
    asks: Annotated[Mapping[Ask, Weight], AfterValidator(_some)] = Field(default={Ask.ON: 1, Ask.OFF: 1})
    contrary: Chance = 0.0
    every: Range | None = None
    begins: Range = (0.0, 5.0)
    most: Annotated[int, Field(ge=1)] | None = None
    several: Chance = 0.0
    patient: Chance = 0.8


class Trouble(_Part):
    """What happens again and again.

    Attributes:
        chance: Probability that a seed has it at all.
        every: Seconds between one and the next.
        most: How often at most.
        aimed: Probability that it comes right after a request, or right after that has settled.
    """

    chance: Chance = 1.0
    every: Range = (10.0, 60.0)
    most: Annotated[int, Field(ge=1)] | None = None
    aimed: Chance = 0.7

    @model_validator(mode="after")
    def _passes(self) -> Self:
        if self.every[1] == 0:
            raise ValueError("`every` with more than 0 s, as it would never end otherwise")
        return self


class Kills(Trouble):
    """`kills`: the daemon dies.

    Attributes:
        power: Probability that the machine under it loses power, too.
        writes: Probability that it dies between two writes to the disk rather than between two steps of its tasks.
        down: For how long.
        again: How many of those that start next are killed, too.
    """

    power: Chance = 0.3
    writes: Chance = 0.4
    down: Range = (0.0, 5.0)
    again: Count = (0, 0)


class Stops(Trouble):
    """`stops`: the daemon is ended in order, and started again.

    Attributes:
        down: For how long.
    """

    down: Range = (0.0, 30.0)


class DiskTrouble(Trouble):
    """`disk`: the disk is ill.

    Attributes:
        how: In which way, by weight.
        seconds: For how long.
        slowness: Seconds for a commit or a query, where it is slow.
    """

    how: Annotated[Mapping[Literal["full", "write", "sync", "read", "slow"], Weight], AfterValidator(_some)] = (
        Field(default={"full": 1, "write": 1, "sync": 1, "read": 1, "slow": 2})
    )
    seconds: Range = (0.005, 20.0)
    slowness: Range = (0.05, 3.0)


class Jumps(Trouble):
    """`clock`: the clock of record is set.

    Attributes:
        by: How far, in seconds; negative is back.
    """

    by: Signed = (-7200.0, 7200.0)


class Rotations(Trouble):
    """`rotations`: BMCs get another password.

    Attributes:
        share: How many of the nodes, from 0 to 1.
        lag: Seconds until the daemon's credentials follow; negative where they are changed first.
    """

    share: Annotated[float, Field(gt=0, le=1)] = 1.0
    lag: Signed = (-10.0, 30.0)


class FaultsSay(_Part):
    """`faults`: what BMCs do wrong besides.

    Attributes:
        at_once: How many of them a seed has.
        weights: Which, by weight; without it all that can be drawn.
    """

    at_once: Count = (0, 0)
    weights: Faults = Field(default=dict.fromkeys(DRAWS, 1.0))


class Strike(_Part):
    """One of `strikes`: a fault that every seed has.

    Attributes:
        fault: Which.
        whom: All BMCs, those of one rack, a few or one.
        begins: When.
        lasts: How long.
        strength: How strong, from 0 to 1.
    """

    fault: Annotated[str, AfterValidator(lambda name: _known(name, DRAWS, "fault"))]
    whom: Literal["one", "few", "rack", "all"] = "all"
    begins: Range = (0.0, 30.0)
    lasts: Range = (30.0, 120.0)
    strength: tuple[Chance, Chance] = (0.2, 1.0)


class PlotsSay(_Part):
    """`plots`: constellations in which a protocol that leaves something out is wrong.

    Attributes:
        every: Seconds from one to the next.
        deaths: Probability that the daemon dies in those of a seed, where they want it to.
        weights: Which, by weight; 0 or nothing is never.
    """

    every: Range = (15.0, 45.0)
    deaths: Chance = 1.0
    weights: Plots = Field(default={})


class Scenario(_Part):
    """All of it.

    Attributes:
        name: What it is called.
        about: A sentence: what happens.
        shows: A sentence: what is to be seen by it.
        nodes: How many, unless it is said elsewhere.
        hours: How long things go wrong, likewise.
        patience: Seconds within which everything must have come to rest after that.
        keep: With which probability a seed keeps each thing that has a weight; 1 keeps all of them.
        fleet: What nodes are like.
        networks: Kinds of networks, of which a seed has one, by weight.
        requesters: Who asks.
        plots: Constellations.
        faults: What BMCs do wrong, by chance.
        strikes: What they do wrong in every seed.
        buttons: Machines' power buttons are pressed.
        kills: The daemon dies.
        stops: It is ended in order.
        disk: Its disk is ill.
        clock: The clock of record is set.
        rotations: BMCs get other passwords.
        slowness: Seconds that the disk takes for a commit or a query when it is well.
        timings: Where the spec's timings are set otherwise, besides `settle`.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    about: Annotated[str, Field(min_length=1)]
    shows: Annotated[str, Field(min_length=1)]
    nodes: Annotated[int, Field(ge=1, le=100_000)] = 3
    hours: Annotated[float, Field(gt=0, le=1000)] = 0.1
    patience: Annotated[float, Field(ge=600)] = 3600.0
    keep: Annotated[float, Field(gt=0, le=1)] = 1.0
    fleet: FleetSays = FleetSays()
    networks: Networks = Field(default={"prompt": 1})
    requesters: tuple[Requesters, ...] = ()
    plots: PlotsSay = PlotsSay()
    faults: FaultsSay = FaultsSay()
    strikes: tuple[Strike, ...] = ()
    buttons: Trouble | None = None
    kills: Kills | None = None
    stops: Stops | None = None
    disk: DiskTrouble | None = None
    clock: Jumps | None = None
    rotations: Rotations | None = None
    slowness: Range = (0.002, 0.002)
    timings: Annotated[Mapping[str, Seconds], AfterValidator(_settable)] = Field(default={})


_SHIPPED = resources.files("powerfsm.simulation") / "scenarios"
_SUFFIX = ".yaml"


def load(name_or_path: str) -> Scenario:
    """Read a scenario.

    Args:
        name_or_path: The name of one that ships, or a file.  What ends in `.yaml`, or has a slash, is a file.

    Raises:
        ScenarioError: There is none, or it has mistakes: each as `file:line: what is wrong, what was expected`.
    """
    path = Path(name_or_path)
    if path.suffix in {_SUFFIX, ".yml"} or len(path.parts) > 1:
        return _read(path)
    if name_or_path not in _names():
        raise ScenarioError(
            f"there is no scenario {name_or_path!r}; there are {', '.join(_names())}, and a file of your own is"
            f" named with its ending: ./{path.name or 'mine'}{_SUFFIX}"
        )
    return _read(Path(str(_SHIPPED / (name_or_path + _SUFFIX))))


def shipped() -> list[Scenario]:
    """The scenarios that ship, `swarm` first and then by name."""
    return [load(name) for name in _names()]


def _names() -> list[str]:
    names = [file.name.removesuffix(_SUFFIX) for file in _SHIPPED.iterdir() if file.name.endswith(_SUFFIX)]
    return sorted(names, key=lambda name: (name != "swarm", name))


def _read(file: Path) -> Scenario:
    read = source(file)
    values: dict[str, Any] = {"name": file.stem, **read.value}
    try:
        return Scenario.model_validate(values)
    except ValidationError as error:
        mistakes = [mistake(read, dict(each), Scenario) for each in error.errors(include_url=False)]
        raise ScenarioError("\n".join(dict.fromkeys(mistakes))) from None
