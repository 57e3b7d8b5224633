"""A plan: all that a seed has drawn, as data: what broke a promise can be made smaller, kept and played again.

Times are virtual seconds since the beginning.  Until `chaos` everything that is planned happens; from then on
nothing fails any more, and everything must come to rest.
"""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from bmcsim import Fidelity, SequenceCheck, SoftOff
from powerfsm.node import Drift
from powerfsm.power import Ask, Power

Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Range = tuple[Seconds, Seconds]
"""From the shortest to the longest; drawn anew each time."""

NOTHING: Range = (0.0, 0.0)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class NodePlan(_Part):
    """A node, its BMC and its machine.

    Attributes:
        name: Unique.
        power: At the beginning.
        ranking: Name of the ranking table.
        drift: Drift policy.
        rack: The group whose inrush limit it shares, and with whose BMCs it may reboot; or None.
        latch: From accepting a command until acting on it.
        boot: From acting on an on until the power reads so.
        cut: The same for an off.
        soft_off: What comes of a soft-off.
        soft_delay: How long an operating system that honours it takes.
        sequence_check: What the BMC does about sequence numbers.
        slots: How many sessions it has.
        idle: Seconds after which it drops a session that it hears nothing in.
    """

    name: str
    power: Power = Power.OFF
    ranking: str = "off-outranks-on"
    drift: Drift = Drift.FLAG
    rack: str | None = None
    latch: Range = NOTHING
    boot: Range = NOTHING
    cut: Range = NOTHING
    soft_off: SoftOff = SoftOff.HONOURED
    soft_delay: Range = NOTHING
    sequence_check: SequenceCheck = SequenceCheck.NONE
    slots: Annotated[int, Field(ge=1)] = 4
    idle: Annotated[float, Field(gt=0)] = 60.0


class FaultPlan(_Part):
    """A fault of the simulator's catalogue, as a rule.

    Attributes:
        fault: Its name.
        parameters: Its own, as a scenario of the simulator writes them.
        nodes: Which nodes' BMCs have it.
        steps: At which steps of the protocol; empty is all that it can strike at.
        probability: How likely each time.
        since: From when on.
        until: And until when.
        times: How often at most for each node; None is without end.
    """

    fault: str
    parameters: dict[str, JsonValue] = Field(default_factory=dict)
    nodes: tuple[str, ...]
    steps: tuple[str, ...] = ()
    probability: Annotated[float, Field(gt=0, le=1)] = 1.0
    since: Seconds = 0.0
    until: Seconds
    times: Annotated[int, Field(ge=1)] | None = None


class NetworkPlan(_Part):
    """What the network does to every datagram, either way.

    Attributes:
        loss: Probability that it is lost.
        duplicate: Probability that it arrives twice.
        lag: How long after the first copy the second one arrives.
        delayed: Probability that it is delayed.
        delay: By how long.
    """

    loss: Annotated[float, Field(ge=0, le=1)] = 0.0
    duplicate: Annotated[float, Field(ge=0, le=1)] = 0.0
    lag: Range = (0.0, 1.0)
    delayed: Annotated[float, Field(ge=0, le=1)] = 0.0
    delay: Range = NOTHING


class _Deed(_Part):
    at: Seconds


class Request(_Deed):
    """Somebody asks.

    Attributes:
        by: Who.
        nodes: Whom; several are asked in one request, all or none.
        ask: For what.
        patient: Asks again, with the same idempotency key, where no answer came.
    """

    do: Literal["ask"] = "ask"
    by: str
    nodes: tuple[str, ...]
    ask: Ask
    patient: bool = True


class Press(_Deed):
    """An operator presses a machine's power button: off goes on, on goes off."""

    do: Literal["press"] = "press"
    node: str


class Kill(_Deed):
    """The daemon dies, and another one starts.

    Attributes:
        steps: How many steps of any task are still taken, to strike between any two awaits; None where `writes`
            says when.
        writes: How many more disk operations are done, to strike between any two writes; or None.
        power: The machine under it loses power, and the disk what was not synced.
        down: Seconds until the next one starts.
        again: Steps after the start of each next one at which that is killed, too, whatever it has come to.
    """

    do: Literal["kill"] = "kill"
    steps: Annotated[int, Field(ge=0)] | None = 0
    writes: Annotated[int, Field(ge=0)] | None = None
    power: bool = False
    down: Seconds = 0.0
    again: tuple[int, ...] = ()


class Stop(_Deed):
    """The daemon ends in order, as at SIGTERM, and another one starts `down` seconds after it is gone."""

    do: Literal["stop"] = "stop"
    down: Seconds = 0.0


class Ill(_Deed):
    """The disk is ill.

    Attributes:
        how: It is full, fails to write, to sync or to read, or is slow.
        seconds: For how long.
        slowness: How long a commit or a query takes then.
    """

    do: Literal["disk"] = "disk"
    how: Literal["full", "write", "sync", "read", "slow"]
    seconds: Seconds
    slowness: Seconds = 0.0


class Jump(_Deed):
    """The clock of record is set, forward or back; trio's clock goes on."""

    do: Literal["clock"] = "clock"
    seconds: Annotated[float, Field(allow_inf_nan=False)]


class Rotate(_Deed):
    """BMCs get another password.

    Attributes:
        nodes: Whose.
        lag: Seconds until the daemon's credentials follow; negative where they are changed first.
    """

    do: Literal["rotate"] = "rotate"
    nodes: tuple[str, ...]
    lag: float = 0.0


Deed = Annotated[
    Request | Press | Kill | Stop | Ill | Jump | Rotate,
    Field(discriminator="do"),
]


class Plan(_Part):
    """A fleet, and what happens to it.

    Attributes:
        scenario: Name of the scenario that it was drawn from.
        seed: What it was drawn with; also seeds what is not planned: the order of tasks, delays, noise.
        chaos: How long things go wrong.
        patience: Within how long after that everything must have come to rest.
        nodes: The fleet.
        network: What every datagram suffers during the chaos.
        faults: What BMCs do wrong, likewise.
        deeds: What is done, in the order of time.
        timings: Where the spec's timings are set otherwise, by name.
        slowness: How long the disk takes for a commit or a query when it is well.
        fidelity: Whether sessions are really authenticated and enciphered.
    """

    scenario: str
    seed: int
    chaos: Seconds
    patience: Seconds = 3600.0
    nodes: tuple[NodePlan, ...]
    network: NetworkPlan = NetworkPlan()
    faults: tuple[FaultPlan, ...] = ()
    deeds: tuple[Deed, ...] = ()
    timings: dict[str, float] = Field(default_factory=dict)
    slowness: Seconds = 0.002
    fidelity: Fidelity = Fidelity.FULL

    def requests(self) -> Iterator[Request]:
        """The requests in it."""
        return (deed for deed in self.deeds if isinstance(deed, Request))
